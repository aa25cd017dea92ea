"""Properties of XIRR (schema, invariants 7 and 15)."""

from __future__ import annotations

import os
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dealflow.finance.xirr import all_rates, net_by_day, xirr

EXAMPLES = settings(max_examples=3_000 if os.environ.get("DEALFLOW_LONG") else 60, deadline=None)
FIRST = date(2020, 2, 29)
FLOWS = st.lists(
    st.tuples(
        st.integers(0, 3000).map(lambda number: FIRST + timedelta(days=number)),
        st.integers(-(10**6), 10**6) | st.integers(-(10**15), 10**15),
    ),
    min_size=2,
    max_size=9,
)
YEAR = timedelta(days=365)


def sign_changes(flows: list[tuple[date, int]]) -> int:
    """Changes of sign in date order, after netting."""
    return sum((before > 0) != (after > 0) for (_, before), (_, after) in pairwise(net_by_day(flows)))


def present_value(flows: list[tuple[date, int]], rate: Decimal) -> tuple[Decimal, Decimal]:
    """The sum of the discounted flows, and of their sizes."""
    values = [amount * (1 + rate) ** (Decimal(-(on - FIRST).days) / 365) for on, amount in flows]
    return sum(values, Decimal(0)), sum(map(abs, values), Decimal(0))


@EXAMPLES
@given(FLOWS, st.randoms())
def test_the_answer_depends_on_nothing_else(flows: list[tuple[date, int]], rng) -> None:
    """Order, cutting, scale, sign and a common shift of the dates do not matter."""
    answer = xirr(flows)
    shuffled = [piece for on, amount in flows for piece in ((on, amount - 7), (on, 7))]
    rng.shuffle(shuffled)
    assert xirr(shuffled) == answer
    assert xirr([(on, 3 * amount) for on, amount in flows]) == answer
    assert xirr([(on, -amount) for on, amount in flows]) == answer
    assert xirr([(on + timedelta(days=777), amount) for on, amount in flows]) == answer
    assert (answer["rate"] is None) == (answer["reason"] is not None)


@EXAMPLES
@given(FLOWS)
def test_rates_are_roots_and_none_is_missed(flows: list[tuple[date, int]]) -> None:
    """Every rate makes the present value zero; between two of them, and beyond, it changes sign as counted."""
    changes = sign_changes(flows)
    rates = all_rates(flows)
    assert len(rates) <= changes
    assert rates == sorted(rates)
    for rate in rates:
        value, size = present_value(flows, rate)
        assert abs(value) <= size * Decimal("1e-20")
    ends = [Decimal("-0.999999"), Decimal(1_000_000)]
    middles = [(low + high) / 2 for low, high in pairwise(rates)]
    points = [ends[0], *middles, ends[1]] if rates else ends
    signs = [present_value(flows, point)[0] > 0 for point in points]
    if len(rates) == changes or not rates:
        expected = bool(rates)
        assert all((before != after) == expected for before, after in pairwise(signs))


@EXAMPLES
@given(st.lists(st.integers(-40, 120), min_size=1, max_size=4, unique=True), st.integers(1, 3))
def test_all_roots_of_a_known_polynomial(percents: list[int], power: int) -> None:
    """Flows a year apart built from chosen rates give back exactly those, each once, however often it occurs."""
    coefficients = [1]
    for percent in percents * power:
        shifted = [100 * c for c in coefficients] + [0]
        for position, coefficient in enumerate(coefficients):
            shifted[position + 1] -= (100 + percent) * coefficient
        coefficients = shifted
    flows = [(FIRST + YEAR * number, amount) for number, amount in enumerate(coefficients)]
    found = [round(rate, 12) for rate in all_rates(flows)]
    assert found == sorted(Decimal(percent) / 100 for percent in percents)
    smallest = min(percents, key=lambda percent: (abs(percent), -percent))
    answer = xirr(flows)
    assert Decimal(answer["rate"]) == Decimal(smallest) / 100
    assert answer["ambiguous"] is (len(percents) > 1)


@EXAMPLES
@given(FLOWS, st.integers(0, 3000), st.sampled_from([-1, 1]))
def test_one_sign_change_is_never_ambiguous(flows: list[tuple[date, int]], turn: int, sign: int) -> None:
    """One change of sign: one rate, or none in the range, as the signs at the ends of the range tell."""
    middle = FIRST + timedelta(days=turn)
    flows = [(on, sign * abs(amount) * (1 if on > middle else -1)) for on, amount in flows]
    flows += [(FIRST, -sign), (FIRST + timedelta(days=3001), sign)]
    assert sign_changes(flows) == 1
    low, high = (present_value(flows, Decimal(end))[0] for end in ("-0.999999", "1000000"))
    answer = xirr(flows)
    assert answer["ambiguous"] is False
    assert answer["reason"] == (None if low * high < 0 else "no_root")


def test_many_sign_changes() -> None:
    """Sixty alternating flows are answered, with roots all found."""
    flows = [
        (FIRST + timedelta(days=30 * number), (-1) ** number * (1000 + 37 * number % 91))
        for number in range(60)
    ]
    for rate in all_rates(flows):
        value, size = present_value(flows, rate)
        assert abs(value) <= size * Decimal("1e-20")


def test_a_rate_of_nothing_has_no_sign() -> None:
    """A rate that rounds to zero is written without a minus."""
    flows = [(FIRST, -(10**15)), (FIRST + YEAR, 10**15 - 1)]
    assert xirr(flows) == {"rate": "0.0000000000", "ambiguous": False, "reason": None}


@pytest.mark.parametrize(
    "flows", [[], [(FIRST, 5)], [(FIRST, 5), (FIRST, -5)], [(FIRST, 5), (FIRST + YEAR, 5)]]
)
def test_no_sign_change(flows: list[tuple[date, int]]) -> None:
    """Without money in both directions there is no rate."""
    assert xirr(flows) == {"rate": None, "ambiguous": False, "reason": "no_sign_change"}
