"""Properties of fund metrics, capital calls, fund distributions and tranches (schema, invariants 8 to 12)."""

from __future__ import annotations

import os
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dealflow.finance import FAMILIES
from dealflow.finance.compounding import grow
from dealflow.finance.xirr import all_rates

EXAMPLES = settings(max_examples=5_000 if os.environ.get("DEALFLOW_LONG") else 100, deadline=None)
FIRST = date(2024, 1, 1)
WHOLE = 1_000_000
AMOUNTS = st.integers(0, 500) | st.integers(0, 10**15)
DAYS = st.integers(0, 1500).map(lambda number: (FIRST + timedelta(days=number)).isoformat())
RATES = st.integers(0, 300_000)


def objects(**members: Any) -> st.SearchStrategy[dict[str, Any]]:
    """JSON objects with these members."""
    return st.fixed_dictionaries(members)


def named(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The objects with ids in order."""
    return [{"id": f"lp{number}", **item} for number, item in enumerate(items)]


FUND_FLOWS = st.lists(
    objects(
        on=DAYS,
        kind=st.sampled_from(
            ["call", "call_outside", "call_refund", "distribution", "distribution_recallable"]
        ),
        amount_minor=AMOUNTS,
    ),
    max_size=8,
)


@EXAMPLES
@given(FUND_FLOWS, st.lists(objects(on=DAYS, nav_minor=AMOUNTS), max_size=3), AMOUNTS, DAYS)
def test_metrics_add_up(flows, valuations, commitment: int, as_of: str) -> None:
    """Paid-in, unfunded and the multiples belong together; later entries change nothing."""
    data = {
        "commitment_minor": commitment,
        "as_of": as_of,
        "flows": flows,
        "valuations": valuations,
        "holdings": [{"id": "h", "flows": [], "valuations": []}],
    }
    found = FAMILIES["fund_metrics"](data)
    sums = {kind: sum(f["amount_minor"] for f in flows if f["kind"] == kind and f["on"] <= as_of) for kind in (
        "call_outside", "distribution_recallable")}  # fmt: skip
    outside = sums["call_outside"] + sums["distribution_recallable"]
    assert found["paid_in_minor"] + found["unfunded_minor"] == commitment + outside
    if found["paid_in_minor"]:
        total = Fraction(found["distributed_minor"] + found["nav_minor"], found["paid_in_minor"])
        assert abs(Fraction(found["tvpi"]) - total) <= Fraction(1, 2 * WHOLE)
        parts = Fraction(found["dpi"]) + Fraction(found["rvpi"])
        assert abs(parts - Fraction(found["tvpi"])) <= Fraction(1, WHOLE)
    else:
        assert found["tvpi"] is found["dpi"] is found["rvpi"] is None
    known = [flow for flow in flows if flow["on"] <= as_of]
    assert FAMILIES["fund_metrics"]({**data, "flows": known}) == found


LPS = st.lists(
    objects(commitment_minor=st.integers(1, 10**12), unfunded_minor=AMOUNTS, excused=st.booleans()),
    min_size=1,
    max_size=7,
).map(named)


@EXAMPLES
@given(LPS, st.fractions(0, 1))
def test_calls(lps: list[dict[str, Any]], part: Fraction) -> None:
    """The sum is exact, nobody pays above its unfunded, excused LPs pay nothing, the rest is pro rata."""
    asked = [lp for lp in lps if not lp["excused"]]
    room = sum(lp["unfunded_minor"] for lp in asked)
    amount = int(room * part)
    found = FAMILIES["capital_calls"]({"op": "call", "amount_minor": amount, "lps": lps})
    calls = found["calls"]
    assert sum(calls.values()) == amount
    for lp in lps:
        assert 0 <= calls[lp["id"]] <= (0 if lp["excused"] else lp["unfunded_minor"])
        assert found["unfunded_after"][lp["id"]] == lp["unfunded_minor"] - calls[lp["id"]]
    free = [lp for lp in asked if calls[lp["id"]] < lp["unfunded_minor"]]
    for one in free:
        for other in free:
            mine = Fraction(calls[one["id"]], one["commitment_minor"])
            reach = Fraction(calls[other["id"]] + 1, other["commitment_minor"])
            assert mine < reach + Fraction(1, one["commitment_minor"])
    more = FAMILIES["capital_calls"]({"op": "call", "amount_minor": room + 3, "lps": lps})
    assert more == {"error": "exceeds_unfunded", "shortfall_minor": 3}


@EXAMPLES
@given(
    st.lists(
        st.tuples(DAYS, st.lists(st.integers(0, 10**12), min_size=3, max_size=3)), min_size=1, max_size=4
    ),
    st.lists(st.integers(1, 10**12), min_size=3, max_size=3),
    st.lists(st.integers(0, 10**12), min_size=1, max_size=3),
    RATES,
)
def test_equalisation(past, existing: list[int], new: list[int], rate: int) -> None:
    """What newcomers bring is what the others get; nobody gets back more than it paid."""
    old = named([{"commitment_minor": commitment} for commitment in existing])
    newcomers = [
        {"id": f"new{number}", "commitment_minor": commitment} for number, commitment in enumerate(new)
    ]
    calls = []
    for on, paid in past:
        assume(any(paid))
        by_lp = {lp["id"]: amount for lp, amount in zip(old, paid, strict=True)}
        calls.append({"on": on, "amount_minor": sum(paid), "paid": by_lp})
    data = {"op": "equalise", "closing": "2029-01-01", "rate_ppm": rate, "calls": calls}
    found = FAMILIES["capital_calls"]({**data, "existing": old, "new": newcomers})
    brought, given_back = found["new"].values(), found["existing"].values()
    assert sum(lp["contribution_minor"] for lp in brought) == sum(lp["refund_minor"] for lp in given_back)
    assert sum(lp["interest_minor"] for lp in brought) == sum(lp["interest_minor"] for lp in given_back)
    for lp in old:
        assert found["existing"][lp["id"]]["refund_minor"] <= sum(call["paid"][lp["id"]] for call in calls)


EVENTS = st.lists(
    st.one_of(
        objects(on=DAYS, kind=st.sampled_from(["contribution", "distribution"]), amount_minor=AMOUNTS),
        objects(
            on=DAYS,
            kind=st.sampled_from(["contribution", "distribution"]),
            amount_minor=AMOUNTS,
            deal=st.sampled_from("AB"),
        ),
        objects(on=DAYS, kind=st.just("write_off"), deal=st.sampled_from("AB")),
    ),
    max_size=9,
)


@EXAMPLES
@given(
    EVENTS,
    st.sampled_from(["european", "american"]),
    RATES,
    RATES,
    st.sampled_from([0, 500_000, WHOLE]),
    RATES,
)
def test_distributions(events, mode: str, pref: int, carry: int, catch_up: int, tax: int) -> None:
    """LPs and GP have all that was distributed; each step sums; the clawback is never above the carry."""
    terms = {"mode": mode, "pref_rate_ppm": pref, "carry_ppm": carry, "catch_up_ppm": catch_up}
    data = {**terms, "events": events, "end": {"on": "2030-01-01", "tax_ppm": tax}}
    found = FAMILIES["fund_distribution"](data)
    distributed = sum(event["amount_minor"] for event in events if event["kind"] == "distribution")
    assert found["lp_minor"] + found["gp_minor"] == distributed
    assert 0 <= found["clawback_minor"] <= found["gp_minor"]
    assert found["hurdle_balance_minor"] >= found["unreturned_capital_minor"] * (mode == "european") >= 0
    for step in found["steps"]:
        parts = [value for key, value in step.items() if key not in ("on", "amount_minor")]
        assert sum(parts) == step["amount_minor"]
        assert min(parts) >= 0
    without = FAMILIES["fund_distribution"]({**terms, "events": events})
    assert without["steps"] == found["steps"]


@EXAMPLES
@given(st.integers(1, 10**12), st.integers(1, 3000), RATES, st.integers(1, 10**12), st.integers(0, 400_000))
def test_full_catch_up_shares_the_profit(capital: int, days: int, pref: int, profit: int, carry: int) -> None:
    """Once caught up, the GP has carry of all profit; the hurdle just paid is the pref rate to the LPs."""
    on = (FIRST + timedelta(days=days)).isoformat()
    hurdle = grow(capital, pref, days)
    terms = {"mode": "european", "pref_rate_ppm": pref, "carry_ppm": carry, "catch_up_ppm": WHOLE}
    contribution = {"on": FIRST.isoformat(), "kind": "contribution", "amount_minor": capital}
    amount = 2 * hurdle + profit
    events = [contribution, {"on": on, "kind": "distribution", "amount_minor": amount}]
    found = FAMILIES["fund_distribution"]({**terms, "events": events})
    assert abs(found["gp_minor"] - Fraction(carry * (amount - capital), WHOLE)) <= 2
    if pref and capital > 10**9 and days > 365:
        (rate,) = all_rates([(FIRST, -capital), (date.fromisoformat(on), hurdle)])
        assert abs(rate - Decimal(pref) / WHOLE) < Decimal("1e-8")


@EXAMPLES
@given(st.integers(0, 10**15), st.integers(0, WHOLE), st.integers(0, 20_000))
def test_growth_is_rounded_exactly(amount: int, rate: int, days: int) -> None:
    """The 365th power of result/amount lies where it must: half a unit on either side, compared in integers."""
    result = grow(amount, rate, days)
    factor = Fraction(WHOLE + rate, WHOLE) ** (days % 365)
    year = amount * Fraction(WHOLE + rate, WHOLE) ** (days // 365)
    assert (2 * result - 1) <= 0 or Fraction(2 * result - 1, 2) ** 365 <= year**365 * factor
    assert year**365 * factor < Fraction(2 * result + 1, 2) ** 365


TRANCHES = st.lists(st.integers(0, 10**12), min_size=1, max_size=5)


@EXAMPLES
@given(TRANCHES, st.lists(st.integers(0, 10**12), min_size=1, max_size=5), st.randoms())
def test_schedule(amounts: list[int], weights: list[int], rng) -> None:
    """Rows and columns are exact, nothing is negative, all settled leaves nothing unfunded, in any order."""
    whole = sum(amounts)
    commitments = FAMILIES["allocate"]({"total": whole, "weights": weights, "method": "largest_remainder"})
    assume("parts" in commitments)
    investors = named([{"commitment_minor": part} for part in commitments["parts"]])
    tranches = [{"id": f"t{number}", "amount_minor": amount} for number, amount in enumerate(amounts)]
    events = [{"tranche": t["id"], "kind": rng.choice(["open", "cancel"])} for t in tranches]
    rng.shuffle(events)
    kept = events[: rng.randint(0, len(events))]
    for chosen in (kept, events):
        data = {"op": "schedule", "investors": investors, "tranches": tranches, "events": chosen}
        found = FAMILIES["prorata_tranches"](data)
        for tranche in tranches:
            row = found["tranches"][tranche["id"]]
            settled = row["status"] != "waiting"
            assert sum(row["by_investor"].values()) == (tranche["amount_minor"] if settled else 0)
            assert min(row["by_investor"].values()) >= 0
        for investor in investors:
            parts = [found[column][investor["id"]] for column in ("called", "released", "unfunded")]
            assert sum(parts) == investor["commitment_minor"]
            assert min(parts) >= 0
    assert not any(found["unfunded"].values())


@EXAMPLES
@given(AMOUNTS, st.lists(st.tuples(AMOUNTS, st.integers(0, 250_000)), min_size=1, max_size=4))
def test_allotment(amount: int, asks: list[tuple[int, int]]) -> None:
    """Nobody above its ask, nobody below its right, all placed unless all asks are met."""
    items = named([{"ask_minor": ask, "right_ppm": right} for ask, right in asks])
    found = FAMILIES["prorata_tranches"]({"op": "allot", "amount_minor": amount, "asks": items})
    totals = []
    for item in items:
        lot = found["allotments"][item["id"]]
        floor = min(item["ask_minor"], amount * item["right_ppm"] // WHOLE)
        assert floor == lot["by_right_minor"] <= lot["total_minor"] <= item["ask_minor"]
        totals.append(lot["total_minor"])
    assert sum(totals) + found["unplaced_minor"] == amount
    assert found["unplaced_minor"] == max(0, amount - sum(ask for ask, _ in asks))


@pytest.mark.parametrize(
    "tranches",
    [
        [{"id": "a", "ppm": 500_000}, {"id": "b", "amount_minor": 5}],
        [{"id": "a", "ppm": WHOLE, "amount_minor": 10}],
        [{"id": "a"}],
        [{"id": "a", "amount_minor": 15}, {"id": "b", "amount_minor": -5}],
        [{"id": "a", "amount_minor": 5}, {"id": "a", "amount_minor": 5}],
        [{"id": "a", "ppm": 999_999}],
        [],
    ],
)
def test_tranches_that_do_not_fit(tranches: list[dict[str, Any]]) -> None:
    """Mixed, unequal, negative or repeated tranches are refused."""
    data = {
        "op": "schedule",
        "investors": [{"id": "x", "commitment_minor": 10}],
        "tranches": tranches,
        "events": [],
    }
    assert FAMILIES["prorata_tranches"](data) == {"error": "invalid_tranches"}


@pytest.mark.parametrize(("tranche", "kind"), [("b", "open"), ("a", "close")])
def test_events_that_do_not_fit(tranche: str, kind: str) -> None:
    """An unknown tranche or an unknown kind of event is refused."""
    data = {"op": "schedule", "investors": [{"id": "x", "commitment_minor": 10}]}
    data |= {"tranches": [{"id": "a", "ppm": WHOLE}], "events": [{"tranche": tranche, "kind": kind}]}
    assert FAMILIES["prorata_tranches"](data) == {"error": "invalid_event"}


def test_nobody_to_give_to() -> None:
    """Money for people without any commitment is refused with a code, not lost."""
    lps = [{"id": "a", "commitment_minor": 0, "unfunded_minor": 10}]
    call = {"op": "call", "amount_minor": 5, "lps": lps}
    assert FAMILIES["capital_calls"](call) == {"error": "no_weight"}
    fund = {"mode": "european", "pref_rate_ppm": 0, "carry_ppm": 0, "catch_up_ppm": 0}
    events = [{"on": "2025-01-01", "kind": "distribution", "amount_minor": 5}]
    assert FAMILIES["fund_distribution"]({**fund, "events": events, "lps": lps}) == {"error": "no_weight"}
