"""State machines as data, checked when they are declared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dealflow.core.errors import InvalidTransition

Guard = Callable[[Any], bool]


@dataclass(frozen=True)
class Move:
    """An event that leads from any of `sources` to `target` when all guards hold."""

    event: str
    sources: tuple[str, ...]
    target: str
    guards: tuple[Guard, ...] = ()


@dataclass(frozen=True)
class Machine:
    """A named machine. Declaring one with an unreachable state, an exit from a final state or an
    ambiguous event raises ValueError."""

    name: str
    initial: str
    moves: tuple[Move, ...]
    final: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        reached, frontier = {self.initial}, [self.initial]
        while frontier:
            state = frontier.pop()
            for move in self.moves:
                if state in move.sources and move.target not in reached:
                    reached.add(move.target)
                    frontier.append(move.target)
        if unreachable := self.states - reached:
            raise ValueError(f"{self.name}: unreachable {sorted(unreachable)}")
        seen: set[tuple[str, str]] = set()
        for move in self.moves:
            for source in move.sources:
                if source in self.final:
                    raise ValueError(f"{self.name}: {source} is final but {move.event} leaves it")
                if (move.event, source) in seen:
                    raise ValueError(f"{self.name}: {move.event} from {source} is ambiguous")
                seen.add((move.event, source))

    @property
    def states(self) -> frozenset[str]:
        """Every state that is named anywhere."""
        named = {self.initial} | set(self.final) | {m.target for m in self.moves}
        return frozenset(named.union(*(m.sources for m in self.moves)))

    def fire(self, state: str, event: str, thing: Any = None) -> str:
        """The state after `event`; InvalidTransition when it is not possible now."""
        for move in self.moves:
            if move.event == event and state in move.sources and all(g(thing) for g in move.guards):
                return move.target
        raise InvalidTransition()

    def events(self, state: str, thing: Any = None) -> list[str]:
        """The events that are possible now, in declared order."""
        return [m.event for m in self.moves if state in m.sources and all(g(thing) for g in m.guards)]

    def event_to(self, state: str, target: str) -> str:
        """The event that leads from one state to another; InvalidTransition when there is none."""
        for move in self.moves:
            if state in move.sources and move.target == target:
                return move.event
        raise InvalidTransition()
