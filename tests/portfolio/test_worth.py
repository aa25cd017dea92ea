"""The rules of worth, and that one more row moves the accounts to exactly where the rules want them."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from dealflow.portfolio.worth import Appraisal, Change, History, Movement, changes

START = date(2025, 1, 1)
days = st.integers(0, 400).map(lambda number: START + timedelta(days=number))
movements = st.builds(Movement, days, st.sampled_from(("cost", "proceeds")), st.integers(1, 10**12))
rows = st.lists(movements | st.builds(Appraisal, days, st.integers(0, 10**12)), max_size=12)


def history(found: list[Movement | Appraisal]) -> History:
    return History(
        [row for row in found if isinstance(row, Movement)],
        [row for row in found if isinstance(row, Appraisal)],
    )


@settings(max_examples=200, deadline=None)
@given(rows)
def test_entries_in_any_order_of_days_lead_to_where_the_rows_say(found: list[Movement | Appraisal]) -> None:
    posted: list[Change] = []
    for number, row in enumerate(found):
        before, after = history(found[:number]), history(found[: number + 1])
        made = list(changes(before, after, row.on))
        cash = (-row.minor if row.kind == "cost" else row.minor) if isinstance(row, Movement) else 0
        for place, change in enumerate(made):
            # Assets and gains balance: cash + cost + (value above cost) - realised - unrealised gain.
            assert (cash if place == 0 else 0) + change.book - change.realised == 0
        posted += made
    whole = history(found)
    for day in {START, START + timedelta(days=500), *(row.on for row in found)}:
        standing = whole.at(day)
        for name in ("book", "realised", "unrealised"):
            assert sum(getattr(c, name) for c in posted if c.on <= day) == getattr(standing, name)
        assert standing.value >= 0
        assert standing.realised + standing.unrealised == standing.proceeds + standing.value - standing.cost


def test_by_hand() -> None:
    found = history(
        [
            Movement(START, "cost", 100), Appraisal(START + timedelta(days=10), 150),
            Movement(START + timedelta(days=20), "proceeds", 120), Movement(START + timedelta(days=30), "cost", 10),
        ]
    )  # fmt: skip
    assert (found.at(START).value, found.at(START).unrealised) == (100, 0)
    assert (found.at(START + timedelta(days=10)).value, found.at(START + timedelta(days=10)).unrealised) == (
        150,
        50,
    )
    after = found.at(START + timedelta(days=20))
    assert (after.book, after.realised, after.value) == (0, 20, 30)
    assert found.at(START + timedelta(days=30)).value == 40
    ended = History(found.movements, found.appraisals, START + timedelta(days=40)).at(
        START + timedelta(days=40)
    )
    assert (ended.value, ended.realised, ended.unrealised) == (0, 10, 0)
