"""Each money operation, and some sequences of them, with the process killed during and after each step: the database holds
the state before the step or the one after it, and what was sent again under its key stands once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event

from dealflow.core import clock, db
from tests.faults import sequences
from tests.faults.sequences import Play, Result, Stage

SAMPLE = 3


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    yield sequences.prepare(tmp_path_factory.mktemp("sequences"))
    db.database().engine.dispose()
    clock.set_base(None)


@pytest.mark.slow
def test_what_stands_after_each_death_is_the_state_before_the_step_or_after_it(stage: Stage) -> None:
    known = list(sequences.every())
    assert len(known) == 7 + 49 + 343
    chosen = random.Random(20261126).sample(known[7:], SAMPLE)  # noqa: S311 - the same sample each time
    found = sequences.play(stage, known[:7] + chosen)
    assert found.faults == []
    assert found.sequences == 7 + SAMPLE
    assert min(found.kills[point] for point in ("write", "commit", "committed", "answered")) >= 7 + 2 * SAMPLE


@pytest.mark.slow
def test_without_keys_what_is_sent_again_stands_twice_and_is_noticed(stage: Stage) -> None:
    found = Result()
    Play(stage, ("call",), keys=False).killed(1, found)
    assert any("killed at answered" in line for line in found.faults), found


@pytest.mark.slow
def test_an_effect_that_is_committed_in_two_halves_is_noticed(stage: Stage) -> None:
    engine = db.database().engine

    def halve(connection: Any, cursor: Any, statement: str, *_more: Any) -> None:
        if statement.startswith("INSERT INTO receipt "):
            cursor.execute("COMMIT")
            cursor.execute("BEGIN IMMEDIATE")

    event.listen(engine, "after_cursor_execute", halve)
    try:
        found = Result()
        Play(stage, ("receipt",)).killed(1, found)
    finally:
        event.remove(engine, "after_cursor_execute", halve)
    assert any("killed at" in line for line in found.faults), found
