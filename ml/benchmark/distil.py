"""A model distilled into a sum of curves of one column and surfaces of two, so that every score is the sum of its reasons.

The student learns the scores of the teacher, not the few labels (Tan, Caruana, Hooker & Lou 2018): first a curve for each
column, then, on what the curves leave, surfaces for the pairs that explain most of it (FAST; Lou, Caruana, Gehrke & Hooker
2013). A surface of many pairs would learn noise: few are taken, and each is named.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from ml.benchmark.pairs import PairModel, Sample, by_parts

SURFACES = 30
BINS = 12
SHRINKAGE = 50.0  # weight of pairs in a cell that is not trusted yet
# The top of the lists is what counts: all of it, and some of the rest with less weight than it has in the sample.
TOP, REST, REST_SHARE = 0.25, 60_000, 0.3


@dataclass(frozen=True)
class Additive:
    """Curves of all columns and surfaces of `pairs`; `score` is the sum of both. Shortlists are the teacher's: five
    hundred trees for every pair of a light investor would take longer than all else."""

    curves: Any
    surfaces: Any
    pairs: tuple[tuple[str, str], ...]
    teacher: PairModel

    def score(self, features: np.ndarray) -> np.ndarray:
        total = by_parts(self.curves.predict, features)
        return total if self.surfaces is None else total + by_parts(self.surfaces.predict, features)

    def preview(self, features: np.ndarray) -> np.ndarray:
        return self.teacher.preview(features)


def distil(teacher: PairModel, sample: Sample, seed: int) -> Additive:
    """The additive model nearest to `teacher` on the pairs of `sample`. Deterministic for the same seed."""
    scores = by_parts(teacher.score, sample.features).astype(np.float64)
    chosen, weights = _chosen(scores, seed)
    features, scores = sample.features[chosen], scores[chosen]
    size = features.shape[1]
    curves = _boosted(features, scores, weights, [{number} for number in range(size)], seed, 200, 8, 0.4)
    left = scores - curves.predict(features)
    pairs = leading_pairs(features, left, weights, SURFACES)
    if not pairs:
        return Additive(curves, None, (), teacher)
    surfaces = _boosted(features, left, weights, [set(pair) for pair in pairs], seed, 300, 12, 1.0)
    named = tuple((sample.names[one], sample.names[two]) for one, two in pairs)
    return Additive(curves, surfaces, named, teacher)


def _chosen(scores: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows to learn from, and their weights."""
    high = scores >= np.quantile(scores, 1 - TOP)
    top, rest = np.flatnonzero(high), np.flatnonzero(~high)
    drawn = np.random.default_rng(seed).choice(rest, min(REST, len(rest)), replace=False)
    share = REST_SHARE * len(rest) / max(len(drawn), 1)
    return np.concatenate([top, drawn]), np.concatenate([np.ones(len(top)), np.full(len(drawn), share)])


def leading_pairs(
    features: np.ndarray, left: np.ndarray, weights: np.ndarray, count: int
) -> list[tuple[int, int]]:
    """The `count` pairs of columns whose cells (quantiles of one by quantiles of the other) explain most of `left`,
    the best first; constant columns make none."""
    width, sums = BINS + 1, left * weights
    steps = np.linspace(0, 1, BINS + 1)[1:-1]
    bins = [
        np.searchsorted(np.unique(np.quantile(column, steps)), column, side="right") for column in features.T
    ]
    gains = list[tuple[float, int, int]]()
    for one, two in combinations([n for n, place in enumerate(bins) if place.min() < place.max()], 2):
        cells = bins[one] * width + bins[two]
        total = np.bincount(cells, sums, width * width)
        mass = np.bincount(cells, weights, width * width)
        gains.append((-float((total**2 / (mass + SHRINKAGE)).sum()), one, two))
    return [(one, two) for _gain, one, two in sorted(gains)[:count]]


def _boosted(
    features: np.ndarray,
    scores: np.ndarray,
    weights: np.ndarray,
    together: list[set[int]],
    seed: int,
    trees: int,
    leaves: int,
    share: float,
) -> Any:
    """Boosted trees each branch of which sees the columns of one set only."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    estimator = HistGradientBoostingRegressor(
        max_iter=trees,
        learning_rate=0.12,
        max_leaf_nodes=leaves,
        min_samples_leaf=40,
        l2_regularization=1.0,
        max_features=share,
        early_stopping=False,
        interaction_cst=together,
        random_state=seed,
    )
    return estimator.fit(features, scores, sample_weight=weights)
