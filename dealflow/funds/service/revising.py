"""Papers issued anew where a correction changed what they say: numbered, with why; what was issued before stays as it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dealflow.audit import service as audit
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, Invalid, InvalidTransition
from dealflow.core.i18n import N_
from dealflow.funds import queries
from dealflow.funds.models import (
    Fund,
    FundCall,
    FundClosing,
    FundDistribution,
    FundLp,
    FundRevision,
    FundStatement,
)
from dealflow.funds.periods import span
from dealflow.funds.policy import Can, Tag
from dealflow.funds.queries import Edition, Editions
from dealflow.funds.service import notices
from dealflow.funds.service.base import hold, manager_names, of_fund
from dealflow.funds.service.statements import digest, figures
from dealflow.ledger import queries as books
from dealflow.notify import service as notify


@dataclass(frozen=True)
class Changed:
    """A paper that says something else than it would say now."""

    lp: FundLp
    editions: Editions
    now: dict[str, Any]


@dataclass(frozen=True)
class _Told:
    """What partners are told of the new issue of a kind of paper."""

    kind: str
    title: str
    params: dict[str, Any]
    link: str


def _differs(last: Edition, now: dict[str, Any]) -> bool:
    """Whether something that a paper says is otherwise now; what such papers did not say yet when it was issued is no change."""
    told = last.plain()
    manager = told.get("manager")
    # Notices of early calls keep one name of the manager.
    one_name = isinstance(manager, str) and manager in now["manager"].values()
    return any(now.get(name) != value for name, value in told.items() if not (one_name and name == "manager"))


def changed_statements(fund: Fund, period: str, rows: Iterable[FundStatement]) -> list[Changed]:
    """Of statements of a period those whose figures or names are others by now."""
    editions = queries.of_statements(rows)
    known = {row.lp_id: editions[row.id] for row in rows}
    lps = {lp.id: lp for lp in queries.lps(fund.id) if lp.id in known}
    now = figures(fund, period, list(lps.values()))
    return [
        Changed(lps[lp_id], known[lp_id], now[lp_id])
        for lp_id in lps
        if _differs(known[lp_id].last, now[lp_id])
    ]


def call_editions(fund: Fund, call: FundCall, lp_id: str | None = None) -> dict[str, Editions]:
    """Partner → all issues of its notice of an issued call, as far as the actor may know of them."""
    on = call.issued_on or call.due_on
    lines = [line for line in queries.call_lines([call])[call.id] if lp_id in (None, line.lp_id)]
    found = queries.of_notices({line.id: Edition(1, on, line.facts) for line in lines})
    return {line.lp_id: found[line.id] for line in lines}


def changed_calls(fund: Fund, call: FundCall) -> list[Changed]:
    """The notices of an issued call that would say something else now: of the moment at which it was issued, without what
    was taken back since, and where to pay to."""
    if call.state != "issued" or call.entry_id is None:
        return []
    book = queries.book_of_fund(fund)
    places = queries.positions_now_of(fund, books.entry(book, call.entry_id)) if book else {}
    inside = {line.lp_id: line.inside_minor for line in queries.call_lines([call])[call.id]}
    found = []
    for lp_id, editions in call_editions(fund, call).items():
        place = places[lp_id]
        now = {
            "fund": fund.name, "manager": manager_names(fund), "lp": place.lp.name if place.lp else "",
            "payment_details": fund.payment_details, "commitment_minor": place.commitment.amount_minor,
            "called_before_minor": place.called.amount.amount_minor - inside[lp_id],
            "unfunded_after_minor": place.unfunded.amount_minor,
        }  # fmt: skip
        if place.lp is not None and _differs(editions.last, now):
            found.append(Changed(place.lp, editions, now))
    return found


def distribution_editions(row: FundDistribution, lp_id: str | None = None) -> dict[str, Editions]:
    """Partner → all issues of its notice of a distribution, as far as the actor may know of them."""
    told = queries.distribution_notices(row.fund_id, lp_id, distribution_id=row.id)
    firsts = {
        notice.line.id: Edition(1, notice.issued_on or row.paid_on, notice.facts) for notice in told.values()
    }
    found = queries.of_notices(firsts)
    return {notice.line.lp_id: found[notice.line.id] for notice in told.values()}


def changed_distributions(fund: Fund, row: FundDistribution) -> list[Changed]:
    """The notices of a distribution that would say something else now; the account it was paid to stays as it was told."""
    book = queries.book_of_fund(fund)
    if row.state != "posted" or row.entry_id is None or book is None:
        return []
    places = queries.positions_now_of(fund, books.entry(book, row.entry_id))
    current = notices.told_of(fund, row, places)
    found = []
    for lp_id, editions in distribution_editions(row).items():
        account = editions.last.content.get("payment_details", "")
        now = current[lp_id] | {"payment_details": account}
        lp = places[lp_id].lp
        if lp is not None and _differs(editions.last, now):
            found.append(Changed(lp, editions, now))
    return found


def closing_editions(closing: FundClosing, lp_id: str | None = None) -> dict[str, Editions]:
    """Partner → all issues of its notice of a closing, as far as the actor may know of them."""
    told = {who: facts for who, facts in closing.notices.items() if lp_id in (None, who)}
    firsts = {closing.paper(who): Edition(1, closing.closed_on, facts) for who, facts in told.items()}
    found = queries.of_notices(firsts)
    return {who: found[closing.paper(who)] for who in told}


def changed_closings(fund: Fund, closing: FundClosing) -> list[Changed]:
    """The notices of a closing that would say something else now: names, and where those pay to who pay at it. What it moved
    stays: no closing is entered for a day before another movement."""
    lps = {lp.id: lp for lp in queries.lps(fund.id)}
    found = []
    for lp_id, editions in closing_editions(closing).items():
        lp, told = lps[lp_id], editions.last.plain()
        now = told | {"fund": fund.name, "manager": manager_names(fund), "lp": lp.name}
        if notices.pays(told):
            now["payment_details"] = fund.payment_details
        if _differs(editions.last, now):
            found.append(Changed(lp, editions, now))
    return found


def revise_statements(
    actor: Actor, fund_id: str, *, period: str, reason: str, lp_id: str | None = None
) -> list[FundRevision]:
    """Issue the statements of a period anew to the partners whose figures changed since (or to one of them).

    Raises Invalid (`period` that was not issued, `reason`, `lp_id`), Conflict (`nothing_changed`).
    """
    fund = hold(actor, fund_id, Can.ISSUE)
    span(period)
    rows = [row for row in queries.statements(fund.id) if row.period == period]
    if not rows:
        message = N_("The statements of this period were not issued; issue them first")
        raise Invalid.field("period", "not_issued", message)
    title = N_("Your statement of %(fund)s for %(period)s was issued anew")
    told = _Told("statement", title, {"period": period}, "/funds/{fund}/statements/{lp}?period=" + period)
    return _issue(actor, fund, changed_statements(fund, period, rows), told, reason, lp_id)


def revise_call(
    actor: Actor, fund_id: str, call_id: str, *, reason: str, lp_id: str | None = None
) -> list[FundRevision]:
    """Issue the notices of a call anew to the partners for whom they changed (or to one of them); see `changed_calls`."""
    fund = hold(actor, fund_id, Can.ISSUE)
    call = queries.call(actor, fund.id, call_id)
    if call.state != "issued":
        raise InvalidTransition(N_("Only notices of an issued call are issued anew"))
    title = N_("The notice of capital call %(number)s of %(fund)s was issued anew")
    told = _Told("call", title, {"number": call.number}, "/funds/{fund}/lps/{lp}")
    return _issue(actor, fund, changed_calls(fund, call), told, reason, lp_id)


def revise_distribution(
    actor: Actor, fund_id: str, distribution_id: str, *, reason: str, lp_id: str | None = None
) -> list[FundRevision]:
    """Issue the notices of a distribution anew to the partners for whom they changed (or to one of them)."""
    fund = hold(actor, fund_id, Can.ISSUE)
    row = queries.distribution(fund.id, distribution_id)
    if row.state != "posted":
        raise InvalidTransition(N_("A distribution has notices once it is posted"))
    title = N_("The notice of a distribution of %(fund)s was issued anew")
    told = _Told("distribution", title, {}, "/funds/{fund}/lps/{lp}")
    return _issue(actor, fund, changed_distributions(fund, row), told, reason, lp_id)


def revise_closing(
    actor: Actor, fund_id: str, closing_id: str, *, reason: str, lp_id: str | None = None
) -> list[FundRevision]:
    """Issue the notices of a closing anew to the partners for whom they changed (or to one of them)."""
    fund = hold(actor, fund_id, Can.ISSUE)
    closing = queries.closing(fund.id, closing_id)
    title = N_("The notice of closing %(number)s of %(fund)s was issued anew")
    told = _Told("closing", title, {"number": closing.number}, "/funds/{fund}/lps/{lp}")
    return _issue(actor, fund, changed_closings(fund, closing), told, reason, lp_id)


def _issue(
    actor: Actor, fund: Fund, changed: list[Changed], told: _Told, reason: str, lp_id: str | None
) -> list[FundRevision]:
    why = reason.strip()
    if not why:
        raise Invalid.field("reason", "required", N_("Say in a few words why; the partner reads it"))
    if lp_id is not None:
        of_fund(fund, lp_id)
    wanted = [item for item in changed if lp_id in (None, item.lp.id)]
    if not wanted:
        message = N_("The papers say what they would say now; there is nothing to issue anew")
        raise Conflict(message, code="nothing_changed")
    made = [_written(actor, fund, item, told.kind, why) for item in wanted]
    session().flush()
    audit.record(
        actor, Tag.REVISED, fund, reason=why, organisation_id=fund.organisation_id,
        after={"kind": told.kind, "papers": [{"about": row.about, "number": row.number, "sha256": row.sha256} for row in made]},
    )  # fmt: skip
    for item, row in zip(wanted, made, strict=True):
        _tell(actor, fund, item.lp, row, told)
    return made


def _written(actor: Actor, fund: Fund, item: Changed, kind: str, why: str) -> FundRevision:
    before = item.editions.last
    replaces = {"number": before.number, "issued_on": before.issued_on.isoformat(), "sha256": before.sha256}
    data = item.now | {"revision": {"number": before.number + 1, "reason": why, "replaces": replaces}}
    row = FundRevision(
        kind=kind, about=item.editions.about, number=before.number + 1, fund_id=fund.id, lp_id=item.lp.id,
        organisation_id=fund.organisation_id, reason=why, data=data, sha256=digest(data), issued_by_id=actor.user_id,
        issued_by_name=actor.user_name,
    )  # fmt: skip
    session().add(row)
    return row


def _tell(actor: Actor, fund: Fund, lp: FundLp, row: FundRevision, told: _Told) -> None:
    if lp.lp_organisation_id is not None:
        notify.tell(
            code="fund_revision", title=told.title, text=N_("Issue %(issue)s. Reason: %(reason)s"), key=f"revision:{row.id}",
            params={"fund": fund.name, "issue": row.number, "reason": row.reason, **told.params},
            link=told.link.format(fund=fund.id, lp=lp.id), organisation_id=lp.lp_organisation_id, but=actor.user_id, by_mail=True,
        )  # fmt: skip
