"""How term sheets stand together: one sheet is the finance engine to the fen; several share without loss."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dealflow.finance.waterfall import recoupment, simulate
from dealflow.recoupment import computing, order
from dealflow.recoupment.computing import Base
from dealflow.recoupment.order import Sheet
from dealflow.recoupment.sources import Input, Terms
from dealflow.termsheets.library.waterfalls import ORDERS, payees

START = date(2026, 3, 1)
PRODUCER = "org_producer"


class Party:
    def __init__(self, name: str) -> None:
        self.zh = self.en = name


def sheet(
    name: str,
    template: str = "revenue_share",
    amount: int = 300_000,
    *,
    share: int = 250_000,
    cap: int = 90_000,
    **more: Any,
) -> Sheet:
    """A term sheet by a template, over so many fen."""
    own = {"loan": {"rate_ppm": 120_000, "drawdown": "2026-01-10"}, "presale": {"commission_ppm": 150_000}}
    tiers = ORDERS[template](amount, cap, share, own)
    kind = "lender" if template == "loan" else "investor"
    parties: Any = {"investor": Party(name), "creator": Party("制片")}
    waterfall = {"currency": "CNY", "payees": payees(parties, kind), "tiers": tiers}
    keys = {"platform": "platform", "ad_spend": "ad_spend", "investor": f"org_{name}", "producer": PRODUCER}
    return Sheet(f"ts_{name}", f"org_{name}", PRODUCER, amount, waterfall, keys, **more)


def receipt(number: int, day: int, minor: int) -> Input:
    on = START + timedelta(days=day)
    return Input("receipt", f"rcp_{number}", on, on, minor, "CNY", {})


def spent(number: int, day: int, minor: int) -> Input:
    on = START + timedelta(days=day)
    return Input("ad_spend", f"ads_{number}", on, on, minor, "CNY", {})


def terms(*sheets: Sheet) -> Terms:
    return Terms(sheets, {}, {}, {})


amounts = st.integers(-40_000, 250_000).filter(bool)
receipts = st.lists(st.tuples(st.integers(0, 60), amounts), min_size=1, max_size=14).map(
    lambda rows: [receipt(n, day, minor) for n, (day, minor) in enumerate(rows)]
)
spends = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 60_000)), max_size=4).map(
    lambda rows: [spent(n, day, minor) for n, (day, minor) in enumerate(rows)]
)
templates = st.sampled_from(sorted(ORDERS))
some_sheets = st.lists(st.tuples(templates, st.integers(1, 900_000)), min_size=1, max_size=3).map(
    lambda rows: [
        sheet(f"i{n}", template, amount, share=200_000) for n, (template, amount) in enumerate(rows)
    ]
)


def simulated(one: Sheet, inputs: list[Input]) -> dict[str, Any]:
    spend = order.net_spend((i.counted_on, i.amount_minor) for i in inputs if i.kind == "ad_spend")
    return simulate(
        {
            "terms": one.waterfall,
            "receipts": [
                {"on": i.counted_on.isoformat(), "amount_minor": i.amount_minor}
                for i in inputs
                if i.kind == "receipt"
            ],
            "ad_spend": order.spend_entries(one, spend),
        }
    )


@given(templates, receipts, spends)
@settings(max_examples=60, deadline=None)
def test_one_sheet_pays_what_its_simulator_says_to_the_fen(
    template: str, came: list[Input], spend: list[Input]
) -> None:
    one = sheet("a", template)
    found = computing.replay([one], [*came, *spend])
    wanted = simulated(one, [*came, *spend])
    paid = {(tier, payee): minor for (_s, tier, payee), minor in order.paid_of(found).items()}
    for tier, amounts in wanted["by_tier"].items():
        for local, minor in amounts["by_payee"].items():
            assert paid.pop((tier, one.payees[local]), 0) == minor
    assert not paid
    assert found["gross_minor"] == wanted["distributed_minor"]
    assert found["refund_minor"] == wanted["refund_balance_minor"]


@given(some_sheets, receipts, spends, st.lists(st.integers(0, 60), min_size=1, max_size=3, unique=True))
@settings(max_examples=60, deadline=None)
def test_run_by_run_gives_what_one_batch_gives(
    sheets: list[Sheet], came: list[Input], spend: list[Input], cuts: list[int]
) -> None:
    everything = [*came, *spend]
    base, total = None, {}
    for day in [*sorted(cuts), 60]:
        through = START + timedelta(days=day)
        seen = [i for i in everything if i.counted_on <= through]
        outcome = computing.compute(terms(*sheets), seen, base)
        assert outcome.kind == "regular"
        for line in outcome.lines:
            key = (line.term_sheet_id, line.tier, line.payee)
            total[key] = total.get(key, 0) + line.due_minor
            assert line.due_minor >= 0
        base = Base(through, outcome.position, frozenset((i.kind, i.source_id) for i in seen), dict(total))
    batch = order.paid_of(computing.replay(sheets, everything))
    assert {k: v for k, v in total.items() if v} == {k: v for k, v in batch.items() if v}


@given(some_sheets, receipts, spends)
@settings(max_examples=60, deadline=None)
def test_every_fen_is_shared_and_no_investor_gets_more_than_its_own_terms_give(
    sheets: list[Sheet], came: list[Input], spend: list[Input]
) -> None:
    found = computing.replay(sheets, [*came, *spend])
    paid = order.paid_of(found)
    assert sum(paid.values()) == found["gross_minor"]
    assert min(paid.values(), default=0) >= 0
    short = False
    for one in sheets:
        own = simulated(one, [*came, *spend])["by_payee"]["investor"]
        had = sum(minor for (s, _tier, payee), minor in paid.items() if s == one.id and payee == one.investor)
        assert had <= own
        short = short or had < own
    if short and len(sheets) > 1:
        # The producer waits while an investor does, but for what stands ahead of them (its corridor).
        ahead = {k for k in paid if k[1] == "overhead"}
        assert not [k for k in paid if k[2] == PRODUCER and k not in ahead and _late(sheets, came, spend, k)]


def _late(sheets: list[Sheet], came: list[Input], spend: list[Input], key: order.Key) -> bool:
    """Whether the producer got something on a date at whose end an investor was short."""
    everything = [*came, *spend]
    before = 0
    for day in sorted({i.counted_on for i in came}):
        seen = [i for i in everything if i.counted_on <= day]
        paid = order.paid_of(computing.replay(sheets, seen))
        for one in sheets:
            own = simulated(one, seen)["by_payee"]["investor"]
            had = sum(m for (s, _t, p), m in paid.items() if s == one.id and p == one.investor)
            if had < own and paid.get(key, 0) > before:
                return True
        before = paid.get(key, 0)
    return False


def test_investors_recoup_in_proportion_to_their_money() -> None:
    a, b = sheet("a", "equity_spv", 200_000, cap=1), sheet("b", "equity_spv", 100_000, cap=1)
    paid = order.paid_of(computing.replay([a, b], [receipt(1, 0, 100_000)]))
    assert paid[("ts_a", "platform_fee", "platform")] == 10_000
    assert paid[("ts_a", "recoup", "org_a")] == 60_000
    assert paid[("ts_b", "recoup", "org_b")] == 30_000
    assert PRODUCER not in {key[2] for key in paid}


def test_what_several_sheets_name_alike_is_owed_once() -> None:
    a, b = sheet("a", "equity_spv", 1_000, cap=50_000), sheet("b", "equity_spv", 1_000, cap=20_000)
    paid = order.paid_of(computing.replay([a, b], [receipt(1, 0, 1_000_000), spent(1, 0, 80_000)]))
    assert sum(m for key, m in paid.items() if key[2] == "platform") == 100_000
    assert sum(m for key, m in paid.items() if key[2] == "ad_spend") == 50_000


def test_a_sheet_executed_later_takes_nothing_back_and_catches_up() -> None:
    a, late = sheet("a", "equity_spv", 100_000), sheet("b", "equity_spv", 100_000)
    first = computing.compute(terms(a), [receipt(1, 0, 300_000)], None)
    paid = order.paid_of(first.position)
    base = Base(START, first.position, frozenset({("receipt", "rcp_1")}), paid)
    b = Sheet(late.id, late.investor, PRODUCER, late.weight, late.waterfall, late.payees, START)
    both = [receipt(1, 0, 300_000), receipt(2, 5, 100_000)]
    then = computing.compute(terms(a, b), both, base)
    assert then.kind == "regular"
    assert all(line.due_minor >= 0 for line in then.lines)
    due = {line.payee: 0 for line in then.lines}
    for line in then.lines:
        due[line.payee] += line.due_minor
    assert due["org_b"] > due["org_a"]
    assert due[PRODUCER] == 0
    assert order.paid_of(computing.replay([a, b], both)) == order.paid_of(then.position)


def test_a_corrected_receipt_restates_from_the_day_of_the_receipt() -> None:
    one = sheet("a", "equity_spv", 100_000)
    first = [receipt(1, 0, 80_000), receipt(2, 9, 70_000)]
    outcome = computing.compute(terms(one), first, None)
    base = Base(
        START + timedelta(days=9), outcome.position, frozenset((i.kind, i.source_id) for i in first),
        order.paid_of(outcome.position),
    )  # fmt: skip
    corrected = [*first, receipt(3, 0, -20_000)]
    again = computing.compute(terms(one), corrected, base)
    assert again.kind == "restatement"
    assert again.due_minor == -20_000
    assert {i.source_id for i in again.new} == {"rcp_3"}
    whole = recoupment({"terms": one.waterfall, "receipts": [{"on": "2026-03-01", "amount_minor": 130_000}]})
    by_payee: dict[str, int] = {}
    for line in again.lines:
        by_payee[line.payee] = by_payee.get(line.payee, 0) + line.cumulative_minor
    assert by_payee == {one.payees[local]: minor for local, minor in whole["by_payee"].items()}


def test_ad_spend_taken_back_lowers_the_latest_entries() -> None:
    rows = [(START, 100), (START + timedelta(days=2), 50), (START + timedelta(days=3), -80)]
    assert order.net_spend(rows) == [order.Spend(START, 70)]
