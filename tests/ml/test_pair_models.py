"""Learners of the benchmark: networks that repeat themselves, and a second opinion on newcomers alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from ml.benchmark.distil import distil, leading_pairs
from ml.benchmark.models import (
    Choice,
    Halved,
    Levelled,
    Linear,
    fit,
    fit_choice,
    fit_halved,
    fit_neural,
)
from ml.benchmark.pairs import PART, Sample, by_parts

# What decides depends on whether the candidate is new: a sum of single features cannot tell.
LEAST = {"linear": 0.75, "additive": 0.85, "boosted": 0.85, "neural": 0.85, "blend": 0.85}
NAMES = ("likeness", "cold", "size", "noise")


def sample(rows: int = 4000, cold_share: float = 0.5, cold_chosen: bool = True) -> Sample:
    """Pairs in which likeness decides among candidates with backers, and size among those without."""
    rng = np.random.default_rng(3)
    features = rng.normal(size=(rows, 4)).astype(np.float32)
    cold = rng.random(rows) < cold_share
    features[:, 1] = cold
    wanted = np.where(cold, features[:, 2], features[:, 0])
    chosen = rng.random(rows) < 1 / (1 + np.exp(2 - 3 * wanted))
    labels = np.where(cold & ~np.array(cold_chosen), 0.0, chosen.astype(float))
    return Sample(features, labels, np.full(rows // 40, 40), 4, NAMES)


def share_in_order(scores: np.ndarray, labels: np.ndarray) -> float:
    """How often a chosen pair is put before one that was not."""
    chosen, others = scores[labels > 0], scores[labels == 0]
    return float((chosen[:, None] > others[None, :]).mean())


@pytest.mark.parametrize("kind", LEAST)
def test_what_decides_is_learnt_and_the_same_seed_gives_the_same(kind: str) -> None:
    known = sample(20_000)
    scores = fit(kind, known, 0).score(known.features.reshape(500, 40, 4))
    assert scores.shape == (500, 40)
    assert share_in_order(scores[:50].ravel(), known.labels[:2000]) > LEAST[kind]
    np.testing.assert_array_equal(scores.ravel(), fit(kind, known, 0).score(known.features))


@pytest.mark.parametrize("candidates", [0, 1, PART, PART + 1])
def test_every_row_gets_its_own_score_when_they_are_given_in_parts(candidates: int) -> None:
    features = np.random.default_rng(5).normal(size=(3, candidates, 4))
    given = list[int]()

    def first(rows: np.ndarray) -> np.ndarray:
        given.append(len(rows))
        return rows[:, 0]

    np.testing.assert_array_equal(by_parts(first, features), features[..., 0])
    assert sum(given) == 3 * candidates
    assert max(given, default=0) <= PART


def together(score: Callable[[np.ndarray], np.ndarray], columns: tuple[int, ...]) -> np.ndarray:
    """What the columns give together beyond what fewer of them give: nothing where they add up (an inclusion and
    exclusion over all subsets that are changed)."""
    features = sample(2000).features
    one, other = features[:500], features[500:1000]
    total = np.zeros(len(one))
    for size in range(len(columns) + 1):
        for changed in combinations(columns, size):
            mixed = one.copy()
            mixed[:, list(changed)] = other[:, list(changed)]
            total += (-1) ** size * score(mixed)
    return total


def test_the_distilled_model_is_a_sum_of_curves_and_of_surfaces_of_its_pairs() -> None:
    known = sample(12_000)
    teacher = fit("blend", known, 0)
    model = distil(teacher, known, 0)
    # What decides in the sample is found first.
    assert {frozenset(pair) for pair in model.pairs[:2]} == {
        frozenset({"likeness", "cold"}),
        frozenset({"cold", "size"}),
    }
    curves = replace(model, surfaces=None)
    for columns in combinations(range(4), 2):
        np.testing.assert_allclose(together(curves.score, columns), 0, atol=1e-6)
    for columns in combinations(range(4), 3):
        np.testing.assert_allclose(together(model.score, columns), 0, atol=1e-6)
    assert np.abs(together(model.score, (1, 2))).max() > 0.1
    assert np.abs(together(teacher.score, (0, 1, 2))).max() > 0.1
    taught = teacher.score(known.features)
    likeness = [np.corrcoef(told.score(known.features), taught)[0, 1] for told in (curves, model)]
    assert likeness[0] < likeness[1]
    assert likeness[1] > 0.97


def test_a_column_that_never_changes_stands_in_no_pair() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(3000, 4))
    features[:, 2] = 1.0
    left = features[:, 0] * features[:, 3]
    found = leading_pairs(features, left, np.ones(3000), 30)
    assert found[0] == (0, 3)
    assert len(found) == 3
    assert all(2 not in pair for pair in found)


def test_networks_give_the_mean_of_their_logits() -> None:
    known = sample(1200)
    model = fit_neural(known, 0)
    alone = [type(model)(model.mean, model.scale, (layer,)).score(known.features) for layer in model.layers]
    np.testing.assert_allclose(model.score(known.features), np.mean(alone, axis=0), atol=1e-5)
    assert not np.allclose(alone[0], alone[1])
    # One wild value does not carry a candidate away.
    wild = known.features[:2].copy()
    wild[0, 3], wild[1] = 1e6, wild[0]
    wild[1, 3] = 1e9
    first, second = model.score(wild)
    assert np.isfinite(first)
    assert first == second


def test_newcomers_get_the_mean_of_both_and_others_the_first_alone() -> None:
    def constant(value: float) -> Linear:
        return Linear(
            np.full(4, -value, np.float32), np.ones(4, np.float32), np.array([0, 0, 0, 1.0], np.float32)
        )

    features = np.zeros((2, 3, 4), np.float32)
    features[0, 1, 1] = features[1, 2, 1] = 1
    scores = Halved(constant(1.0), constant(3.0), 1).score(features)
    np.testing.assert_allclose(scores, [[1, 2, 1], [1, 1, 2]])


def test_a_model_of_newcomers_is_fitted_on_their_rows_alone() -> None:
    seen: list[tuple[int, bool]] = []

    def learner(given: Sample, seed: int) -> Linear:
        seen.append((len(given.labels), bool(given.features[:, 1].all())))
        return Linear(np.zeros(4), np.ones(4), np.ones(4))

    known = sample(400)
    assert isinstance(fit_halved(learner, known, 0), Halved)
    assert seen == [(400, False), (int(known.features[:, 1].sum()), True)]


def test_without_a_chosen_newcomer_one_model_serves_all() -> None:
    assert not isinstance(fit_halved(fit_neural, sample(800, cold_chosen=False), 0), Halved)
    assert not isinstance(fit_halved(fit_neural, sample(800, cold_share=0.0), 0), Halved)


def lists(count: int, seed: int = 4) -> Sample:
    """Lists of twenty candidates, two of them chosen, by the second column alone; every list has a level of its own."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(count, 20, 3))
    labels = np.zeros((count, 20))
    best = np.argsort(-features[:, :, 1], axis=1)[:, :2]
    np.put_along_axis(labels, best, 1.0, axis=1)
    features[:, :, 1] += rng.normal(scale=30, size=(count, 1))
    return Sample(features.reshape(-1, 3), labels.ravel(), np.full(count, 20), 3, ("cosine", "size", "noise"))


COSINE = np.array([1.0, 0.0, 0.0])


def test_a_choice_is_learnt_within_its_list_whatever_the_level_of_the_list() -> None:
    model = fit_choice(lists(200), COSINE)
    asked = lists(50, seed=9)
    scores = model.score(asked.features.reshape(50, 20, 3))
    first = scores.argmax(axis=1)
    assert np.take_along_axis(asked.labels.reshape(50, 20), first[:, None], axis=1).mean() > 0.95
    np.testing.assert_array_equal(model.weights, fit_choice(lists(200), COSINE).weights)
    # Neither a level nor a unit of a column that all candidates share counts, nor columns it does not know.
    wider = np.concatenate([asked.features.reshape(50, 20, 3) * 7 - 100, np.ones((50, 20, 2))], axis=2)
    np.testing.assert_allclose(model.score(wider), scores, atol=1e-9)


def test_few_choices_leave_the_weights_near_what_they_are_drawn_to() -> None:
    nothing = Sample(np.zeros((0, 3)), np.zeros(0), np.zeros(0, dtype=np.int64), 3)
    np.testing.assert_allclose(fit_choice(nothing, COSINE).weights, COSINE)
    few, many = (fit_choice(lists(count), COSINE).weights for count in (2, 200))
    assert 3 * np.linalg.norm(few - COSINE) < np.linalg.norm(many - COSINE)


def test_models_of_any_unit_count_alike_when_they_are_levelled() -> None:
    features = lists(3).features.reshape(3, 20, 3)
    one, other = Choice(np.array([1.0, 0.0, 0.0])), Choice(np.array([0.0, 0.0, 1.0]))
    loud = Choice(other.weights * 1000)
    scores = Levelled((one, loud)).score(features)
    np.testing.assert_allclose(scores, Levelled((one, other)).score(features), atol=1e-9)
    for column in (0, 2):
        assert np.corrcoef(scores[0], features[0, :, column])[0, 1] > 0.3
