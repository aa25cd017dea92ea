"""When a fund will call and give back its money: the model of Takahashi and Alexander.

Source: Takahashi and Alexander, "Illiquid Alternative Asset Fund Modeling" (Yale University Investments Office, 2001;
Journal of Portfolio Management 28(2), 2002). One step is one year there; a quarter here takes the quarterly rates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

QUARTERS = 4


@dataclass(frozen=True)
class Pace:
    """The model's six assumptions, rates as parts of one per year."""

    contributions: Sequence[float] = (0.25, 1 / 3, 0.5)
    """Part of the unfunded commitment called in the first, second, … year; the last holds for all later ones."""
    growth: float = 0.13
    bow: float = 2.5
    """How late distributions come: the rate of distribution is (age/life) to this power."""
    life: int = 12
    income: float = 0.0
    """Least rate of distribution (the model's yield)."""


@dataclass(frozen=True)
class Step:
    """One quarter: what is called, what is given back, and the value after it, in minor units."""

    called: float
    distributed: float
    value: float


def project(unfunded_minor: int, value_minor: int, age_quarters: int, pace: Pace) -> list[Step]:
    """The quarters from a fund's present age to the end of its life; at the end all value has been given back."""
    steps: list[Step] = []
    unfunded, value = float(unfunded_minor), float(value_minor)
    end = pace.life * QUARTERS
    for quarter in range(age_quarters + 1, end + 1):
        year = min((quarter - 1) // QUARTERS, len(pace.contributions) - 1)
        # The yearly rate spread so that four quarters call as much of the unfunded as one year would.
        called = unfunded * (1 - (1 - min(pace.contributions[year], 1.0)) ** (1 / QUARTERS))
        if pace.contributions[year] >= 1:
            called = unfunded
        rate = max(pace.income, (quarter / end) ** pace.bow)
        part = 1.0 if quarter == end else 1 - (1 - min(rate, 1.0)) ** (1 / QUARTERS)
        grown = value * (1 + pace.growth) ** (1 / QUARTERS)
        given = grown * part
        value = grown - given + (called if quarter < end else 0.0)
        unfunded -= called
        steps.append(Step(called, given, value))
    return steps
