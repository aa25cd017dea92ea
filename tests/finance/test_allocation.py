"""Properties of both allocation methods (schema, invariant 1)."""

from __future__ import annotations

import os
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dealflow.finance.allocation import (
    cumulative,
    decimal_string,
    first_total_reaching,
    half_up,
    largest_remainder,
)
from dealflow.finance.errors import Refused

EXAMPLES = settings(max_examples=10_000 if os.environ.get("DEALFLOW_LONG") else 200, deadline=None)
WEIGHTS = st.lists(
    st.integers(0, 12) | st.integers(0, 10**7) | st.integers(0, 10**15), min_size=1, max_size=9
).filter(any)
TOTALS = st.integers(-60, 60) | st.integers(-(10**15), 10**15)
METHODS = pytest.mark.parametrize("method", [largest_remainder, cumulative])


def by_quotients(total: int, weights: list[int]) -> list[int]:
    """Webster by definition: the largest quotients one by one."""
    parts = [0] * len(weights)
    for _ in range(total):
        quotients = [Fraction(weight, 2 * part + 1) for weight, part in zip(weights, parts, strict=True)]
        parts[quotients.index(max(quotients))] += 1
    return parts


@METHODS
@EXAMPLES
@given(TOTALS, WEIGHTS, st.integers(1, 1000))
def test_exact_and_without_units(method, total: int, weights: list[int], scale: int) -> None:
    """Parts sum to the total, zero weights get zero, scaling the weights changes nothing."""
    parts = method(total, weights)
    assert sum(parts) == total
    assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if not weight)
    assert all(part * total >= 0 for part in parts)
    assert method(total, [weight * scale for weight in weights]) == parts
    assert method(-total, weights) == [-part for part in parts]
    assert method(sum(weights), weights) == weights


@EXAMPLES
@given(TOTALS, WEIGHTS)
def test_largest_remainder_keeps_to_the_quota(total: int, weights: list[int]) -> None:
    """Every part is less than one unit from its exact quota."""
    parts = largest_remainder(total, weights)
    whole = sum(weights)
    assert all(
        abs(part * whole - total * weight) < whole for part, weight in zip(parts, weights, strict=True)
    )


@EXAMPLES
@given(st.integers(0, 10**15), WEIGHTS)
def test_cumulative_never_takes_back(total: int, weights: list[int]) -> None:
    """One unit more goes to exactly one part."""
    before, after = cumulative(total, weights), cumulative(total + 1, weights)
    gains = sorted(new - old for new, old in zip(after, before, strict=True))
    assert gains == [0] * (len(weights) - 1) + [1]


@EXAMPLES
@given(st.integers(0, 80), WEIGHTS)
def test_cumulative_is_webster(total: int, weights: list[int]) -> None:
    """The direct computation is the definition, ties included."""
    assert cumulative(total, weights) == by_quotients(total, weights)


@EXAMPLES
@given(st.integers(0, 200), st.lists(st.integers(1, 4), min_size=20, max_size=60))
def test_cumulative_with_many_ties(total: int, weights: list[int]) -> None:
    """Many equal quotients: the correction may need many units."""
    assert cumulative(total, weights) == by_quotients(total, weights)


@EXAMPLES
@given(st.integers(1, 10**12), WEIGHTS, st.data())
def test_first_total_reaching(units: int, weights: list[int], data: st.DataObject) -> None:
    """The total found gives the part its units-th unit, the total before it does not."""
    position = data.draw(st.sampled_from([i for i, weight in enumerate(weights) if weight]))
    assume(units * sum(weights) // weights[position] < 10**40)
    total = first_total_reaching(units, position, weights)
    assert cumulative(total, weights)[position] == units
    assert cumulative(total - 1, weights)[position] == units - 1


@METHODS
def test_refusals(method) -> None:
    """Without weight there is nobody to give to."""
    assert method(0, [0, 0]) == [0, 0]
    with pytest.raises(Refused, match="no_weight"):
        method(1, [])
    with pytest.raises(Refused, match="negative_weight"):
        method(0, [1, -1])


@EXAMPLES
@given(st.fractions(), st.integers(0, 6))
def test_half_up(value: Fraction, places: int) -> None:
    """Nearest, ties away from zero; decimal strings carry no negative zero."""
    nearest = half_up(value)
    assert abs(nearest - value) <= Fraction(1, 2)
    if abs(nearest - value) == Fraction(1, 2):
        assert abs(nearest) > abs(value)
    written = decimal_string(value, 1, places)
    assert Fraction(written) * 10**places == half_up(value * 10**places)
    assert not (written.startswith("-") and Fraction(written) == 0)
