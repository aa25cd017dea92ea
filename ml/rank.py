"""Scoring, ordering and explaining: the door of the ranker.

`Ranker.score` is one float32 matrix-vector product; `Ranker.top` arranges the list; `Ranker.explain` gives reasons
that add up to the very number shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ml import store
from ml.arrange import DIVERSITY, EXPLORATION_EVERY, Head, arrange, shortlist, thompson, unit_rows
from ml.explain import Explanation, Reason, explain_row, usual
from ml.exposure import CREDIT_COEFFICIENTS, Floors, groups_of
from ml.matrix import ProjectFrame, ProjectMatrix, build_matrix
from ml.model import KIND, RankModel, display, shipped_model
from ml.uncertainty import deviations
from ml.weights import Deed, MandateWeights, mandate_weights

__all__ = [
    "Explanation",
    "MandateWeights",
    "Placed",
    "ProjectFrame",
    "ProjectMatrix",
    "Ranker",
    "Reason",
    "build_matrix",
    "display",
    "score_investors",
    "shipped_model",
]

COMPARED = 200  # projects that a reason is compared with
POOL = 200  # places that are arranged for diversity and exploration; behind them the list is by score alone


@dataclass(frozen=True)
class Placed:
    """A place in a ranked list; `exploration` marks a newcomer shown to learn about it."""

    rank: int
    row: int
    project_id: str
    logit: float
    exploration: bool

    @property
    def score(self) -> float:
        return display(self.logit)


@dataclass(frozen=True)
class Ranker:
    """A ranking model ready to score."""

    model: RankModel

    @classmethod
    def load(cls, path: Path | str, verify_key: bytes | Sequence[bytes]) -> "Ranker":
        """A ranker from a signed file. Raises store.ModelRefused or OSError."""
        return cls(RankModel.from_value(store.load(path, kind=KIND, verify_key=verify_key)))

    @classmethod
    def shipped(cls) -> "Ranker":
        """The ranker that comes with the package."""
        return cls.load(*shipped_model())

    @property
    def version(self) -> str:
        return self.model.version

    def with_genres(self, genres: Sequence[str]) -> "Ranker":
        """The same ranker that also knows a park's own genres (they need matrices built with its model)."""
        spec = self.model.spec
        added = tuple(dict.fromkeys(genre for genre in genres if genre not in spec.positions["genres"]))
        return Ranker(replace(self.model, spec=replace(spec, genres=spec.genres + added))) if added else self

    def build_matrix(self, projects: ProjectFrame | Sequence[Mapping[str, Any]]) -> ProjectMatrix:
        return build_matrix(projects, self.model)

    def mandate_weights(
        self, mandate: Mapping[str, Any], history: Sequence[Deed] | None = None
    ) -> MandateWeights:
        """Weights of a mandate as in the public interface; `history` holds what the investor did, with the
        actions of `ml.weights.ACTION_WEIGHTS`."""
        return mandate_weights(self.model, mandate, history)

    def score(
        self, matrix: ProjectMatrix, weights: MandateWeights, mask: np.ndarray | None = None
    ) -> np.ndarray:
        """float32 logits [n]; -inf where `mask` is False."""
        _check(matrix, weights)
        scores: np.ndarray = matrix.x @ weights.vector
        scores += np.float32(weights.bias)
        if mask is not None:
            np.copyto(scores, -np.inf, where=~mask)
        return scores

    def score_many(
        self, matrix: ProjectMatrix, weights: Sequence[MandateWeights], rows: slice | None = None
    ) -> np.ndarray:
        """float32 logits [n, mandates] (of some rows) in one matrix product."""
        for each in weights:
            _check(matrix, each)
        vectors = np.stack([each.vector for each in weights], axis=1)
        scores: np.ndarray = (matrix.x if rows is None else matrix.x[rows]) @ vectors
        scores += np.array([each.bias for each in weights], dtype=np.float32)
        return scores

    def top(
        self,
        matrix: ProjectMatrix,
        weights: MandateWeights,
        mask: np.ndarray | None,
        k: int,
        *,
        explore: bool = True,
        diversity: float = DIVERSITY,
        seed: int = 0,
        bounded: bool = True,
    ) -> list[Placed]:
        """The first `k` places. Same inputs, same list; a longer list begins with the shorter one.

        `explore`: every EXPLORATION_EVERY-th place goes to a newcomer drawn by Thompson sampling (`seed` names the
        draw). `diversity` in logits: how much a project exactly like one above it is pushed down; 0 turns it off.
        `bounded`: at every place each group of credits has at least the declared share of what a ranking that does not
        look at credits gives it (ml.exposure). Ties are broken by id.
        """
        return self.place(
            matrix, weights, self.score(matrix, weights, mask), k, explore, diversity, seed, bounded
        )

    def place(
        self,
        matrix: ProjectMatrix,
        weights: MandateWeights,
        scores: np.ndarray,
        k: int,
        explore: bool = True,
        diversity: float = DIVERSITY,
        seed: int = 0,
        bounded: bool = True,
    ) -> list[Placed]:
        """`top` for scores that are already there (-inf = excluded)."""
        rows = _best_rows(matrix, scores, max(k, POOL) + (POOL // EXPLORATION_EVERY if explore else 0))
        logits = self.logits(matrix, weights, rows)
        order = np.lexsort((matrix.ids[rows], -logits))
        rows, logits = rows[order], logits[order]
        pool = Head(
            rows[:POOL],
            logits[:POOL],
            unit_rows(matrix, rows[:POOL]) if diversity > 0 else None,
            self._explorers(matrix, weights, scores, min(k, POOL), seed) if explore else (),
            self.floors(matrix, weights, rows[:POOL]) if bounded else None,
        )
        head = arrange(pool, min(k, POOL), diversity)
        taken = {row for row, _ in head}
        tail = [(int(row), False) for row in rows if int(row) not in taken]
        known = dict(zip(rows.tolist(), logits.tolist(), strict=True))
        strangers = [row for row, _ in head if row not in known]
        if strangers:
            known |= dict(
                zip(strangers, self.logits(matrix, weights, np.array(strangers)).tolist(), strict=True)
            )
        return [
            Placed(rank, row, matrix.id_at(row), known[row], exploration)
            for rank, (row, exploration) in enumerate((head + tail)[:k], start=1)
        ]

    def _explorers(
        self, matrix: ProjectMatrix, weights: MandateWeights, scores: np.ndarray, count: int, seed: int
    ) -> tuple[int, ...]:
        """Newcomers by drawn logit; some will already stand above by their score, so more than there are places."""
        places = count // EXPLORATION_EVERY
        rows = shortlist(matrix, scores) if places else np.zeros(0, dtype=np.int64)
        if not len(rows):
            return ()
        spread = deviations(self.model, weights, matrix, rows)
        order = thompson(matrix.ids[rows], self.logits(matrix, weights, rows), spread, seed)
        return tuple(rows[order][: places + count].tolist())

    def floors(self, matrix: ProjectMatrix, weights: MandateWeights, rows: np.ndarray) -> Floors:
        """What each group of credits is owed among `rows` by a ranking that does not look at credits."""
        return Floors.of_blind(
            groups_of(np.asarray(matrix.columns.credits)[rows]), self.blind_logits(matrix, weights, rows)
        )

    def blind_logits(self, matrix: ProjectMatrix, weights: MandateWeights, rows: np.ndarray) -> np.ndarray:
        """`logits` without the parts that speak of credits and earlier works."""
        vector = weights.exact.copy()
        for part in weights.parts:
            if part.coefficient.startswith(CREDIT_COEFFICIENTS):
                vector[part.columns] -= part.values
        blind: np.ndarray = (matrix.x[rows].astype(np.float64) * vector).sum(axis=1).round(6)
        return blind

    def logits(self, matrix: ProjectMatrix, weights: MandateWeights, rows: np.ndarray) -> np.ndarray:
        """float64 logits of some rows, free of the rounding that depends on how a product is split; 6 decimals are
        kept, so that equal projects tie."""
        _check(matrix, weights)
        products = matrix.x[rows].astype(np.float64) * weights.exact
        logits: np.ndarray = (products.sum(axis=1) + weights.bias).round(6)
        return logits

    def usual(
        self, matrix: ProjectMatrix, weights: MandateWeights, mask: np.ndarray | None = None
    ) -> np.ndarray:
        """What the parts of the score give the projects of a list on average (`ml.explain.usual`), by COMPARED of
        them at even distances."""
        _check(matrix, weights)
        rows = np.arange(len(matrix)) if mask is None else np.flatnonzero(mask)
        even = np.linspace(0, len(rows) - 1, min(COMPARED, len(rows))).astype(np.int64)
        return usual(weights, matrix.x[rows[even]])

    def explain(
        self,
        matrix: ProjectMatrix,
        weights: MandateWeights,
        row: int,
        project: Mapping[str, Any] | None = None,
        means: np.ndarray | None = None,
    ) -> Explanation:
        """Why the project in `row` has its score. With the project's own dictionary the reasons also carry amounts and
        the words both texts share; with `means` (`usual`) they know what sets the project apart."""
        _check(matrix, weights)
        return explain_row(weights, np.asarray(matrix.x[row], dtype=np.float64), matrix.spec, project, means)

    def explain_many(
        self,
        matrix: ProjectMatrix,
        weights: MandateWeights,
        rows: Sequence[int],
        projects: Sequence[Mapping[str, Any]] | None = None,
        means: np.ndarray | None = None,
    ) -> list[Explanation]:
        """`explain` for several rows, in their order."""
        listed: Sequence[Mapping[str, Any] | None] = projects if projects is not None else [None] * len(rows)
        return [
            self.explain(matrix, weights, row, project, means)
            for row, project in zip(rows, listed, strict=True)
        ]


def score_investors(row: np.ndarray, weights: Sequence[MandateWeights]) -> np.ndarray:
    """float64 logits of one project's matrix row for many mandates (the reverse direction)."""
    if not weights:
        return np.zeros(0)
    vectors = np.stack([each.vector for each in weights]).astype(np.float64)
    return vectors @ np.asarray(row, dtype=np.float64) + np.array([each.bias for each in weights])


def _check(matrix: ProjectMatrix, weights: MandateWeights) -> None:
    if matrix.spec.digest != weights.digest:
        raise ValueError("matrix and mandate weights were built for different columns")


def _best_rows(matrix: ProjectMatrix, scores: np.ndarray, count: int) -> np.ndarray:
    """At least `count` best rows (all rows that tie with the last one included), excluded ones left out."""
    count = min(count, len(scores))
    if count == 0:
        return np.zeros(0, dtype=np.int64)
    edge = np.partition(scores, len(scores) - count)[len(scores) - count]
    # float32 rounding may swap neighbours at the edge: keep what lies within it.
    rows: np.ndarray = np.flatnonzero((scores >= edge - np.float32(1e-4)) & (scores > -np.inf))
    if len(rows) > 4 * count:  # a crowd of equals: the first by id
        rows = rows[np.lexsort((matrix.ids[rows], -scores[rows]))][:count]
    return rows
