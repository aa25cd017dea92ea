"""Intervals and errors that decisions about models rest on: plain numbers in, plain numbers out, the same each time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml.measure import Interval

DRAWS = 2000
SEED = 20_261_125


@dataclass(frozen=True)
class Estimate(Interval):
    """A mean with its interval over `size` clusters."""

    size: int = 0

    def as_dict(self, digits: int = 5) -> dict[str, float]:
        """Rounded, to be stored."""
        return {
            "mean": round(self.mean, digits),
            "low": round(self.low, digits),
            "high": round(self.high, digits),
            "size": self.size,
        }


def clustered_interval(
    differences: np.ndarray, weights: np.ndarray | None = None, clusters: Sequence[object] | None = None
) -> Estimate:
    """Weighted mean of paired differences; the bootstrap (Efron 1979) draws whole clusters, since the answers of one
    mandate are not independent of each other. Without clusters each difference is its own."""
    values = np.asarray(differences, dtype=np.float64)
    if not len(values):
        return Estimate(0.0, 0.0, 0.0, 0)
    weight = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=np.float64)
    names = list(range(len(values))) if clusters is None else list(clusters)
    number = {name: at for at, name in enumerate(dict.fromkeys(names))}
    where = np.array([number[name] for name in names])
    sums = np.bincount(where, values * weight, len(number))
    masses = np.bincount(where, weight, len(number))
    drawn = np.random.default_rng(SEED).integers(0, len(number), (DRAWS, len(number)))
    means = sums[drawn].sum(axis=1) / np.maximum(masses[drawn].sum(axis=1), 1e-12)
    low, high = np.percentile(means, [2.5, 97.5])
    return Estimate(float(sums.sum() / masses.sum()), float(low), float(high), len(number))


def debiased_calibration_error(probability: np.ndarray, label: np.ndarray, bins: int = 10) -> float:
    """Root mean squared gap between stated and seen shares over bins of equal mass, without the part that chance alone
    makes (the debiased estimator of Kumar, Liang & Ma 2019, "Verified uncertainty calibration"); 0 for no data."""
    if not len(probability):
        return 0.0
    order = np.argsort(probability, kind="stable")
    total = 0.0
    for part in np.array_split(order, min(bins, max(1, len(order) // 20))):
        seen = float(label[part].mean())
        chance = seen * (1 - seen) / max(1, len(part) - 1)
        total += len(part) / len(order) * ((float(probability[part].mean()) - seen) ** 2 - chance)
    return math.sqrt(max(0.0, total))


def chi_square_limit(freedom: int, normal_quantile: float = 3.09) -> float:
    """The 99.9% point of a chi-square distribution by the cube root of Wilson & Hilferty (1931)."""
    spread = 2 / (9 * max(1, freedom))
    return float(max(1, freedom) * (1 - spread + normal_quantile * math.sqrt(spread)) ** 3)
