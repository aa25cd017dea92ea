"""Rooms that use files say here who else may read them, and which are still in use."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from dealflow.core.actor import Actor


@dataclass(frozen=True)
class Use:
    """What the room of a purpose says of its files.

    `readable(actor, stored)`: whether somebody outside the owning organisation may read it.
    `in_use(ids)`: those of the ids that the room still refers to.
    """

    readable: Callable[[Actor, Any], bool]
    in_use: Callable[[Iterable[str]], set[str]]


_uses: dict[str, Use] = {}


def allow(
    purpose: str, readable: Callable[[Actor, Any], bool], in_use: Callable[[Iterable[str]], set[str]]
) -> None:
    """Register a purpose. Without it a file is read by its own organisation alone and swept after a day."""
    _uses[purpose] = Use(readable, in_use)


def allowed_by_its_room(actor: Actor, thing: Any) -> bool:
    """The room that uses the file lets this actor read it."""
    use = _uses.get(getattr(thing, "purpose", ""))
    return use is not None and actor.is_authenticated and use.readable(actor, thing)


def still_used(purpose: str, ids: Iterable[str]) -> set[str]:
    """Those of the ids that their room still refers to."""
    use = _uses.get(purpose)
    return use.in_use(ids) if use is not None else set()
