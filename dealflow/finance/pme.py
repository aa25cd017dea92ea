"""Public market equivalents: what the same money would have become in an index.

Sources: Long and Nickels, "A Private Investment Benchmark" (AIMR Conference on Venture Capital Investing, 1996), the
index comparison method; Kaplan and Schoar, "Private Equity Performance: Returns, Persistence, and Capital Flows"
(Journal of Finance 60, 2005); Gredil, Griffiths and Stucke, "Benchmarking Private Equity: The Direct Alpha Method"
(2014; Journal of Corporate Finance 81, 2023). Levels are exact fractions; a day without a level takes the last before.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from dealflow.finance.allocation import decimal_string, half_up
from dealflow.finance.errors import Refused
from dealflow.finance.short import length, rate_of
from dealflow.finance.xirr import Flow

PLACES = 6
_SCALE = 10**6
"""Future values are rounded to millionths of a minor unit before a rate is looked for."""


class Index:
    """Levels of an index by date. Raises ValueError for a level that is not above zero."""

    def __init__(self, levels: Sequence[tuple[date, Fraction]]) -> None:
        """Levels in any order; of one date the later listed counts."""
        self._levels = dict(levels)
        self._days = sorted(self._levels)
        if any(level <= 0 for level in self._levels.values()):
            raise ValueError("levels of an index are above zero")

    def at(self, on: date) -> Fraction:
        """The level of a day: the last on or before it. Raises Refused (`index_too_short`) before the first."""
        place = bisect_right(self._days, on)
        if not place:
            raise Refused("index_too_short")
        return self._levels[self._days[place - 1]]


def equivalents(flows: Sequence[Flow], nav_minor: int, as_of: date, index: Index) -> dict[str, Any]:
    """Kaplan-Schoar ratio, Long-Nickels and direct alpha of an investor's flows (paid in negative) and its value.

    `{"kaplan_schoar": ratio or None, "long_nickels": `short.stated`'s answer, "long_nickels_value_minor", "direct_alpha":
    the same, "irr": the same}`. Above 1, above 0: better than the index. Long-Nickels has no answer when the
    index position was sold out (its value is not above zero). Raises Refused (`index_too_short`).
    """
    counted = [(on, amount) for on, amount in flows if on <= as_of]
    end = index.at(as_of)
    grown = [(on, Fraction(amount) * end / index.at(on)) for on, amount in counted]
    paid = -sum((value for _on, value in grown if value < 0), Fraction(0))
    back = sum((value for _on, value in grown if value > 0), Fraction(0))
    other = half_up(paid - back)
    own = [*counted, (as_of, nav_minor)]
    sold_out = {
        "rate": None, "ambiguous": False, "reason": "sold_out", "days": length(own), "period_return": None,
    }  # fmt: skip
    scaled = [(on, half_up(value * _SCALE)) for on, value in grown]
    return {
        "kaplan_schoar": decimal_string((nav_minor + back) / paid, 1, PLACES) if paid else None,
        "long_nickels": rate_of([*counted, (as_of, other)]) if other > 0 else sold_out,
        "long_nickels_value_minor": other,
        "direct_alpha": rate_of([*scaled, (as_of, nav_minor * _SCALE)]),
        "irr": rate_of(own),
    }
