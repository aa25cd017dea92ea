"""Answers of investors to shown projects, as training and held-out data.

What was shown high is looked at more: an answer counts by the inverse of the chance that its place is looked at
(`ml.propensity`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.matrix import ProjectMatrix
from ml.propensity import prior
from ml.train import POSITIVE, FeedbackEvent
from ml.weights import ACTION_WEIGHTS

MOST_HISTORY = 40
_CURVE = prior()


@dataclass(frozen=True)
class Answer:
    """Where a mandate stood with a project at the end, and what its investor had answered before."""

    mandate: Mapping[str, Any]
    project_id: str
    action: str
    rank: int | None = None
    history: tuple[tuple[str, str], ...] = ()

    @property
    def positive(self) -> bool:
        return self.action in POSITIVE

    @property
    def importance(self) -> float:
        """How much it counts: by its kind and by how likely its place is looked at."""
        return abs(ACTION_WEIGHTS[self.action]) / propensity(self.rank)


def propensity(rank: int | None) -> float:
    """Chance that a place is looked at; 1 where the place is not known."""
    return 1.0 if rank is None else float(_CURVE.of(np.array([rank]))[0])


def split(answers: Sequence[Answer], share: float = 0.25) -> tuple[list[Answer], list[Answer]]:
    """(to fit on, held out): the latest answers are held out, as the future is from the past. `answers` in time order."""
    edge = len(answers) - round(len(answers) * share)
    return list(answers[:edge]), list(answers[edge:])


def history_rows(answer: Answer, matrix: ProjectMatrix) -> list[tuple[np.ndarray, str]]:
    """The history of an answer as the ranker takes it; projects that are gone are left out."""
    return [
        (matrix.x[matrix.positions[project]], action)
        for project, action in answer.history[-MOST_HISTORY:]
        if project in matrix.positions
    ]


def events(answers: Sequence[Answer], matrix: ProjectMatrix) -> list[FeedbackEvent]:
    """The answers as `ml.train.adapt` takes them."""
    return [
        FeedbackEvent(
            answer.mandate,
            matrix.x[matrix.positions[answer.project_id]],
            answer.action,
            history_rows(answer, matrix),
            propensity(answer.rank),
        )
        for answer in answers
        if answer.project_id in matrix.positions
    ]
