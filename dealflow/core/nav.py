"""The site's navigation: rooms add entries, the layout shows those that fit the actor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dealflow.core.actor import Actor


@dataclass(frozen=True)
class Entry:
    """One entry. `shown(actor)` decides for whom; `label` is a message id."""

    key: str
    label: str
    endpoint: str
    icon: str
    order: int
    shown: Callable[[Actor], bool]


_entries: dict[str, Entry] = {}


def add(
    key: str, label: str, endpoint: str, icon: str, *, order: int, shown: Callable[[Actor], bool]
) -> None:
    """Add (or replace) an entry."""
    _entries[key] = Entry(key, label, endpoint, icon, order, shown)


def entries(actor: Actor) -> list[Entry]:
    """The entries for this actor, in order."""
    return sorted((e for e in _entries.values() if e.shown(actor)), key=lambda e: e.order)
