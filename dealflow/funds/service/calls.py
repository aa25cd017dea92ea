"""Capital calls: drafted, issued to all partners at once, cancelled while nobody has paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from dealflow.audit import service as audit
from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, Invalid, StaleVersion
from dealflow.core.i18n import N_
from dealflow.core.money import Money
from dealflow.finance import capital_calls
from dealflow.finance.allocation import largest_remainder
from dealflow.finance.errors import Refused
from dealflow.funds import chart, queries
from dealflow.funds.models import Fund, FundCall, FundCallLine, FundLp
from dealflow.funds.policy import Can, Tag
from dealflow.funds.service.base import hold, manager_names, merged, of_fund, open_book
from dealflow.funds.states import CALL
from dealflow.ledger import queries as books
from dealflow.ledger import service as ledger
from dealflow.ledger.service import Draft
from dealflow.notify import service as notify


@dataclass(frozen=True)
class Purpose:
    """What called money is for; `deal` names the holding in funds whose carry goes deal by deal."""

    kind: str
    amount: Money
    outside: bool = False
    deal: str | None = None
    text: str = ""


def draft(
    actor: Actor, fund_id: str, *, due_on: date, purposes: list[Purpose], excused: list[str] | None = None, text: str = ""
) -> FundCall:  # fmt: skip
    """Draft a call. Raises Invalid on `purposes`, `excused`, `due_on`."""
    fund = hold(actor, fund_id, Can.CALL)
    if not purposes:
        raise Invalid.field("purposes", "required", N_("Say what the money is for, with an amount"))
    for index, purpose in enumerate(purposes):
        if purpose.amount.currency != fund.currency or purpose.amount.amount_minor <= 0:
            raise Invalid.field(
                f"purposes.{index}.amount", "wrong_amount", N_("Enter an amount above zero in the fund's currency")
            )  # fmt: skip
    if due_on < clock.today():
        raise Invalid.field("due_on", "past", N_("Use today or a later day"))
    rows = [
        {"kind": p.kind, "amount_minor": p.amount.amount_minor, "outside": p.outside, "deal": p.deal, "text": p.text}
        for p in purposes
    ]  # fmt: skip
    call = FundCall(
        fund_id=fund.id, organisation_id=fund.organisation_id, number=_next_number(fund), due_on=due_on, purposes=rows,
        amount_minor=sum(p.amount.amount_minor for p in purposes), excused=[of_fund(fund, lp, "excused").id for lp in excused or []],
        text=text, created_by_id=actor.user_id,
    )  # fmt: skip
    session().add(call)
    session().flush()
    audit.record(
        actor, Tag.CALL_DRAFTED, call, after={"amount_minor": call.amount_minor, "due_on": due_on.isoformat()},
        organisation_id=fund.organisation_id,
    )  # fmt: skip
    return call


def _next_number(fund: Fund) -> int:
    return (session().scalar(select(func.max(FundCall.number)).where(FundCall.fund_id == fund.id)) or 0) + 1


def allocation(fund: Fund, call: FundCall) -> dict[str, tuple[int, int]]:
    """Partner → what the call asks of it, within and outside its commitment. Raises Invalid when it asks too much."""
    positions = {
        lp_id: position
        for lp_id, position in queries.positions(fund).items()
        if position.commitment.amount_minor and lp_id not in call.excused
    }
    outside = sum(row["amount_minor"] for row in call.purposes if row["outside"])
    weights = {lp_id: position.commitment.amount_minor for lp_id, position in positions.items()}
    try:
        inside = capital_calls.call(
            call.amount_minor - outside, weights, {k: max(0, p.unfunded.amount_minor) for k, p in positions.items()}
        )  # fmt: skip
        beside = dict(zip(weights, largest_remainder(outside, list(weights.values())), strict=True))
    except Refused as refusal:
        if refusal.code == "exceeds_unfunded":
            short = fund.money(refusal.details["shortfall_minor"])
            raise Invalid.field(
                "purposes", "exceeds_unfunded",
                N_("The call is %(amount)s more than the partners still have to pay; lower it"),
                amount=f"{short.major:,} {short.currency}",
            ) from None  # fmt: skip
        raise Invalid.field(
            "purposes", "no_commitments", N_("No partner has committed anything; hold a closing first")
        ) from None
    return {lp_id: (inside[lp_id], beside[lp_id]) for lp_id in weights if inside[lp_id] + beside[lp_id]}


def issue(actor: Actor, fund_id: str, call_id: str, *, version: int | None = None) -> FundCall:
    """Issue a drafted call: a line and a notice for each partner, posted. Raises InvalidTransition the second time."""
    fund = hold(actor, fund_id, Can.CALL)
    call = _held(actor, fund, call_id, version)
    state = CALL.fire(call.state, "issue", call)
    on = clock.today()
    if call.due_on < on:
        raise Invalid.field(
            "due_on", "past", N_("The due day is over; cancel this draft and make another call")
        )
    parts, before = allocation(fund, call), queries.positions(fund)
    rows = {lp.id: lp for lp in queries.lps(fund.id)}
    lines: list[Any] = []
    for lp_id, (inside, outside) in parts.items():
        lp = rows[lp_id]
        session().add(
            FundCallLine(
                call_id=call.id,
                fund_id=fund.id,
                lp_id=lp_id,
                organisation_id=fund.organisation_id,
                inside_minor=inside,
                outside_minor=outside,
                facts=_facts(fund, before[lp_id], inside),
            )
        )
        lines += [
            (chart.receivable(lp), fund.money(inside + outside)),
            (chart.equity(lp, "called"), fund.money(-inside)),
            (chart.equity(lp, "called_outside"), fund.money(-outside)),
        ]
    entry = ledger.post(
        actor,
        open_book(actor, fund),
        Draft(on, "fund_call", f"call:{call.id}", merged(lines), source=call.id),
    )
    call.state, call.issued_on, call.entry_id = state, on, entry.id
    session().flush()
    audit.record(
        actor, Tag.CALL_ISSUED, call, before={"state": "draft"}, after={"state": state, "entry_id": entry.id},
        organisation_id=fund.organisation_id,
    )  # fmt: skip
    _tell(actor, fund, call, [rows[lp_id] for lp_id in parts])
    return call


def _facts(fund: Fund, before: queries.Position, inside: int) -> dict[str, Any]:
    """What the notice of a partner says of its place in the fund."""
    return {
        "fund": fund.name, "manager": manager_names(fund), "lp": before.lp.name if before.lp else "",
        "payment_details": fund.payment_details, "commitment_minor": before.commitment.amount_minor,
        "called_before_minor": before.called.amount.amount_minor,
        "unfunded_after_minor": before.unfunded.amount_minor - inside,
    }  # fmt: skip


def cancel(actor: Actor, fund_id: str, call_id: str, *, reason: str, version: int | None = None) -> FundCall:
    """Cancel a draft, or an issued call that nobody has paid any part of: its entry is reversed."""
    fund = hold(actor, fund_id, Can.CALL)
    call = _held(actor, fund, call_id, version)
    before, state = call.state, CALL.fire(call.state, "cancel", call)
    lines = queries.call_lines([call])[call.id]
    if any(line.paid_minor for line in lines):
        raise Conflict(N_("A part of this call is paid, so it cannot be cancelled"), code="call_paid")
    if call.entry_id is not None:
        book = open_book(actor, fund)
        ledger.reverse(
            actor, books.entry(book, call.entry_id), on=clock.today(), key=f"call-cancelled:{call.id}", reason=reason
        )  # fmt: skip
    call.state = state
    session().flush()
    audit.record(
        actor, Tag.CALL_CANCELLED, call, before={"state": before}, after={"state": state}, reason=reason,
        organisation_id=fund.organisation_id,
    )  # fmt: skip
    rows = {lp.id: lp for lp in queries.lps(fund.id)}
    _tell(actor, fund, call, [rows[line.lp_id] for line in lines])
    return call


def _held(actor: Actor, fund: Fund, call_id: str, version: int | None) -> FundCall:
    call = queries.call(actor, fund.id, call_id)
    session().refresh(call)
    if version is not None and version != call.version:
        raise StaleVersion(call.version)
    return call


def _tell(actor: Actor, fund: Fund, call: FundCall, partners: list[FundLp]) -> None:
    title = (
        N_("Capital call %(number)s of %(fund)s")
        if call.state == "issued"
        else N_("Capital call %(number)s of %(fund)s is cancelled")
    )
    for lp in partners:
        if lp.lp_organisation_id is not None:
            notify.tell(
                code="fund_call", title=title, text=N_("Due on %(date)s"),
                params={"number": call.number, "fund": fund.name, "date": call.due_on.isoformat()},
                link=f"/funds/{fund.id}/lps/{lp.id}", organisation_id=lp.lp_organisation_id, but=actor.user_id,
                by_mail=call.state == "issued",
            )  # fmt: skip
