"""A machine that makes no sense cannot be declared."""

from __future__ import annotations

import pytest

from dealflow.core.errors import InvalidTransition
from dealflow.core.states import Machine, Move


def test_moves_along_and_refuses_the_rest() -> None:
    door = Machine(
        "door",
        "shut",
        (Move("open", ("shut",), "ajar"), Move("break", ("shut", "ajar"), "broken")),
        frozenset({"broken"}),
    )
    assert door.fire("shut", "open") == "ajar"
    assert door.events("ajar") == ["break"]
    assert door.event_to("shut", "broken") == "break"
    with pytest.raises(InvalidTransition):
        door.fire("ajar", "open")
    with pytest.raises(InvalidTransition):
        door.fire("broken", "open")


@pytest.mark.parametrize(
    ("moves", "final"),
    [
        ((Move("a", ("x",), "y"), Move("b", ("z",), "w")), frozenset()),
        ((Move("a", ("x",), "y"), Move("b", ("y",), "x")), frozenset({"y"})),
        ((Move("a", ("x",), "y"), Move("a", ("x",), "z")), frozenset()),
    ],
    ids=["unreachable", "exit from final", "ambiguous"],
)
def test_a_senseless_machine_is_refused(moves: tuple[Move, ...], final: frozenset[str]) -> None:
    with pytest.raises(ValueError):
        Machine("m", "x", moves, final)


def test_a_guard_can_close_a_move() -> None:
    gate = Machine("gate", "a", (Move("go", ("a",), "b", (lambda thing: thing == "ticket",)),))
    assert gate.fire("a", "go", "ticket") == "b"
    with pytest.raises(InvalidTransition):
        gate.fire("a", "go", None)
