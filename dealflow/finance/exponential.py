"""Sums of exponentials F(u) = sum of amount * exp(-u * day / 365), and all their roots in a range.

Roots are counted by the classical argument for Dirichlet polynomials (Laguerre, "Sur la theorie des equations
numeriques", 1883; Descartes' rule of signs): multiply F by exp(u * c / 365) with c the day of a term before
a sign change, and differentiate; the derivative has one sign change less. Between two neighbouring roots of
the derivative the product is monotone, so the signs at those points and at the ends of the range tell every
root of F. All signs are taken at PRECISION significant digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal, localcontext

PRECISION = 90
"""Significant digits of every evaluation."""

ZERO = Decimal(10) ** -60
"""A sum smaller than this part of the sum of its absolute terms is zero: the curve touches the axis."""

STEP = Decimal(10) ** -70
"""Roots are found to this width in u."""

MAX_STEPS = 600
"""Bisection alone needs about 240 steps from the widest range to STEP."""

YEAR = 365
_CONTEXT = Context(prec=PRECISION, Emax=10**12, Emin=-(10**12))


@dataclass(frozen=True, slots=True)
class Reading:
    """F at one point: the positive and the negative terms (both >= 0) with their first moments in days."""

    positive: Decimal
    negative: Decimal
    positive_days: Decimal
    negative_days: Decimal

    @property
    def sign(self) -> int:
        """-1, 0 or 1."""
        difference = self.positive - self.negative
        if abs(difference) <= ZERO * (self.positive + self.negative):
            return 0
        return 1 if difference > 0 else -1


@dataclass(frozen=True, slots=True)
class ExponentialSum:
    """Terms (day, amount), days ascending, amounts non-zero integers."""

    terms: tuple[tuple[int, int], ...]

    def at(self, u: Decimal) -> Reading:
        """The terms at u = ln(1 + r), relative to the first day."""
        base = (-u / YEAR).exp()
        powers: dict[int, Decimal] = {}
        factor = Decimal(1)
        sums = [Decimal(0)] * 4
        first = before = self.terms[0][0]
        for day, amount in self.terms:
            gap = day - before
            if gap:
                if gap not in powers:
                    powers[gap] = base**gap
                factor *= powers[gap]
                before = day
            value = factor * abs(amount)
            side = 0 if amount > 0 else 1
            sums[side] += value
            sums[side + 2] += value * (day - first)
        return Reading(*sums)

    def last_change(self) -> int | None:
        """The position of the term before the last sign change; None if all amounts have one sign."""
        for position in range(len(self.terms) - 2, -1, -1):
            if (self.terms[position][1] > 0) != (self.terms[position + 1][1] > 0):
                return position
        return None

    def derivative(self, position: int) -> ExponentialSum:
        """The derivative of F * exp(u * day / 365) for the day of the given term, which drops out."""
        pivot = self.terms[position][0]
        return ExponentialSum(
            tuple((day, amount * (pivot - day)) for day, amount in self.terms if day != pivot)
        )


def roots(total: ExponentialSum, low: Decimal, high: Decimal) -> list[Decimal]:
    """All different roots u with low < u < high, ascending, each to about 60 digits."""
    with localcontext(_CONTEXT):
        chain = [total]
        while (position := chain[-1].last_change()) is not None:
            chain.append(chain[-1].derivative(position))
        found: list[Decimal] = []
        for link in reversed(chain[:-1]):
            found = _between(link, [low, *found, high])
        return found


def _between(total: ExponentialSum, points: list[Decimal]) -> list[Decimal]:
    """The roots of a sum that has at most one root strictly between two neighbouring points."""
    signs = [total.at(point).sign for point in points]
    found: list[Decimal] = []
    for position in range(len(points) - 1):
        if position and signs[position] == 0:
            found.append(points[position])
        if signs[position] * signs[position + 1] < 0:
            found.append(_solve(total, points[position], points[position + 1], signs[position]))
    return found


def _solve(total: ExponentialSum, low: Decimal, high: Decimal, sign_low: int) -> Decimal:
    """The root in a bracket whose ends have opposite signs.

    Newton's method on ln(positive) - ln(negative), which is nearly straight however steep the terms are,
    replaced by bisection where it leaves the bracket or its steps do not at least halve.
    """
    u = (low + high) / 2
    before = high - low
    for _ in range(MAX_STEPS):
        reading = total.at(u)
        if reading.sign == 0:
            return u
        if reading.sign == sign_low:
            low = u
        else:
            high = u
        slope = (reading.negative_days / reading.negative - reading.positive_days / reading.positive) / YEAR
        step = (reading.positive / reading.negative).ln() / slope if slope else before
        if abs(step) * 2 > before or not low < u - step < high:
            step = u - (low + high) / 2
        before = abs(step)
        u -= step
        if high - low < STEP:
            break
    return u
