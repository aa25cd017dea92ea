"""What every use case of a fund begins with: the fund held, the actor judged, the book open, amounts in its currency."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dealflow.accounts import queries as accounts
from dealflow.audit import service as audit
from dealflow.core import clock, db, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Invalid
from dealflow.core.i18n import N_
from dealflow.core.money import LIMIT, Money
from dealflow.funds import chart
from dealflow.funds.models import Fund, FundCharge, FundLp, FundPayment
from dealflow.funds.policy import Can, Tag
from dealflow.funds.queries import partner
from dealflow.ledger import service as ledger
from dealflow.ledger.queries import Book, Entry
from dealflow.ledger.rates import Rate, in_quote, rate_on, read_rate
from dealflow.ledger.service import Draft, Line, Side


def hold(actor: Actor, fund_id: str, permission: Can) -> Fund:
    """The fund, locked until the end of the transaction: two hands on one fund take turns.

    Raises NotFound for whoever may not know of it, Forbidden for a partner.
    """
    fund = db.hold(Fund, fund_id)
    policy.require(actor, permission, fund, see=Can.SEE)
    return fund


def of_fund(fund: Fund, lp_id: str, field: str = "lp_id") -> FundLp:
    """A partner named in the input. Raises Invalid."""
    found = partner(fund.id, lp_id)
    if found is None:
        raise Invalid.field(field, "unknown_partner", N_("This is no partner of the fund"))
    return found


def manager_names(fund: Fund) -> dict[str, str]:
    """The manager's name in both languages, as papers keep it."""
    card = accounts.organisation_cards([fund.organisation_id])[fund.organisation_id]
    return {"zh": card.name_zh, "en": card.name_en or card.name_zh}


def open_book(actor: Actor, fund: Fund) -> Book:
    """The fund's book."""
    return ledger.open_book(
        actor, kind=chart.BOOK, object_id=fund.id, organisation_id=fund.organisation_id, name=fund.name,
        currency=fund.currency,
    )  # fmt: skip


def book_of(actor: Actor, fund: Fund) -> Book:
    """The door for the portfolio: the book to post purchases, proceeds and valuations of holdings in, with `chart`'s sides."""
    policy.require(actor, Can.POST, fund, see=Can.SEE)
    return open_book(actor, fund)


def post(actor: Actor, fund_id: str, draft: Draft) -> Entry:
    """Post an entry of a higher room in the fund's book, once for its key."""
    fund = hold(actor, fund_id, Can.POST)
    entry = ledger.post(actor, open_book(actor, fund), draft)
    audit.record(
        actor, Tag.BOOKED, fund, after={"entry_id": entry.id, "kind": draft.kind}, organisation_id=fund.organisation_id
    )  # fmt: skip
    return entry


def merged(lines: Iterable[tuple[Side, Money]]) -> list[Line]:
    """One line for each account, in order of appearance; what comes to nothing is left out."""
    found: dict[str, tuple[Side, Money]] = {}
    for side, amount in lines:
        known = found.get(side.code)
        found[side.code] = (side, amount if known is None else known[1] + amount)
    return [Line(side, amount) for side, amount in found.values() if amount.amount_minor]


def not_ahead(on: date, field: str) -> None:
    """Refuse a day that is still to come."""
    if on > clock.today():
        raise Invalid.field(field, "in_future", N_("Use today or an earlier day"))


def is_over(through: date) -> None:
    """Refuse a period whose last day is not over."""
    if through >= clock.today():
        message = N_("This period is not over; it ends on %(day)s")
        raise Invalid.field("period", "not_over", message, day=through.isoformat())


@dataclass(frozen=True)
class Amount:
    """An amount in the fund's currency, and what it was given as when that was another one. `table` tells which rate of the
    house's table it was when none was typed."""

    money: Money
    given: Money | None = None
    rate: str | None = None
    table: Rate | None = None

    def columns(self) -> dict[str, object]:
        """The columns that keep what was given."""
        return {
            "given_minor": self.given.amount_minor if self.given else None,
            "given_currency": self.given.currency if self.given else None,
            "rate": self.rate,
        }

    def data(self) -> dict[str, object]:
        """What the entry keeps of it: the columns, and the day and source of a rate out of the table."""
        kept = {name: value for name, value in self.columns().items() if value is not None}
        return kept | (self.table.kept() if self.table else {})

    def repeats(self, row: FundPayment | FundCharge, rate: str | None) -> bool:
        """Whether it says again what a row holds; a rate out of the table may have been corrected since."""
        there = (row.given_currency, row.given_minor) if row.given_currency else (None, row.amount_minor)
        given = self.columns()["given_currency"], (self.given or self.money).amount_minor
        return there == given and (rate is None or row.amount_minor == self.money.amount_minor)


def converted(fund: Fund, amount: Money, rate: str | None, on: date) -> Amount:
    """An amount in the fund's currency: units of the fund's currency for one unit of the amount's at the rate that is given,
    else at the rate of the day in the house's table.

    Raises Invalid (`rate` in no table, of no use, or not a number).
    """
    if amount.amount_minor <= 0:
        raise Invalid.field("amount", "not_positive", N_("Enter an amount above zero"))
    if amount.currency == fund.currency:
        if rate:
            raise Invalid.field(
                "rate", "not_wanted", N_("This is the fund's own currency; leave the rate out")
            )
        return Amount(amount)
    table = None if rate else rate_on(session(), fund.organisation_id, amount.currency, fund.currency, on)
    used = table.text if table else rate or ""
    minor = in_quote(amount.amount_minor, amount.currency, fund.currency, _number(used))
    if not 0 < minor <= LIMIT:
        raise Invalid.field("rate", "out_of_range", N_("With this rate the amount is nothing or too large"))
    return Amount(fund.money(minor), amount, used, table)


def _number(rate: str) -> Decimal:
    found = read_rate(rate)
    if found is None:
        raise Invalid.field("rate", "not_a_number", N_("Enter a rate above zero such as 7.1234"))
    return found
