"""Learners on pair features: logistic regression, boosted trees, small networks, and their sum."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.benchmark.distil import distil
from ml.benchmark.pairs import PairModel, Sample, by_parts

HIDDEN, NETWORKS, EPOCHS, CLIP = 64, 3, 6, 5.0
LINEAR_WEIGHT = 0.5
LEAST_SPREAD, WIDEST, PULL = 0.05, 6.0, 10.0


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
        return by_parts(self.estimator.decision_function, features)

    def preview(self, features: np.ndarray) -> np.ndarray:
        return self.score(features)


@dataclass(frozen=True)
class Neural:
    """A mean of small networks with one hidden layer of rectifiers, on standardised features held within CLIP."""

    mean: np.ndarray
    scale: np.ndarray
    layers: tuple[
        tuple[np.ndarray, np.ndarray, np.ndarray, float], ...
    ]  # into hidden, its bias, out of it, bias

    def score(self, features: np.ndarray) -> np.ndarray:
        flat = features.reshape(-1, features.shape[-1])
        held = np.clip((flat - self.mean) / self.scale, -CLIP, CLIP)
        total = np.zeros(len(flat), dtype=np.float32)
        for into, bias, out, constant in self.layers:
            total += np.maximum(held @ into + bias, 0) @ out + np.float32(constant)
        result: np.ndarray = (total / len(self.layers)).reshape(features.shape[:-1])
        return result

    def preview(self, features: np.ndarray) -> np.ndarray:
        return self.score(features)


@dataclass(frozen=True)
class Halved:
    """A model of all candidates, and one of its kind that has seen only candidates nobody has backed: for those, the
    mean of both. What decides about a first round is drowned by deals with backers when one model learns both."""

    everybody: PairModel
    newcomers: PairModel
    column: int  # 1 for a candidate without a backer

    def score(self, features: np.ndarray) -> np.ndarray:
        result: np.ndarray = np.array(self.everybody.score(features))
        cold = features[..., self.column] > 0.5
        result[cold] = (result[cold] + self.newcomers.score(features[cold])) / 2
        return result

    def preview(self, features: np.ndarray) -> np.ndarray:
        return self.everybody.preview(features)


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


@dataclass(frozen=True)
class Anchored:
    """A model of the first `width` columns plus `weight` times one of them, both standardised among the candidates of
    the query: where few examples of a kind were learnt from, the plain likeness keeps the order sane."""

    member: PairModel
    width: int
    column: int
    weight: float

    def score(self, features: np.ndarray) -> np.ndarray:
        learnt = _standard(self.member.score(features[..., : self.width]))
        result: np.ndarray = learnt + self.weight * _standard(features[..., self.column])
        return result

    def preview(self, features: np.ndarray) -> np.ndarray:
        return self.score(features)


@dataclass(frozen=True)
class Levelled:
    """The sum of several models, each standardised among the candidates of the query, whatever the units of its scores."""

    members: tuple[PairModel, ...]

    def score(self, features: np.ndarray) -> np.ndarray:
        result: np.ndarray = np.sum([_standard(member.score(features)) for member in self.members], axis=0)
        return result

    def preview(self, features: np.ndarray) -> np.ndarray:
        return self.score(features)


def _standard(scores: np.ndarray) -> np.ndarray:
    spread = np.maximum(scores.std(axis=-1, keepdims=True), 1e-9)
    centred: np.ndarray = (scores - scores.mean(axis=-1, keepdims=True)) / spread
    return centred


@dataclass(frozen=True)
class Choice:
    """weights [k] on the first k columns, each as it stands among the candidates of the query: an additive score that
    asks which candidate of this list is chosen, not whether a pair is likely anywhere."""

    weights: np.ndarray

    def score(self, features: np.ndarray) -> np.ndarray:
        result: np.ndarray = standing(features[..., : len(self.weights)]) @ self.weights
        return result

    def preview(self, features: np.ndarray) -> np.ndarray:
        return self.score(features)


def standing(features: np.ndarray) -> np.ndarray:
    """[..., candidates, k]: each column less its mean over the candidates, in its deviations there, held within WIDEST."""
    mean, spread = features.mean(axis=-2, keepdims=True), features.std(axis=-2, keepdims=True)
    held: np.ndarray = np.clip((features - mean) / np.maximum(spread, LEAST_SPREAD), -WIDEST, WIDEST)
    return held


def fit_linear(sample: Sample) -> Linear:
    """Logistic regression with a unit Gaussian prior."""
    from sklearn.linear_model import LogisticRegression

    features = sample.features
    # A column that hardly varies here must not be blown up where it does vary.
    mean, scale = features.mean(axis=0), np.maximum(features.std(axis=0), 0.01)
    model = LogisticRegression(C=1.0, max_iter=500).fit((features - mean) / scale, sample.labels)
    return Linear(mean, scale, model.coef_[0].astype(np.float32))


def fit_choice(sample: Sample, prior: np.ndarray) -> Choice:
    """Conditional logit (McFadden 1974): each true candidate against all others of its query, the weights drawn to
    `prior`. Few lists teach it, so what it is drawn to is what it keeps where they say little."""
    from scipy.optimize import minimize

    lists = []
    ends = np.cumsum(sample.groups)
    for start, end in zip(ends - sample.groups, ends, strict=True):
        chosen, held = sample.labels[start:end] > 0, standing(sample.features[start:end].astype(np.float64))
        if chosen.any() and not chosen.all():
            lists.append((held[chosen], held[~chosen]))

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        total = PULL / 2 * float(((weights - prior) ** 2).sum())
        slope = PULL * (weights - prior)
        for chosen, others in lists:
            # A list counts by the root of its choices: the busiest newcomer is not the rule.
            share, scores = len(chosen) ** -0.5, others @ weights
            crowd = scores.max() + np.log(np.exp(scores - scores.max()).sum())
            lead = chosen @ weights - crowd
            missed = share * np.exp(-np.logaddexp(0, lead))
            total += share * float(np.logaddexp(0, -lead).sum())
            slope = slope - missed @ chosen + missed.sum() * (np.exp(scores - crowd) @ others)
        return total, slope

    return Choice(minimize(loss, prior, jac=True, method="L-BFGS-B").x)


def fit_boosted(sample: Sample, seed: int) -> Boosted:
    """Point-wise trees: each pair is a yes or a no."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    estimator = HistGradientBoostingClassifier(
        max_iter=250,
        learning_rate=0.06,
        max_leaf_nodes=15,
        min_samples_leaf=80,
        l2_regularization=5.0,
        max_features=0.5,
        early_stopping=False,
        random_state=seed,
    )
    return Boosted(estimator.fit(sample.features, sample.labels))


def fit_neural(sample: Sample, seed: int) -> Neural:
    """Networks that differ by where they start; few passes over the pairs, so that none learns them by heart."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    mean = sample.features.mean(axis=0)
    scale = np.maximum(sample.features.std(axis=0), 0.01)
    held = np.clip((sample.features - mean) / scale, -CLIP, CLIP)
    layers = []
    for number in range(NETWORKS):
        net = MLPClassifier(
            (HIDDEN,),
            alpha=1e-3,
            batch_size=min(1024, len(held)),
            max_iter=EPOCHS,
            random_state=seed * NETWORKS + number,
        )
        with warnings.catch_warnings():
            # To stop early is the point.
            warnings.simplefilter("ignore", ConvergenceWarning)
            net.fit(held, sample.labels)
        (into, out), (bias, constant) = net.coefs_, net.intercepts_
        layers.append((into, bias, out[:, 0], float(constant[0])))
    return Neural(mean, scale, tuple(layers))


def fit_halved(learner: Callable[[Sample, int], PairModel], sample: Sample, seed: int) -> PairModel:
    """A learner's model of all candidates, with one of newcomers beside it where the sample knows some that were taken."""
    everybody, newcomers = learner(sample, seed), sample.newcomers()
    if len(np.unique(newcomers.labels)) < 2:
        return everybody
    return Halved(everybody, learner(newcomers, seed + 1000), sample.cold)


def fit(kind: str, sample: Sample, seed: int, stated: bool = False) -> PairModel:
    """`linear`, `boosted`, `neural`, `blend`, or `additive`: the blend distilled (ml.benchmark.distil).

    The blend of histories is half the linear score, the trees and the networks, the last two with a model of newcomers
    beside that of everybody; that of `stated` mandates is the linear score and the trees: more gave nothing there.
    """
    single: dict[str, Callable[[Sample, int], PairModel]] = {
        "boosted": fit_boosted,
        "neural": fit_neural,
    }
    if kind == "linear":
        return fit_linear(sample)
    if kind in single:
        return single[kind](sample, seed)
    if kind == "additive":
        return distil(fit("blend", sample, seed, stated), sample, seed)
    if kind != "blend":
        raise ValueError(f"unknown model {kind!r}")
    linear = fit_linear(sample)
    if stated:
        return Blend((linear, fit_boosted(sample, seed)), (1.0, 1.0))
    wide = (fit_halved(fit_boosted, sample, seed), fit_halved(fit_neural, sample, seed))
    return Blend((linear, *wide), (LINEAR_WEIGHT, 1.0, 1.0))
