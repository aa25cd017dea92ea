"""What holds for every statement and every row of corrections."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dealflow.core import db, ids
from dealflow.core.schema import load
from dealflow.releases import queries, reading, service
from dealflow.releases.reading import Line, Plan, Reader
from dealflow.releases.shapes import CorrectionIn, ReceiptIn
from tests.factories.releases import cny
from tests.releases.conftest import House

PLAN = Plan("own", {"day": "on", "money": "amount", "title": "title"}, "hongguo", "CNY", all_titles=True)
HEADER = ["day", "money", "title"]
ROWS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(-300, 300), st.sampled_from(["甲", "乙"])),
    min_size=1,
    max_size=30,
)


def lines(rows: list[tuple[int, int, str]]) -> list[Line]:
    """The lines of a statement without references."""
    cells = [
        [f"{date(2026, 9, 1) + timedelta(days=day)}", f"{amount / 100:.2f}", title]
        for day, amount, title in rows
    ]
    found = list(Reader(PLAN, HEADER, frozenset()).read(range(2, len(rows) + 2), cells))
    assert all(isinstance(line, Line) for line in found)
    return [line for line in found if isinstance(line, Line)]


@given(ROWS, ROWS)
@settings(max_examples=200)
def test_rows_without_a_reference_keep_theirs_when_a_statement_grows(
    rows: list[tuple[int, int, str]], more: list[tuple[int, int, str]]
) -> None:
    first, both = lines(rows), lines(rows + more)
    assert [line.ref for line in both[: len(rows)]] == [line.ref for line in first]
    assert len({line.ref for line in both}) == len(both)
    assert sum(line.amount for line in first) == sum(amount for _day, amount, _title in rows)


@given(
    st.integers(-(10**13), 10**13),
    st.sampled_from(
        [
            "{sign}{plain}",
            "{sign}{grouped}",
            "¥{sign}{grouped}",
            "{sign}¥{grouped}",
            "{sign}{plain}00",
            "{sign}{plain}元",
        ]
    ),
)
def test_an_amount_is_read_as_it_was_written(amount: int, form: str) -> None:
    whole, cents = divmod(abs(amount), 100)
    sign = "-" if amount < 0 else ""
    text = form.format(sign=sign, plain=f"{whole}.{cents:02}", grouped=f"{whole:,}.{cents:02}")
    assert reading.minor(text, "CNY") == amount


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=6))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_corrections_always_add_up_to_the_last_word(house: House, amounts: list[int]) -> None:
    actor, mark = house.creator.actor, ids.new("n")
    body = house.receipt(mark, 500)
    with db.edge(actor=actor):
        first, _fresh = service.record(actor, house.project_id, load(ReceiptIn, body))
        said = 500
        for number, amount in enumerate(amounts):
            if amount == said:
                continue
            values: dict[str, Any] = {
                "amount": cny(amount),
                "reason": "r",
                "external_ref": f"{mark}-{number}",
                "document_id": house.paper,
            }
            service.correct(actor, first.id, load(CorrectionIn, values))
            service.correct(actor, first.id, load(CorrectionIn, values))
            said = amount
    with db.system_edge(write=False):
        rows = queries.payable(house.project_id, date(2100, 1, 1))
        ours = [row for row in rows if first.id in (row.id, row.corrects)]
    assert sum(row.amount.amount_minor for row in ours) == said
    assert [row.corrects for row in ours[1:]] == [first.id] * (len(ours) - 1)
