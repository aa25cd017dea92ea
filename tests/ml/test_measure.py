"""Measures agree with their definitions."""

import numpy as np
import pytest

from ml.measure import calibration_error, list_likeness, ndcg, paired_interval


def test_ndcg_of_known_ranks() -> None:
    assert ndcg(np.array([1, 2, 3])) == pytest.approx(1)
    assert ndcg(np.array([2])) == pytest.approx(1 / np.log2(3))
    assert ndcg(np.array([11, 30])) == 0
    assert ndcg(np.array([])) == 0


def test_a_paired_interval_is_narrow_where_queries_agree() -> None:
    rng = np.random.default_rng(0)
    hard = rng.random(400)
    found = paired_interval(hard + 0.01, hard)
    assert found.low == pytest.approx(0.01)
    assert found.high == pytest.approx(0.01)
    noise = paired_interval(rng.random(400), rng.random(400))
    assert noise.low < 0 < noise.high
    with pytest.raises(ValueError, match="same queries"):
        paired_interval(np.ones(2), np.ones(3))


def test_calibration_error() -> None:
    probabilities = np.array([0.25, 0.25, 0.25, 0.25, 0.95])
    assert calibration_error(probabilities, np.array([1, 0, 0, 0, 1])) == pytest.approx(0.01)
    assert calibration_error(np.array([0.9, 0.9]), np.array([0, 1]), np.array([1, 3])) == pytest.approx(0.15)


def test_likeness_of_a_list() -> None:
    assert list_likeness(np.eye(3)) == 0
    assert list_likeness(np.tile([1.0, 0.0], (4, 1))) == pytest.approx(1)
    assert list_likeness(np.eye(3)[:1]) == 0
