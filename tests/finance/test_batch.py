"""Rates and metrics of many portfolios at once against the authority, one by one."""

from __future__ import annotations

import json
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dealflow.finance import batch, batch_metrics, pacing, pme, slate, spread
from dealflow.finance.errors import Refused
from dealflow.finance.xirr import xirr

VECTORS = Path(__file__).resolve().parent / "cases"
START = date(2020, 1, 1)
flows = st.lists(st.tuples(st.integers(0, 1500), st.integers(-(10**9), 10**9)), min_size=0, max_size=8).map(
    lambda rows: [(START + timedelta(days=day), amount) for day, amount in rows]
)


def together(portfolios: list[list[tuple[date, int]]]) -> list[dict[str, Any]]:
    rows = [(place, on, amount) for place, found in enumerate(portfolios) for on, amount in found]
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    return batch.rates(
        len(portfolios),
        np.array(columns[0], np.int64),
        batch.day_numbers(columns[1]),
        np.array(columns[2], np.int64),
    )


def same(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert (found["ambiguous"], found["reason"]) == (wanted["ambiguous"], wanted["reason"])
    if wanted["rate"] is not None:
        right = float(wanted["rate"])
        assert abs(float(found["rate"]) - right) <= 1e-9 * max(1, abs(right))


@settings(max_examples=40, deadline=None)
@given(st.lists(flows, max_size=4))
def test_the_batch_answers_as_the_authority_does(portfolios: list[list[tuple[date, int]]]) -> None:
    for answer, found in zip(together(portfolios), portfolios, strict=True):
        same(answer, xirr(found))


@st.composite
def one_change(draw: st.DrawFn) -> list[tuple[date, int]]:
    """Pays in first and gets back afterwards (or the other way round), several flows a day and empty ones among them."""
    before = draw(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 10**11)), min_size=1, max_size=12))
    after = draw(st.lists(st.tuples(st.integers(900, 4000), st.integers(0, 10**11)), min_size=1, max_size=12))
    sign = draw(st.sampled_from([1, -1]))
    rows = [(day, -sign * amount) for day, amount in before] + [(day, sign * amount) for day, amount in after]
    return [(START + timedelta(days=day), amount) for day, amount in sorted(rows, key=lambda row: row[0])]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(one_change(), flows.map(sorted)), min_size=1, max_size=6))
def test_portfolios_of_one_change_among_others_answer_as_the_authority_does(
    portfolios: list[list[tuple[date, int]]],
) -> None:
    for answer, found in zip(together(portfolios), portfolios, strict=True):
        same(answer, xirr(found))


@pytest.mark.parametrize(
    "found",
    [
        [(0, -500), (0, 500), (365, 700)],
        [(0, -(10**15)), (0, 10**15), (365, 1)],
        [(0, -100), (365, 0), (730, 0)],
        [(0, -1), (1, 10**15)],
        [(0, -(10**15)), (3650, 1)],
        [(0, -100), (365, 100)],
        [(0, 100), (365, -99)],
        [(0, -(10**12)), (1, 10**12 + 1)],
    ],
)
def test_edges_of_one_change(found: list[tuple[int, int]]) -> None:
    dated = [(START + timedelta(days=day), amount) for day, amount in found]
    same(together([dated, dated])[1], xirr(dated))


def test_most_of_a_batch_needs_no_counting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "_counted", lambda count, *_flows: [{"rate": "counted"}] * count)
    plain = [(START, -100), (START + timedelta(days=365), 110)]
    twice = [*plain, (START + timedelta(days=730), -5)]
    assert [row["rate"] for row in together([plain, twice, plain])] == [
        "0.1000000000",
        "counted",
        "0.1000000000",
    ]


def test_long_portfolios_whose_signs_change_again_and_again() -> None:
    random = np.random.default_rng(5)
    for size in (26, 34, 45):
        days = np.sort(random.choice(2500, size, replace=False))
        found = [
            (START + timedelta(days=int(day)), int(amount))
            for day, amount in zip(days, random.integers(-(10**7), 10**7, size), strict=True)
        ]
        same(batch.rate(found), xirr(found))
    # A thousand days of this kind take the exact search a minute.
    days = np.sort(random.choice(2500, 1000, replace=False))
    many = [
        (START + timedelta(days=int(day)), int(amount))
        for day, amount in zip(days, random.integers(-(10**7), 10**7, 1000), strict=True)
    ]
    answer = batch.rate(many)
    assert answer["rate"] is not None
    years = [(on - many[0][0]).days / 365 for on, _amount in many]
    worth = [
        amount * (1 + float(answer["rate"])) ** -year for (_on, amount), year in zip(many, years, strict=True)
    ]
    assert abs(sum(worth)) < 1e-6 * sum(map(abs, worth))


def test_several_rates_are_flagged_and_sums_beyond_64_bits_are_right() -> None:
    both = [
        (START, -1000_00),
        (START + timedelta(days=365), 2300_00),
        (START + timedelta(days=730), -1320_00),
    ]
    huge = [
        (START, -(10**18)),
        (START + timedelta(days=365), 11 * 10**17),
        (START + timedelta(days=366), 7 * 10**18),
    ]
    first, second = together([both, huge])
    assert first["ambiguous"] is True
    same(second, xirr(huge))


def test_xirr_vectors_in_one_batch() -> None:
    cases = [c for c in json.loads((VECTORS / "xirr.json").read_text())]
    given_flows = [
        [(date.fromisoformat(f["on"]), f["amount_minor"]) for f in case["input"]["flows"]] for case in cases
    ]
    small = [
        (case, found)
        for case, found in zip(cases, given_flows, strict=True)
        if all(abs(a) < 2**62 for _d, a in found)
    ]
    for answer, (case, _found) in zip(together([found for _case, found in small]), small, strict=True):
        same(answer, case["expected"])


def test_fund_metrics_vectors_from_columns() -> None:
    for case in json.loads((VECTORS / "fund_metrics.json").read_text()):
        data, as_of = case["input"], date.fromisoformat(case["input"]["as_of"])
        numbers = [f["amount_minor"] for h in data["holdings"] for f in h["flows"]]
        if any(n > 2**50 for n in numbers):
            continue
        rows = [
            (place, date.fromisoformat(f["on"]), f["kind"] == "cost", f["amount_minor"])
            for place, holding in enumerate(data["holdings"]) for f in holding["flows"] if f["on"] <= data["as_of"]
        ]  # fmt: skip
        columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
        held = batch_metrics.HoldingFlows(
            np.array(columns[0], np.int64), batch.day_numbers(columns[1]), np.array(columns[2], np.bool_),
            np.array(columns[3], np.int64),
        )  # fmt: skip

        def last(rows: list[dict[str, Any]], key: str, day: str = data["as_of"]) -> int:
            known = sorted((row for row in rows if row["on"] <= day), key=lambda row: row["on"])
            return int(known[-1][key]) if known else 0

        answer = batch_metrics.metrics(
            commitment_minor=data["commitment_minor"], as_of=as_of,
            flows=[(date.fromisoformat(f["on"]), f["kind"], f["amount_minor"]) for f in data["flows"] if f["on"] <= data["as_of"]],
            nav_minor=last(data["valuations"], "nav_minor"), ids=[h["id"] for h in data["holdings"]], held=held,
            values=[last(h["valuations"], "value_minor") for h in data["holdings"]],
        )  # fmt: skip
        wanted = case["expected"]
        for name in ("irr", "gross_irr"):
            same(answer.pop(name), wanted[name])
        for name, found in answer["holdings"].items():
            same(found.pop("irr"), wanted["holdings"][name]["irr"])
            assert found.items() <= wanted["holdings"][name].items(), case["name"]
        del answer["holdings"]
        assert answer.items() <= wanted.items(), case["name"]


def test_an_investor_that_bought_the_index_equals_it() -> None:
    """By hand: 100 in at 100, 60 back at 120, so 100/100*150 - 60/120*150 = 75 left at 150; 90 held is better."""
    index = pme.Index(
        [
            (START, Fraction(100)),
            (START + timedelta(days=365), Fraction(120)),
            (START + timedelta(days=730), Fraction(150)),
        ]
    )
    money = [(START, -100_00), (START + timedelta(days=365), 60_00)]
    even = pme.equivalents(money, 75_00, START + timedelta(days=730), index)
    assert (even["kaplan_schoar"], even["long_nickels_value_minor"]) == ("1.000000", 75_00)
    assert even["direct_alpha"]["rate"] == "0.0000000000"
    assert even["long_nickels"] == even["irr"]
    better = pme.equivalents(money, 90_00, START + timedelta(days=730), index)
    assert better["kaplan_schoar"] == "1.100000"
    assert float(better["direct_alpha"]["rate"]) > 0
    with pytest.raises(Refused):
        pme.equivalents([(START - timedelta(days=1), -1)], 0, START, index)


def test_an_index_position_that_was_sold_out_has_no_long_nickels_return() -> None:
    index = pme.Index([(START, Fraction(100))])
    found = pme.equivalents(
        [(START, -100), (START + timedelta(days=9), 200)], 50, START + timedelta(days=30), index
    )
    assert found["long_nickels"]["reason"] == "sold_out"
    assert found["kaplan_schoar"] == "2.500000"


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 47))
def test_pacing_gives_all_back_and_never_calls_more_than_is_left(unfunded: int, value: int, age: int) -> None:
    steps = pacing.project(unfunded, value, age, pacing.Pace())
    assert len(steps) == 48 - age
    assert sum(step.called for step in steps) <= unfunded * (1 + 1e-9) + 1
    assert steps[-1].value == 0
    assert all(min(step.called, step.distributed, step.value) >= 0 for step in steps)


def test_pacing_repeats_the_papers_first_year() -> None:
    """A quarter of the commitment is called in the first year, a third of the rest in the second."""
    steps = pacing.project(100_000_000, 0, 0, pacing.Pace(growth=0.0))
    assert abs(sum(step.called for step in steps[:4]) - 25_000_000) < 1
    assert abs(sum(step.called for step in steps[4:8]) - 25_000_000) < 1


def test_the_tail_is_found_again_and_the_range_holds_the_truth() -> None:
    random = np.random.default_rng(7)
    true = slate.Tail(1.5, 0.6, 0)
    drawn = true.draw(random, (4000,)).tolist()
    found = slate.fit(drawn)
    assert abs(found.index - 1.5) < 0.25
    assert abs(found.quantile(0.5) - true.quantile(0.5)) < 0.1
    history = [true.draw(random, (20,)).tolist() for _ in range(40)]
    tested = spread.back_test(history, slate=20, rounds=500)
    assert 0.6 <= tested["inside"] <= 1.0
    assert len(tested["periods"]) == 39


def test_periods_that_share_a_shock_are_held_by_the_widened_range_only() -> None:
    random = np.random.default_rng(3)
    true = slate.Tail(2.5, 1.5, 0)
    history = [(true.draw(random, (40,)) * np.exp(random.normal(0, 0.6))).tolist() for _ in range(40)]
    tested = spread.back_test(history, slate=40, rounds=400)
    assert tested["inside_before"] < 0.6
    assert tested["inside"] >= 0.7
    wide = spread.estimate(history)
    assert 0.3 < wide.shock < 0.9
    alike = spread.estimate([true.draw(random, (400,)).tolist() for _ in range(20)])
    assert alike.shock < 0.15


def test_no_period_knows_of_a_later_one() -> None:
    random = np.random.default_rng(4)
    history = [slate.Tail(1.5, 0.6, 0).draw(random, (15,)).tolist() for _ in range(12)]
    whole = spread.back_test(history, slate=15, rounds=200)["periods"]
    early = spread.back_test(history[:8], slate=15, rounds=200)["periods"]
    assert whole[: len(early)] == early


def test_a_range_is_stretched_by_what_earlier_ones_lacked() -> None:
    assert abs(spread.score(0.5, 1.0, 2.0, 4.0) - 2.0) < 1e-12
    assert abs(spread.score(0.5, 1.0, 2.0, 0.25) - 2.0) < 1e-12
    wide = spread.estimate([], scores=[0.2, 0.5, 1.5, 3.0])
    assert wide.stretch == 3.0
    assert wide.widened(0.5, 1.0, 2.0) == (0.125, 1.0, 8.0)
    assert spread.estimate([], scores=[0.2, 0.1, 0.4, 0.9]).stretch == 1.0
    plain = slate.simulate([100_00] * 9, [0] * 9, [0] * 9, slate.fit([]), quarters=4, half_life=4.0)
    more = slate.simulate(
        [100_00] * 9, [0] * 9, [0] * 9, slate.fit([]), spread=wide, quarters=4, half_life=4.0
    )
    assert more["total"]["p90"] > plain["total"]["p90"]
    assert more["total"]["p10"] < plain["total"]["p10"]


def test_a_slate_is_the_same_for_the_same_seed_and_grows_with_what_was_paid() -> None:
    one = slate.simulate([100_00], [0], [0], slate.fit([]), quarters=4, half_life=4.0)
    assert one == slate.simulate([100_00], [0], [0], slate.fit([]), quarters=4, half_life=4.0)
    two = slate.simulate([100_00, 100_00], [0, 300_00], [0, 0], slate.fit([]), quarters=4, half_life=4.0)
    assert two["total"]["p50"] > one["total"]["p50"]
    assert len(one["quarters"]) == 4
    assert one["total"]["p10"] <= one["total"]["p50"] <= one["total"]["p90"]
