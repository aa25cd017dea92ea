"""Who besides its owner may read a kind of book, and where its object stands: the room that keeps it says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dealflow.core.actor import Actor

Reader = Callable[[Actor, Any], bool]


@dataclass(frozen=True)
class Keeper:
    """A kind of book: who reads it, and the page of what it is about."""

    may_read: Reader
    endpoint: str
    parameter: str


_keepers: dict[str, Keeper] = {}


def allow(kind: str, reader: Reader, *, endpoint: str, parameter: str) -> None:
    """Let `reader(actor, book)` decide about the books of a kind; `endpoint` shows their object."""
    _keepers[kind] = Keeper(reader, endpoint, parameter)


def may_read(actor: Actor, book: Any) -> bool:
    """Whether the room that keeps the book lets the actor read it."""
    keeper = _keepers.get(book.kind)
    return keeper is not None and keeper.may_read(actor, book)


def home(book: Any) -> tuple[str, dict[str, Any]] | None:
    """Endpoint and values of the page of the book's object."""
    keeper = _keepers.get(book.kind)
    return (keeper.endpoint, {keeper.parameter: book.object_id}) if keeper else None
