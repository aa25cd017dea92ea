"""XIRR: the yearly rate at which dated flows are worth nothing together, with all such rates counted.

Source: shared finance schema, section 3; ACT/365, also in leap years.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from dealflow.finance import reading
from dealflow.finance.allocation import decimal_string
from dealflow.finance.exponential import PRECISION, ExponentialSum, roots

LOWEST = Decimal("-0.999999")
HIGHEST = Decimal(1_000_000)
"""Rates are looked for strictly between these two (as parts of one per year)."""

PLACES = 10
"""Decimals of a rate."""

_SAME = Decimal(10) ** -40

Flow = tuple[date, int]
"""A date and an amount in minor units, negative when paid out."""


def net_by_day(flows: Iterable[Flow]) -> tuple[tuple[int, int], ...]:
    """Flows netted per date without zeros: (days since the first of them, amount), ascending."""
    sums: dict[date, int] = {}
    for on, amount in flows:
        sums[on] = sums.get(on, 0) + amount
    days = sorted(on for on, amount in sums.items() if amount)
    return tuple(((on - days[0]).days, sums[on]) for on in days)


def all_rates(flows: Iterable[Flow]) -> list[Decimal]:
    """Every rate in the range at which the flows' present value is zero, ascending; a touching root counts once."""
    terms = net_by_day(flows)
    if not terms:
        return []
    with localcontext() as context:
        context.prec = PRECISION
        low, high = (LOWEST + 1).ln(), (HIGHEST + 1).ln()
        found = [root.exp() - 1 for root in roots(ExponentialSum(terms), low, high)]
        return [rate for rate in found if LOWEST + _SAME < rate < HIGHEST - _SAME]


def xirr(flows: Iterable[Flow]) -> dict[str, Any]:
    """`{"rate", "ambiguous", "reason"}` for dated flows in minor units.

    `rate` is a decimal string with 10 decimals, or None with the reason `no_sign_change` or `no_root`. Of
    several rates the smallest in size is given (of two equal the positive) and `ambiguous` is true.
    """
    flows = list(flows)
    signs = {amount > 0 for _, amount in net_by_day(flows)}
    if len(signs) < 2:
        return {"rate": None, "ambiguous": False, "reason": "no_sign_change"}
    rates = all_rates(flows)
    if not rates:
        return {"rate": None, "ambiguous": False, "reason": "no_root"}
    with localcontext() as context:
        context.prec = PRECISION
        chosen = least(rates)
    rate = decimal_string(Fraction(chosen), 1, PLACES)
    return {"rate": rate, "ambiguous": len(rates) > 1, "reason": None}


def least(rates: Sequence[Decimal]) -> Decimal:
    """Of several rates the smallest in size; of two equal the positive. At PRECISION digits."""
    size = min(abs(rate) for rate in rates)
    return max(rate for rate in rates if abs(rate) - size < _SAME)


def compute(data: dict[str, Any]) -> dict[str, Any]:
    """Family `xirr`: `{"flows": [{"on", "amount_minor"}]}` to `xirr`'s answer.

    Raises FinanceInputError for a malformed input.
    """
    return xirr(
        (reading.day(item, "on", path), reading.integer(item, "amount_minor", path))
        for item, path in reading.objects(data, "flows", "")
    )
