"""Allocation of whole minor units by weights, and the one rounding rule of the package.

Two methods, because they answer two questions. Largest remainder (Hamilton) is for one-off splits: every
part is within one unit of its quota. It is not monotone in the total (the Alabama paradox), so what is paid
out again and again uses Webster/Sainte-Lague, whose parts never fall when the total grows.
Source: Balinski and Young, "Fair Representation", 1982, chapters 5 and 8 and appendix A.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from dealflow.finance import reading
from dealflow.finance.errors import Refused

PPM = 1_000_000
"""Parts per million that make the whole."""


def half_up(numerator: int | Fraction, denominator: int = 1) -> int:
    """The integer nearest to numerator/denominator, ties away from zero (四舍五入). The denominator is > 0."""
    if isinstance(numerator, Fraction):
        denominator *= numerator.denominator
        numerator = numerator.numerator
    if numerator < 0:
        return -((-2 * numerator + denominator) // (2 * denominator))
    return (2 * numerator + denominator) // (2 * denominator)


def decimal_string(numerator: int | Fraction, denominator: int, places: int) -> str:
    """numerator/denominator as a decimal string with exactly `places` decimals, rounded half up.

    The sign of the denominator may be either; a result that rounds to zero is written without a minus.
    """
    exact = Fraction(numerator) / denominator
    units = half_up(exact * 10**places)
    whole, rest = divmod(abs(units), 10**places)
    return f"{'-' if units < 0 else ''}{whole}.{rest:0{places}d}"


def _check(total: int, weights: Sequence[int]) -> int:
    """The sum of the weights; raises Refused `negative_weight`, or `no_weight` when there is none to take the total."""
    if weights and min(weights) < 0:
        raise Refused("negative_weight")
    whole = sum(weights)
    if whole == 0 and total != 0:
        raise Refused("no_weight")
    return whole


def largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """`total` minor units split by weights once: floors of the quotas, the rest to the largest fractions.

    Ties go to the earlier weight. The parts sum to the total; a negative total gives negated parts.
    Raises Refused (`negative_weight`, `no_weight`).
    """
    whole = _check(total, weights)
    if whole == 0:
        return [0] * len(weights)
    if total < 0:
        return [-part for part in largest_remainder(-total, weights)]
    parts, fractions = [], []
    for weight in weights:
        part, fraction = divmod(total * weight, whole)
        parts.append(part)
        fractions.append(fraction)
    left = total - sum(parts)
    for position in heapq.nlargest(left, range(len(weights)), key=lambda i: (fractions[i], -i)):
        parts[position] += 1
    return parts


def cumulative(total: int, weights: Sequence[int]) -> list[int]:
    """The total-th Webster/Sainte-Lague allocation: for what is paid out again and again.

    A function of the total alone; each further unit goes to exactly one part, no part ever falls, and
    total = sum of the weights gives the weights. Ties go to the earlier weight; a negative total gives
    negated parts. Starts from the rounded quotas and corrects at most len(weights) units, each in
    O(log n). Raises Refused (`negative_weight`, `no_weight`).
    """
    whole = _check(total, weights)
    if whole == 0:
        return [0] * len(weights)
    if total < 0:
        return [-part for part in cumulative(-total, weights)]
    double = 2 * whole
    parts = [(2 * total * weight + whole) // double for weight in weights]
    missing = total - sum(parts)
    if missing:
        _correct(parts, weights, missing)
    return parts


def _correct(parts: list[int], weights: Sequence[int], missing: int) -> None:
    """Add `missing` units to the largest next quotients, or take -missing from the smallest last ones, in place.

    Quotients w/(2s+1) are compared as integers scaled by 2^shift: two different fractions whose
    denominators are below 2^(shift/2) differ by more than 2^-shift, so the order is exact.
    """
    step = 1 if missing > 0 else -1
    shift = 2 * (2 * (max(parts) + abs(missing)) + 3).bit_length()

    def entry(position: int) -> tuple[int, int]:
        """The heap's key for the next unit of a part, ties to the earlier (adding) or later (taking)."""
        quotient = (weights[position] << shift) // (2 * parts[position] + step)
        return (-quotient, position) if step > 0 else (quotient, -position)

    heap = [entry(i) for i, weight in enumerate(weights) if weight and (step > 0 or parts[i])]
    heapq.heapify(heap)
    for _ in range(abs(missing)):
        position = abs(heap[0][1])
        parts[position] += step
        if parts[position] or step > 0:
            heapq.heapreplace(heap, entry(position))
        else:
            heapq.heappop(heap)


def first_total_reaching(units: int, position: int, weights: Sequence[int]) -> int:
    """The smallest total at which `cumulative(total, weights)[position]` is `units` (> 0; weight > 0).

    Counts, over all weights, the quotients that come before the units-th quotient of `position`: an odd
    number 2m-1 belongs to weight w when w/(2m-1) is larger than it (or equal, for an earlier weight).
    """
    own = weights[position]
    odd = 2 * units - 1
    total = units
    for other, weight in enumerate(weights):
        if other < position:
            total += (weight * odd // own + 1) // 2
        elif other > position:
            total += -(-weight * odd // own) // 2
    return total


METHODS = {"largest_remainder": largest_remainder, "cumulative": cumulative}


def allocate(data: dict[str, Any]) -> dict[str, Any]:
    """Family `allocate`: `{"total", "weights", "method"}` to `{"parts"}` or `{"error"}`.

    Raises FinanceInputError for a malformed input.
    """
    total = reading.integer(data, "total", "")
    weights = [
        reading.as_integer(weight, f"weights[{position}]")
        for position, weight in enumerate(reading.sequence(data, "weights", ""))
    ]
    method = METHODS[reading.choice(data, "method", "", METHODS)]
    try:
        return {"parts": method(total, weights)}
    except Refused as refusal:
        return refusal.as_output()
