"""How a match asks for an introduction, handed in from above: matching and deals do not know each other."""

from __future__ import annotations

from typing import Protocol

from dealflow.core.actor import Actor


class Ask(Protocol):
    """Ask the owner of a project on behalf of a mandate; refuses what would be spam."""

    def __call__(self, actor: Actor, *, project_id: str, mandate_id: str, note: str) -> None: ...


_ask: Ask | None = None


def use(ask: Ask) -> None:
    """Say who arranges introductions; the room that does calls this when it joins the application."""
    global _ask
    _ask = ask


def ask(actor: Actor, *, project_id: str, mandate_id: str, note: str) -> None:
    """Ask for an introduction. RuntimeError when no room arranges them."""
    if _ask is None:
        raise RuntimeError("no room arranges introductions")
    _ask(actor, project_id=project_id, mandate_id=mandate_id, note=note)
