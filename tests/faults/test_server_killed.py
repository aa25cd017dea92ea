"""A server that is killed with all its processes in the middle of writing has everything that it acknowledged."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.faults import killing
from tests.faults.killing import Outcome, Said, is_kept
from tests.faults.processes import free_port

# The long run of 200 rounds is `python -m benchmarks.faults.kills`.
ROUNDS = int(os.environ.get("DEALFLOW_KILL_ROUNDS", "3"))


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_and_nothing_half_done_when_the_server_is_killed(tmp_path: Path) -> None:
    instance, port, log = tmp_path / "instance", free_port(), tmp_path / "server.log"
    instance.mkdir()
    killing.prepare(instance)
    outcome = Outcome()
    for seed in range(ROUNDS):
        killing.one_round(instance, port, log, seed, outcome)
    assert len(outcome.written) >= 5 * ROUNDS
    assert killing.halves(instance) == []
    assert killing.lost(instance, port, log, outcome.written) == []
    assert killing.complaints(instance) == []


def test_what_is_lost_would_be_noticed() -> None:
    assert is_kept(Said("a"), "a", "draft")
    assert is_kept(Said("a"), "a changed", "draft")
    assert not is_kept(Said("a changed"), "a", "draft")
    assert is_kept(Said("a changed"), "a changed", "published")
    assert not is_kept(Said("a changed", published=True), "a changed", "draft")


def test_a_half_would_be_noticed() -> None:
    created, published = ("pitches:project:created", "p1"), ("pitches:project:published", "p1")
    whole = ([("p1", "published")], [("e1", "p1")], ["e1:kind"], [created, published])
    assert killing.mismatches(*whole) == []
    for part in range(4):
        broken = [list(found) for found in whole]
        broken[part].pop()
        assert killing.mismatches(*broken), part
