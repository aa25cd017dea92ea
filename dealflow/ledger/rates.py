"""Exchange rates of days: which one holds, and where it comes from. `rate_on` is the door for all rooms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dealflow.core.config import settings
from dealflow.core.errors import Invalid
from dealflow.core.i18n import N_
from dealflow.core.money import CURRENCIES
from dealflow.finance.allocation import half_up
from dealflow.ledger.models import ExchangeRate

RATE = r"^[0-9]{1,9}(\.[0-9]{1,16})?$"
"""How a rate is written wherever one is typed, sent or imported."""

_RAW = {"unscoped": "the table of the house that is named; the calling room has judged the actor"}
_DIGITS = 10


@dataclass(frozen=True)
class Rate:
    """Units of `quote` for one unit of `base`. `day` is the day it is of (of a cross rate the older leg's), `way` one of
    same, direct, inverse, cross; `rows` are the ids of the rows of the table it was made of."""

    base: str
    quote: str
    rate: Decimal
    day: date
    source: str
    way: str
    rows: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The rate as plain text, as it is stored beside what it converted."""
        return f"{self.rate:f}"

    def kept(self) -> dict[str, Any]:
        """What a posting keeps of it in its `data`."""
        return {
            "rate": self.text, "rate_day": self.day.isoformat(), "rate_source": self.source, "rate_rows": list(self.rows),
        }  # fmt: skip


def in_quote(minor: int, base: str, quote: str, rate: Decimal | str) -> int:
    """Minor units of `base` as minor units of `quote`, half up; the opposite amount gives the opposite."""
    scale = Fraction(10) ** (CURRENCIES[quote] - CURRENCIES[base])
    return half_up(minor * Fraction(Decimal(rate)) * scale)


def rate_on(
    session: Session, organisation_id: str, base: str, quote: str, day: date, *, field: str = "rate"
) -> Rate:
    """The rate of a day out of a house's table. Raises Invalid on `field` (`no_rate`), naming pair, day and remedy."""
    found = find_rate(session, organisation_id, base, quote, day)
    if found is None:
        raise Invalid.field(
            field, "no_rate",
            N_(
                "There is no rate of %(base)s in %(quote)s for %(day)s or the %(days)s days before it; enter one under Exchange rates, or give it here"
            ),
            base=base, quote=quote, day=day.isoformat(), days=settings().rate_days,
        )  # fmt: skip
    return found


def find_rate(session: Session, organisation_id: str, base: str, quote: str, day: date) -> Rate | None:
    """As `rate_on`, None when there is none: the day's, else the latest within the days that are set; given in this
    direction or the other, else through the currency that is set."""
    if base == quote:
        return Rate(base, quote, Decimal(1), day, "", "same")
    straight = _leg(session, organisation_id, base, quote, day)
    if straight is not None:
        exact, row = straight
        if row.base == base:
            return Rate(base, quote, Decimal(row.rate), row.day, row.source, "direct", (row.id,))
        return Rate(base, quote, _short(exact), row.day, row.source, "inverse", (row.id,))
    middle = settings().rate_cross
    if middle in (base, quote):
        return None
    first = _leg(session, organisation_id, base, middle, day)
    second = _leg(session, organisation_id, middle, quote, day)
    if first is None or second is None:
        return None
    rows = (first[1], second[1])
    source = ", ".join(dict.fromkeys(row.source for row in rows))
    ids = tuple(row.id for row in rows)
    return Rate(base, quote, _short(first[0] * second[0]), min(row.day for row in rows), source, "cross", ids)


def _leg(
    session: Session, organisation_id: str, base: str, quote: str, day: date
) -> tuple[Fraction, ExchangeRate] | None:
    """The latest row of a pair in either direction; of one day the one in this direction."""
    found = []
    for pair in ((base, quote), (quote, base)):
        query = (
            select(ExchangeRate)
            .where(
                ExchangeRate.organisation_id == organisation_id, ExchangeRate.base == pair[0], ExchangeRate.quote == pair[1],
                ExchangeRate.day <= day, ExchangeRate.day >= day - timedelta(days=settings().rate_days),
            )
            .order_by(ExchangeRate.day.desc(), ExchangeRate.number.desc()).limit(1)
        )  # fmt: skip
        row = session.scalars(query, execution_options=_RAW).first()
        if row is not None:
            found.append(row)
    if not found:
        return None
    row = max(found, key=lambda r: (r.day, r.base == base))
    exact = Fraction(Decimal(row.rate))
    return (exact if row.base == base else 1 / exact), row


def _short(exact: Fraction) -> Decimal:
    """Half up to ten decimals; a rate below one keeps ten significant digits."""
    places = _DIGITS
    while exact * 10**places < 10 ** (_DIGITS - 1):
        places += 1
    return Decimal(half_up(exact * 10**places)).scaleb(-places).normalize()


def read_rate(text: str) -> Decimal | None:
    """A rate as it was written; None for what is none, or nothing."""
    return (Decimal(text) or None) if re.fullmatch(RATE, text) else None
