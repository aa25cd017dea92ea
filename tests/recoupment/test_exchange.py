"""Receipts in another currency than the terms: converted at the rate of their day, once, and shown with it."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dealflow.core import db, jobs
from dealflow.ledger import rate_entry, verification
from dealflow.ledger.rates import Rate, in_quote
from dealflow.recoupment import computing, exchange, order
from dealflow.recoupment.computing import Base
from dealflow.recoupment.sources import Input
from tests.factories import spreadsheets
from tests.factories.distributions import Stage, by_payee
from tests.factories.rooms import text_of
from tests.recoupment.test_order import START, sheet, terms

END = 40
RATES = {"USD": Decimal("7.1234"), "VND": Decimal("0.0002712345"), "CNY": Decimal(1)}


def table(version: int, base: str, day: date) -> Rate:
    """A table of rates that is corrected with every version."""
    moved = RATES[base] * (1000 + day.day + 7 * version) / 1000
    return Rate(base, "CNY", moved, day, f"v{version}", "direct")


came = st.lists(
    st.tuples(st.integers(0, END), st.sampled_from(sorted(RATES)), st.integers(1, 400_000)), min_size=1, max_size=9
)  # fmt: skip
fixes = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 3), st.integers(0, 400_000)), max_size=6)
cuts = st.lists(st.integers(0, END), min_size=1, max_size=3, unique=True)


def world(
    rows: list[tuple[int, str, int]], corrections: list[tuple[int, int, int]]
) -> list[tuple[int, Input]]:
    """Receipts and corrections, each with the run (by place) from which it is known."""
    found, net = [], [minor for _day, _currency, minor in rows]
    for n, (day, currency, minor) in enumerate(rows):
        on = START + timedelta(days=day)
        found.append((0, Input("receipt", f"rcp_{n:02}", on, on, minor, currency, {})))
    for n, (which, run, wanted) in enumerate(sorted(corrections, key=lambda one: one[1])):
        first = found[which % len(rows)][1]
        difference, net[which % len(rows)] = wanted - net[which % len(rows)], wanted
        if difference:
            facts = {"corrects": first.source_id}
            found.append((run, replace(first, source_id=f"rcp_x{n}", amount_minor=difference, facts=facts)))
    return found


@given(came, fixes, cuts, st.booleans())
@settings(max_examples=60, deadline=None)
def test_run_by_run_gives_what_one_batch_gives_in_any_currency(
    rows: list[tuple[int, str, int]],
    corrections: list[tuple[int, int, int]],
    days: list[int],
    table_moves: bool,
) -> None:
    everything, one = world(rows, corrections), sheet("a", "equity_spv", 900_000)
    posted: dict[exchange.Key, Input] = {}
    base = None
    for number, day in enumerate([*sorted(days), END]):
        through, version = START + timedelta(days=day), number if table_moves else 0
        last = number == len(days)
        seen = [i for run, i in everything if i.counted_on <= through and (run <= number or last)]
        foreign = {key: item for key, item in posted.items() if item.exchanged}
        found = exchange.converted(seen, "CNY", foreign, lambda b, d, v=version: table(v, b, d))  # type: ignore[misc]
        outcome = computing.compute(terms(one), found, base)
        posted |= {(item.kind, item.source_id): item for item in outcome.new}
        assert all(item.currency == "CNY" for item in found)
        assert [posted[item.kind, item.source_id] for item in found] == found
        base = Base(through, outcome.position, frozenset(posted), order.paid_of(outcome.position))
    kept = list(posted.values())
    assert list(exchange.wrong(kept)) == []
    assert base is not None
    assert base.position == computing.replay([one], kept)
    if not table_moves:
        batch = exchange.converted([i for _run, i in everything], "CNY", {}, lambda b, d: table(0, b, d))
        assert base.position == computing.replay([one], batch)
        for n, (day, currency, _minor) in enumerate(rows):
            mine = [i for _run, i in everything if f"rcp_{n:02}" in (i.source_id, i.facts.get("corrects"))]
            on = START + timedelta(days=day)
            wanted = in_quote(sum(i.amount_minor for i in mine), currency, "CNY", table(0, currency, on).rate)
            assert sum(i.amount_minor for i in batch if i.chain == mine[0].chain) == (
                wanted if currency != "CNY" else sum(i.amount_minor for i in mine)
            )


def enter(stage: Stage, day: str, rate: str, base: str = "USD") -> None:
    with db.edge(actor=stage.creator.actor):
        rate_entry.enter(
            stage.creator.actor, base=base, quote="CNY", day=date.fromisoformat(day), rate=Decimal(rate), source="PBoC"
        )  # fmt: skip


def dollars(minor: int) -> dict[str, object]:
    return {"amount_minor": minor, "currency": "USD"}


def findings() -> list[str]:
    with db.system_edge(write=False):
        return list(verification.verify())


def test_dollars_are_shared_at_the_rate_of_their_day_and_stay_so(stage: Stage) -> None:
    first = stage.receipt("2026-10-01", 0, amount=dollars(1_000_001))
    stage.receipt("2026-10-03", 5_000_000)
    refused = stage.run("2026-10-31")
    assert (refused.status_code, refused.json["code"]) == (409, "no_rate")
    assert all(part in refused.json["detail"] for part in ("USD/CNY", "2026-10-01", "/exchange-rates"))
    page = stage.creator.browser().post(
        f"/projects/{stage.project}/distributions/run", data={"through": "2026-10-31"}
    )
    assert page.status_code == 409
    assert "USD/CNY 2026-10-01" in page.text

    enter(stage, "2026-09-30", "7.1")
    preview = stage.run("2026-10-31").json
    (row,) = preview["exchange"]
    assert (row["original"], row["rate"], row["rate_day"], row["rate_source"]) == (
        dollars(1_000_001), "7.1", "2026-09-30", "PBoC",
    )  # fmt: skip
    assert row["amount"]["amount_minor"] == 7_100_007
    assert preview["distributed"]["amount_minor"] == 12_100_007
    # A rate that is corrected before the second person looks is seen; after posting it changes nothing.
    enter(stage, "2026-09-30", "7.2")
    late = stage.colleague.post(f"/distribution-runs/{preview['id']}/approve")
    assert (late.status_code, late.json["code"]) == (409, "inputs_changed")
    run = stage.posted("2026-10-31")
    assert run["distributed"]["amount_minor"] == 5_000_000 + 7_200_007
    enter(stage, "2026-09-30", "6.5")
    assert stage.run("2026-10-31").json["id"] == run["id"]
    assert findings() == []

    answer = stage.creator.post(
        f"/receipts/{first['id']}/corrections",
        {"amount": dollars(500_000), "reason": "x", "external_ref": "fix", "document_id": stage.paper},
    )
    assert answer.status_code == 201
    again = stage.posted("2026-10-31")
    assert again["kind"] == "restatement"
    assert again["distributed"]["amount_minor"] == 5_000_000 + 3_600_000
    assert sum(by_payee(again, "cumulative").values()) == 8_600_000
    assert [x["rate"] for x in again["exchange"]] == ["7.2"]
    assert findings() == []


def test_a_rate_that_does_not_give_the_amount_is_told() -> None:
    was = Input("receipt", "rcp_1", START, START, 1_000, "USD", {})
    (item,) = exchange.converted([was], "CNY", {}, lambda b, d: table(0, b, d))
    assert list(exchange.wrong([item])) == []
    other = replace(item, facts={"exchange": (item.exchanged or {}) | {"rate": "7.5"}})
    assert ["7.5" in line for line in exchange.wrong([other])] == [True]


def test_page_pdf_and_workbook_show_what_came_and_the_rate(stage: Stage) -> None:
    stage.receipt("2026-10-01", 0, amount=dollars(1_000_000))
    enter(stage, "2026-10-01", "7.1234")
    run = stage.posted("2026-10-31")
    (covered,) = stage.creator.get(f"/distribution-runs/{run['id']}/receipts").json["items"]
    assert (covered["original"], covered["rate"], covered["rate_source"]) == (
        dollars(1_000_000),
        "7.1234",
        "PBoC",
    )
    assert covered["amount"]["amount_minor"] == 7_123_400
    own = stage.statement(stage.investor)["id"]
    assert stage.investor.get(f"/distribution-statements/{own}").json["exchange"] == run["exchange"]
    jobs.run_due()
    shown = [
        stage.creator.browser().get(f"/distribution-runs/{run['id']}").text,
        stage.creator.browser().get(f"/distribution-runs/{run['id']}/receipts").text,
        stage.investor.browser().get(f"/distribution-statements/{own}").text,
    ]
    shown += [
        text_of(stage.investor.get(f"/distribution-statements/{own}/file?form={form}").data)
        for form in ("pdf_en", "pdf_zh")
    ]
    for one, day in zip(shown, ["Oct 1, 2026"] * 3 + ["2026-10-01"] * 2, strict=True):
        assert re.search(r"\$\s?10,000\.00", one)
        assert all(word in one for word in ("7.1234", "PBoC", day, "71,234.00"))
    book = zipfile.ZipFile(BytesIO(stage.investor.get(f"/distribution-statements/{own}/file?form=xlsx").data))
    rates = book.read("xl/worksheets/sheet3.xml").decode()
    assert "<v>7.1234</v>" in rates
    assert "<v>10000</v>" in rates
    assert "<v>71234</v>" in rates


@pytest.mark.slow
def test_libreoffice_computes_the_same_statement_with_its_rates(stage: Stage, tmp_path: Path) -> None:
    stage.receipt("2026-10-01", 0, amount=dollars(1_000_000))
    stage.receipt("2026-10-02", 1, amount=dollars(333_333))
    enter(stage, "2026-10-01", "7.1234")
    enter(stage, "2026-10-02", "7.0987654321")
    stage.posted("2026-10-31")
    own = stage.statement(stage.investor)["id"]
    jobs.run_due()
    content = stage.investor.get(f"/distribution-statements/{own}/file?form=xlsx").data
    checks = [
        value
        for (name, _row, column), value in spreadsheets.cells(content).items()
        if name.endswith("Exchange") and column == 9
    ]
    assert checks[1:3] == ["OK", "OK"]
    assert spreadsheets.differences(content, tmp_path) == []
