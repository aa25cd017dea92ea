"""One search over the whole house: rooms add what they hold, each by its own scoped query."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dealflow.core.actor import Actor


@dataclass(frozen=True)
class Hit:
    """One thing that was found: what it is called, where it stands, one line about it."""

    title: str
    url: str
    note: str = ""
    icon: str = "search"


Source = Callable[[Actor, str, int], list[Hit]]
_sources: dict[str, tuple[int, str, Source]] = {}


def source(label: str, *, order: int = 50) -> Callable[[Source], Source]:
    """Register `source(actor, words, limit) -> hits`; `label` is the message id of its heading."""

    def register(found: Source) -> Source:
        _sources[f"{found.__module__}.{found.__qualname__}"] = (order, label, found)
        return found

    return register


def everywhere(actor: Actor, words: str, limit: int) -> list[tuple[str, list[Hit]]]:
    """(heading, hits) of every room that holds something the actor may see, in order."""
    asked = sorted(_sources.items(), key=lambda item: (item[1][0], item[0]))
    found = [(label, room(actor, words, limit)) for _key, (_order, label, room) in asked]
    return [(label, hits) for label, hits in found if hits]
