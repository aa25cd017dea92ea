"""The life of a data room."""

from __future__ import annotations

from dealflow.core.states import Machine, Move

ROOM = Machine(
    "data_room",
    initial="open",
    final=frozenset({"closed"}),
    moves=(Move("close", ("open",), "closed"),),
)
