"""Named places in a page that higher rooms fill, so that lower rooms need not know them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dealflow.core.actor import Actor

Panel = Callable[[Actor, Any], tuple[str, dict[str, Any]] | None]
_panels: dict[str, list[tuple[int, str, Panel]]] = {}


def fill(name: str, *, order: int = 50) -> Callable[[Panel], Panel]:
    """Register `panel(actor, thing) -> (template, context) | None` for a slot."""

    def register(panel: Panel) -> Panel:
        entry = (order, f"{panel.__module__}.{panel.__qualname__}", panel)
        entries = _panels.setdefault(name, [])
        if all(known[1] != entry[1] for known in entries):
            entries.append(entry)
            entries.sort(key=lambda e: e[:2])
        return panel

    return register


def panels(name: str, actor: Actor, thing: Any = None) -> list[tuple[str, dict[str, Any]]]:
    """What the higher rooms put into this slot for this actor, in order."""
    found = (panel(actor, thing) for _order, _key, panel in _panels.get(name, ()))
    return [panel for panel in found if panel is not None]
