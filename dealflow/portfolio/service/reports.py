"""Quarterly reports: issued once, kept as issued, their files made when first asked for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from dealflow.audit import service as audit
from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, Invalid, InvalidTransition, NotFound
from dealflow.core.i18n import N_, using
from dealflow.files import access, keeping
from dealflow.portfolio import planning, printing, reporting, workbook
from dealflow.portfolio import queries as portfolios
from dealflow.portfolio.models import IssuedReport, ReportFile
from dealflow.portfolio.policy import Can, Tag

PURPOSE = "portfolio_report"
TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def issue(actor: Actor, fund_id: str, quarter: str) -> IssuedReport:
    """Issue the report of a quarter that is over. Raises NotFound, Forbidden, Invalid; Conflict when it was issued."""
    vehicle = portfolios.vehicle(actor, fund_id)
    policy.require(actor, Can.REPORT, vehicle, see=Can.SEE)
    if vehicle.fund is None:
        raise NotFound()
    _first, _year, last = reporting.spans(quarter)
    if last >= clock.today():
        message = N_("This quarter is not over; it ends on %(day)s")
        raise Invalid.field("quarter", "not_over", message, day=last.isoformat())
    data = reporting.compute(actor, vehicle, quarter)
    text = json.dumps(data, sort_keys=True, ensure_ascii=False)
    row = IssuedReport(
        fund_id=vehicle.id, organisation_id=vehicle.organisation_id, quarter=quarter, data=data,
        sha256=hashlib.sha256(text.encode()).hexdigest(), issued_by_id=actor.user_id, issued_by_name=actor.user_name,
    )  # fmt: skip
    try:
        with session().begin_nested():
            session().add(row)
    except IntegrityError:
        raise Conflict(N_("The report of this quarter was issued already"), code="issued_already") from None
    audit.record(
        actor, Tag.ISSUED, row, after={"quarter": quarter, "sha256": row.sha256},
        organisation_id=vehicle.organisation_id,
    )  # fmt: skip
    return row


def quarters(fund_id: str) -> list[str]:
    """The quarters whose reports are issued."""
    return [row.quarter for row in planning.reports(fund_id)]


def file(actor: Actor, fund_id: str, quarter: str, form: str, lang: str) -> dict[str, Any]:
    """A file of an issued report, as `core.http.download` takes it; InvalidTransition before it was issued."""
    vehicle = portfolios.vehicle(actor, fund_id)
    if form not in TYPES or vehicle.fund is None:
        raise NotFound()
    reporting.spans(quarter)
    report = planning.report(vehicle.id, quarter)
    if report is None:
        raise InvalidTransition(N_("The report of this quarter was not issued yet"))
    name, organisation_id = f"{vehicle.name} {quarter} {lang}.{form}", report.organisation_id
    content, sha256 = keeping.paper(
        actor, name, lambda: _made(actor, vehicle.id, report, form, lang), organisation_id=organisation_id,
        content_type=TYPES[form], purpose=PURPOSE,
        row=lambda stored: ReportFile(
            report_id=report.id, organisation_id=organisation_id, form=form, lang=lang, file_id=stored.id, sha256=stored.sha256
        ),
        known=lambda: planning.report_file(report.id, form, lang),
    )  # fmt: skip
    return {"content": content, "name": name, "mimetype": TYPES[form], "etag": sha256}


def _made(actor: Actor, fund_id: str, report: IssuedReport, form: str, lang: str) -> bytes:
    data = reporting.data(actor, fund_id, report.quarter)
    with using(lang):
        return printing.render(data) if form == "pdf" else workbook.build(data)


def register_use() -> None:
    """Tell the files' room that these files stay."""

    def in_use(ids: Iterable[str]) -> set[str]:
        query = select(ReportFile.file_id).where(ReportFile.file_id.in_(list(ids)))
        return set(session().scalars(query))

    access.allow(PURPOSE, lambda actor, stored: False, in_use)
