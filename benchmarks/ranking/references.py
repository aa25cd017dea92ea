"""Reference rankers for the matching benchmark, none of which ships.

Each gives scores of the candidates for history queries (investors' rows) or for mandates. `implicit` and `lightgbm` are
development dependencies. Pair-feature learners see the shipped core features, fitted on the same past windows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from ml.benchmark.data import Data, Mandate
from ml.benchmark.mandates import from_history
from ml.benchmark.pairs import Sample
from ml.benchmark.view import View

NEIGHBOURS = 80
FACTORS = 64


def random_scores(rows: int, candidates: int, seed: int = 0) -> np.ndarray:
    """[rows, candidates] uniform draws."""
    return np.random.default_rng(seed).random((rows, candidates), dtype=np.float32)


def popularity(data: Data) -> np.ndarray:
    """[candidates] number of past backers, then of the deals of the category."""
    backers = np.bincount(data.events.project, minlength=len(data.names))[data.candidates.project]
    codes = data.category.values
    heat = np.bincount(codes[data.events.project] + 1, minlength=len(data.category) + 1)
    share: np.ndarray = heat[codes[data.candidates.project] + 1] / max(1, heat.sum())
    return backers + share


def history_cosine(view: View, rows: np.ndarray) -> np.ndarray:
    """TF-IDF cosine of the sum of an investor's deals with each candidate."""
    cosine: np.ndarray = (view.bags.profiles[rows] @ view.bags.targets).toarray()
    return cosine


def user_neighbours(view: View, rows: np.ndarray) -> np.ndarray:
    """Votes of the NEIGHBOURS investors that share most projects (cosine)."""
    ties = view.ties[rows].toarray()
    kept = np.zeros_like(ties)
    count = min(NEIGHBOURS, ties.shape[1])
    nearest = np.argpartition(-ties, count - 1, axis=1)[:, :count]
    np.put_along_axis(kept, nearest, np.take_along_axis(ties, nearest, axis=1), axis=1)
    return np.asarray(sp.csr_matrix(kept) @ view.backers.toarray())


def item_neighbours(view: View, rows: np.ndarray) -> np.ndarray:
    """Cosine of each candidate's backers with those of the projects an investor has backed, summed."""
    backers = np.sqrt(np.maximum(np.asarray(view.bipartite.sum(axis=0)).ravel(), 1))
    scaled = (view.bipartite @ sp.diags(1 / backers)).tocsc()
    likeness = scaled.T @ scaled[:, view.data.candidates.project]
    return np.asarray((view.bipartite[rows] @ likeness).todense())


def factors(view: View, rows: np.ndarray, kind: str, seed: int) -> np.ndarray:
    """`als` (Hu, Koren & Volinsky 2008) or `bpr` (Rendle et al. 2009) of the package `implicit`."""
    from implicit.als import AlternatingLeastSquares
    from implicit.bpr import BayesianPersonalizedRanking

    common = {"factors": FACTORS, "random_state": seed, "num_threads": 1}
    model: Any = (
        AlternatingLeastSquares(regularization=0.05, iterations=15, **common)
        if kind == "als"
        else BayesianPersonalizedRanking(learning_rate=0.05, regularization=0.01, iterations=100, **common)
    )
    model.fit(view.bipartite, show_progress=False)
    scores: np.ndarray = model.user_factors[rows] @ model.item_factors[view.data.candidates.project].T
    return scores


def stated_by_history(view: View, rows: Iterable[int]) -> list[Mandate]:
    """The mandates that the investors' histories amount to."""
    return [from_history(view, int(row), view.deals_of(int(row))) for row in rows]


def rule_fit(data: Data, mandates: Sequence[Mandate]) -> np.ndarray:
    """[mandates, candidates] points of a rule book: category and stage by place in the mandate, state, region, ask
    inside the range."""
    candidates = data.candidates
    points = np.zeros((len(mandates), len(candidates.project)), dtype=np.float32)
    columns = {
        "categories": (data.category.values[candidates.project], 1.0),
        "states": (data.state.values[candidates.project], 0.5),
        "regions": (data.region.values[candidates.project], 0.5),
        "stages": (candidates.stage, 0.7),
    }
    for row, mandate in enumerate(mandates):
        for name, (codes, worth) in columns.items():
            for place, code in enumerate(getattr(mandate, name)):
                points[row] += worth * 0.7**place * (codes == code)
        inside = (candidates.ask >= mandate.ask_low - 0.01) & (candidates.ask <= mandate.ask_high + 0.01)
        points[row] += 0.7 * inside
    return points


@dataclass(frozen=True)
class LambdaRank:
    """LightGBM's LambdaRank (Burges 2010)."""

    booster: Any

    @classmethod
    def fit(cls, sample: Sample, seed: int) -> "LambdaRank":
        from lightgbm import LGBMRanker

        model = LGBMRanker(
            objective="lambdarank",
            n_estimators=300,
            learning_rate=0.05,
            num_leaves=15,
            min_child_samples=80,
            colsample_bytree=0.5,
            reg_lambda=5.0,
            lambdarank_truncation_level=30,
            random_state=seed,
            deterministic=True,
            force_col_wise=True,
            n_jobs=1,
            verbose=-1,
        )
        model.fit(sample.features, sample.labels.astype(int), group=sample.groups)
        return cls(model.booster_)

    def score(self, features: np.ndarray) -> np.ndarray:
        flat = features.reshape(-1, features.shape[-1])
        result: np.ndarray = self.booster.predict(flat, num_threads=1).reshape(features.shape[:-1])
        return result
