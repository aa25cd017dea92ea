"""Payments of partners for calls: in parts, late, in another currency; each bank reference once."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy import select

from dealflow.audit import service as audit
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, Invalid, InvalidTransition, NotFound
from dealflow.core.i18n import N_
from dealflow.core.money import Money
from dealflow.finance.allocation import PPM, cumulative, half_up, largest_remainder
from dealflow.funds import chart, queries
from dealflow.funds.models import Fund, FundCall, FundCallLine, FundLp, FundPayment
from dealflow.funds.policy import Can, Tag
from dealflow.funds.service.base import Amount, converted, hold, merged, not_ahead, of_fund, open_book
from dealflow.ledger import service as ledger
from dealflow.ledger.service import Draft

YEAR = 365


def late_interest(fund: Fund, call: FundCall, line: FundCallLine, on: date) -> int:
    """Minor units of simple interest (ACT/365) that a line has borne from its due day to a day, less what was paid of it."""
    accrued, open_minor, since, settled = Fraction(0), line.amount_minor, call.due_on, 0
    for payment in [p for p in queries.payments(fund.id, line.lp_id) if p.call_line_id == line.id]:
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


def pay(
    actor: Actor, fund_id: str, call_id: str, *, lp_id: str, amount: Money, on: date, reference: str,
    interest: Money | None = None, rate: str | None = None,
) -> FundPayment:  # fmt: skip
    """Enter a payment of a partner; the same bank reference with the same content again gives the payment there is.

    `amount` goes against the call, `interest` (in the fund's currency) against what is late. Raises Invalid
    (`more_than_open`, `more_than_due`), Conflict (`reference_taken`), InvalidTransition for a call that is not issued.
    """
    fund = hold(actor, fund_id, Can.POST)
    call, lp = queries.call(actor, fund.id, call_id), of_fund(fund, lp_id)
    line = _line(call, lp)
    not_ahead(on, "on")
    taken = converted(fund, amount, rate, on)
    late = interest.amount_minor if interest else 0
    known = _known(fund, reference)
    if known is not None:
        same = (known.call_line_id, known.paid_on, known.interest_minor) == (line.id, on, late)
        if same and taken.repeats(known, rate):
            return known
        raise Conflict(N_("Another payment has this reference already"), code="reference_taken")
    if call.state != "issued":
        raise InvalidTransition()
    _check(fund, call, line, taken.money, interest, on)
    return _enter(actor, fund, call, line, lp, taken, late, on, reference)


def _line(call: FundCall, lp: FundLp) -> FundCallLine:
    query = select(FundCallLine).where(FundCallLine.call_id == call.id, FundCallLine.lp_id == lp.id)
    found = session().scalars(query, execution_options={"populate_existing": True}).first()
    if found is None:
        if call.state != "issued":
            raise InvalidTransition()
        raise NotFound()
    return found


def _known(fund: Fund, reference: str) -> FundPayment | None:
    query = select(FundPayment).where(FundPayment.fund_id == fund.id, FundPayment.reference == reference)
    return session().scalars(query).first()


def _check(
    fund: Fund, call: FundCall, line: FundCallLine, amount: Money, interest: Money | None, on: date
) -> None:
    if call.issued_on is not None and on < call.issued_on:
        raise Invalid.field("on", "too_early", N_("Use the day on which the call was issued, or a later one"))
    distributed = [row.paid_on for row in queries.distributions(fund.id) if row.state == "posted"]
    if distributed and on < max(distributed):
        raise Invalid.field(
            "on", "before_distribution", N_("Use the day of the last distribution or a later one, since it was computed without this")
        )  # fmt: skip
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
    actor: Actor, fund: Fund, call: FundCall, line: FundCallLine, lp: FundLp, taken: Amount, late: int, on: date, reference: str
) -> FundPayment:  # fmt: skip
    minor = taken.money.amount_minor
    weights = [line.inside_minor, line.outside_minor]
    inside = cumulative(line.paid_minor + minor, weights)[0] - cumulative(line.paid_minor, weights)[0]
    line.paid_minor += minor
    lines: list[Any] = [
        (chart.BANK, fund.money(minor + late)),
        (chart.receivable(lp), fund.money(-minor)),
        (chart.equity(lp, "called"), fund.money(inside)),
        (chart.equity(lp, "contribution"), fund.money(-inside)),
        (chart.equity(lp, "called_outside"), fund.money(minor - inside)),
        (chart.equity(lp, "contribution_outside"), fund.money(inside - minor - late)),
    ]
    if late:
        lines += _late_lines(fund, lp, late)
    draft = Draft(
        on,
        "fund_payment",
        f"payment:{reference}",
        merged(lines),
        text=reference,
        source=call.id,
        data=taken.data(),
    )
    entry = ledger.post(actor, open_book(actor, fund), draft)
    row = FundPayment(
        fund_id=fund.id, call_line_id=line.id, lp_id=lp.id, organisation_id=fund.organisation_id, paid_on=on, amount_minor=minor,
        inside_minor=inside, interest_minor=late, reference=reference, entry_id=entry.id, created_by_id=actor.user_id,
        **taken.columns(),
    )  # fmt: skip
    session().add(row)
    session().flush()
    audit.record(
        actor, Tag.PAID, call, after={"payment_id": row.id, "lp_id": lp.id, "amount_minor": minor, "on": on.isoformat()},
        organisation_id=fund.organisation_id,
    )  # fmt: skip
    return row


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
