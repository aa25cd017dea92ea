"""Statements and notices for whoever may read them: found, judged, and given as values or files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.errors import NotFound
from dealflow.funds import papers, queries
from dealflow.funds.models import FundRevision, FundStatement
from dealflow.funds.periods import span
from dealflow.funds.policy import Can
from dealflow.funds.queries import Edition, Editions
from dealflow.funds.service.revising import call_editions, closing_editions, distribution_editions
from dealflow.funds.service.statements import figures, suggested


@dataclass(frozen=True)
class Found:
    """A statement: one of its issues when it was issued, else what it would say now (`editions` is None)."""

    data: dict[str, Any]
    row: FundStatement | FundRevision | None
    editions: Editions | None = None
    edition: Edition | None = None

    @property
    def superseded_by(self) -> Edition | None:
        """The issue that replaced this one."""
        return self.editions.superseded_by(self.edition) if self.editions and self.edition else None

    def json(self) -> dict[str, Any]:
        """As the API gives it."""
        row, by = self.row, self.superseded_by
        return {
            **self.data, "issued": row is not None, "issued_at": clock.rfc3339(row.issued_at) if row else None,
            "sha256": row.sha256 if row else None, "number": self.edition.number if self.edition else None,
            "revision": self.data.get("revision"), "superseded_by": by.number if by else None,
        }  # fmt: skip


def statement(actor: Actor, fund_id: str, lp_id: str, period: str | None, number: int | None = None) -> Found:
    """The statement of a partner, its last issue when no `number` is named; NotFound to a partner when it was not issued."""
    fund = queries.get(actor, fund_id)
    queries.lp(actor, fund_id, lp_id)
    period = period or suggested(fund_id, lp_id)
    span(period)
    first = queries.statement(fund_id, lp_id, period)
    if first is not None:
        editions = queries.of_statements([first])[first.id]
        edition = editions.one(number)
        return Found(edition.content, edition.revision or first, editions, edition)
    if number is not None or not policy.can(actor, Can.MANAGE, fund):
        raise NotFound()
    return Found(figures(fund, period, [queries.lp(actor, fund_id, lp_id)])[lp_id], None)


def statement_file(
    actor: Actor, fund_id: str, lp_id: str, period: str | None, form: str, number: int | None = None
) -> dict[str, Any]:
    """The statement as a file, for `download`; a draft is drawn anew and not kept."""
    found = statement(actor, fund_id, lp_id, period, number)
    name, mimetype = papers.statement_name(found.data, form), papers.TYPES[form]
    if found.row is None:
        content = papers.statement_bytes(found.data, form, lp_id, clock.today())
        return {"content": content, "name": name, "mimetype": mimetype, "etag": papers.digest(content)}
    content, sha256 = papers.statement_file(actor, found.row, form)
    name = _marked(name, found.superseded_by)
    return {"content": content, "name": name, "mimetype": mimetype, "etag": sha256, "inline": form == "pdf"}


def _marked(name: str, superseded_by: Edition | None) -> str:
    """The name of a file that is given as it was issued, which says that another one replaced it."""
    stem, _, ending = name.rpartition(".")
    return f"{stem}-superseded.{ending}" if superseded_by else name


def notice_file(
    actor: Actor, fund_id: str, call_id: str, lp_id: str, number: int | None = None
) -> dict[str, Any]:
    """The notice of a call to a partner, for `download`; NotFound when the call does not ask it for anything."""
    fund, lp = queries.get(actor, fund_id), queries.lp(actor, fund_id, lp_id)
    call = queries.call(actor, fund_id, call_id)
    line = next((line for line in queries.call_lines([call])[call.id] if line.lp_id == lp.id), None)
    if line is None:
        raise NotFound()
    editions = call_editions(fund, call, lp.id)[lp.id]
    edition = editions.one(number)
    return _notice(papers.notice_file(actor, fund, call, line, edition), editions.superseded_by(edition))


def closing_file(
    actor: Actor, fund_id: str, closing_id: str, lp_id: str, number: int | None = None
) -> dict[str, Any]:
    """The notice of a closing to a partner, for `download`; NotFound when the partner had no commitment by then."""
    fund, lp = queries.get(actor, fund_id), queries.lp(actor, fund_id, lp_id)
    closing = queries.closing(fund.id, closing_id)
    if lp.id not in closing.notices:
        raise NotFound()
    editions = closing_editions(closing, lp.id)[lp.id]
    edition = editions.one(number)
    paper = papers.closing_file(actor, fund, closing, lp.id, edition)
    return _notice(paper, editions.superseded_by(edition))


def distribution_file(
    actor: Actor, fund_id: str, distribution_id: str, lp_id: str, number: int | None = None
) -> dict[str, Any]:
    """The notice of a distribution to a partner, for `download`; NotFound when it got no part, before it is posted, or where it has none."""
    fund, lp = queries.get(actor, fund_id), queries.lp(actor, fund_id, lp_id)
    row = queries.distribution(fund.id, distribution_id)
    told = queries.distribution_notices(fund.id, lp.id, distribution_id=row.id).get((row.id, lp.id))
    if told is None:
        raise NotFound()
    editions = distribution_editions(row, lp.id)[lp.id]
    edition = editions.one(number)
    paper = papers.distribution_file(actor, fund, row, told, edition)
    return _notice(paper, editions.superseded_by(edition))


def _notice(paper: tuple[bytes, str, str], superseded_by: Edition | None) -> dict[str, Any]:
    content, sha256, name = paper[0], paper[1], _marked(paper[2], superseded_by)
    return {"content": content, "name": name, "mimetype": papers.TYPES["pdf"], "etag": sha256, "inline": True}


def issued_dict(row: FundStatement, editions: Editions) -> dict[str, Any]:
    """A statement in a list, as its last issue stands."""
    last = editions.last
    return {
        "id": row.id, "lp_id": row.lp_id, "period": row.period, "sha256": last.sha256, "number": last.number,
        "issued_at": clock.rfc3339(last.revision.issued_at if last.revision else row.issued_at),
    }  # fmt: skip


def issued_dicts(rows: Sequence[FundStatement]) -> list[dict[str, Any]]:
    """Statements in a list."""
    editions = queries.of_statements(rows)
    return [issued_dict(row, editions[row.id]) for row in rows]


def revision_dict(row: FundRevision) -> dict[str, Any]:
    """A later issue of a paper: what it is about, which one it is, what it replaces and why."""
    return {
        "id": row.id, "kind": row.kind, "about": row.about, "number": row.number, "lp_id": row.lp_id, "reason": row.reason,
        "replaces": row.data["revision"]["replaces"], "sha256": row.sha256, "issued_at": clock.rfc3339(row.issued_at),
        "by": row.issued_by_name, "content": row.data,
    }  # fmt: skip
