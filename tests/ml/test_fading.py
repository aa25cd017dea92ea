"""What an investor did long ago counts less than what it did lately, and a list does not depend on the day it is drawn."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml import transfer
from ml.benchmark.data import SPLITS, load
from ml.columns import ColumnSpec
from ml.offline import InputError, rank_file
from ml.rank import Ranker
from ml.weights import ACTION_WEIGHTS, HALF_LIFE_DAYS, SHRINKAGE, Deed, fading, history_profile
from tests.ml import samples
from tests.ml.test_offline import MANDATES, PROJECTS, write

SPEC = ColumnSpec(genres=samples.GENRES, text_dimensions=4)
actions = st.sampled_from(sorted(ACTION_WEIGHTS))
days = st.integers(0, 20_000)


def deeds(told: list[tuple[str, int | None]]) -> list[Deed]:
    """Each with a project of its own."""
    rows = np.eye(len(told), SPEC.width)
    return [Deed(row, action, day) for row, (action, day) in zip(rows, told, strict=True)]


def test_the_weight_halves_every_two_years() -> None:
    assert [fading(0), fading(HALF_LIFE_DAYS), fading(2 * HALF_LIFE_DAYS)] == [1.0, 0.5, 0.25]
    old, new = history_profile(SPEC, deeds([("save", 0), ("save", 730)]))[0][:2]
    assert old == pytest.approx(new / 2)


@given(st.lists(st.tuples(actions, days), min_size=1, max_size=8), st.integers(-5000, 5000))
def test_only_days_between_deeds_count(told: list[tuple[str, int]], later: int) -> None:
    first, mass = history_profile(SPEC, deeds(list(told)))
    second, same = history_profile(SPEC, deeds([(action, day + later) for action, day in told]))
    assert np.array_equal(first, second)
    assert mass == same


@given(st.lists(actions, min_size=1, max_size=8), days)
def test_deeds_of_one_day_and_of_no_day_are_alike(told: list[str], day: int) -> None:
    dated = history_profile(SPEC, deeds([(action, day) for action in told]))
    undated = history_profile(SPEC, deeds([(action, None) for action in told]))
    assert np.array_equal(dated[0], undated[0])
    assert dated[1] == undated[1]


@given(st.lists(st.tuples(actions, days), min_size=1, max_size=8))
def test_age_changes_what_counts_and_not_how_much_together(told: list[tuple[str, int]]) -> None:
    profile, mass = history_profile(SPEC, deeds(list(told)))
    size = sum(abs(ACTION_WEIGHTS[action]) for action, _day in told)
    assert np.abs(profile).sum() == pytest.approx(size / (size + SHRINKAGE))
    assert -1e-12 <= mass <= 1
    by_day: dict[int, float] = {}
    for (action, day), value in zip(told, profile.tolist(), strict=False):
        share = value / ACTION_WEIGHTS[action]
        assert share == pytest.approx(by_day.setdefault(day, share))
    ordered = [by_day[day] for day in sorted(by_day)]
    assert ordered == sorted(ordered)


def test_the_model_learns_from_deals_that_count_as_they_do_here(benchmark_folder: Path) -> None:
    data = load(benchmark_folder, SPLITS["validation"])
    profiles = transfer.Profiles(data)
    rows = max(profiles.rows.values(), key=len)
    days = data.events.day[rows].tolist()
    assert len(set(days)) > 1
    here, _mass = history_profile(SPEC, deeds([("deal", day) for day in days]))
    np.testing.assert_allclose(profiles.weights(rows), here[: len(rows)], rtol=1e-12)


def test_a_list_follows_what_was_chosen_lately_and_its_reasons_add_up(ranker: Ranker) -> None:
    loved, lately = samples.GENRES[6], samples.GENRES[9]
    projects = [
        samples.project(1, id="a", genres=[loved]), samples.project(1, id="b", genres=[lately]),
        samples.project(2, id="c", genres=[loved]), samples.project(2, id="d", genres=[lately]),
    ]  # fmt: skip
    matrix = ranker.build_matrix(projects)

    def gap(first: int | None, second: int | None) -> float:
        weights = ranker.mandate_weights(
            {}, [Deed(matrix.x[0], "save", first), Deed(matrix.x[1], "save", second)]
        )
        logits = ranker.logits(matrix, weights, np.array([2, 3]))
        for row, logit in zip((2, 3), logits, strict=True):
            told = ranker.explain(matrix, weights, row)
            assert told.base + sum(r.contribution for r in told.reasons) == pytest.approx(
                told.logit, abs=1e-9
            )
            assert told.logit == pytest.approx(logit, abs=1e-6)
        return float(logits[1] - logits[0])

    assert gap(None, None) == gap(5, 5) == gap(None, 5) == pytest.approx(0, abs=1e-6)
    assert 0 < gap(0, 365) < gap(0, 730) < gap(0, 3650)
    assert gap(730, 0) == pytest.approx(-gap(0, 730), abs=2e-6)


def order(folder: Path, first: str, second: str) -> list[str]:
    """The list of a mandate without a wish that chose p1 and p2 on these days; for p1 like p4, for p2 like p5."""
    projects = [
        *PROJECTS[:3],
        ["p4", "甲", "甲", *PROJECTS[1][3:]],
        ["p5", "乙", "乙", *PROJECTS[1][3:]],
    ]
    projects[4][3] = PROJECTS[2][3]
    projects[2] = ["p2", "片", "片", PROJECTS[2][3], *PROJECTS[1][4:]]
    stated = [MANDATES[0], ["m1", "无", "", "", "", "", ""]]
    chosen = [
        ["投资偏好编号", "项目编号", "动作", "日期"],
        ["m1", "p1", "deal", first],
        ["m1", "p2", "deal", second],
    ]
    rank_file(
        write(folder / "p.csv", projects), write(folder / "m.csv", stated), folder / "out.csv",
        write(folder / "i.csv", chosen),
    )  # fmt: skip
    with (folder / "out.csv").open(encoding="utf-8-sig", newline="") as stream:
        return [row["project_id"] for row in csv.DictReader(stream)]


def test_a_file_of_actions_may_say_when(tmp_path: Path) -> None:
    assert order(tmp_path, "2019-05-01", "2026-05-01 00:00:00") == ["p5", "p4"]
    assert order(tmp_path, "2026-05-01", "2019-05-01") == ["p4", "p5"]
    with pytest.raises(InputError, match="row 3, column date: 'May' is not a date; write it like 2026-03-31"):
        order(tmp_path, "2026-05-01", "May")


def test_the_shipped_model_was_fitted_with_this_half_life(ranker: Ranker) -> None:
    assert ranker.model.info["fit"]["half_life_days"] == HALF_LIFE_DAYS
