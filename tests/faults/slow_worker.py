"""`dealflow worker` with kinds of jobs that wait for a file before they end. Run as a program by the tests."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from dealflow.core import jobs
from dealflow.core.outbox import Event, emit

KIND, LONG = "tests.slow", "tests.long"
LEASE_SECONDS = 2


@dataclass(frozen=True)
class SlowDone(Event):
    """The job's effect in the database."""

    mark: str


@jobs.job(KIND, lease_s=LEASE_SECONDS)
def slow(folder: str) -> None:
    """Leave the effect, say that one is at work, and wait until one may end."""
    room = Path(folder)
    emit(SlowDone("effect"))
    (room / "started").write_text("x")
    pause = threading.Event()
    while not (room / "go").exists():
        pause.wait(0.05)


@jobs.job(LONG, transactional=False)
def long(folder: str, mark: str) -> None:
    """Say that one is at work, and wait until it may end; the database is free meanwhile."""
    room = Path(folder)
    (room / mark).write_text("x")
    pause = threading.Event()
    while not (room / "go").exists():
        pause.wait(0.05)


if __name__ == "__main__":
    from dealflow.cli import main

    sys.argv = ["dealflow", "worker"]
    main()
