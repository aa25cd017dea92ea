"""What a route says of itself to those who serve it: that it costs much, that it stores nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

V = TypeVar("V", bound=Callable[..., Any])


def costly(view: V) -> V:
    """Declare that an answer takes much of a processor: a process of its own gives it, behind those that answer everybody
    (`web.heads`). Not for what holds the database's writer meanwhile."""
    view.costly = True  # type: ignore[attr-defined]
    return view


def computes(view: V) -> V:
    """Declare that a POST stores nothing, so that it need not keep other writers waiting while it computes."""
    view.computes = True  # type: ignore[attr-defined]
    return view
