"""A delivery: tried until it arrives or the tries are used up; a dead one can be sent again."""

from __future__ import annotations

from dealflow.core.states import Machine, Move

DELIVERY = Machine(
    "delivery",
    "waiting",
    (
        Move("arrive", ("waiting",), "delivered"),
        Move("give_up", ("waiting",), "dead"),
        Move("resend", ("dead",), "waiting"),
    ),
    final=frozenset({"delivered"}),
)
