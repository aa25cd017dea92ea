"""The life of a pitch."""

from __future__ import annotations

from dealflow.core.states import Machine, Move

PROJECT = Machine(
    "project",
    initial="draft",
    moves=(
        Move("publish", ("draft", "withdrawn"), "published"),
        Move("withdraw", ("published",), "withdrawn"),
        Move("archive", ("draft", "published", "withdrawn"), "archived"),
    ),
    final=frozenset({"archived"}),
)
