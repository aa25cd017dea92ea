"""Payments of partners for calls: in parts, late, in another currency; typed in once for each bank reference, or taken from
a line of a bank statement once.

What stands on a statement goes to the call first, then to late interest, then is held as overpaid.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy import func, select

from dealflow.audit import service as audit
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, Invalid, InvalidTransition, NotFound
from dealflow.core.i18n import N_
from dealflow.core.ids import new
from dealflow.core.money import Money
from dealflow.finance.allocation import PPM, cumulative, half_up, largest_remainder
from dealflow.funds import chart, queries
from dealflow.funds.models import Fund, FundCall, FundCallLine, FundLp, FundPayment
from dealflow.funds.policy import Can, Tag
from dealflow.funds.service.base import Amount, converted, hold, merged, not_ahead, of_fund, open_book
from dealflow.ledger import service as ledger
from dealflow.ledger.service import Draft
from dealflow.notify import service as notify

YEAR = 365


def late_interest(
    fund: Fund, call: FundCall, line: FundCallLine, on: date, paid: Iterable[FundPayment] | None = None
) -> int:
    """Minor units of simple interest (ACT/365) that a line has borne from its due day to a day, less what was paid of it;
    `paid`: the payments of the line that stand, by day, when they are known."""
    accrued, open_minor, since, settled = Fraction(0), line.amount_minor, call.due_on, 0
    known = queries.payments(fund.id, line.lp_id) if paid is None else paid
    for payment in [p for p in known if p.call_line_id == line.id]:
        if payment.paid_on > since:
            accrued += _interest(open_minor, fund.late_rate_ppm, (payment.paid_on - since).days)
            since = payment.paid_on
        open_minor -= payment.amount_minor
        settled += payment.interest_minor
    if on > since:
        accrued += _interest(open_minor, fund.late_rate_ppm, (on - since).days)
    return max(0, half_up(accrued) - settled)


def _interest(minor: int, rate_ppm: int, days: int) -> Fraction:
    return Fraction(minor * rate_ppm * days, YEAR * PPM)


@dataclass(frozen=True)
class Parts:
    """How money is split, in minor units of the fund's currency: for the call, late interest, beyond both."""

    call: int = 0
    interest: int = 0
    excess: int = 0


@dataclass(frozen=True)
class Statement:
    """The line of a bank statement that a payment is taken from: its id in the room that keeps statements, the payer, and
    how many minor units of it went to other calls before this one."""

    line_id: str
    payer: str = ""
    before: int = 0


def pay(
    actor: Actor, fund_id: str, call_id: str, *, lp_id: str, amount: Money | None, on: date, reference: str,
    interest: Money | None = None, rate: str | None = None, statement: Statement | None = None,
) -> FundPayment:  # fmt: skip
    """Enter a payment of a partner; the same bank reference with the same content again gives the payment there is.

    Typed in, `amount` goes against the call and `interest` (in the fund's currency) against what is late; either may be
    left out. From a `statement`, `amount` is all that came in and is split. Raises Invalid (`more_than_open`,
    `more_than_due`, `required` when both are left out), Conflict
    (`reference_taken`; `recorded_before` for a line that was typed in already), InvalidTransition for a call that is not
    issued.
    """
    fund = hold(actor, fund_id, Can.POST)
    call, lp = queries.call(actor, fund.id, call_id), of_fund(fund, lp_id)
    session().refresh(call)
    line = held_line(call, lp)
    not_ahead(on, "on")
    late = interest.amount_minor if interest else 0
    taken = _taken(fund, amount, rate, on, statement) if amount is not None else _nothing(fund, late, rate)
    there = known(fund, reference)
    if there is not None and statement is None:
        same = (there.call_line_id, there.paid_on, there.interest_minor) == (line.id, on, late)
        if same and taken.repeats(there, rate):
            return there
        raise Conflict(N_("Another payment has this reference already"), code="reference_taken")
    if there is not None and _typed_before(there, lp, taken.money, on):
        message = N_("This payment was typed in already; take that entry back first, or set the line aside")
        raise Conflict(message, code="recorded_before")
    if call.state != "issued":
        raise InvalidTransition()
    check_day(fund, call, on)
    if statement is None:
        _check(fund, call, line, taken.money, interest, on)
        parts = Parts(taken.money.amount_minor, late)
    else:
        parts = _split(fund, call, line, taken.money.amount_minor, on)
    return _enter(actor, fund, call, line, lp, taken, parts, on, reference, statement)


def _taken(fund: Fund, amount: Money, rate: str | None, on: date, statement: Statement | None) -> Amount:
    """What came in, in the fund's currency. The parts of one line come to what the whole line is at the rate, to the fen."""
    if statement is None or not statement.before or amount.currency == fund.currency:
        return converted(fund, amount, rate, on)
    before = Money(statement.before, amount.currency)
    whole, rest = converted(fund, before + amount, rate, on), converted(fund, before, rate, on).money
    if whole.money.amount_minor <= rest.amount_minor:
        raise Invalid.field("rate", "out_of_range", N_("With this rate the amount is nothing or too large"))
    return replace(whole, money=whole.money - rest, given=amount)


def _nothing(fund: Fund, late: int, rate: str | None) -> Amount:
    """What goes to the call when only late interest came in, which is in the fund's currency."""
    if not late:
        raise Invalid.field(
            "amount", "required", N_("Enter what came in: for the call, as late interest, or both")
        )
    if rate:
        raise Invalid.field("rate", "not_wanted", N_("This is the fund's own currency; leave the rate out"))
    return Amount(fund.money(0))


def _split(fund: Fund, call: FundCall, line: FundCallLine, whole: int, on: date) -> Parts:
    part = min(whole, line.open_minor)
    late = min(whole - part, late_interest(fund, call, line, on)) if whole > part else 0
    return Parts(part, late, whole - part - late)


def held_line(call: FundCall, lp: FundLp) -> FundCallLine:
    """What a call asks of a partner, as it is now. NotFound; InvalidTransition for a call that is not issued."""
    query = select(FundCallLine).where(FundCallLine.call_id == call.id, FundCallLine.lp_id == lp.id)
    found = session().scalars(query, execution_options={"populate_existing": True}).first()
    if found is None:
        if call.state != "issued":
            raise InvalidTransition()
        raise NotFound()
    return found


def fresh_line(line_id: str) -> FundCallLine:
    """A line by its own id as it is now; for one whose fund is held."""
    query = select(FundCallLine).where(FundCallLine.id == line_id)
    return session().scalars(query, execution_options={"populate_existing": True}).one()


def line_of(line_id: str) -> FundCallLine:
    """What a call asks of one partner, by its own id; NotFound for one the actor may not know of."""
    found = session().get(FundCallLine, line_id)
    if found is None:
        raise NotFound()
    return found


def _of_reference(fund: Fund, reference: str) -> list[FundPayment]:
    query = select(FundPayment).where(FundPayment.fund_id == fund.id, FundPayment.reference == reference)
    return list(session().scalars(query.order_by(FundPayment.id)))


def known(fund: Fund, reference: str) -> FundPayment | None:
    """The entry with this reference that stands; what was typed in before what came from a statement."""
    rows = queries.standing(_of_reference(fund, reference))
    return min(rows, key=lambda row: row.bank_line_id is not None, default=None)


def _typed_before(known: FundPayment, lp: FundLp, amount: Money, on: date) -> bool:
    there = (known.lp_id, known.paid_on, known.whole_minor)
    return known.bank_line_id is None and there == (lp.id, on, amount.amount_minor)


def turn_of(fund: Fund, reference: str) -> int:
    """How often what was typed in under a reference was taken back; for a reference under which nothing stands."""
    rows = _of_reference(fund, reference)
    return sum(1 for row in rows if row.bank_line_id is None and row.kind != "reversal")


def _turn_of_line(statement: Statement) -> int:
    query = select(func.count()).where(FundPayment.bank_line_id == statement.line_id)
    return session().scalar(query.select_from(FundPayment)) or 0


def check_day(fund: Fund, call: FundCall, on: date) -> None:
    if call.issued_on is not None and on < call.issued_on:
        raise Invalid.field("on", "too_early", N_("Use the day on which the call was issued, or a later one"))
    distributed = [row.paid_on for row in queries.distributions(fund.id) if row.state == "posted"]
    if distributed and on < max(distributed):
        raise Invalid.field(
            "on", "before_distribution", N_("Use the day of the last distribution or a later one, since it was computed without this")
        )  # fmt: skip


def _check(
    fund: Fund, call: FundCall, line: FundCallLine, amount: Money, interest: Money | None, on: date
) -> None:
    if amount.amount_minor > line.open_minor:
        left = fund.money(line.open_minor)
        raise Invalid.field(
            "amount", "more_than_open", N_("Only %(amount)s is still open; enter at most that"), amount=f"{left.major:,} {left.currency}"
        )  # fmt: skip
    if interest is None:
        return
    due = fund.money(late_interest(fund, call, line, on))
    if interest.currency != fund.currency or interest.amount_minor > due.amount_minor:
        raise Invalid.field(
            "interest", "more_than_due", N_("Late interest of %(amount)s is due; enter at most that"), amount=f"{due.major:,} {due.currency}"
        )  # fmt: skip


def _enter(
    actor: Actor, fund: Fund, call: FundCall, line: FundCallLine, lp: FundLp, taken: Amount, parts: Parts, on: date, reference: str,
    statement: Statement | None,
) -> FundPayment:  # fmt: skip
    inside = paid_of(line, parts.call)
    lines: list[Any] = [
        (chart.BANK, fund.money(parts.call + parts.interest + parts.excess)),
        *contributed(fund, lp, parts.call, inside),
        (chart.overpaid(lp), fund.money(-parts.excess)),
    ]
    if parts.interest:
        lines.append((chart.equity(lp, "contribution_outside"), fund.money(-parts.interest)))
        lines += _late_lines(fund, lp, parts.interest)
    turn = _turn_of_line(statement) if statement else turn_of(fund, reference)
    row = written(
        actor, fund, "payment", parts, lines, call_line_id=line.id, lp_id=lp.id, on=on, inside_minor=inside, reference=reference,
        turn=turn, data=taken.data(), source=call.id, bank_line_id=statement.line_id if statement else None,
        payer=statement.payer if statement else "", **taken.columns(),
    )  # fmt: skip
    after = {
        "payment_id": row.id, "lp_id": lp.id, "amount_minor": parts.call, "interest_minor": parts.interest,
        "excess_minor": parts.excess, "on": on.isoformat(), "bank_line_id": row.bank_line_id,
    }  # fmt: skip
    audit.record(actor, Tag.PAID, call, after=after, organisation_id=fund.organisation_id)
    tell(
        actor, fund, lp, "fund_payment", N_("Your payment for capital call %(number)s of %(fund)s was received"),
        N_("%(amount)s, received on %(date)s"), number=call.number, amount=shown(fund, row.whole_minor), date=on.isoformat(),
    )  # fmt: skip
    return row


def paid_of(line: FundCallLine, minor: int) -> int:
    """Add so many minor units to what is paid of a line; how many of them are within the commitment."""
    weights = [line.inside_minor, line.outside_minor]
    inside = cumulative(line.paid_minor + minor, weights)[0] - cumulative(line.paid_minor, weights)[0]
    line.paid_minor += minor
    return inside


def contributed(fund: Fund, lp: FundLp, minor: int, inside: int) -> list[Any]:
    """The lines of an entry by which what a partner owes of a call becomes what it has paid in."""
    return [
        (chart.receivable(lp), fund.money(-minor)),
        (chart.equity(lp, "called"), fund.money(inside)),
        (chart.equity(lp, "contribution"), fund.money(-inside)),
        (chart.equity(lp, "called_outside"), fund.money(minor - inside)),
        (chart.equity(lp, "contribution_outside"), fund.money(inside - minor)),
    ]


def written(
    actor: Actor, fund: Fund, kind: str, parts: Parts, lines: list[Any], *, on: date, reference: str, source: str,
    data: dict[str, object] | None = None, **columns: Any,
) -> FundPayment:  # fmt: skip
    """Post an entry about calls in the fund's book and write it down."""
    row_id = new("fpy")
    draft = Draft(
        on,
        f"fund_{kind}",
        f"payment:{row_id}",
        merged(lines),
        text=reference,
        source=source,
        data=data or {},
    )
    entry = ledger.post(actor, open_book(actor, fund), draft)
    row = FundPayment(
        id=row_id, fund_id=fund.id, organisation_id=fund.organisation_id, kind=kind, paid_on=on, amount_minor=parts.call,
        interest_minor=parts.interest, excess_minor=parts.excess, reference=reference, entry_id=entry.id,
        created_by_id=actor.user_id, **columns,
    )  # fmt: skip
    session().add(row)
    session().flush()
    return row


def shown(fund: Fund, minor: int) -> str:
    """An amount as messages print it, the same in both languages."""
    return f"{fund.currency} {fund.money(minor).major:,f}"


def tell(actor: Actor, fund: Fund, lp: FundLp, code: str, title: str, text: str, **params: Any) -> None:
    """Tell a partner that is on the platform what was entered about its money."""
    if lp.lp_organisation_id is not None:
        notify.tell(
            code=code, title=title, text=text, params={"fund": fund.name, **params}, link=f"/funds/{fund.id}/lps/{lp.id}",
            organisation_id=lp.lp_organisation_id, but=actor.user_id,
        )  # fmt: skip


def _late_lines(fund: Fund, payer: FundLp, late: int) -> list[Any]:
    """Late interest is a cost of who pays it and earned by the others."""
    committed = queries.commitments_on(fund.id)
    others = {lp_id: minor for lp_id, minor in committed.items() if lp_id != payer.id and minor}
    rows = {lp.id: lp for lp in queries.lps(fund.id)}
    parts = largest_remainder(late, list(others.values())) if others else [late]
    return [
        (chart.expense(payer, "late_interest"), fund.money(late)),
        *(
            (chart.income(rows[lp_id], "late_interest"), fund.money(-part))
            for lp_id, part in zip(others or [payer.id], parts, strict=True)
        ),
    ]
