"""What partners paid beyond their calls, used for a call or paid back; and entries that are taken back because they were wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from dealflow.audit import service as audit
from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, Invalid, InvalidTransition
from dealflow.core.i18n import N_
from dealflow.core.money import Money
from dealflow.funds import chart, queries
from dealflow.funds.models import Fund, FundLp, FundPayment
from dealflow.funds.policy import Can, Tag
from dealflow.funds.service import payments
from dealflow.funds.service.base import hold, not_ahead, of_fund, open_book
from dealflow.funds.service.payments import Parts
from dealflow.ledger import queries as books
from dealflow.ledger import service as ledger

_free: dict[str, Callable[[str], None]] = {}


def register_statements(name: str, free: Callable[[str], None]) -> None:
    """Let the room that keeps bank statements know when a payment of one of its lines is taken back: `free(line id)`."""
    _free[name] = free


def _excess(fund: Fund, lp: FundLp) -> int:
    found = queries.overpaid(fund).get(lp.id)
    return found.amount_minor if found else 0


def offset(actor: Actor, fund_id: str, call_id: str, *, lp_id: str) -> FundPayment:
    """Use what a partner overpaid for a call, as much as there is and the call needs. Conflict (`nothing_overpaid`)."""
    fund = hold(actor, fund_id, Can.POST)
    call, lp = queries.call(actor, fund.id, call_id), of_fund(fund, lp_id)
    session().refresh(call)
    line = payments.held_line(call, lp)
    if call.state != "issued":
        raise InvalidTransition()
    minor = min(_excess(fund, lp), line.open_minor)
    if not minor:
        raise Conflict(N_("There is nothing overpaid that this call needs"), code="nothing_overpaid")
    payments.check_day(fund, call, clock.today())
    inside = payments.paid_of(line, minor)
    lines = [(chart.overpaid(lp), fund.money(minor)), *payments.contributed(fund, lp, minor, inside)]
    row = payments.written(
        actor, fund, "offset", Parts(call=minor), lines, on=clock.today(), reference=f"offset:{line.id}", source=call.id,
        turn=payments.turn_of(fund, f"offset:{line.id}"), call_line_id=line.id, lp_id=lp.id, inside_minor=inside,
    )  # fmt: skip
    audit.record(
        actor, Tag.OFFSET, call, after={"payment_id": row.id, "lp_id": lp.id, "amount_minor": minor},
        organisation_id=fund.organisation_id,
    )  # fmt: skip
    payments.tell(
        actor, fund, lp, "fund_offset", N_("What you overpaid was used for capital call %(number)s of %(fund)s"), N_("%(amount)s"),
        number=call.number, amount=payments.shown(fund, minor),
    )  # fmt: skip
    return row


def refund(
    actor: Actor, fund_id: str, *, lp_id: str, amount: Money, on: date, reference: str, reason: str
) -> FundPayment:
    """Pay back what a partner overpaid, all of it or a part; the same bank reference with the same content again gives the
    entry there is. Raises Invalid that names the field, Conflict (`reference_taken`)."""
    fund = hold(actor, fund_id, Can.POST)
    lp = of_fund(fund, lp_id)
    not_ahead(on, "on")
    known = payments.known(fund, reference)
    if known is not None:
        there = (known.kind, known.lp_id, known.paid_on, known.excess_minor)
        if there == ("refund", lp.id, on, amount.amount_minor) and amount.currency == fund.currency:
            return known
        raise Conflict(N_("Another payment has this reference already"), code="reference_taken")
    most = _excess(fund, lp)
    if amount.currency != fund.currency or not 0 < amount.amount_minor <= most:
        message = N_("At most %(most)s was overpaid and can be paid back")
        raise Invalid.field("amount", "too_large", message, most=payments.shown(fund, most))
    why = _why(reason)
    row = payments.written(
        actor, fund, "refund", Parts(excess=amount.amount_minor),
        [(chart.overpaid(lp), amount), (chart.BANK, -amount)], on=on, reference=reference, source=lp.id,
        turn=payments.turn_of(fund, reference), call_line_id=None, lp_id=lp.id, inside_minor=0, note=why,
    )  # fmt: skip
    audit.record(
        actor, Tag.REFUNDED, fund, after={"payment_id": row.id, "lp_id": lp.id, "amount_minor": amount.amount_minor, "on": on.isoformat()},
        reason=why, organisation_id=fund.organisation_id,
    )  # fmt: skip
    payments.tell(
        actor, fund, lp, "fund_refund", N_("What you overpaid to %(fund)s was paid back"), N_("%(amount)s. Reason: %(reason)s"),
        amount=payments.shown(fund, amount.amount_minor), reason=why,
    )  # fmt: skip
    return row


def reverse(actor: Actor, fund_id: str, payment_id: str, *, reason: str) -> FundPayment:
    """Take back an entry that was wrong: the opposite is posted, what is paid goes back, a bank line is free again.

    It is posted on the day of the entry, or today when the book is closed there. A bank line that pays several calls is free
    when none of them has anything of it: all of its payments are taken back together. Raises Conflict (`already_reversed`;
    `built_upon` when a distribution, closing or transfer was computed with one of them, or what was overpaid is used).
    """
    fund = hold(actor, fund_id, Can.POST)
    known, why = queries.payment(actor, fund.id, payment_id), _why(reason)
    if known.kind == "reversal" or queries.taken_back([known.id]):
        raise Conflict(N_("This entry was taken back already"), code="already_reversed")
    together = [known]
    if known.bank_line_id is not None:
        on_line = queries.standing(queries.payment_rows(fund.id, bank_line_id=known.bank_line_id))
        together += [row for row in on_line if row.id != known.id]
    made = {row.id: _taken_back(actor, fund, row, why) for row in together}
    if known.bank_line_id is not None:
        for free in _free.values():
            free(known.bank_line_id)
    return made[known.id]


def _taken_back(actor: Actor, fund: Fund, known: FundPayment, why: str) -> FundPayment:
    """Take back one entry of a held fund."""
    lp = of_fund(fund, known.lp_id)
    _check_standing(fund, known, lp)
    row = _opposite(actor, fund, known, why)
    if known.call_line_id is not None:
        payments.fresh_line(known.call_line_id).paid_minor -= known.amount_minor
        session().flush()
    audit.record(
        actor, Tag.REVERSED, fund, after={"payment_id": known.id, "by": row.id, "amount_minor": known.whole_minor}, reason=why,
        organisation_id=fund.organisation_id,
    )  # fmt: skip
    payments.tell(
        actor, fund, lp, "fund_reversal", N_("An entry about your money in %(fund)s was corrected"),
        N_("%(amount)s. Reason: %(reason)s"), amount=payments.shown(fund, known.whole_minor), reason=why,
    )  # fmt: skip
    return row


def _why(reason: str) -> str:
    if not reason.strip():
        raise Invalid.field("reason", "required", N_("Say in a few words why; the partner reads it"))
    return reason.strip()


def _check_standing(fund: Fund, known: FundPayment, lp: FundLp) -> None:
    if known.kind == "refund":
        return
    later: list[Any] = [*queries.closings(fund.id), *queries.transfers(fund.id)]
    computed = any(
        row.state == "posted" and row.paid_on >= known.paid_on for row in queries.distributions(fund.id)
    )
    if known.amount_minor and (computed or any(row.created_at > known.created_at for row in later)):
        message = N_(
            "A distribution, closing or transfer was computed with this payment, so it cannot be taken back"
        )
        raise Conflict(message, code="built_upon")
    if known.excess_minor > _excess(fund, lp):
        message = N_("What was overpaid here is used or paid back already; take that back first")
        raise Conflict(message, code="built_upon")


def _opposite(actor: Actor, fund: Fund, known: FundPayment, why: str) -> FundPayment:
    book = open_book(actor, fund)
    closed = book.closed_through is not None and known.paid_on <= book.closed_through
    on = clock.today() if closed else known.paid_on
    entry = ledger.reverse(
        actor, books.entry(book, known.entry_id), on=on, key=f"payment-reversed:{known.id}", reason=why
    )
    row = FundPayment(
        fund_id=fund.id, call_line_id=known.call_line_id, lp_id=known.lp_id, organisation_id=fund.organisation_id, kind="reversal",
        paid_on=on, amount_minor=known.amount_minor, inside_minor=known.inside_minor, interest_minor=known.interest_minor,
        excess_minor=known.excess_minor, given_minor=known.given_minor, given_currency=known.given_currency, rate=known.rate,
        reference=known.reference, turn=known.turn, payer=known.payer, note=why, reverses_id=known.id, entry_id=entry.id,
        created_by_id=actor.user_id,
    )  # fmt: skip
    session().add(row)
    session().flush()
    return row
