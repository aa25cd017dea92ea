"""One search over the whole house: rooms add what they hold, each by its own scoped query."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dealflow.core.actor import Actor


@dataclass(frozen=True)
class Hit:
    """One thing that was found: what it is called, where it stands, one line about it; its id where the address names
    another thing first."""

    title: str
    url: str
    note: str = ""
    icon: str = "search"
    id: str = ""


Source = Callable[[Actor, str, int], list[Hit]]
_sources: dict[str, tuple[int, str, Source]] = {}
_kinds: dict[str, str] = {}


def source(label: str, *, order: int = 50, kind: str = "") -> Callable[[Source], Source]:
    """Register `source(actor, words, limit) -> hits`; `label` is the message id of its heading.

    `kind` names what is found for the API ("project"); without it, it is for people alone.
    """

    def register(found: Source) -> Source:
        name = f"{found.__module__}.{found.__qualname__}"
        _sources[name] = (order, label, found)
        if kind:
            _kinds[kind] = name
        return found

    return register


def kinds() -> list[str]:
    """What can be found by the API, in order."""
    return sorted(_kinds, key=lambda kind: (_sources[_kinds[kind]][0], kind))


def of_kind(actor: Actor, kind: str, words: str, limit: int) -> list[Hit]:
    """What one room holds that the actor may see."""
    return _sources[_kinds[kind]][2](actor, words, limit)


def everywhere(actor: Actor, words: str, limit: int) -> list[tuple[str, list[Hit]]]:
    """(heading, hits) of every room that holds something the actor may see, in order."""
    asked = sorted(_sources.items(), key=lambda item: (item[1][0], item[0]))
    found = [(label, room(actor, words, limit)) for _key, (_order, label, room) in asked]
    return [(label, hits) for label, hits in found if hits]
