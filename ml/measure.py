"""Measures of a ranking: NDCG, paired bootstrap, calibration error, likeness within a list."""

from dataclasses import dataclass

import numpy as np

DRAWS = 1000


@dataclass(frozen=True)
class Interval:
    """A mean and its 95% percentile bootstrap interval."""

    mean: float
    low: float
    high: float


def ndcg(ranks: np.ndarray, cut: int = 10) -> float:
    """NDCG of the ranks (from 1) of the true items of one query; 0 when there is none."""
    if not len(ranks):
        return 0.0
    seen = np.asarray(ranks)[np.asarray(ranks) <= cut]
    best = (1 / np.log2(np.arange(2, min(cut, len(ranks)) + 2))).sum()
    return float((1 / np.log2(seen + 1)).sum() / best)


def paired_interval(ours: np.ndarray, theirs: np.ndarray, draws: int = DRAWS, seed: int = 0) -> Interval:
    """Mean of ours − theirs over the same queries, resampled by query (Efron & Tibshirani 1993).

    Raises ValueError when there is no query or the numbers differ.
    """
    if len(ours) != len(theirs) or not len(ours):
        raise ValueError("both rankings need the same queries, at least one")
    difference = np.asarray(ours, dtype=np.float64) - np.asarray(theirs, dtype=np.float64)
    chosen = np.random.default_rng(seed).integers(0, len(difference), (draws, len(difference)))
    low, high = np.percentile(difference[chosen].mean(axis=1), [2.5, 97.5])
    return Interval(float(difference.mean()), float(low), float(high))


def calibration_error(
    probabilities: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None, bins: int = 10
) -> float:
    """Expected calibration error (Naeini, Cooper & Hauskrecht 2015): weighted mean over bins of equal width of
    |share that came true − mean probability|."""
    importance = np.ones(len(labels)) if weights is None else weights
    number = np.minimum((probabilities * bins).astype(np.int64), bins - 1)
    came = np.bincount(number, importance * labels, bins)
    expected = np.bincount(number, importance * probabilities, bins)
    return float(np.abs(came - expected).sum() / importance.sum())


def list_likeness(unit_rows: np.ndarray) -> float:
    """Mean likeness of the pairs of one list (Ziegler et al. 2005, intra-list similarity); 0 for fewer than two."""
    size = len(unit_rows)
    if size < 2:
        return 0.0
    products = unit_rows @ unit_rows.T
    return float((products.sum() - np.trace(products)) / (size * (size - 1)))
