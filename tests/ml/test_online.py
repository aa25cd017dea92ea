"""Watching a model at work: interleaved lists and their outcome, drift of what is ranked, copied texts."""

from __future__ import annotations

import random

import numpy as np
import pytest

from ml import drift, duplicates
from ml.interleave import analyse, draft, sign_test
from ml.rank import ProjectMatrix, Ranker
from tests.ml import samples

SERVICE = [f"p{n}" for n in range(20)]
CANDIDATE = SERVICE[5:] + SERVICE[:5]


def test_both_models_place_the_same_number_and_nothing_twice() -> None:
    for seed in range(50):
        placed = draft(SERVICE, CANDIDATE, seed)
        assert sorted(name for name, _team in placed) == sorted(SERVICE)
        for depth in (2, 6, 10):
            head = [team for _name, team in placed[:depth]]
            assert head.count("candidate") == depth // 2


def test_a_list_stays_for_as_long_as_its_seed() -> None:
    assert draft(SERVICE, CANDIDATE, 7) == draft(SERVICE, CANDIDATE, 7)
    assert len({tuple(draft(SERVICE, CANDIDATE, seed)) for seed in range(20)}) > 10
    # Neither model is always first.
    firsts = [draft(SERVICE, CANDIDATE, seed)[0][1] for seed in range(200)]
    assert 60 < firsts.count("candidate") < 140


def test_equal_models_win_equally_and_a_better_one_is_found() -> None:
    rng = np.random.default_rng(0)
    liked = set(CANDIDATE[:5])

    def outcome(candidate: list[str], look: float) -> str:
        found = []
        for seed in range(120):
            for place, (name, team) in enumerate(draft(SERVICE, candidate, seed)[:10]):
                if name in liked and rng.random() < look / (1 + place / 5):
                    found.append((f"m{seed}", team, 1.0))
        return analyse(found).verdict

    assert outcome(CANDIDATE, 0.8) == "candidate"
    assert outcome(list(SERVICE), 0.8) == "open"
    assert analyse([("m", "candidate", 1.0)]).verdict == "open"
    told = analyse([(f"m{n}", "service", 0.5) for n in range(12)])
    assert (told.wins, told.losses, told.verdict) == (0, 12, "service")
    assert told.as_dict()["lead"]["high"] < 0
    many = analyse([("m", "candidate", 1.0)] * 50 + [("n", "service", 0.1)])
    assert (many.wins, many.losses) == (1, 1)
    assert sign_test(0, 0) == 1.0
    assert sign_test(0, 10) == pytest.approx(2 / 1024)


def test_a_market_that_turns_raises_an_alarm_and_chance_does_not(ranker: Ranker) -> None:
    usual = [
        ranker.build_matrix([samples.project(n) for n in range(start, start + 300)]) for start in (0, 1000)
    ]
    before, chance = (drift.features(matrix) for matrix in usual)
    assert {entry["state"] for entry in drift.compare(before, chance)} == {"steady"}
    turned = ranker.build_matrix(
        [samples.project(n, genres=[samples.GENRES[0]], stage="released") for n in range(300)]
    )
    states = {entry["part"]: entry["state"] for entry in drift.compare(before, drift.features(turned))}
    assert states["genres"] == states["stage"] == "alarm"
    assert states["credits"] == "steady"


def test_a_handful_of_projects_proves_nothing() -> None:
    index, chance = drift.stability([30, 30, 30], [2, 0, 1])
    assert index > drift.WATCH
    assert index < chance
    assert drift.stability([], [1.0, 2.0]) == (0.0, float("inf"))
    # A class that came later counts as one that was empty before.
    assert drift.stability([500, 500], [500, 500, 500])[0] > drift.ALARM


def test_rates_of_answers_are_compared_beyond_chance() -> None:
    assert drift.rates((300, 1000), (310, 1000))["state"] == "steady"
    fallen = drift.rates((300, 1000), (60, 400))
    assert (fallen["state"], fallen["distance"] < 0) == ("alarm", True)
    assert drift.rates((0, 0), (3, 9))["before"] is None


STORY = (
    "被赶出家门的女儿二十年后带着遗嘱回到旧城，她发现当年夺走一切的人正是最疼爱她的舅舅。"
    "三代人的恩怨在雨夜里被一封迟到的信揭开，她必须在亲情和真相之间选择。"
)


def test_a_copy_with_changed_names_and_punctuation_is_found() -> None:
    twin = STORY.replace("旧城", "古镇").replace("，", " ").replace("雨夜", "雪夜")
    other = (
        "穿越到民国的女医生在战地医院救下仇人之子，两个世家的婚约因此改写，她用现代医术改变了一座城的命运。"
    )
    known = [
        ("first", duplicates.signature(STORY)),
        ("other", duplicates.signature(other)),
        ("twin", duplicates.signature(twin)),
    ]
    found = duplicates.copies(known)
    assert [(copy.project_id, copy.original) for copy in found] == [("twin", "first")]
    assert found[0].likeness >= duplicates.COPY
    # A copy of the copy names the original.
    again = duplicates.copies([*known, ("third", duplicates.signature(twin + "！"))])
    assert [copy.original for copy in again] == ["first", "first"]


def test_short_texts_and_shared_themes_accuse_nobody() -> None:
    assert duplicates.signature("复仇归来") is None
    theme = "豪门复仇，女儿归来。"
    signs = [chr(0x4E00 + 37 * n) for n in range(400)]
    rng = random.Random(2)  # noqa: S311 - sample data
    texts = [theme + "".join(rng.sample(signs, 60)) for _ in range(60)]
    assert duplicates.copies((str(n), duplicates.signature(text)) for n, text in enumerate(texts)) == []


def test_estimated_likeness_is_near_the_true_share() -> None:
    half = STORY[: len(STORY) // 2]
    first, second = duplicates.shingles(STORY), duplicates.shingles(half)
    true = len(np.intersect1d(first, second)) / len(np.union1d(first, second))
    one, two = duplicates.signature(STORY), duplicates.signature(half)
    assert one is not None
    assert two is not None
    assert duplicates.likeness(one, two) == pytest.approx(true, abs=0.15)


def test_features_count_what_projects_state(ranker: Ranker, matrix: ProjectMatrix) -> None:
    found = drift.features(matrix)
    assert sum(found["stage"]) == len(matrix)
    assert sum(found["ask"]) == pytest.approx(len(matrix), abs=0.1)
    assert sum(found["credits"]) == len(matrix)
    assert set(found) == {*drift.COUNTED, *drift.BINNED}
