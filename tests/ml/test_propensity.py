"""Places people look at less are found out, and little feedback does not invent them."""

import numpy as np
import pytest

from ml.propensity import EDGES, LEAST, estimate, prior


def simulated(lists: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Places, logits, answers and the true chance of a look by place: lists by noisy logit, every tenth place drawn."""
    rng = np.random.default_rng(seed)
    look = np.arange(1, 31) ** -0.8
    logits = rng.normal(-1.0, 1.0, (lists, 30))
    order = np.argsort(-(logits + rng.normal(0, 0.7, logits.shape)), axis=1)
    ranked = np.take_along_axis(logits, order, axis=1)
    answered = rng.random(ranked.shape) < look * (1 / (1 + np.exp(-ranked)))
    places = np.tile(np.arange(1, 31), (lists, 1))
    return places.ravel(), ranked.ravel(), answered.ravel(), look


def test_the_chance_of_a_look_is_found_behind_the_order() -> None:
    places, logits, answered, look = simulated(6000)
    found = estimate(places, logits, answered).of(np.arange(1, 31))
    naive = np.bincount(places, answered)[1:] / np.bincount(places)[1:]
    naive /= naive[0]
    # Raw answer rates confuse good projects with good places; groups of places share one figure.
    assert np.abs(found - look).mean() < 0.03
    assert np.abs(found - look).mean() < 0.5 * np.abs(naive - look).mean()


def test_little_feedback_leaves_the_first_curve() -> None:
    nothing = np.zeros(0)
    np.testing.assert_array_equal(estimate(nothing, nothing, nothing).chance, prior().chance)
    few = estimate(np.array([1, 4, 9]), np.zeros(3), np.array([True, False, False]))
    assert np.abs(few.chance - prior().chance).max() < 0.3
    assert len(prior().chance) == len(EDGES)
    assert (np.diff(prior().chance) < 0).all()


def test_no_chance_is_below_the_least_or_above_one() -> None:
    places, logits, answered, _ = simulated(300, seed=4)
    never = answered & (places < 20)
    chances = estimate(places, logits, never).of(np.arange(1, 2000))
    assert chances.min() >= LEAST
    assert chances.max() <= 1.0


def test_malformed_impressions_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in number"):
        estimate(np.ones(2), np.ones(3), np.ones(3))
    with pytest.raises(ValueError, match="begin with 1"):
        estimate(np.array([0]), np.ones(1), np.ones(1))
