"""Guard against bought attention: answers count by how far who gave them can be believed. Simulated with its gain before
and after in benchmarks/matching/gaming.py."""

from collections.abc import Iterable
from dataclasses import dataclass

from ml.weights import ACTION_WEIGHTS

LEAST_AGE_DAYS = 7.0
OWNERS_FOR_TRUST = 5
MOST_ATTENTION = 5.0


@dataclass(frozen=True)
class Witness:
    """An organisation that answered a project: how old it is, the owners of how many projects it ever answered, and
    whether somebody works for it and for the project's owner."""

    age_days: float
    owners: int
    linked: bool = False

    @property
    def credence(self) -> float:
        """How far its answers count as attention (0..1): not at all for a week and for one's own people, in full when it
        answers the projects of several owners."""
        if self.linked or self.age_days < LEAST_AGE_DAYS:
            return 0.0
        return min(1.0, self.owners / OWNERS_FOR_TRUST)


def attention(answers: Iterable[tuple[str, Witness]]) -> float:
    """Weighted sum of (action, who) over organisations, each counted once for an action; bounded."""
    total = sum(max(0.0, ACTION_WEIGHTS.get(action, 0.0)) * witness.credence for action, witness in answers)
    return min(MOST_ATTENTION, total)
