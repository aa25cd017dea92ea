"""Returns over less than a year. They are not annualised: a rate of a few weeks carried on for a year says nothing.

Source: CFA Institute, Global Investment Performance Standards (2020), provisions 5.A.2 and 5.A.3 (since-inception
money-weighted returns of less than a year are not annualised); the ILPA Performance Template (2025) follows them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np

from dealflow.finance.allocation import decimal_string
from dealflow.finance.batch import Ints, net, rate, rates
from dealflow.finance.exponential import PRECISION, ExponentialSum, roots
from dealflow.finance.xirr import HIGHEST, LOWEST, PLACES, Flow, least, net_by_day

YEAR = 365
"""Days from which on a rate is shown yearly, as XIRR counts them."""


def stated(answer: dict[str, Any], days: int, flows: Callable[[], Sequence[Flow]]) -> dict[str, Any]:
    """An answer of `xirr` with `days`, the length of its period, and `period_return`: what the period brought in all,
    (1 + rate) ** (days / 365) - 1, when it is shorter than a year; None when the yearly rate is what is shown.

    A gain of few days may be beyond the largest yearly rate that is looked for; what it brought is known all the same,
    and is looked for in `flows`.
    """
    if days >= YEAR or answer["reason"] not in (None, "no_root"):
        return answer | {"days": days, "period_return": None}
    with localcontext() as context:
        context.prec = PRECISION
        if answer["rate"] is None:
            found = _brought(flows(), days)
            whole = least(found) if found else None
            answer = answer | {"ambiguous": len(found) > 1}
        else:
            whole = ((Decimal(answer["rate"]) + 1).ln() * days / YEAR).exp() - 1
    short = None if whole is None else decimal_string(Fraction(whole), 1, PLACES)
    return answer | {"days": days, "period_return": short}


def _brought(flows: Sequence[Flow], days: int) -> list[Decimal]:
    """Every return over the period, in the range of yearly rates, at which the flows' present value is zero."""
    low, high = ((edge + 1).ln() * YEAR / days for edge in (LOWEST, HIGHEST))
    return [(root * days / YEAR).exp() - 1 for root in roots(ExponentialSum(net_by_day(flows)), low, high)]


def length(flows: Sequence[Flow]) -> int:
    """Days from the first flow to the last, netted per day."""
    days = net_by_day(flows)
    return days[-1][0] if days else 0


def rate_of(flows: Sequence[Flow]) -> dict[str, Any]:
    """`stated` for one portfolio."""
    return stated(rate(flows), length(flows), lambda: flows)


def rates_of(count: int, owner: Ints, day: Ints, amount: Ints) -> list[dict[str, Any]]:
    """`stated` for each of `count` portfolios, in columns as `batch.rates` takes them."""

    def of(mine: int) -> list[Flow]:
        own = owner == mine
        days = map(date.fromordinal, day[own].tolist())
        return list(zip(days, amount[own].tolist(), strict=True))

    answers = zip(rates(count, owner, day, amount), spans(count, owner, day, amount), strict=True)
    return [stated(answer, days, lambda mine=mine: of(mine)) for mine, (answer, days) in enumerate(answers)]  # type: ignore[misc]


def spans(count: int, owner: Ints, day: Ints, amount: Ints) -> list[int]:
    """Days from the first to the last flow of each of `count` portfolios, netted per day as `xirr` nets them."""
    owner, day, _amount = net(owner, day, amount)
    found = np.zeros(count, np.int64)
    if len(owner):
        starts = np.flatnonzero(np.concatenate(([True], owner[1:] != owner[:-1])))
        ends = np.concatenate((starts[1:], [len(owner)])) - 1
        found[owner[starts]] = day[ends] - day[starts]
    return [int(days) for days in found]
