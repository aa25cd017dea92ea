"""A server that is killed while it posts expenses, calls, payments, distributions, receipts that are shared and transfers to
payees has in its books what it acknowledged, once, on both databases."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.faults import killing, payouts
from tests.faults.killing import Outcome
from tests.faults.processes import free_port

# The long run of 200 rounds is `python -m benchmarks.faults.money`.
ROUNDS = int(os.environ.get("DEALFLOW_KILL_ROUNDS", "2"))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_what_was_posted_stands_once(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    instance, port, log = tmp_path / "instance", free_port(), tmp_path / "server.log"
    instance.mkdir()
    more = {}
    if kind == "postgresql":
        more["DEALFLOW_DATABASE_URL"] = request.getfixturevalue("postgres_url")
    payouts.prepare(instance, port, log, **more)
    outcome = Outcome()
    for seed in range(ROUNDS):
        killing.one_round(instance, port, log, seed, outcome, payouts.both, **more)
    assert len(outcome.written) >= 5 * ROUNDS
    found = payouts.faults(instance, port, log, outcome.written, **more)
    assert found == {"lost": [], "doubled": [], "complaints": []}
