"""All that ranks for one mandate, set once for a request: who passes, with which weights, in which order."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.mandates import queries as mandates
from dealflow.matching import live, queries

if TYPE_CHECKING:
    import numpy as np

    from ml.rank import Placed, Ranker
    from ml.weights import Deed, MandateWeights

TRIAL_DEPTH = 50  # places that two models draft; behind them the model in service ranks alone


@dataclass
class Scene:
    """All that ranks for one mandate. Who passes and with which weights is found when it is asked for.

    `seed` says which newcomers are tried and, in a trial, who drafts first.
    """

    mandate: dict[str, Any]
    version: int
    snapshot: live.Snapshot
    standings: Mapping[str, Any]
    seed: int

    @cached_property
    def mask(self) -> np.ndarray:
        """Rows that pass every constraint and were not passed on."""
        from ml import constraints

        matrix = self.snapshot.matrix
        mask = constraints.mask(self.mandate, matrix.columns)
        hidden = {i for i, s in self.standings.items() if s.standing == "passed"} | self.snapshot.outdated
        mask[[matrix.positions[i] for i in hidden if i in matrix.positions]] = False
        return mask

    @cached_property
    def weights(self) -> MandateWeights:
        """What is stated, and what was answered before."""
        return self.snapshot.ranker.mandate_weights(self.mandate, self.history)

    @cached_property
    def usual(self) -> np.ndarray:
        """What the parts of a score give those that pass, to tell what sets one of them apart."""
        return self.snapshot.ranker.usual(self.snapshot.matrix, self.weights, self.mask)

    @cached_property
    def history(self) -> list[Deed]:
        """What the investor answered, as the ranker reads it."""
        from ml.weights import Deed

        matrix = self.snapshot.matrix
        return [
            Deed(matrix.x[row], action, standing.answered_on)
            for project_id, standing in self.standings.items()
            if (row := matrix.positions.get(project_id)) is not None and (action := _action(standing))
        ]

    def top(self, count: int) -> list[Placed]:
        """The first `count` places. In a trial the head is drafted by both models."""
        if self.snapshot.candidate is None:
            return self._by(self.snapshot.ranker, count)
        head = [place for place, _team in self.drafted]
        taken = {place.row for place in head}
        rest = [
            place for place in self._by(self.snapshot.ranker, count + len(head)) if place.row not in taken
        ]
        return _numbered([*head, *rest])[:count]

    @cached_property
    def drafted(self) -> list[tuple[Placed, str]]:
        """The head of a list in trial, and whose choice each place is. Scores are those of the model in service."""
        from ml.interleave import TEAMS, draft

        candidate = self.snapshot.candidate
        if candidate is None:
            return []
        lists = [self._by(ranker, TRIAL_DEPTH) for ranker in (self.snapshot.ranker, candidate)]
        chosen = [{place.project_id: place for place in places} for places in lists]
        drawn = draft(list(chosen[0]), list(chosen[1]), self.seed)
        rows = {i: place.row for places in reversed(chosen) for i, place in places.items()}
        logits = self.snapshot.ranker.logits(self.snapshot.matrix, self.weights, _rows(rows.values()))
        own = dict(zip(rows, logits.tolist(), strict=True))
        return [
            (replace(chosen[TEAMS.index(team)][i], rank=rank, logit=own[i]), team)
            for rank, (i, team) in enumerate(drawn, start=1)
        ]

    def _by(self, ranker: Ranker, count: int) -> list[Placed]:
        """One model's list: copies of earlier pitches stand behind all others."""
        from ml import preferences

        matrix = self.snapshot.matrix
        copies = [matrix.positions[i] for i in self.snapshot.copies if i in matrix.positions]
        first = self.mask.copy()
        first[copies] = False
        weights = self.weights
        if ranker.version != weights.model_version:
            weights = ranker.mandate_weights(self.mandate, self.history)
        spread = preferences.diversity(self.mandate)
        places = ranker.top(matrix, weights, first, count, diversity=spread, seed=self.seed)
        if len(places) < count and copies:
            last = self.mask & ~first
            behind = ranker.top(matrix, weights, last, count - len(places), explore=False, diversity=0.0)
            places = _numbered([*places, *behind])
        return places

    def fingerprint(self) -> tuple[Any, ...]:
        """Everything that a list depends on besides filters: equal fingerprints, equal lists."""
        answers = tuple(
            (s.project_id, s.standing, s.intro_at, s.answered_on) for s in self.standings.values()
        )
        shot = self.snapshot
        return (
            self.mandate["id"],
            self.version,
            shot.matrix.version,
            shot.ranker.version,
            shot.outdated,
            shot.copies,
            shot.trial,
            self.seed,
            answers,
        )


def _numbered(places: Sequence[Placed]) -> list[Placed]:
    return [replace(place, rank=rank) for rank, place in enumerate(places, start=1)]


def _rows(rows: Iterable[int]) -> np.ndarray:
    import numpy as np

    return np.array(list(rows), dtype=np.int64)


def set_scene(actor: Actor, mandate: Any) -> Scene:
    """What the lists of a mandate are made from. Two statements."""
    stated = mandates.content(mandate) | {"id": mandate.id}
    standings = queries.standings(actor, mandate.id)
    return Scene(stated, mandate.version, live.current(), standings, _seed_of_week(mandate.id))


def _seed_of_week(mandate_id: str) -> int:
    """The same for a week, so that a list stays still and can be worked out again."""
    year, week, _day = clock.today().isocalendar()
    return zlib.crc32(f"{mandate_id}:{year}-{week}".encode())


def _action(standing: Any) -> str | None:
    """The strongest answer that still stands, as the ranker knows it."""
    if standing.standing == "passed":
        return "pass"
    if standing.intro_at is not None:
        return "request_intro"
    return "save" if standing.standing == "saved" else None
