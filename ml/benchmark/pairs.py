"""Pairs of an investor and a candidate: the sample that a model is fitted on, and what every model can do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

# Boosted trees go through all rows once for each tree: as many as the processor keeps at hand are three times as fast.
PART = 2_000


@dataclass(frozen=True)
class Sample:
    """Training pairs: features [n, k], labels [n] and the number of consecutive rows of each query. The first `core`
    columns are those of plain matching, for comparison; `names` are those of the columns."""

    features: np.ndarray
    labels: np.ndarray
    groups: np.ndarray
    core: int
    names: tuple[str, ...] = ()

    def newcomers(self) -> "Sample":
        """The rows of candidates that nobody has backed, in one group."""
        cold = self.features[:, self.cold] > 0.5
        return Sample(self.features[cold], self.labels[cold], np.array([cold.sum()]), self.core, self.names)

    @property
    def cold(self) -> int:
        """The column that is 1 for a candidate without a backer."""
        return self.names.index("cold")

    def plain(self) -> "Sample":
        """The same with the columns of plain matching only."""
        width = self.core
        return Sample(self.features[:, :width], self.labels, self.groups, width, self.names[:width])


class PairModel(Protocol):
    """Something that turns features [..., k] into scores [...]; `preview` is a cheaper score for a shortlist."""

    def score(self, features: np.ndarray) -> np.ndarray: ...

    def preview(self, features: np.ndarray) -> np.ndarray: ...


def by_parts(predict: Callable[[np.ndarray], np.ndarray], features: np.ndarray) -> np.ndarray:
    """Scores [...] of features [..., k] by a function from [n, k] to [n], which is given a few rows at a time."""
    flat = features.reshape(-1, features.shape[-1])
    parts = [predict(flat[start : start + PART]) for start in range(0, len(flat), PART)]
    return np.concatenate(parts).reshape(features.shape[:-1]) if parts else np.zeros(features.shape[:-1])
