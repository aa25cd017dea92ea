"""Notices and statements as files: drawn once, stored, and given again as they were."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment
from sqlalchemy import select

from dealflow.core import i18n, money, pdf, printed
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.money import Money
from dealflow.files import keeping
from dealflow.funds import sheets, words
from dealflow.funds.models import (
    Fund,
    FundCall,
    FundCallLine,
    FundClosing,
    FundDistribution,
    FundPaper,
    FundRevision,
    FundStatement,
)
from dealflow.funds.queries import Edition, Noticed
from dealflow.funds.service.notices import PAID, RECEIVED
from dealflow.funds.waterfall import OF_PARTNERS

FOLDER = Path(__file__).resolve().parents[2] / "templates" / "funds" / "pdf"
PURPOSE = "funds.paper"
TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_JUDGED = {"unscoped": "whoever asks has been judged on the partner"}


@lru_cache(maxsize=1)
def _environment() -> Environment:
    made = printed.environment(FOLDER)
    made.globals |= {"_": i18n.gettext, "words": words}
    made.filters |= {"money": money.show}
    return made


def statement_html(data: dict[str, Any], issued: str, sha256: str) -> str:
    """A statement as a page to print, in the current language."""
    lines = [
        (words.column(row["key"]), [Money(row[name]["amount_minor"], data["currency"]) for name in ("period", "year", "inception")], row["key"] in ("opening", "closing"))
        for row in data["columns"]
    ]  # fmt: skip
    standing = [
        (words.position(name), Money(value["amount_minor"], data["currency"]))
        for name, value in data["position"].items()
    ]
    earlier = [
        (words.period(row["period"]), row["on"], Money(row["fee_minor"], data["currency"]), Money(row["interest_minor"], data["currency"]))
        for row in data.get("true_up", [])
    ]  # fmt: skip
    return _environment().get_template("statement.html").render(
        data=data, earlier=earlier, lines=lines, standing=standing, issued=issued, sha256=sha256, html_lang=i18n.HTML[i18n.language()],
        manager=i18n.localised(data["fund"]["manager"]), entries=len({m["entry_id"] for m in data["movements"]}),
    )  # fmt: skip


def notice_html(fund: Fund, call: FundCall, line: FundCallLine, edition: Edition) -> str:
    """The notice of a call to one partner as a page to print, in the current language."""
    facts = {
        name: fund.money(value) if name.endswith("_minor") else value
        for name, value in edition.content.items()
    }
    # Calls that were issued earlier keep one name.
    told = edition.content["manager"]
    manager = told if isinstance(told, str) else i18n.localised(told)
    purposes = [
        (words.purpose(row["kind"]), row["text"], fund.money(row["amount_minor"]), row["outside"])
        for row in call.purposes
    ]
    return _environment().get_template("notice.html").render(
        fund=fund, call=call, facts=facts, edition=edition, manager=manager, purposes=purposes, reference=line.reference, amount=fund.money(line.amount_minor), whole=fund.money(call.amount_minor),
        inside=fund.money(line.inside_minor), outside=fund.money(line.outside_minor), html_lang=i18n.HTML[i18n.language()],
    )  # fmt: skip


def closing_html(fund: Fund, closing: FundClosing, edition: Edition) -> str:
    """The notice of a closing to one partner as a page to print, in the current language."""
    facts = edition.content
    moved = {name: fund.money(facts["moved"].get(name, 0)) for name in PAID + RECEIVED}
    return _environment().get_template("closing.html").render(
        fund=fund, closing=closing, facts=facts, edition=edition, manager=i18n.localised(facts["manager"]), html_lang=i18n.HTML[i18n.language()],
        pays=[(words.moved(name), moved[name]) for name in PAID if moved[name].amount_minor],
        gets=[(words.moved(name), moved[name]) for name in RECEIVED if moved[name].amount_minor],
        paid=fund.money(sum(moved[name].amount_minor for name in PAID)),
        received=fund.money(sum(moved[name].amount_minor for name in RECEIVED)),
        before=fund.money(facts["commitment_minor"] - facts["new_minor"]), rate=f"{Decimal(closing.rate_ppm) / 10_000:.2f}%",
        part=f"{Decimal(facts['commitment_minor'] * 100) / facts['whole_minor']:.2f}%",
    )  # fmt: skip


def distribution_html(fund: Fund, row: FundDistribution, told: Noticed, edition: Edition) -> str:
    """The notice of a distribution to one partner as a page to print, in the current language."""
    line, facts = told.line, edition.content
    place = {name: fund.money(minor) for name, minor in facts["position"].items()}
    tiers = (
        [(tier, fund.money(facts["tiers"].get(tier, 0))) for tier in OF_PARTNERS] if facts["tiers"] else []
    )
    paid_in = (
        place["contributed"] + place["outside"] - place["refunded"] - place.get("interest", fund.money(0))
    )
    return _environment().get_template("distribution.html").render(
        fund=fund, row=row, facts=facts, edition=edition, issued_on=told.issued_on, place=place, paid_in=paid_in, manager=i18n.localised(facts["manager"]),
        html_lang=i18n.HTML[i18n.language()], amount=fund.money(line.amount_minor), recallable=fund.money(line.recallable_minor),
        carry=fund.money(facts["carry_minor"]), gross=fund.money(line.amount_minor + facts["carry_minor"]),
        tiers=[(words.tier(tier), part) for tier, part in tiers if part.amount_minor or tier in ("roc_minor", "pref_minor")],
        carried=[(words.tier(tier), fund.money(part)) for tier, part in facts["tiers"].items() if tier not in OF_PARTNERS and part],
    )  # fmt: skip


def _drawn(html: str, title: str, about: str, dated: date) -> bytes:
    lang = i18n.language()
    return pdf.render(
        html, title=title, lang=i18n.HTML[lang], identifier=f"{about}/{lang}".encode(), dated=dated
    )


def _known(about: str, form: str, lang: str) -> FundPaper | None:
    query = select(FundPaper).where(FundPaper.about == about, FundPaper.form == form, FundPaper.lang == lang)
    return session().scalars(query, execution_options=_JUDGED).first()


def _paper(
    actor: Actor, about: str, form: str, name: str, draw: Callable[[], bytes], lp_id: str, organisation_id: str
) -> tuple[bytes, str]:  # fmt: skip
    lang = i18n.language()
    return keeping.paper(
        actor, name, draw, organisation_id=organisation_id, content_type=TYPES[form], purpose=PURPOSE,
        row=lambda stored: FundPaper(
            about=about, form=form, lang=lang, lp_id=lp_id, organisation_id=organisation_id, file_id=stored.id,
            sha256=stored.sha256,
        ),
        known=lambda: _known(about, form, lang),
    )  # fmt: skip


def statement_file(actor: Actor, row: FundStatement | FundRevision, form: str) -> tuple[bytes, str]:
    """A statement, of any issue, as PDF or XLSX in the current language, and its hash; drawn at the first time only."""
    return _paper(
        actor, row.id, form, statement_name(row.data, form),
        lambda: statement_bytes(row.data, form, row.id, row.issued_at.date(), row.sha256), row.lp_id, row.organisation_id,
    )  # fmt: skip


def statement_bytes(data: dict[str, Any], form: str, about: str, dated: date, sha256: str = "") -> bytes:
    """A statement as bytes; of one that is not issued, `sha256` is empty."""
    if form == "xlsx":
        return sheets.statement(data)
    title = f"{i18n.gettext('Capital account statement')} {data['period']} — {data['lp']['name']}"
    return _drawn(statement_html(data, dated.isoformat(), sha256), title, about, dated)


def digest(content: bytes) -> str:
    """The hash of a file."""
    return hashlib.sha256(content).hexdigest()


def statement_name(data: dict[str, Any], form: str) -> str:
    """The name of the file."""
    issue = f"-{data['revision']['number']}" if "revision" in data else ""
    return f"statement-{data['period']}{issue}-{data['lp']['id'][-6:]}-{i18n.language()}.{form}"


def _notice(
    actor: Actor, about: str, kind: str, title: str, html: Callable[[], str], dated: date, lp_id: str, organisation_id: str
) -> tuple[bytes, str, str]:  # fmt: skip
    """A notice to a partner in the current language: bytes, hash, file name; drawn at the first time only."""
    name = f"{kind}-{lp_id[-6:]}-{i18n.language()}.pdf"
    content, sha256 = _paper(
        actor, about, "pdf", name, lambda: _drawn(html(), title, about, dated), lp_id, organisation_id
    )
    return content, sha256, name


def _of(edition: Edition, first: str, kind: str) -> tuple[str, str]:
    """What a notice is kept under, and the beginning of its file's name: another for each issue."""
    row = edition.revision
    return (first, kind) if row is None else (row.id, f"{kind}-{row.number}")


def notice_file(
    actor: Actor, fund: Fund, call: FundCall, line: FundCallLine, edition: Edition
) -> tuple[bytes, str, str]:
    """The notice of a call to a partner in the current language: bytes, hash, file name."""
    about, kind = _of(edition, line.id, f"capital-call-{call.number}")
    title = i18n.gettext("Capital call %(number)s of %(fund)s", number=call.number, fund=fund.name)
    return _notice(
        actor, about, kind, title, lambda: notice_html(fund, call, line, edition), edition.issued_on, line.lp_id,
        line.organisation_id,
    )  # fmt: skip


def closing_file(
    actor: Actor, fund: Fund, closing: FundClosing, lp_id: str, edition: Edition
) -> tuple[bytes, str, str]:
    """The notice of a closing to a partner in the current language: bytes, hash, file name."""
    about, kind = _of(edition, closing.paper(lp_id), f"closing-{closing.number}")
    title = i18n.gettext(
        "Closing %(number)s of %(fund)s", number=closing.number, fund=edition.content["fund"]
    )
    return _notice(
        actor, about, kind, title, lambda: closing_html(fund, closing, edition), edition.issued_on, lp_id,
        closing.organisation_id,
    )  # fmt: skip


def distribution_file(
    actor: Actor, fund: Fund, row: FundDistribution, told: Noticed, edition: Edition
) -> tuple[bytes, str, str]:
    """The notice of a distribution to a partner in the current language: bytes, hash, file name."""
    title, line = f"{words.distribution(row.kind, row.number)} — {edition.content['fund']}", told.line
    about, kind = _of(edition, line.id, f"{row.kind}-{row.number}")
    return _notice(
        actor, about, kind, title, lambda: distribution_html(fund, row, told, edition), edition.issued_on, line.lp_id,
        line.organisation_id,
    )  # fmt: skip


def in_use(ids: Any) -> set[str]:
    """Which stored files are papers of this room."""
    query = select(FundPaper.file_id).where(FundPaper.file_id.in_(set(ids)))
    return set(session().scalars(query, execution_options={"unscoped": "what the sweep of files must keep"}))
