"""Management fee, expenses and other income of a fund: accrued among the partners, then paid."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy import select

from dealflow.audit import service as audit
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, Invalid
from dealflow.core.i18n import N_
from dealflow.core.money import Money
from dealflow.finance.allocation import PPM, half_up, largest_remainder
from dealflow.funds import chart, queries
from dealflow.funds.models import Fund, FundCharge
from dealflow.funds.periods import before, span
from dealflow.funds.policy import Can, Tag
from dealflow.funds.service import true_up
from dealflow.funds.service.base import Amount, converted, hold, is_over, merged, not_ahead, open_book
from dealflow.ledger import queries as books
from dealflow.ledger import service as ledger
from dealflow.ledger.service import Draft, Side

YEAR = 365
_ENTRY = {"fee": "fund_fee", "expense": "fund_expense", "income": "fund_income"}
_PAYABLE = {"fee": chart.FEES_PAYABLE, "expense": chart.EXPENSES_PAYABLE}


def fee(fund: Fund, period: str) -> dict[str, int]:
    """Partner → management fee (minor units) of a period: by commitment from the day it is in force, or by what is invested.

    rate × base × days / 365; for partners of a later closing from the first closing on where the terms say so. Invested: the cost of the holdings at the end of the day before the period.
    """
    since, through = span(period)
    since = max(since, fund.started_on)
    if fund.fee_base == "commitment":
        found: dict[str, Fraction] = {}
        first = true_up.first_closing(fund) if true_up.applies(fund) else None
        for row in queries.commitments(fund.id):
            begins = first if first and row.closing_id else row.since
            days = (through - max(since, begins)).days + 1
            if days > 0:
                found[row.lp_id] = found.get(row.lp_id, Fraction(0)) + Fraction(
                    row.amount_minor * fund.fee_rate_ppm * days, YEAR * PPM
                )
        return {lp_id: half_up(exact) for lp_id, exact in sorted(found.items())}
    committed = queries.commitments_on(fund.id, through)
    whole = half_up(
        _invested(fund, before(since)) * fund.fee_rate_ppm * max(0, (through - since).days + 1), YEAR * PPM
    )
    if not any(committed.values()):
        return {}
    return dict(zip(committed, largest_remainder(whole, list(committed.values())), strict=True))


def _invested(fund: Fund, on: date) -> int:
    book = queries.book_of_fund(fund)
    rows = books.trial_balance(book, on=on) if book else []
    prefix = "assets:investments:"
    return max(0, sum(row.amount.amount_minor for row in rows if row.account.code.startswith(prefix)))


def accrue_fee(actor: Actor, fund_id: str, *, period: str) -> FundCharge:
    """Post the management fee of a period that is over, once: again gives the charge there is.

    Raises Invalid (`period`: not over, before the fund's start, nothing due).
    """
    fund = hold(actor, fund_id, Can.POST)
    _since, through = span(period)
    known = _known(fund, f"fee:{period}")
    if known is not None:
        return known
    is_over(through)
    for other in [c.key[4:] for c in queries.charges(fund.id) if c.key.startswith("fee:")]:
        first, last = span(other)
        if first <= through and last >= _since:
            raise Invalid.field(
                "period", "overlaps", N_("The fee of %(period)s is posted already; use a period beside it"), period=other
            )  # fmt: skip
    parts = {lp_id: minor for lp_id, minor in fee(fund, period).items() if minor}
    whole = sum(parts.values())
    if whole <= 0:
        raise Invalid.field("period", "nothing_due", N_("No management fee is due for this period"))
    rows = {lp.id: lp for lp in queries.lps(fund.id)}
    lines = [(chart.expense(rows[lp_id], "fee"), fund.money(minor)) for lp_id, minor in parts.items()]
    lines.append((chart.FEES_PAYABLE, fund.money(-whole)))
    return _post(actor, fund, "fee", f"fee:{period}", through, Amount(fund.money(whole)), period, lines)


def charge(
    actor: Actor, fund_id: str, *, kind: str, on: date, amount: Money, reference: str, text: str = "", rate: str | None = None
) -> FundCharge:  # fmt: skip
    """Post an expense (owed until it is paid) or other income (on the bank account), shared by commitments.

    The same reference with the same content again gives the charge there is; other content is a Conflict.
    """
    fund = hold(actor, fund_id, Can.POST)
    if kind not in ("expense", "income"):
        raise Invalid.field(
            "kind", "not_a_choice", N_("Choose one of: %(expected)s"), expected="expense, income"
        )
    not_ahead(on, "on")
    taken = converted(fund, amount, rate, on)
    key = f"{kind}:{reference}"
    known = _known(fund, key)
    if known is not None:
        if known.charged_on == on and taken.repeats(known, rate):
            return known
        raise Conflict(N_("Another charge has this reference already"), code="reference_taken")
    sign = 1 if kind == "expense" else -1
    make = chart.expense if kind == "expense" else chart.income
    what = "expenses" if kind == "expense" else "other"
    lines: list[tuple[Side, Money]] = [
        (make(lp, what), fund.money(sign * part.amount_minor))
        for lp, part in queries.split(fund.id, taken.money, on)
    ]
    other = chart.EXPENSES_PAYABLE if kind == "expense" else chart.BANK
    lines.append((other, fund.money(-sign * taken.money.amount_minor)))
    return _post(actor, fund, kind, key, on, taken, text, lines)


def pay_charge(actor: Actor, fund_id: str, charge_id: str, *, on: date) -> FundCharge:
    """Pay a fee or an expense from the fund's bank account, once. Raises Conflict when it is paid or the money is not there."""
    fund = hold(actor, fund_id, Can.POST)
    row = queries.charge(fund.id, charge_id)
    session().refresh(row)
    not_ahead(on, "on")
    if row.paid_on is not None:
        raise Conflict(N_("This is paid already"), code="paid")
    if on < row.charged_on:
        raise Invalid.field("on", "too_early", N_("Use the day of the charge or a later one"))
    if queries.cash(fund).amount_minor < row.amount_minor:
        raise Conflict(
            N_("The fund's bank account does not hold that much; call capital first"), code="not_enough_cash"
        )
    lines = merged(
        [(_PAYABLE[row.kind], fund.money(row.amount_minor)), (chart.BANK, fund.money(-row.amount_minor))]
    )
    draft = Draft(on, "fund_charge_paid", f"charge-paid:{row.id}", lines, text=row.text, source=row.id)
    row.paid_entry_id = ledger.post(actor, open_book(actor, fund), draft).id
    row.paid_on = on
    session().flush()
    audit.record(
        actor, Tag.CHARGE_PAID, row, after={"on": on.isoformat(), "amount_minor": row.amount_minor},
        organisation_id=fund.organisation_id,
    )  # fmt: skip
    return row


def _known(fund: Fund, key: str) -> FundCharge | None:
    query = select(FundCharge).where(FundCharge.fund_id == fund.id, FundCharge.key == key)
    return session().scalars(query).first()


def _post(
    actor: Actor, fund: Fund, kind: str, key: str, on: date, taken: Amount, text: str, lines: list[Any]
) -> FundCharge:
    draft = Draft(on, _ENTRY[kind], f"charge:{key}", merged(lines), text=text, data=taken.data())
    entry = ledger.post(actor, open_book(actor, fund), draft)
    paid: dict[str, Any] = {"paid_on": on, "paid_entry_id": entry.id} if kind == "income" else {}
    row = FundCharge(
        fund_id=fund.id, organisation_id=fund.organisation_id, kind=kind, key=key, charged_on=on, text=text,
        amount_minor=taken.money.amount_minor, entry_id=entry.id, created_by_id=actor.user_id, **taken.columns(), **paid,
    )  # fmt: skip
    session().add(row)
    session().flush()
    audit.record(
        actor, Tag.CHARGED, row, after={"kind": kind, "amount_minor": row.amount_minor, "on": on.isoformat()},
        organisation_id=fund.organisation_id,
    )  # fmt: skip
    return row
