"""Rates of the tiers at one state, and how far money can flow before one of them is full (schema, 2.3)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm

from dealflow.finance.allocation import PPM, cumulative, first_total_reaching
from dealflow.finance.waterfall.terms import Tier


def rates(tiers: Sequence[Tier], satisfied: Sequence[bool]) -> list[int]:
    """The share of the next unit that each tier takes, as integers without a common divisor.

    Tiers are walked in order of rank with the remaining share `rem` = 1: an unsatisfied tier takes
    min(rem, share of rem, or of 1 for basis gross), a satisfied one nothing.
    """
    rem = Fraction(1)
    exact = []
    for tier, full in zip(tiers, satisfied, strict=True):
        share = Fraction(tier.share_ppm, PPM)
        rate = Fraction(0) if full else min(rem, share if tier.gross else share * rem)
        rem -= rate
        exact.append(rate)
    common = lcm(*(rate.denominator for rate in exact))
    whole = [rate.numerator * (common // rate.denominator) for rate in exact]
    divisor = gcd(*whole)
    return [rate // divisor for rate in whole]


class Band:
    """A stretch of money over which the rates do not change.

    `base` are the tiers' amounts (minor units) at its start, `flowed` the money that came in it so far.
    """

    def __init__(self, vector: list[int], base: list[int], flowed: int = 0) -> None:
        """A band at the given point; tiers with rate 0 are set aside, they receive nothing."""
        self.rates = vector
        self.base = base
        self.flowed = flowed
        self.active = [position for position, rate in enumerate(vector) if rate]
        self._weights = [vector[position] for position in self.active]

    def amounts_after(self, money: int) -> dict[int, int]:
        """The cumulative amounts of the active tiers (by position) when `money` more has flowed."""
        parts = cumulative(self.flowed + money, self._weights)
        return {tier: self.base[tier] + part for tier, part in zip(self.active, parts, strict=True)}

    def money_until(self, tier: int, amount: int) -> int:
        """How much more must flow until active `tier` has `amount` in all (more than it has now); at least 1."""
        position = self.active.index(tier)
        return first_total_reaching(amount - self.base[tier], position, self._weights) - self.flowed
