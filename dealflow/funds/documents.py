"""Statements and notices for whoever may read them: found, judged, and given as values or files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.errors import NotFound
from dealflow.funds import papers, queries
from dealflow.funds.models import FundStatement
from dealflow.funds.periods import span
from dealflow.funds.policy import Can
from dealflow.funds.service.statements import figures, suggested


@dataclass(frozen=True)
class Found:
    """A statement: the row when it was issued, else what it would say now."""

    data: dict[str, Any]
    row: FundStatement | None

    def json(self) -> dict[str, Any]:
        """As the API gives it."""
        row = self.row
        return {
            **self.data, "issued": row is not None, "issued_at": clock.rfc3339(row.issued_at) if row else None,
            "sha256": row.sha256 if row else None,
        }  # fmt: skip


def statement(actor: Actor, fund_id: str, lp_id: str, period: str | None) -> Found:
    """The statement of a partner; NotFound to a partner when it was not issued."""
    fund = queries.get(actor, fund_id)
    lp = queries.lp(actor, fund_id, lp_id)
    period = period or suggested(fund_id, lp_id)
    span(period)
    row = queries.statement(fund_id, lp_id, period)
    if row is not None:
        return Found(row.data, row)
    if not policy.can(actor, Can.MANAGE, fund):
        raise NotFound()
    return Found(figures(fund, period, [lp])[lp_id], None)


def statement_file(actor: Actor, fund_id: str, lp_id: str, period: str | None, form: str) -> dict[str, Any]:
    """The statement as a file, for `download`; a draft is drawn anew and not kept."""
    found = statement(actor, fund_id, lp_id, period)
    name, mimetype = papers.statement_name(found.data, form), papers.TYPES[form]
    if found.row is None:
        content = papers.statement_bytes(found.data, form, lp_id, clock.today())
        return {"content": content, "name": name, "mimetype": mimetype, "etag": papers.digest(content)}
    content, sha256 = papers.statement_file(actor, found.row, form)
    return {"content": content, "name": name, "mimetype": mimetype, "etag": sha256, "inline": form == "pdf"}


def notice_file(actor: Actor, fund_id: str, call_id: str, lp_id: str) -> dict[str, Any]:
    """The notice of a call to a partner, for `download`; NotFound when the call does not ask it for anything."""
    fund, lp = queries.get(actor, fund_id), queries.lp(actor, fund_id, lp_id)
    call = queries.call(actor, fund_id, call_id)
    line = next((line for line in queries.call_lines([call])[call.id] if line.lp_id == lp.id), None)
    if line is None:
        raise NotFound()
    return _notice(papers.notice_file(actor, fund, call, line))


def closing_file(actor: Actor, fund_id: str, closing_id: str, lp_id: str) -> dict[str, Any]:
    """The notice of a closing to a partner, for `download`; NotFound when the partner had no commitment by then."""
    fund, lp = queries.get(actor, fund_id), queries.lp(actor, fund_id, lp_id)
    closing = next((row for row in queries.closings(fund.id) if row.id == closing_id), None)
    if closing is None or lp.id not in closing.notices:
        raise NotFound()
    return _notice(papers.closing_file(actor, fund, closing, lp.id, closing.notices[lp.id]))


def distribution_file(actor: Actor, fund_id: str, distribution_id: str, lp_id: str) -> dict[str, Any]:
    """The notice of a distribution to a partner, for `download`; NotFound when it got no part, before it is posted, or where it has none."""
    fund, lp = queries.get(actor, fund_id), queries.lp(actor, fund_id, lp_id)
    row = queries.distribution(fund.id, distribution_id)
    told = queries.distribution_notices(fund.id, lp.id, distribution_id=row.id).get((row.id, lp.id))
    if told is None:
        raise NotFound()
    return _notice(papers.distribution_file(actor, fund, row, told))


def _notice(paper: tuple[bytes, str, str]) -> dict[str, Any]:
    content, sha256, name = paper
    return {"content": content, "name": name, "mimetype": papers.TYPES["pdf"], "etag": sha256, "inline": True}


def issued_dict(row: FundStatement) -> dict[str, Any]:
    """A statement in a list."""
    return {
        "id": row.id, "lp_id": row.lp_id, "period": row.period, "sha256": row.sha256,
        "issued_at": clock.rfc3339(row.issued_at),
    }  # fmt: skip
