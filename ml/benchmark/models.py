"""Learners on pair features: logistic regression, boosted trees (point-wise and list-wise), and their sum."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np


@dataclass(frozen=True)
class Sample:
    """Training pairs: features [n, k], labels [n] and the number of consecutive rows of each query. Trees see the
    first `core` columns, the linear model sees all."""

    features: np.ndarray
    labels: np.ndarray
    groups: np.ndarray
    core: int


class PairModel(Protocol):
    """Something that turns features [..., k] into scores [...]; `preview` is a cheaper score for a shortlist."""

    def score(self, features: np.ndarray) -> np.ndarray: ...

    def preview(self, features: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True)
class Linear:
    """weights [k] on standardised features: an additive score."""

    mean: np.ndarray
    scale: np.ndarray
    weights: np.ndarray

    def score(self, features: np.ndarray) -> np.ndarray:
        result: np.ndarray = ((features - self.mean) / self.scale) @ self.weights
        return result

    def preview(self, features: np.ndarray) -> np.ndarray:
        return self.score(features)


@dataclass(frozen=True)
class Boosted:
    """Histogram gradient boosted trees on the first `core` columns."""

    estimator: Any
    core: int

    def score(self, features: np.ndarray) -> np.ndarray:
        flat = features[..., : self.core].reshape(-1, self.core)
        result: np.ndarray = self.estimator.decision_function(flat).reshape(features.shape[:-1])
        return result

    def preview(self, features: np.ndarray) -> np.ndarray:
        return self.score(features)


@dataclass(frozen=True)
class Listwise:
    """Boosted trees fitted on the order within queries (ml.benchmark.listwise), on the first `core` columns."""

    estimator: Any
    core: int

    def score(self, features: np.ndarray) -> np.ndarray:
        flat = features[..., : self.core].reshape(-1, self.core)
        result: np.ndarray = self.estimator.predict(flat).reshape(features.shape[:-1])
        return result

    def preview(self, features: np.ndarray) -> np.ndarray:
        return self.score(features)


@dataclass(frozen=True)
class Blend:
    """Weighted sum of the scores of several models."""

    members: tuple[PairModel, ...]
    weights: tuple[float, ...]

    def score(self, features: np.ndarray) -> np.ndarray:
        parts = [
            weight * member.score(features) for weight, member in zip(self.weights, self.members, strict=True)
        ]
        result: np.ndarray = np.sum(parts, axis=0)
        return result

    def preview(self, features: np.ndarray) -> np.ndarray:
        return self.members[0].score(features)


def fit_linear(sample: Sample) -> Linear:
    """Logistic regression with a unit Gaussian prior."""
    from sklearn.linear_model import LogisticRegression

    features = sample.features
    # A column that hardly varies here must not be blown up where it does vary.
    mean, scale = features.mean(axis=0), np.maximum(features.std(axis=0), 0.01)
    model = LogisticRegression(C=1.0, max_iter=500).fit((features - mean) / scale, sample.labels)
    return Linear(mean, scale, model.coef_[0].astype(np.float32))


def fit_boosted(sample: Sample, seed: int) -> Boosted:
    """Point-wise trees: each pair is a yes or a no."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    estimator = HistGradientBoostingClassifier(
        max_iter=250,
        learning_rate=0.06,
        max_leaf_nodes=15,
        min_samples_leaf=80,
        l2_regularization=5.0,
        early_stopping=False,
        random_state=seed,
    )
    return Boosted(estimator.fit(sample.features[:, : sample.core], sample.labels), sample.core)


def fit_listwise(sample: Sample, seed: int) -> Listwise:
    """List-wise trees: the true candidates of a query against its others."""
    from ml.benchmark.listwise import fit_within_query

    features = sample.features[:, : sample.core]
    return Listwise(fit_within_query(features, sample.labels, sample.groups, seed), sample.core)


def fit(kind: str, sample: Sample, seed: int, listwise: float = 1.0) -> PairModel:
    """`linear`, `boosted`, `listwise` or `blend` (their sum, the list-wise trees with the weight `listwise`)."""
    if kind == "linear":
        return fit_linear(sample)
    if kind == "boosted":
        return fit_boosted(sample, seed)
    if kind == "listwise":
        return fit_listwise(sample, seed)
    if kind == "blend":
        members = fit_linear(sample), fit_boosted(sample, seed), fit_listwise(sample, seed)
        return Blend(members, (1.0, 1.0, listwise))
    raise ValueError(f"unknown model {kind!r}")
