"""Learners on pair features: logistic regression, boosted trees, and their sum."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np


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
    """Histogram gradient boosted trees."""

    estimator: Any

    def score(self, features: np.ndarray) -> np.ndarray:
        flat = features.reshape(-1, features.shape[-1])
        result: np.ndarray = self.estimator.decision_function(flat).reshape(features.shape[:-1])
        return result

    def preview(self, features: np.ndarray) -> np.ndarray:
        return self.score(features)


@dataclass(frozen=True)
class Blend:
    """Mean of the log odds of several models."""

    members: tuple[PairModel, ...]

    def score(self, features: np.ndarray) -> np.ndarray:
        result: np.ndarray = np.mean([member.score(features) for member in self.members], axis=0)
        return result

    def preview(self, features: np.ndarray) -> np.ndarray:
        return self.members[0].score(features)


def fit_linear(features: np.ndarray, labels: np.ndarray) -> Linear:
    """Logistic regression with a unit Gaussian prior."""
    from sklearn.linear_model import LogisticRegression

    # A column that hardly varies here must not be blown up where it does vary.
    mean, scale = features.mean(axis=0), np.maximum(features.std(axis=0), 0.01)
    model = LogisticRegression(C=1.0, max_iter=500).fit((features - mean) / scale, labels)
    return Linear(mean, scale, model.coef_[0].astype(np.float32))


def fit_boosted(features: np.ndarray, labels: np.ndarray, seed: int, additive: bool = False) -> Boosted:
    """250 trees of 15 leaves; `additive` allows no interactions."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    estimator = HistGradientBoostingClassifier(
        max_iter=250,
        learning_rate=0.06,
        max_leaf_nodes=15,
        min_samples_leaf=80,
        l2_regularization=5.0,
        early_stopping=False,
        interaction_cst="no_interactions" if additive else None,
        random_state=seed,
    )
    return Boosted(estimator.fit(features, labels))


def fit(kind: str, features: np.ndarray, labels: np.ndarray, seed: int) -> PairModel:
    """`linear`, `boosted` or `blend` (their mean log odds)."""
    if kind == "linear":
        return fit_linear(features, labels)
    if kind == "boosted":
        return fit_boosted(features, labels, seed)
    if kind == "blend":
        return Blend((fit_linear(features, labels), fit_boosted(features, labels, seed)))
    raise ValueError(f"unknown model {kind!r}")
