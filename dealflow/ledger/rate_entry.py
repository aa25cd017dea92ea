"""Entering exchange rates: by hand and from files. A rate of a pair and day that has one already corrects it by a newer row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from dealflow.audit import service as audit
from dealflow.core import clock, ids, policy
from dealflow.core.actor import Actor
from dealflow.core.bulk import insert_new
from dealflow.core.db import session
from dealflow.core.errors import Conflict, Invalid
from dealflow.core.i18n import N_
from dealflow.ledger.models import ExchangeRate
from dealflow.ledger.policy import Can, Tag

_KEY = ("organisation_id", "base", "quote", "day", "number")
_BLOCK = 400
Pair = tuple[str, str]


@dataclass(frozen=True)
class Quote:
    """A rate as somebody gives it: units of `quote` for one unit of `base`."""

    base: str
    quote: str
    day: date
    rate: Decimal
    source: str

    @property
    def key(self) -> tuple[str, str, date]:
        """What it is the rate of."""
        return self.base, self.quote, self.day


def plain(rate: Decimal) -> str:
    """A rate as it is stored: exact, without needless zeros."""
    return f"{rate.normalize():f}"


def check(quote: Quote) -> None:
    """Refuse a pair of one currency, and a day that is still to come. Raises Invalid."""
    if quote.base == quote.quote:
        raise Invalid.field("quote", "same_currency", N_("Choose two different currencies"))
    if quote.day > clock.today():
        raise Invalid.field(
            "on", "in_future", N_("The rate of a day to come is not known yet; use today or an earlier day")
        )


def in_force(actor: Actor, quotes: Iterable[Quote]) -> dict[tuple[str, str, date], ExchangeRate]:
    """What the actor's house has for these pairs and days: the newest row of each."""
    by_pair: dict[Pair, set[date]] = {}
    for quote in quotes:
        by_pair.setdefault((quote.base, quote.quote), set()).add(quote.day)
    found: dict[tuple[str, str, date], ExchangeRate] = {}
    for (base, other), days in by_pair.items():
        wanted = sorted(days)
        for start in range(0, len(wanted), _BLOCK):
            query = (
                select(ExchangeRate)
                .where(
                    ExchangeRate.organisation_id == actor.organisation_id, ExchangeRate.base == base,
                    ExchangeRate.quote == other, ExchangeRate.day.in_(wanted[start : start + _BLOCK]),
                )
                .order_by(ExchangeRate.number)
            )  # fmt: skip
            found |= {(row.base, row.quote, row.day): row for row in session().scalars(query)}
    return found


def enter(
    actor: Actor, *, base: str, quote: str, day: date, rate: Decimal, source: str
) -> tuple[ExchangeRate, bool]:
    """Enter a rate; the row in force and whether it is new: the same rate again changes nothing.

    Raises Forbidden, Invalid (`same_currency`, `in_future`), Conflict when somebody does so at the same moment.
    """
    policy.require(actor, Can.ENTER_RATES)
    given = Quote(base, quote, day, rate, source)
    check(given)
    before = in_force(actor, [given]).get(given.key)
    if before is not None and Decimal(before.rate) == rate:
        return before, False
    if not write(actor, [(given, before)]):
        raise Conflict(
            N_(
                "Somebody entered a rate of this pair and day at the same moment; look at it and enter yours again"
            ),
            code="entered_meanwhile",
        )
    row = in_force(actor, [given])[given.key]
    pair = {"pair": f"{base}/{quote}", "day": day.isoformat()}
    audit.record(
        actor, Tag.RATE_ENTERED, row, before={"rate": before.rate} | pair if before else None,
        after={"rate": row.rate, "source": source} | pair,
    )  # fmt: skip
    return row, True


def write(actor: Actor, rows: Sequence[tuple[Quote, ExchangeRate | None]]) -> int:
    """Write new rows, each above the one it corrects; what somebody else wrote at the same moment is left out."""
    if not rows:
        return 0
    ordered = sorted(rows, key=lambda pair: pair[0].key)
    values: list[dict[str, Any]] = [
        {
            "id": ids.raw(), "base": quote.base, "quote": quote.quote, "day": quote.day, "rate": plain(quote.rate),
            "number": before.number + 1 if before else 0, "source": quote.source,
        }
        for quote, before in ordered
    ]  # fmt: skip
    same = {
        "organisation_id": actor.organisation_id, "user_id": actor.user_id, "user_name": actor.user_name, "created_at": clock.now(),
    }  # fmt: skip
    return insert_new(session().connection(), ExchangeRate.__table__, values, same=same, key=_KEY)  # type: ignore[arg-type]


def pairs(actor: Actor) -> list[Pair]:
    """The pairs that the house has rates of, by name."""
    query = select(ExchangeRate.base, ExchangeRate.quote).where(
        ExchangeRate.organisation_id == actor.organisation_id
    )
    return [(row.base, row.quote) for row in session().execute(query.distinct().order_by("base", "quote"))]
