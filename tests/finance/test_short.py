"""Periods under a year are not annualised: what they brought in all is stated beside the yearly rate."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealflow.finance.short import length, rate_of, rates_of, spans
from dealflow.finance.xirr import Flow

BEGAN = date(2025, 1, 1)


@pytest.mark.parametrize("days", [1, 30, 84, 364])
def test_a_gain_of_a_tenth_is_a_tenth_however_short(days: int) -> None:
    found = rate_of([(BEGAN, -100_000_00), (BEGAN + timedelta(days), 110_000_00)])
    assert found["days"] == days
    assert float(found["period_return"]) == pytest.approx(0.1, abs=1e-8)
    if found["rate"] is None:
        # In a day it would be beyond the largest rate that is looked for.
        assert (days, found["reason"]) == (1, "no_root")
    else:
        assert float(found["rate"]) == pytest.approx(1.1 ** (365 / days) - 1, rel=1e-8)


@pytest.mark.parametrize("days", [365, 366, 1000])
def test_from_a_year_on_the_yearly_rate_stands_alone(days: int) -> None:
    found = rate_of([(BEGAN, -100_000_00), (BEGAN + timedelta(days), 110_000_00)])
    assert (found["days"], found["period_return"]) == (days, None)
    assert float(found["rate"]) == pytest.approx(1.1 ** (365 / days) - 1, rel=1e-8)


def test_what_cancels_out_on_a_day_lengthens_no_period() -> None:
    early = BEGAN - timedelta(400)
    corrected: list[Flow] = [(early, -5_00), (early, 5_00), (BEGAN, -100_00), (BEGAN + timedelta(90), 90_00)]
    found = rate_of(corrected)
    assert found["days"] == 90
    assert float(found["period_return"]) == pytest.approx(-0.1, abs=1e-8)


@pytest.mark.parametrize(
    ("days", "back", "brought"),
    [(1, 3_000_00, 2.0), (9, 250_00, -0.75), (20, 1_00, -0.999), (3, 1_000_00, 0.0), (60, 900_000_00, 899.0)],
)
def test_what_a_few_days_brought_is_stated_though_no_yearly_rate_is_so_large(
    days: int, back: int, brought: float
) -> None:
    flows: list[Flow] = [(BEGAN, -1_000_00), (BEGAN + timedelta(days), back)]
    found = rate_of(flows)
    assert float(found["period_return"]) == pytest.approx(brought, abs=1e-9)
    assert (found["days"], found["ambiguous"]) == (days, False)
    assert (found["rate"] is None) == (found["reason"] == "no_root") == (brought not in (0.0,))


def test_money_that_came_in_between_is_weighed_by_its_days() -> None:
    """Out 100 at once and 100 after half of ten days, 500 back: x = 1 + return gives 100 x + 100 x**0.5 = 500."""
    flows = [(BEGAN, -100_00), (BEGAN + timedelta(5), -100_00), (BEGAN + timedelta(10), 500_00)]
    found = rate_of(flows)
    root = ((-1 + 21**0.5) / 2) ** 2
    assert found["rate"] is None
    assert float(found["period_return"]) == pytest.approx(root - 1, abs=1e-9)


def test_without_a_rate_nothing_is_stated() -> None:
    assert rate_of([]) == {
        "rate": None, "ambiguous": False, "reason": "no_sign_change", "days": 0, "period_return": None,
    }  # fmt: skip


_FLOW = st.tuples(st.integers(0, 3), st.integers(0, 40), st.integers(-3, 3))


@given(st.lists(_FLOW, max_size=30))
def test_what_is_stated_of_many_portfolios_is_what_is_stated_of_each(
    rows: list[tuple[int, int, int]],
) -> None:
    owner, day, amount = (
        np.array([row[at] for row in rows], np.int64) + (BEGAN.toordinal() if at == 1 else 0)
        for at in range(3)
    )
    for mine, found in enumerate(rates_of(4, owner, day, amount)):
        alone = rate_of([(BEGAN + timedelta(day), minor) for owner, day, minor in rows if owner == mine])
        assert {k: found[k] for k in ("days", "ambiguous", "reason")} == {
            k: alone[k] for k in ("days", "ambiguous", "reason")
        }
        for name in ("rate", "period_return"):
            assert (found[name] is None) == (alone[name] is None)
            if found[name] is not None:
                assert float(found[name]) == pytest.approx(float(alone[name]), rel=1e-8, abs=1e-8)


@given(st.lists(_FLOW, max_size=30))
def test_periods_of_many_portfolios_are_those_of_each(rows: list[tuple[int, int, int]]) -> None:
    owner, day, amount = (
        np.array([row[at] for row in rows], np.int64) + (BEGAN.toordinal() if at == 1 else 0)
        for at in range(3)
    )
    one_by_one = [
        length([(BEGAN + timedelta(day), minor) for owner, day, minor in rows if owner == mine])
        for mine in range(4)
    ]
    assert spans(4, owner, day, amount) == one_by_one
