"""A script of things that happened: each with its moment, its person and what they did, played in order of time."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from sqlalchemy import event

from dealflow.core import clock, db
from dealflow.core.actor import Actor

Deed = Callable[[Actor], object]


@dataclass(order=True)
class Scene:
    """One deed at one moment; scenes of the same moment keep the order in which they were added."""

    at: datetime
    number: int
    actor: Actor = field(compare=False)
    deed: Deed = field(compare=False)


class Script:
    """Collects deeds over the months before `end` and plays them with the clock standing at each."""

    def __init__(self, end: datetime) -> None:
        self.end = end
        self._scenes: list[Scene] = []
        self._numbers = count()

    def ago(self, days: float) -> datetime:
        """The moment so many days before the end."""
        return self.end - timedelta(days=days)

    def add(self, at: datetime, actor: Actor, deed: Deed) -> None:
        """Let a person do something at a moment, at the latest one minute before the end."""
        moment = min(at, self.end - timedelta(minutes=1))
        heapq.heappush(self._scenes, Scene(moment, next(self._numbers), actor, deed))

    def play(self) -> int:
        """Run all deeds inside the open transaction, also those that deeds add; how many there were.

        The session stays the platform's own: each deed names its actor to the services, which ask the policies. What
        was loaded once is held, so that a pitch is not read anew for each of its scenes.
        """
        played, held = 0, []
        event.listen(db.session(), "pending_to_persistent", lambda _session, thing: held.append(thing))
        while self._scenes:
            scene = heapq.heappop(self._scenes)
            clock.freeze(scene.at)
            scene.deed(scene.actor)
            played += 1
        db.session().flush()
        return played
