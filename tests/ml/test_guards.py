"""Gaming gains little: stuffed texts are read once, bought attention is not believed, and the card says what is left."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import ml
from benchmarks.matching import gaming
from ml.answers import Answer
from ml.credence import MOST_ATTENTION, Witness, attention
from ml.figures import arrangement, by_group
from ml.gates import Served
from ml.rank import ProjectMatrix, Ranker
from ml.stuffing import read_once
from tests.ml import samples
from tests.ml.test_gates import answered

STORY = "被赶出家门的女儿二十年后带着遗嘱回到旧城，她发现当年夺走一切的人正是最疼爱她的舅舅。A letter, late by twenty years, tells the truth."


def test_a_story_is_read_as_it_is_written() -> None:
    letters = "".join(filter(str.isalnum, STORY))
    assert "".join(filter(str.isalnum, read_once(STORY))) == letters


@pytest.mark.parametrize(
    "stuffed",
    [
        " 复仇" * 40,
        "复仇复仇复仇复仇复仇复仇",
        " 甜宠 豪门 总裁 复仇 重生 逆袭 战神 医妃 萌宝 虐恋" * 6,
        " revenge, sweet love, ceo, doctor, village, hospital, wife, rebirth" * 6,
        " revenge revenge revenge revenge revenge",
    ],
)
def test_repeated_and_listed_keywords_are_read_as_a_few(stuffed: str) -> None:
    assert len(read_once(STORY + stuffed)) <= len(read_once(STORY)) + 32


def test_a_refrain_may_be_said_twice() -> None:
    refrain = "她没有回头看那座城一眼。"
    assert read_once(refrain * 5).count("她没有回头") == 2


def test_accounts_made_for_the_purpose_count_for_nothing() -> None:
    known, new = Witness(age_days=90, owners=6), Witness(age_days=2, owners=6)
    assert attention([("save", known), ("view", known)]) == pytest.approx(0.6)
    assert attention([("save", new)] * 50) == 0.0
    assert attention([("save", Witness(90, 6, linked=True))] * 50) == 0.0
    assert attention([("save", Witness(90, 1))]) == pytest.approx(0.1)
    assert attention([("pass", known)] * 50) == 0.0
    assert attention([("save", known)] * 1000) == MOST_ATTENTION


def test_the_card_tells_what_the_benchmark_finds() -> None:
    kept = json.loads((Path(ml.__file__).parent / "data" / "gaming.json").read_text("utf-8"))
    found = gaming.measure()
    assert [entry["attack"] for entry in kept] == [entry["attack"] for entry in found]
    for told, measured in zip(kept, found, strict=True):
        # The shipped model may be trained anew; the guards hold whatever it weighs.
        assert told["before"] > 0
        if told["attack"] not in gaming.BOUNDED:
            assert measured["after"] <= gaming.MOST_LEFT * measured["before"]
            assert told["after"] <= gaming.MOST_LEFT * told["before"]


def test_groups_are_told_with_intervals_and_small_ones_not_judged(
    ranker: Ranker, matrix: ProjectMatrix
) -> None:
    found = {(e["kind"], e["group"]): e for e in by_group(Served(ranker, matrix), answered(matrix, 300))}
    whole = found["all", "all"]
    assert whole["size"] == 300
    assert whole["gap"]["low"] <= whole["stated"] - whole["seen"] <= whole["gap"]["high"]
    assert 0 <= whole["ordered"]["mean"] <= 1
    assert sum(e["size"] for (kind, _g), e in found.items() if kind == "credits") == 300
    few = by_group(Served(ranker, matrix), answered(matrix, 12))
    assert all("gap" not in entry for entry in few)
    assert by_group(Served(ranker, matrix), []) == []


def test_answers_that_follow_nothing_are_in_no_order(ranker: Ranker, matrix: ProjectMatrix) -> None:
    rng = np.random.default_rng(8)
    found: list[Answer] = []
    for number in range(60):
        mandate, before = samples.mandate(id=f"mnd_{number}", constraints={}, preferences={}), ()
        for row in rng.choice(len(matrix), 8, replace=False).tolist():
            action = "request_intro" if rng.random() < 0.5 else "pass"
            found.append(Answer(mandate, matrix.id_at(row), action, before))
            before = (*before, (matrix.id_at(row), action, len(before)))
    # What was wanted is missing from its own history and stands in that of what was not: no reason to see it below.
    ordered = by_group(Served(ranker, matrix), found)[0]["ordered"]
    assert ordered["low"] < 0.5 < ordered["high"]


def test_variety_makes_lists_less_alike_and_its_cost_is_told(ranker: Ranker, matrix: ProjectMatrix) -> None:
    stated = [samples.mandate(id=f"m{n}", constraints={}) for n in range(6)]
    found = {e["way"]: e for e in arrangement(Served(ranker, matrix), answered(matrix, 200), stated)}
    assert list(found) == ["score", "usual", "more", "shown"]
    assert found["more"]["alike"] < found["score"]["alike"]
    assert found["shown"]["explored"] == pytest.approx(0.1)
    assert found["score"]["cost"]["mean"] == 0.0
    assert np.isfinite([e["cost"]["high"] for e in found.values()]).all()
