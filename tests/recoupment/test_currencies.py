"""Term sheets in several currencies: each counts all receipts and pays in its own; no fen of the money is shared twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from alembic import command
from hypothesis import given, settings
from hypothesis import strategies as st

from dealflow.core import db, invariants, jobs
from dealflow.ledger import queries as books
from dealflow.ledger import verification
from dealflow.ledger.rates import Rate
from dealflow.recoupment import computing, exchange, order, queries
from dealflow.recoupment.computing import Base
from dealflow.recoupment.order import Sheet
from dealflow.recoupment.sources import Input
from dealflow.web import migrate
from tests.conftest import Person
from tests.factories import spreadsheets
from tests.factories.distributions import Stage, by_payee
from tests.factories.rooms import text_of
from tests.recoupment.test_exchange import enter, findings
from tests.recoupment.test_order import PRODUCER, START, receipt, sheet, simulated, spent, templates, terms

END = 40
IN_YUAN = {
    "CNY": Decimal(1),
    "USD": Decimal("7.1234"),
    "VND": Decimal("0.0002712345"),
    "HKD": Decimal("0.913"),
}


def rate(version: int, base: str, quote: str, day: date) -> Rate:
    """A table of rates that moves from day to day and is corrected with every version; its crosses do not quite agree."""
    moved = IN_YUAN[base] / IN_YUAN[quote] * (1000 + day.day + 7 * version) / 1000
    return Rate(base, quote, Decimal(f"{moved:.10g}"), day, f"v{version}", "direct")


def foreign(name: str, currency: str, template: str = "equity_spv", amount: int = 300_000) -> Sheet:
    one = sheet(name, template, amount, share=200_000)
    return replace(one, waterfall=one.waterfall | {"currency": currency})


def inputs_of(
    sheets: list[Sheet],
    found: list[Input],
    version: int = 0,
    posted: dict[str, dict[exchange.Key, Input]] | None = None,
) -> tuple[list[Input], tuple[Input, ...]]:
    return exchange.in_currencies(
        found, order.currencies(sheets), posted or {}, lambda b, q, d: rate(version, b, q, d)
    )


currencies = st.sampled_from(sorted(IN_YUAN))
sheets_of_many = st.lists(
    st.tuples(currencies, st.sampled_from(["equity_spv", "revenue_share", "loan", "presale"]), st.integers(1, 900_000)),
    min_size=2, max_size=4,
).map(lambda rows: [foreign(f"i{n}", c, template, amount) for n, (c, template, amount) in enumerate(rows)])  # fmt: skip
came = st.lists(
    st.tuples(st.integers(0, END), currencies, st.integers(-40_000, 400_000).filter(bool)), min_size=1, max_size=10
).map(
    lambda rows: [replace(receipt(n, day, minor), currency=c) for n, (day, c, minor) in enumerate(rows)]
)  # fmt: skip
ads = st.lists(st.tuples(st.integers(0, END), currencies, st.integers(1, 60_000)), max_size=3).map(
    lambda rows: [replace(spent(n, day, minor), currency=c) for n, (day, c, minor) in enumerate(rows)]
)


@given(sheets_of_many, came, ads)
@settings(max_examples=60, deadline=None)
def test_what_sheets_take_of_a_days_money_is_that_money_to_the_fen(
    sheets: list[Sheet], found: list[Input], spend: list[Input]
) -> None:
    inputs, _fresh = inputs_of(sheets, [*found, *spend])
    money, had, took = sheets[0].currency, {}, {}
    gross = 0
    for day in sorted({i.counted_on for i in found}):
        seen = [i for i in inputs if i.counted_on <= day]
        position = computing.replay(sheets, seen)
        rates = {c: flow.rates.get(day) for c, flow in computing.flows(sheets, seen).items()}
        paid, cost = order.paid_of(position), order.cost_of(position)
        currency = {one.id: one.currency for one in sheets}
        home = sum(minor for key, minor in paid.items() if currency[key[0]] == money)
        assert home + sum(cost.values()) == position["gross_minor"] >= gross
        for key in paid:
            now, before = paid[key] - had.get(key, 0), cost.get(key, 0) - took.get(key, 0)
            assert now >= 0
            if currency[key[0]] != money:
                # What it took is what it is worth at the day's rate, half up.
                assert abs(before - now * (rates[currency[key[0]]] or Fraction(0))) <= Fraction(1, 2)
        had, took, gross = paid, cost, position["gross_minor"]


@given(sheets_of_many, came, ads)
@settings(max_examples=60, deadline=None)
def test_nobody_gets_more_than_its_own_terms_give_over_all_receipts(
    sheets: list[Sheet], found: list[Input], spend: list[Input]
) -> None:
    inputs, _fresh = inputs_of(sheets, [*found, *spend])
    paid = order.paid_of(computing.replay(sheets, inputs))
    for one in sheets:
        own = simulated(one, [item.within(one.currency) for item in inputs])["by_payee"]["investor"]
        assert sum(m for (s, _t, payee), m in paid.items() if s == one.id and payee == one.investor) <= own
    # What several name alike is owed once.
    named = [(tier, payee) for (_s, tier, payee) in paid if payee in ("platform", "ad_spend")]
    assert len(named) == len(set(named))


@given(
    sheets_of_many,
    came,
    ads,
    st.lists(st.integers(0, END), min_size=1, max_size=3, unique=True),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_run_by_run_gives_what_one_batch_gives_to_the_fen(
    sheets: list[Sheet], found: list[Input], spend: list[Input], cuts: list[int], table_moves: bool
) -> None:
    everything, base = [*found, *spend], None
    posted: dict[str, dict[exchange.Key, Input]] = {c: {} for c in order.currencies(sheets)}
    totals: dict[order.Key, int] = {}
    kept: list[Input] = []
    for number, day in enumerate([*sorted(cuts), END]):
        through = START + timedelta(days=day)
        seen = [i for i in everything if i.counted_on <= through]
        inputs, fresh = inputs_of(sheets, seen, number if table_moves else 0, posted)
        outcome = computing.compute(terms(*sheets), inputs, base)
        assert outcome.kind == "regular"
        assert {(i.kind, i.source_id) for i in fresh} <= {(i.kind, i.source_id) for i in outcome.new}
        for line in outcome.lines:
            key = (line.term_sheet_id, line.tier, line.payee)
            totals[key] = totals.get(key, 0) + line.due_minor
            assert line.due_minor >= 0
        assert outcome.due_minor == outcome.position["gross_minor"] - (
            base.position["gross_minor"] if base else 0
        )
        for item in outcome.new:
            for currency in posted:
                posted[currency][item.kind, item.source_id] = item.within(currency)
        kept += outcome.new
        keys = frozenset((i.kind, i.source_id) for i in kept)
        base = Base(through, outcome.position, keys, dict(totals), order.cost_of(outcome.position))
    assert base is not None
    assert base.position == computing.replay(sheets, kept)
    assert {k: v for k, v in totals.items() if v} == order.paid_of(base.position)
    for currency in posted:
        assert list(exchange.wrong(posted[currency].values())) == []
    if not table_moves:
        batch, _fresh = inputs_of(sheets, everything)
        assert base.position == computing.replay(sheets, batch)


@given(templates, st.integers(1, 900_000), st.integers(2, 3), came)
@settings(max_examples=40, deadline=None)
def test_at_par_the_names_of_currencies_change_nothing(
    template: str, amount: int, count: int, found: list[Input]
) -> None:
    """Sheets on the same terms, so that what they name alike is the same whoever of them decides it."""
    alone = [foreign(f"i{n}", "USD", template, amount) for n in range(count)]
    mixed = [
        replace(s, waterfall=s.waterfall | {"currency": "CNY" if n % 2 else "USD"})
        for n, s in enumerate(alone)
    ]
    dollars = [replace(i, currency="USD") for i in found]

    def par(base: str, quote: str, day: date) -> Rate:
        return Rate(base, quote, Decimal(1), day, "par", "direct")

    inputs, _fresh = exchange.in_currencies(dollars, order.currencies(mixed), {}, par)
    position, one = computing.replay(mixed, inputs), computing.replay(alone, dollars)
    assert order.paid_of(position) == order.paid_of(one)
    assert position["gross_minor"] == one["gross_minor"]


def test_dollars_and_yuan_by_hand() -> None:
    """100,000.00 yuan at 7.10: the platform's tenth by the yuan sheet, then both investors by their money."""
    yuan = foreign("a", "CNY", amount=6_000_000)
    dollars = foreign("b", "USD", amount=1_000_000)
    money = replace(receipt(1, 0, 10_000_000), currency="CNY")
    inputs, _fresh = exchange.in_currencies(
        [money], ["CNY", "USD"], {}, lambda b, q, d: Rate(b, q, Decimal("0.14"), d, "hand", "direct")
    )
    position = computing.replay([yuan, dollars], inputs)
    paid, cost = order.paid_of(position), order.cost_of(position)
    # A yuan is 0.14 dollars; 10,000.00 dollars weigh 71,428.57 yuan; 90,000.00 are left for 120% of both.
    weights = {"ts_a": 6_000_000, "ts_b": 7_142_857}
    share = round(9_000_000 * weights["ts_a"] / sum(weights.values()))
    assert paid[("ts_a", "platform_fee", "platform")] == 1_000_000
    assert abs(paid[("ts_a", "recoup", "org_a")] - share) <= 1
    assert paid[("ts_b", "recoup", "org_b")] == (9_000_000 - paid[("ts_a", "recoup", "org_a")]) * 14 // 100
    assert sum(m for k, m in paid.items() if k[0] == "ts_a") + sum(cost.values()) == 10_000_000
    # Less than a cent's worth is left over and goes to the next in order.
    assert 0 <= paid.get(("ts_a", "net", PRODUCER), 0) <= 7


@pytest.fixture
def mixed(stage: Stage, person: Callable[..., Person]) -> tuple[Stage, Person]:
    """The stage with a second investor, whose terms are in dollars."""
    other = person("investor", name="Pacific Pictures")
    stage.execute(other, amount=5_000_000, currency="USD")
    return stage, other


def test_a_run_pays_each_sheet_in_its_own_currency_and_the_books_say_so(mixed: tuple[Stage, Person]) -> None:
    stage, other = mixed
    stage.receipt("2026-10-01", 60_000_000)
    stage.receipt("2026-10-03", 0, amount={"amount_minor": 2_000_000, "currency": "USD"})
    refused = stage.run("2026-10-31")
    assert (refused.status_code, refused.json["code"]) == (409, "no_rate")
    assert "CNY/USD 2026-10-01" in refused.json["detail"]
    enter(stage, "2026-10-01", "7.1")
    enter(stage, "2026-10-03", "7.2")
    run = stage.posted("2026-10-31")
    assert run["distributed"] == {"amount_minor": 74_400_000, "currency": "CNY"}
    assert sum(line["cost"]["amount_minor"] for line in run["lines"]) == 74_400_000
    (mine,) = [p for p in run["payees"] if p["payee"] == other.organisation_id]
    assert mine["due"]["currency"] == mine["open"]["currency"] == "USD"
    assert mine["cost_due"]["currency"] == "CNY"
    assert 7 < mine["cost_due"]["amount_minor"] / mine["due"]["amount_minor"] < 7.3
    assert {s["currency"] for s in run["term_sheets"]} == {"CNY", "USD"}
    assert findings() == []
    with db.system_edge(write=False):
        book = books.book_for("recoupment", stage.project)
        assert book is not None
        held = books.balance(book, "assets:collection", currency="USD").amount_minor
        assert held == mine["due"]["amount_minor"]
        assert books.balance(book, "liabilities:undistributed").amount_minor == 0
    body = {"payee": other.organisation_id, "on": "2026-11-02", "bank_reference": "SWIFT-1"}
    paid = stage.creator.post(f"/distribution-runs/{run['id']}/payouts", body | {"currency": "CNY"})
    assert (paid.status_code, paid.json["code"]) == (409, "nothing_due")
    paid = stage.creator.post(f"/distribution-runs/{run['id']}/payouts", body)
    assert (paid.status_code, paid.json["amount"]) == (201, mine["due"])
    with db.system_edge(write=False):
        (row, *_more) = queries.payouts_to(str(other.organisation_id), stage.project)
        assert row.amount.currency == "USD"
    assert findings() == []
    back = stage.creator.post(f"/distribution-payouts/{paid.json['id']}/take-back", {"reason": "returned"})
    assert back.status_code == 200
    assert findings() == []


def test_a_corrected_receipt_is_restated_in_both_currencies(mixed: tuple[Stage, Person]) -> None:
    stage, other = mixed
    enter(stage, "2026-10-01", "7.1")
    wrong = stage.receipt("2026-10-01", 60_000_000)
    first = stage.posted("2026-10-31")
    enter(stage, "2026-10-01", "8")
    stage.correct(wrong, 30_000_000)
    again = stage.posted("2026-10-31")
    assert again["kind"] == "restatement"
    assert again["distributed"]["amount_minor"] == 30_000_000
    assert by_payee(again)[str(other.organisation_id)] < 0
    # The rate of what it corrects, not the one entered since.
    assert {x["rate"] for x in again["exchange"]} == {x["rate"] for x in first["exchange"]}
    assert findings() == []
    shown = other.get(f"/projects/{stage.project}/ledger").json["statements"][0]
    assert shown["due"]["currency"] == "USD"


def test_a_statement_is_in_one_currency_on_page_pdf_and_workbook(
    mixed: tuple[Stage, Person], tmp_path: Any
) -> None:
    stage, other = mixed
    stage.receipt("2026-10-01", 60_000_000)
    enter(stage, "2026-10-01", "7.1")
    run = stage.posted("2026-10-31")
    jobs.run_due()
    own = stage.statement(other)["id"]
    found = other.get(f"/distribution-statements/{own}").json
    gross = other.get(f"/distribution-statements/{own}/receipts").json["items"][0]["amount"]
    assert gross == {"amount_minor": 8_450_704, "currency": "USD"}
    assert found["cumulative"]["currency"] == "USD"
    due = f"{found['due']['amount_minor'] / 100:,.2f}"
    for lang in ("zh", "en"):
        text = text_of(other.get(f"/distribution-statements/{own}/file?form=pdf_{lang}").data)
        assert due in text
        assert "84,507.04" in text
        page = other.browser(lang).get(f"/distribution-statements/{own}").text
        assert due in page
    content = other.get(f"/distribution-statements/{own}/file?form=xlsx").data
    values = set(spreadsheets.cells(content).values())
    assert {"USD", "OK"} <= values
    shown = stage.creator.browser().get(f"/distribution-runs/{run['id']}").text
    assert "takes" in shown
    assert due in shown
    said = other.post(f"/distribution-statements/{own}/disputes", {"reason": "the rate"})
    assert said.status_code == 201
    assert not any(found for found in _invariants())


def _invariants() -> list[Any]:
    with db.system_edge(write=False):
        return list(invariants.run_all().values())


def test_a_sheet_in_another_currency_joins_a_project_that_has_paid_before(
    stage: Stage, person: Callable[..., Person]
) -> None:
    stage.receipt("2026-10-01", 60_000_000)
    first = stage.posted("2026-10-31")
    other = person("investor", name="Pacific Pictures")
    stage.execute(other, amount=5_000_000, currency="USD")
    stage.receipt("2026-11-03", 40_000_000)
    refused = stage.run("2026-11-20")
    assert "CNY/USD 2026-10-01, CNY/USD 2026-11-03" in refused.json["detail"]
    enter(stage, "2026-10-01", "7.1")
    enter(stage, "2026-11-03", "7.2")
    run = stage.posted("2026-11-20")
    assert (run["kind"], run["distributed"]["amount_minor"]) == ("regular", 100_000_000)
    assert by_payee(run, "cost_due")[str(other.organisation_id)] > 0
    assert sum(by_payee(run, "cost_due").values()) == 40_000_000
    assert first["distributed"]["amount_minor"] == 60_000_000
    assert findings() == []


def test_runs_of_the_release_before_go_on_after_the_migration(
    stage: Stage, person: Callable[..., Person], database: str
) -> None:
    """A book that was posted before runs had several currencies, taken back to that release and forward again."""
    stage.receipt("2026-10-01", 60_000_000)
    stage.posted("2026-10-31")
    jobs.run_due()
    own = stage.statement(stage.investor)
    config = migrate.config(db.database().url)
    command.stamp(config, "head")
    command.downgrade(config, "0030")
    command.upgrade(config, "head")
    assert stage.statement(stage.investor) == own
    assert findings() == []
    other = person("investor", name="Pacific Pictures")
    stage.execute(other, amount=5_000_000, currency="USD")
    stage.receipt("2026-11-03", 40_000_000)
    enter(stage, "2026-10-01", "7.1")
    enter(stage, "2026-11-03", "7.2")
    run = stage.posted("2026-11-20")
    assert by_payee(run, "cost_due")[str(other.organisation_id)] > 0
    with db.system_edge(write=False):
        assert list(verification.verify()) == []
