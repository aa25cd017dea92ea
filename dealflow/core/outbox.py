"""Events between rooms: written with the change, delivered as jobs, at least once, effect once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from dealflow.core import clock, jobs
from dealflow.core.db import Base, session
from dealflow.core.ids import Id, new
from dealflow.core.scope import Shared

E = TypeVar("E", bound="Event")


@dataclass(frozen=True)
class Event:
    """Base of all events: frozen, ids and plain values only."""


class OutboxEvent(Base, Shared):
    """Every event that was emitted, in order. Read by the platform only."""

    __tablename__ = "outbox_event"
    id: Mapped[str] = mapped_column(Id("evt"), primary_key=True)
    name: Mapped[str] = mapped_column(String(80), index=True)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


@dataclass(frozen=True)
class Public:
    """An event that organisations may be told of: under which name, about which object, with which of its values.

    `known_to(event, candidates)` answers which of some organisations (ids) may know of it at this moment.
    """

    kind: str
    label: str
    thing: str
    values: tuple[str, ...]
    known_to: Callable[[Any, frozenset[str]], Iterable[str]]


Watcher = Callable[["OutboxEvent", Event, Public], None]
_public: dict[str, Public] = {}
_watchers: dict[str, Watcher] = {}
_subscribers: dict[str, list[str]] = {}
# Kinds of deliveries of which one per transaction is enough.
_merged: set[str] = set()


def subscribe(
    event: type[E], name: str, *, merged: bool = False
) -> Callable[[Callable[[E], object]], Callable[[E], object]]:
    """Register a subscriber; `name` must stay the same over releases, as it keys deliveries.

    `merged`: it only needs to know that something happened, so of the events of one transaction it hears the first.
    An import of five hundred rows then leaves one delivery and not five hundred.
    """

    def register(handler: Callable[[E], object]) -> Callable[[E], object]:
        kind = f"event:{event.__name__}:{name}"

        def deliver(**payload: Any) -> None:
            handler(event(**payload))

        jobs.job(kind)(deliver)
        if merged:
            _merged.add(kind)
        names = _subscribers.setdefault(event.__name__, [])
        if kind not in names:
            names.append(kind)
        return handler

    return register


def publish(
    event: type[E],
    kind: str,
    *,
    label: str,
    thing: str,
    values: tuple[str, ...],
    known_to: Callable[[E, frozenset[str]], Iterable[str]],
) -> None:
    """Declare that organisations may be told of an event. `kind` must stay the same over releases."""
    _public[event.__name__] = Public(kind, label, thing, values, known_to)


def public_kinds() -> dict[str, str]:
    """All kinds that organisations may be told of, with their labels (message ids), by name."""
    return {public.kind: public.label for public in sorted(_public.values(), key=lambda p: p.kind)}


def parties(*fields: str) -> Callable[[Any, frozenset[str]], Iterable[str]]:
    """`known_to` of an event whose own fields name those who know of it."""

    def known_to(event: Any, candidates: frozenset[str]) -> Iterable[str]:
        return candidates & {getattr(event, field) for field in fields}

    return known_to


def watch(name: str, watcher: Watcher) -> None:
    """Call `watcher(row, event, public)` for each public event, within the transaction that emits it."""
    _watchers[name] = watcher


def emit(event: Event) -> None:
    """Add the event and one delivery per subscriber to the open transaction."""
    row = OutboxEvent(id=new("evt"), name=type(event).__name__, payload=asdict(event))
    session().add(row)
    told: set[str] = session().info.setdefault("told", set())
    for kind in _subscribers.get(row.name, ()):
        if kind in told:
            continue
        # What is told inside a savepoint is unsaid when that is rolled back.
        if kind in _merged and not session().in_nested_transaction():
            told.add(kind)
        jobs.enqueue(kind, row.payload, key=f"{row.id}:{kind}")
    public = _public.get(row.name)
    if public is not None:
        for watcher in _watchers.values():
            watcher(row, event, public)
