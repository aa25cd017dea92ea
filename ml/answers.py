"""Answers of investors to shown projects, as training and held-out data.

What was shown high is looked at more: an answer counts by the inverse of the chance that its place was looked at
(estimated by `ml.propensity` from what lists have shown).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ml.matrix import ProjectMatrix
from ml.train import POSITIVE, FeedbackEvent
from ml.weights import ACTION_WEIGHTS, Deed

MOST_HISTORY = 40


@dataclass(frozen=True)
class Answer:
    """Where a mandate stood with a project at the end, and what its investor had answered before: (project, action, day
    number). `chance`: how likely the place it stood in is looked at; 1 where the place is not known. `house`: whose answer
    it is, `credence` how far it can be believed (ml.credence)."""

    mandate: Mapping[str, Any]
    project_id: str
    action: str
    history: tuple[tuple[str, str, int], ...] = ()
    chance: float = 1.0
    house: str = ""
    credence: float = 1.0

    @property
    def positive(self) -> bool:
        return self.action in POSITIVE

    @property
    def importance(self) -> float:
        """How much it counts: by its kind, by who gave it, and by how likely its place is looked at."""
        return abs(ACTION_WEIGHTS[self.action]) * self.credence / self.chance

    @property
    def giver(self) -> str:
        """Whose taste it shows: the house's, else the mandate's alone."""
        return self.house or str(self.mandate["id"])


def split(answers: Sequence[Answer], share: float = 0.25) -> tuple[list[Answer], list[Answer]]:
    """(to fit on, held out): the latest answers are held out, as the future is from the past. `answers` in time order."""
    edge = len(answers) - round(len(answers) * share)
    return list(answers[:edge]), list(answers[edge:])


def history_rows(answer: Answer, matrix: ProjectMatrix) -> list[Deed]:
    """The history of an answer as the ranker takes it; projects that are gone are left out."""
    return [
        Deed(matrix.x[matrix.positions[project]], action, day)
        for project, action, day in answer.history[-MOST_HISTORY:]
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
            answer.chance,
            answer.credence,
        )
        for answer in answers
        if answer.project_id in matrix.positions
    ]
