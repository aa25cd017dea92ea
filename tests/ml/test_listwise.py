"""The list-wise trees, the mandates made from a past, and the signals added for the linear model."""

from pathlib import Path

import numpy as np
import pytest

from ml.benchmark.data import SPLITS, Candidates, Data, day, load
from ml.benchmark.features import HistoryFeatures
from ml.benchmark.listwise import WithinQuery
from ml.benchmark.mandates import from_history
from ml.benchmark.models import Anchored, Sample, fit
from ml.benchmark.signals import kinship
from ml.benchmark.view import View, name_counts


@pytest.fixture(scope="module")
def data(benchmark_folder: Path) -> Data:
    return load(benchmark_folder, SPLITS["validation"])


def cross_entropy(scores: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> float:
    total = 0.0
    for part, true in zip(
        np.split(scores, np.cumsum(groups)[:-1]), np.split(labels, np.cumsum(groups)[:-1]), strict=True
    ):
        count = true.sum()
        total += count**-0.5 * (count * np.log(np.exp(part).sum()) - (part * true).sum())
    return total


def test_gradient_is_the_slope_of_the_cross_entropy() -> None:
    rng = np.random.default_rng(0)
    groups, labels = np.array([4, 6]), np.array([1, 0, 0, 0, 1, 1, 0, 0, 0, 0], dtype=float)
    scores = rng.normal(size=10)
    gradient, hessian = WithinQuery(groups, labels).gradient_hessian(labels, scores)
    step = 1e-5 * np.eye(10)
    slope = [
        (cross_entropy(scores + move, labels, groups) - cross_entropy(scores - move, labels, groups)) / 2e-5
        for move in step
    ]
    np.testing.assert_allclose(gradient, slope, atol=1e-6)
    assert (hessian > 0).all()
    # Adding the same to all scores of a query changes nothing.
    moved, _ = WithinQuery(groups, labels).gradient_hessian(labels, scores + np.repeat([3.0, -2.0], groups))
    np.testing.assert_allclose(moved, gradient, atol=1e-12)


def test_listwise_trees_learn_an_order_and_repeat_it() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(300, 20, 5)).astype(np.float32)
    # The level of a query says nothing about the order inside it.
    best = features[:, :, 1].argmax(axis=1)
    labels = np.zeros((300, 20))
    labels[np.arange(300), best] = 1
    sample = Sample(features.reshape(-1, 5), labels.ravel(), np.full(300, 20), core=4)
    scores = fit("listwise", sample, 0).score(features)
    assert (scores.argmax(axis=1) == best).mean() > 0.8
    np.testing.assert_array_equal(scores, fit("listwise", sample, 0).score(features))
    with pytest.raises(ValueError, match="unknown model"):
        fit("other", sample, 0)


def test_a_mandate_is_made_as_the_benchmark_makes_it(data: Data) -> None:
    view = View(data, name_counts(data.names))
    investor = int(np.argmax(view.deals))
    rows = view.deals_of(investor)
    mandate = from_history(view, investor, rows)
    categories = data.category.values[data.events.project[rows]]
    shares = [(categories == code).mean() for code in mandate.categories]
    assert shares == sorted(shares, reverse=True)
    assert all(share >= 0.1 for share in shares[1:])
    stages = [(data.events.stage[rows] == code).mean() for code in mandate.stages]
    assert all(share >= 0.2 for share in stages[1:])
    leading = 10 ** (np.array([mandate.ask_low, mandate.ask_high]) % 1)
    assert all(min(abs(value - step) for step in (1, 2, 5, 10)) < 1e-6 for value in leading)


def test_kinship_rows_are_shares() -> None:
    shares = np.array([[0.5, 0.5, 0.0], [0.6, 0.4, 0.0], [0.0, 0.0, 1.0]], dtype=np.float32)
    together = kinship(shares)
    np.testing.assert_allclose(together.sum(axis=1), 1.0, atol=1e-6)
    assert together[0, 1] > 0.4
    assert together[0, 2] == 0.0


def test_followers_come_later_and_the_opening_day_is_the_only_fact_of_the_window(data: Data) -> None:
    counts = name_counts(data.names)
    features = HistoryFeatures(View(data, counts))
    followers = features.signals.followers.tocoo()
    first: dict[tuple[int, int], int] = {}
    events = data.events
    for investor, project, when in zip(
        events.investor.tolist(), events.project.tolist(), events.day.tolist(), strict=True
    ):
        first.setdefault((investor, project), when)
    for leader, follower in zip(followers.row.tolist(), followers.col.tolist(), strict=True):
        shared = [p for i, p in first if i == leader and (follower, p) in first]
        assert any(first[leader, p] < first[follower, p] for p in shared)
    assert (data.candidates.opened >= day("2012-10-01")).all()
    assert isinstance(data.candidates, Candidates)
    block = features.block(np.arange(5))
    assert block.shape[2] == len(features.names) > features.core
    assert np.isfinite(block).all()


def test_additive_trees_are_a_sum_of_curves_and_named_surfaces() -> None:
    rng = np.random.default_rng(3)
    features = rng.normal(size=(4000, 4)).astype(np.float32)
    chance = 1 / (1 + np.exp(-(features[:, 0] + features[:, 1] * features[:, 2])))
    labels = (rng.random(4000) < chance).astype(float)
    names = ("other", "is_org", "ask", "more")
    model = fit("additive", Sample(features, labels, np.full(40, 100), 4, names), 0)

    def score(*row: float) -> float:
        return float(model.score(np.array([row], dtype=np.float32))[0])

    # A feature acts the same whatever the others say …
    effects = [score(1, a, b, c) - score(-1, a, b, c) for a, b, c in [(0, 0, 0), (2, -2, 1), (-1, 1, 2)]]
    np.testing.assert_allclose(effects, effects[0], atol=1e-9)
    assert effects[0] > 1
    # … except inside a pair that is named.
    assert score(0, 1.5, 1.5, 0) - score(0, 1.5, -1.5, 0) > 1
    assert score(0, -1.5, 1.5, 0) - score(0, -1.5, -1.5, 0) < -1


def test_an_anchored_model_keeps_to_the_feature_it_is_held_to() -> None:
    rng = np.random.default_rng(4)
    features = rng.normal(size=(3, 40, 6)).astype(np.float32)

    class Noise:
        def score(self, block: np.ndarray) -> np.ndarray:
            assert block.shape[-1] == 4
            return 1e6 * block[..., 0]

        preview = score

    scores = Anchored(Noise(), width=4, column=2, weight=0.5).score(features)
    standard = [
        (plane - plane.mean(axis=1, keepdims=True)) / plane.std(axis=1, keepdims=True)
        for plane in (features[..., 0], features[..., 2])
    ]
    np.testing.assert_allclose(scores, standard[0] + 0.5 * standard[1], atol=1e-4)
