"""Invariants of the waterfall (schema, invariants 2 to 6 and 14) on terms of every kind."""

from __future__ import annotations

import copy
import json
import os
import random
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dealflow.finance import FinanceInputError, Refused, advance, simulate, standing, start, timeline_row

EXAMPLES = settings(max_examples=3_000 if os.environ.get("DEALFLOW_LONG") else 60, deadline=None)
WHOLE = 1_000_000
FIRST = date(2026, 1, 1)
SEEDS = st.integers(0, 2**63)


def _shares(rng: random.Random, payees: list[str]) -> list[dict[str, Any]]:
    """A random share list."""
    names = rng.sample(payees, rng.randint(1, len(payees)))
    cuts = sorted(rng.randint(0, WHOLE) for _ in names[1:])
    ends = [0, *cuts, WHOLE]
    return [{"payee": name, "ppm": ends[i + 1] - ends[i]} for i, name in enumerate(names)]


def random_terms(rng: random.Random, top: int, dated: bool) -> dict[str, Any]:
    """Terms with amounts up to `top`; with interest and ad spend tiers if `dated`."""
    payees = [f"p{number}" for number in range(rng.randint(2, 7))]

    def shares() -> list[dict[str, Any]]:
        return _shares(rng, payees)

    equity = {
        "id": "equity",
        "kind": "recoup",
        "target_ppm": rng.choice([WHOLE, 1_153_846, 1_500_000]),
        "principals": [
            {"payee": name, "principal_minor": rng.randint(0, top)} for name in rng.sample(payees, 2)
        ],
    }
    tiers = [
        {"id": "fee", "kind": "percentage", "basis": "gross", "share_ppm": rng.randint(1, 300_000), "shares": shares()},
        {"id": "agent", "kind": "percentage", "share_ppm": 200_000, "cap_minor": rng.randint(0, top), "shares": shares()},
        {"id": "costs", "kind": "fixed", "target_minor": rng.randint(0, top), "shares": shares()},
        {"id": "corridor", "kind": "corridor", "share_ppm": rng.randint(1, WHOLE), "until_tier": "equity", "shares": shares()},
        equity,
        {"id": "later", "kind": "fixed", "target_minor": rng.randint(0, top), "share_ppm": 600_000, "shares": shares()},
        {"id": "net", "kind": "split", "shares": shares(), "escalators": [
            {"above_gross_minor": rng.randint(0, 3 * top), "shares": shares()},
            {"above_recoup_ppm": rng.randint(0, 3 * WHOLE), "tier": "equity", "shares": shares()},
        ]},
    ]  # fmt: skip
    if dated:
        loans = [
            {"payee": principal["payee"], "principal_minor": rng.randint(0, top), "rate_ppm": rng.randint(0, 400_000),
             "since": "2026-01-15", "principal_tier": "equity"}
            for principal in equity["principals"]
        ]  # fmt: skip
        tiers[3:3] = [
            {"id": "ads", "kind": "ad_spend", "cap_minor": rng.randint(0, top)},
            {"id": "interest", "kind": "interest", "loans": loans},
        ]
    return {
        "currency": "CNY",
        "payees": [{"id": name, "name": name, "kind": "other"} for name in payees],
        "tiers": tiers,
    }


def random_input(seed: int, dated: bool = True) -> tuple[random.Random, dict[str, Any]]:
    """A seeded input with receipts, refunds and ad spend; amounts of very different size."""
    rng = random.Random(seed)  # noqa: S311 - repeatable cases, no secrets
    top = rng.choice([300, 10**6, 10**15])
    terms = random_terms(rng, top, dated)
    receipts = [
        {
            "on": (FIRST + timedelta(days=rng.randint(0, 300))).isoformat(),
            "amount_minor": rng.randint(-top // 3, top),
        }
        for _ in range(rng.randint(1, 9))
    ]
    names = [payee["id"] for payee in terms["payees"]]
    spend = [
        {
            "on": (FIRST + timedelta(days=rng.randint(-5, 300))).isoformat(),
            "payee": rng.choice(names),
            "amount_minor": rng.randint(0, top // 2),
            "audited": rng.random() < 0.7,
        }
        for _ in range(rng.randint(0, 5))
    ]
    return rng, {"terms": terms, "receipts": receipts, "ad_spend": spend if dated else []}


def highest_running_total(receipts: list[dict[str, Any]]) -> int:
    """The highest sum of receipts at the end of a date, at least 0."""
    dates = sorted({receipt["on"] for receipt in receipts})
    return max(0, *(sum(r["amount_minor"] for r in receipts if r["on"] <= on) for on in dates))


@EXAMPLES
@given(SEEDS)
def test_everything_is_paid_and_nothing_taken_back(seed: int) -> None:
    """Sums agree with the highest running total; nothing is negative; nobody falls over time."""
    _, data = random_input(seed)
    found = simulate(data)
    assert sum(found["by_payee"].values()) == found["distributed_minor"]
    assert sum(tier["total_minor"] for tier in found["by_tier"].values()) == found["distributed_minor"]
    assert all(sum(tier["by_payee"].values()) == tier["total_minor"] for tier in found["by_tier"].values())
    assert found["distributed_minor"] == highest_running_total(data["receipts"])
    assert found["unallocated_minor"] == 0
    assert found["refund_balance_minor"] >= 0
    zero = dict.fromkeys(found["by_payee"], 0)
    for before, after in pairwise([{"by_payee": zero}, *found["timeline"]]):
        assert all(after["by_payee"][payee] >= amount for payee, amount in before["by_payee"].items())
    for tier in data["terms"]["tiers"]:
        assert found["by_tier"][tier["id"]]["total_minor"] <= tier.get("cap_minor", 10**30)
        assert found["by_tier"][tier["id"]]["total_minor"] <= tier.get("target_minor", 10**30)


@EXAMPLES
@given(SEEDS)
def test_cutting_and_shuffling_change_nothing(seed: int) -> None:
    """Receipts in pieces of the same date, in another order, give the same result."""
    rng, data = random_input(seed)
    pieces = []
    for receipt in data["receipts"]:
        cut = rng.randint(-abs(receipt["amount_minor"]), abs(receipt["amount_minor"]))
        pieces += [
            {**receipt, "amount_minor": cut},
            {**receipt, "amount_minor": receipt["amount_minor"] - cut},
        ]
    rng.shuffle(pieces)
    assert simulate({**data, "receipts": pieces}) == simulate(data)


@EXAMPLES
@given(SEEDS)
def test_date_by_date_equals_the_batch(seed: int) -> None:
    """States saved as JSON text after each date lead to the output and every timeline row of the batch."""
    _, data = random_input(seed)
    batch = simulate(data)
    state = start(data["terms"])
    for row in batch["timeline"]:
        receipts = [receipt for receipt in data["receipts"] if receipt["on"] == row["on"]]
        state = json.loads(
            json.dumps(advance(state, date.fromisoformat(row["on"]), receipts, data["ad_spend"]))
        )
        assert timeline_row(state) == row
    assert {**standing(state), "timeline": batch["timeline"]} == batch


@EXAMPLES
@given(SEEDS)
def test_only_the_gross_counts_without_dated_tiers(seed: int) -> None:
    """Without interest and ad spend, dates, cuts and refunds in between do not change who has what at a gross."""
    rng, data = random_input(seed, dated=False)
    points = sorted(rng.randint(0, 3 * 10 ** rng.randint(1, 15)) for _ in range(6))
    grid = simulate({"terms": data["terms"], "gross_grid": points, "on": "2026-06-01"})["grid"]
    for before, after in pairwise(grid):
        assert all(after["by_payee"][payee] >= amount for payee, amount in before["by_payee"].items())
    day, gross, receipts = FIRST, 0, []
    for point in points:
        detour = rng.randint(0, point)
        for amount in (-detour, point - gross + detour):
            day += timedelta(days=rng.randint(1, 9))
            receipts.append({"on": day.isoformat(), "amount_minor": amount})
        gross = point
    found = simulate({"terms": data["terms"], "receipts": receipts})
    assert [row["by_payee"] for row in found["timeline"][1::2]] == [row["by_payee"] for row in grid]
    assert found["by_tier"] == grid[-1]["by_tier"]


@EXAMPLES
@given(SEEDS)
def test_grid_points_are_single_receipts(seed: int) -> None:
    """The walk over the grid gives each point what a receipt of that amount on that date gives."""
    rng, data = random_input(seed)
    grid = [rng.randint(0, 10 ** rng.randint(1, 15)) for _ in range(5)]
    on = "2026-09-09"
    spend = {"terms": data["terms"], "ad_spend": data["ad_spend"]}
    for gross, row in zip(grid, simulate({**spend, "gross_grid": grid, "on": on})["grid"], strict=True):
        single = simulate({**spend, "receipts": [{"on": on, "amount_minor": gross}]})
        assert row == {"gross_minor": gross, "by_payee": single["by_payee"], "by_tier": single["by_tier"]}


@settings(EXAMPLES, max_examples=EXAMPLES.max_examples // 3)
@given(SEEDS)
def test_one_unit_at_a_time(seed: int) -> None:
    """A walk in steps of one unit and one jump from zero end in the same place."""
    rng = random.Random(seed)  # noqa: S311 - repeatable cases, no secrets
    request = {"terms": random_terms(rng, 60, dated=False), "on": "2026-06-01"}
    walk = simulate({**request, "gross_grid": list(range(400))})["grid"]
    for gross in rng.sample(range(400), 40):
        assert simulate({**request, "gross_grid": [gross]})["grid"] == [walk[gross]]


@EXAMPLES
@given(SEEDS)
def test_full_recoup_pays_exactly_the_targets(seed: int) -> None:
    """With enough money (a corridor may leave a millionth of it) every payee of a recoup tier has its own target from it."""
    _, data = random_input(seed, dated=False)
    row = simulate({"terms": data["terms"], "gross_grid": [10**30], "on": "2026-06-01"})["grid"][0]
    equity = next(tier for tier in data["terms"]["tiers"] if tier["id"] == "equity")
    for principal in equity["principals"]:
        target = (principal["principal_minor"] * equity["target_ppm"] * 2 + WHOLE) // (2 * WHOLE)
        assert row["by_tier"]["equity"]["by_payee"][principal["payee"]] == target


@EXAMPLES
@given(SEEDS)
def test_seniority(seed: int) -> None:
    """Nothing flows past an unsatisfied full-share tier."""
    rng, data = random_input(seed, dated=False)
    costs = next(tier for tier in data["terms"]["tiers"] if tier["id"] == "costs")
    gross = rng.randint(0, costs["target_minor"])
    row = simulate({"terms": data["terms"], "gross_grid": [gross], "on": "2026-06-01"})["grid"][0]
    assert row["by_tier"]["costs"]["total_minor"] <= costs["target_minor"]
    if row["by_tier"]["costs"]["total_minor"] < costs["target_minor"]:
        assert all(
            row["by_tier"][name]["total_minor"] == 0 for name in ("corridor", "equity", "later", "net")
        )


def test_unnamed_payee_gets_nothing() -> None:
    """A payee in no tier appears with 0."""
    _, data = random_input(1)
    data["terms"]["payees"].append({"id": "guest", "name": "guest", "kind": "other"})
    assert simulate(data)["by_payee"]["guest"] == 0


def test_states_are_values() -> None:
    """Advancing leaves the given state as it was; a date that is not later and a refused receipt are told."""
    _, data = random_input(3)
    state = start(data["terms"])
    kept = copy.deepcopy(state)
    after = advance(state, FIRST, [{"amount_minor": 5}])
    assert state == kept
    assert after["gross_minor"] == 5
    with pytest.raises(FinanceInputError, match="must be later than 2026-01-01"):
        advance(after, FIRST, [])
    with pytest.raises(Refused, match="fx_missing"):
        advance(after, date(2026, 2, 1), [{"amount_minor": 5, "currency": "USD"}])
    with pytest.raises(FinanceInputError, match="version"):
        advance({**after, "version": 0}, date(2026, 2, 1), [])


def test_many_receipts_and_large_amounts() -> None:
    """A thousand receipts of 10^12 leave nothing out."""
    _, data = random_input(5)
    data["receipts"] = [
        {"on": (FIRST + timedelta(days=number)).isoformat(), "amount_minor": 10**12 + number}
        for number in range(1000)
    ]
    found = simulate(data)
    assert found["distributed_minor"] == sum(receipt["amount_minor"] for receipt in data["receipts"])
    assert len(found["timeline"]) == 1000
