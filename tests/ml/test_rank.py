"""Scores add up, lists are the same every time, newcomers get their share."""

import math
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml import constraints
from ml.arrange import EXPLORATION_EVERY
from ml.explain import TERM_GROUPS
from ml.model import RankModel
from ml.rank import ProjectMatrix, Ranker, display, score_investors
from ml.weights import SHRINKAGE, Deed
from tests.ml import samples


def test_scoring_needs_no_scikit_learn() -> None:
    code = "import sys, ml.rank; ml.rank.Ranker.shipped(); print('sklearn' in sys.modules, 'scipy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "False"]


def test_reasons_add_up_to_the_score_shown(
    ranker: Ranker, matrix: ProjectMatrix, projects: list[dict]
) -> None:
    history = [Deed(matrix.x[3], "save", 9), Deed(matrix.x[8], "pass", 1000), Deed(matrix.x[9], "deal")]
    weights = ranker.mandate_weights(samples.mandate(), history)
    scores = ranker.score(matrix, weights)
    for row in range(len(matrix)):
        explanation = ranker.explain(matrix, weights, row, projects[row])
        total = explanation.base + sum(reason.contribution for reason in explanation.reasons)
        assert total == pytest.approx(explanation.logit, abs=1e-9)
        assert float(scores[row]) == pytest.approx(explanation.logit, abs=1e-5)
        assert explanation.score == display(explanation.logit)


def test_each_column_belongs_to_the_reason_of_its_part(ranker: Ranker, matrix: ProjectMatrix) -> None:
    weights = ranker.mandate_weights(samples.mandate(), [Deed(matrix.x[0], "save")])
    summed = np.zeros(matrix.spec.width)
    for part in weights.parts:
        summed[part.columns] += part.values
    np.testing.assert_allclose(summed, weights.vector, atol=1e-6)


def test_a_mandate_and_a_history_are_pooled(ranker: Ranker, matrix: ProjectMatrix) -> None:
    full = Ranker(replace(ranker.model, overlap=1.0))
    history = [Deed(matrix.x[row], "deal", 100 * row) for row in range(6)]
    pooled, added = (
        each.score(matrix, each.mandate_weights(samples.mandate(), history)) for each in (ranker, full)
    )
    mass = 6 / (6 + SHRINKAGE)
    np.testing.assert_allclose(pooled, added * (1 - (1 - ranker.model.overlap) * mass), atol=1e-5)
    assert np.ptp(added) > np.ptp(pooled) > 0
    assert 0.2 < ranker.model.overlap < 0.8


@pytest.mark.parametrize(("stated", "past"), [(True, False), (False, True)])
def test_what_stands_alone_counts_in_full(
    ranker: Ranker, matrix: ProjectMatrix, stated: bool, past: bool
) -> None:
    full = Ranker(replace(ranker.model, overlap=1.0))
    mandate = samples.mandate() if stated else {"id": "mnd_1", "preferences": {}}
    history = [Deed(matrix.x[row], "deal", 100 * row) for row in range(6)] if past else None
    ours, theirs = (each.score(matrix, each.mandate_weights(mandate, history)) for each in (ranker, full))
    np.testing.assert_array_equal(ours, theirs)


def test_a_model_from_before_pooling_adds_in_full(ranker: Ranker) -> None:
    value = ranker.model.to_value()
    del value["overlap"]
    assert RankModel.from_value(value).overlap == 1.0


def test_display_is_a_sigmoid() -> None:
    assert display(0) == 50
    assert display(800) == 100
    assert display(-800) == 0
    assert display(1.5) == pytest.approx(100 / (1 + math.exp(-1.5)))


def test_wanted_and_unwanted_genres_are_named(ranker: Ranker) -> None:
    matrix = ranker.build_matrix([samples.project(1, genres=[samples.GENRES[0], samples.GENRES[2]])])
    explanation = ranker.explain(matrix, ranker.mandate_weights(samples.mandate()), 0)
    by_code = {reason.code: reason for reason in explanation.reasons}
    assert by_code["genre_match"].params["terms"] == [samples.GENRES[0]]
    assert by_code["genre_match"].contribution > 0
    assert by_code["genre_dislike"].params["terms"] == [samples.GENRES[2]]
    assert by_code["genre_dislike"].contribution < 0
    assert by_code["genre_match"].mandate_field == "preferences.genres"


def test_an_ask_far_from_the_ticket_says_on_which_side(ranker: Ranker) -> None:
    asks = {"prj_low": 100_000, "prj_fit": 200_000_000, "prj_high": 90_000_000_000}
    matrix = ranker.build_matrix(
        [samples.project(1, id=name, ask=samples.money(ask)) for name, ask in asks.items()]
    )
    weights = ranker.mandate_weights(samples.mandate())
    codes = [
        next(
            reason.code
            for reason in ranker.explain(matrix, weights, row).reasons
            if reason.code.startswith("ask_")
        )
        for row in range(3)
    ]
    assert codes == ["ask_below_ticket", "ask_fit", "ask_above_ticket"]


@pytest.mark.parametrize(
    ("times", "code"),
    [
        (0.1, "ask_below_ticket"), (0.5, "ask_near_below"), (0.95, "ask_fit"), (1.0, "ask_fit"), (4.0, "ask_fit"),
        (5.0, "ask_fit"), (12.0, "ask_near_above"), (40.0, "ask_above_ticket"),
    ],
)  # fmt: skip
def test_an_ask_suits_a_ticket_only_within_the_band(ranker: Ranker, times: float, code: str) -> None:
    weights = ranker.mandate_weights({"id": "m", "preferences": {"ticket": samples.money(20_000_000)}})
    asked = samples.project(1, ask=samples.money(round(20_000_000 * times)))
    told = ranker.explain(ranker.build_matrix([asked]), weights, 0).reasons
    assert [reason.code for reason in told if reason.code.startswith("ask_")] == [code]


def test_a_smallest_ticket_at_the_limit_is_no_reason(ranker: Ranker) -> None:
    at_limit = samples.project(1, min_ticket=samples.money(300_000_000))
    above = samples.project(2, min_ticket=samples.money(3_000_000_000))
    matrix = ranker.build_matrix([at_limit, above])
    weights = ranker.mandate_weights(samples.mandate())
    codes = [{reason.code for reason in ranker.explain(matrix, weights, row).reasons} for row in range(2)]
    assert "min_ticket_above_limit" not in codes[0]
    assert "min_ticket_above_limit" in codes[1]


def test_listing_every_genre_gains_nothing(ranker: Ranker) -> None:
    honest = samples.project(1, id="prj_honest", genres=[samples.GENRES[0]])
    stuffed = samples.project(1, id="prj_stuffed", genres=list(samples.GENRES))
    matrix = ranker.build_matrix([honest, stuffed])
    scores = ranker.score(matrix, ranker.mandate_weights(samples.mandate()))
    assert scores[0] > scores[1]


def test_chinese_text_meets_english_text(ranker: Ranker) -> None:
    vectors = ranker.model.text.embed_all(
        ["急诊医生与护士，医院里的生死", "a doctor in a hospital emergency", "末世丧尸求生"]
    )
    assert vectors[0] @ vectors[1] > vectors[2] @ vectors[1] + 0.1
    assert not ranker.model.text.embed(" ！？").any()


def test_same_inputs_same_list_and_longer_lists_begin_alike(ranker: Ranker, matrix: ProjectMatrix) -> None:
    mandate = samples.mandate()
    weights, mask = ranker.mandate_weights(mandate), constraints.mask(mandate, matrix.columns)
    listed = ranker.top(matrix, weights, mask, 60, seed=4)
    assert listed == ranker.top(matrix, weights, mask, 60, seed=4)
    for length in (1, 9, 10, 35):
        assert ranker.top(matrix, weights, mask, length, seed=4) == listed[:length]
    assert ranker.top(matrix, weights, mask, 280, seed=4)[:60] == listed
    assert all(mask[place.row] for place in listed)


def test_order_does_not_depend_on_the_order_of_rows(ranker: Ranker, projects: list[dict]) -> None:
    twins = [samples.project(7, id=f"prj_twin{letter}") for letter in "cab"] + projects[:40]
    weights = ranker.mandate_weights(samples.mandate())
    orders = []
    for rows in (twins, twins[::-1]):
        matrix = ranker.build_matrix(rows)
        orders.append([place.project_id for place in ranker.top(matrix, weights, None, 43, seed=1)])
    assert orders[0] == orders[1]
    ranked = [name for name in orders[0] if name.startswith("prj_twin")]
    plain = ranker.top(ranker.build_matrix(twins), weights, None, 43, explore=False, diversity=0)
    assert [place.project_id for place in plain if "twin" in place.project_id] == sorted(ranked)


def test_every_tenth_place_is_a_newcomers(ranker: Ranker, matrix: ProjectMatrix) -> None:
    listed = ranker.top(matrix, ranker.mandate_weights(samples.mandate()), None, 100, seed=2)
    explored = [place for place in listed if place.exploration]
    assert [place.rank for place in explored] == list(range(EXPLORATION_EVERY, 101, EXPLORATION_EVERY))
    assert all(matrix.cold[place.row] for place in explored)
    assert len({place.row for place in listed}) == 100
    other = ranker.top(matrix, ranker.mandate_weights(samples.mandate()), None, 100, seed=3)
    assert [p.row for p in other if p.exploration] != [p.row for p in explored]


def test_without_exploration_and_diversity_the_list_is_by_score(
    ranker: Ranker, matrix: ProjectMatrix
) -> None:
    listed = ranker.top(
        matrix,
        ranker.mandate_weights(samples.mandate()),
        None,
        300,
        explore=False,
        diversity=0,
        bounded=False,
    )
    logits = [place.logit for place in listed]
    assert logits == sorted(logits, reverse=True)
    assert len(listed) == 300


def test_diversity_spreads_genres(ranker: Ranker) -> None:
    same = [samples.project(5, id=f"prj_same{n}", genres=[samples.GENRES[0]]) for n in range(10)]
    other = [samples.project(5, id=f"prj_other{n}", genres=[samples.GENRES[1]]) for n in range(5)]
    matrix, weights = ranker.build_matrix(same + other), ranker.mandate_weights(samples.mandate())

    def copies(diversity: float) -> int:
        top = ranker.top(matrix, weights, None, 5, explore=False, diversity=diversity)
        return sum(place.project_id.startswith("prj_same") for place in top)

    assert copies(0.0) == 5
    assert copies(3.0) < 5


def test_an_empty_matrix_and_a_mask_that_passes_none(ranker: Ranker, matrix: ProjectMatrix) -> None:
    weights = ranker.mandate_weights({})
    assert ranker.top(ranker.build_matrix([]), weights, None, 10) == []
    assert ranker.top(matrix, weights, np.zeros(len(matrix), dtype=bool), 10) == []


def test_many_mandates_in_one_product_score_the_same(ranker: Ranker, matrix: ProjectMatrix) -> None:
    several = [ranker.mandate_weights(samples.mandate()), ranker.mandate_weights({})]
    together = ranker.score_many(matrix, several)
    for number, weights in enumerate(several):
        np.testing.assert_allclose(together[:, number], ranker.score(matrix, weights), atol=1e-5)
    reverse = score_investors(matrix.x[5], several)
    np.testing.assert_allclose(reverse, together[5], atol=1e-5)


def test_history_moves_the_list_towards_what_was_saved(ranker: Ranker) -> None:
    liked = samples.project(1, id="prj_liked", genres=[samples.GENRES[6]])
    alike = samples.project(2, id="prj_alike", genres=[samples.GENRES[6]])
    other = samples.project(2, id="prj_other", genres=[samples.GENRES[9]])
    matrix = ranker.build_matrix([liked, alike, other])
    before = ranker.score(matrix, ranker.mandate_weights({}))
    after = ranker.score(matrix, ranker.mandate_weights({}, [Deed(matrix.x[0], "deal")]))
    assert before[1] == pytest.approx(before[2], abs=1e-6)
    assert after[1] > after[2]
    refused = ranker.score(matrix, ranker.mandate_weights({}, [Deed(matrix.x[0], "pass")]))
    assert refused[1] < refused[2]
    with pytest.raises(ValueError, match="unknown action"):
        ranker.mandate_weights({}, [Deed(matrix.x[0], "stare")])


def test_weights_and_matrix_of_different_columns_are_refused(ranker: Ranker, matrix: ProjectMatrix) -> None:
    extended = ranker.with_genres(["park_special"])
    with pytest.raises(ValueError, match="different columns"):
        extended.score(matrix, extended.mandate_weights({}))
    rows = extended.build_matrix([samples.project(1, genres=["park_special"])])
    weights = extended.mandate_weights({"preferences": {"genres": {"park_special": 1}}})
    assert "genre_match" in {reason.code for reason in extended.explain(rows, weights, 0).reasons}


def test_newcomers_without_credits_are_not_sunk(ranker: Ranker) -> None:
    fresh = samples.project(
        1, id="prj_fresh", team=[{"credits": 0}], track_record=[], genres=[samples.GENRES[0]]
    )
    famous = samples.project(1, id="prj_famous", team=[{"credits": 60}], genres=[samples.GENRES[5]])
    famous["track_record"] = [{"plays": 10**9, "evidence_class": "platform_statement"}] * 5
    matrix = ranker.build_matrix([fresh, famous])
    scores = ranker.score(matrix, ranker.mandate_weights(samples.mandate()))
    assert scores[0] > scores[1]


def test_what_holds_for_all_is_told_last(ranker: Ranker) -> None:
    """Everything is in Chinese; one project alone has the genre that is wanted."""
    wanted = samples.GENRES[0]
    pitches = [
        samples.project(n, languages=["zh-CN"], genres=[wanted if n == 7 else samples.GENRES[5]])
        for n in range(40)
    ]
    matrix = ranker.build_matrix(pitches)
    stated = samples.mandate(preferences={"languages": {"zh-CN": 1.0}, "genres": {wanted: 0.1}})
    weights = ranker.mandate_weights(stated)
    told = ranker.explain(matrix, weights, 7, means=ranker.usual(matrix, weights))
    sizes = {reason.code: abs(reason.contribution) for reason in told.reasons}
    assert sizes["genre_match"] < sizes["language_match"]
    assert [reason.code for reason in told.reasons if reason.code in ("genre_match", "language_match")] == [
        "language_match",
        "genre_match",
    ]
    apart = {reason.code: reason.tells for reason in told.reasons}
    assert apart["genre_match"] > 0
    assert apart["language_match"] == pytest.approx(0, abs=1e-6)
    above = sum(tells > 1e-6 for tells in apart.values())
    assert "language_match" not in [reason.code for reason in told.telling(above)]


@given(seed=st.integers(0, 50), count=st.integers(0, 30))
def test_reasons_differ_from_the_usual_by_what_sets_the_score_apart(
    ranker: Ranker, matrix: ProjectMatrix, seed: int, count: int
) -> None:
    """What the parts give on average makes the average score of the projects compared; the largest is told first."""
    weights = ranker.mandate_weights(samples.mandate())
    mask = np.zeros(len(matrix), dtype=bool)
    mask[np.random.default_rng(seed).choice(len(matrix), 30, replace=False)] = True
    means = ranker.usual(matrix, weights, mask)
    total = sum(
        above + below if part.group in TERM_GROUPS else above
        for part, (above, below) in zip(weights.parts, means.tolist(), strict=True)
    )
    logits = ranker.logits(matrix, weights, np.flatnonzero(mask))
    assert weights.bias + total == pytest.approx(logits.mean(), abs=1e-5)
    told = ranker.explain(matrix, weights, int(np.flatnonzero(mask)[0]), means=means).telling(count)
    assert len(told) <= count
    assert [abs(r.contribution) for r in told] == sorted((abs(r.contribution) for r in told), reverse=True)
