"""The site's navigation and the tabs of the settings: rooms add entries, layouts show those that fit the actor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dealflow.core.actor import Actor


@dataclass(frozen=True)
class Entry:
    """One entry. `shown(actor)` decides for whom; `label` is a message id; `also` are further pages that stand under it."""

    key: str
    label: str
    endpoint: str
    icon: str
    order: int
    shown: Callable[[Actor], bool]
    also: tuple[str, ...] = ()


_entries: dict[str, Entry] = {}
_settings: dict[str, Entry] = {}


def add(
    key: str, label: str, endpoint: str, icon: str, *, order: int, shown: Callable[[Actor], bool],
    also: tuple[str, ...] = (),
) -> None:  # fmt: skip
    """Add (or replace) an entry."""
    _entries[key] = Entry(key, label, endpoint, icon, order, shown, also)


def entries(actor: Actor) -> list[Entry]:
    """The entries for this actor, in order."""
    return sorted((e for e in _entries.values() if e.shown(actor)), key=lambda e: e.order)


def add_setting(
    key: str, label: str, endpoint: str, *, order: int, shown: Callable[[Actor], bool] = lambda actor: True
) -> None:
    """Add (or replace) a tab of the settings."""
    _settings[key] = Entry(key, label, endpoint, "settings", order, shown)


def settings(actor: Actor) -> list[Entry]:
    """The tabs of the settings for this actor, in order."""
    return sorted((e for e in _settings.values() if e.shown(actor)), key=lambda e: e.order)
