"""A worker that is killed in the middle of a job: the job runs again, and its effect is there once."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from dealflow.core import clock, db, invariants, jobs
from dealflow.core.jobs import Job
from dealflow.core.outbox import OutboxEvent
from dealflow.settings import Settings
from tests.faults import slow_worker
from tests.faults.processes import Running, environment, wait_for

PROGRAM = str(Path(slow_worker.__file__))


def state(job_id: str) -> tuple[str, int]:
    """State and tries of a job."""
    with db.system_edge(write=False) as session:
        row = session.get_one(Job, job_id)
        return row.state, row.tries


def effects() -> int:
    with db.system_edge(write=False) as session:
        wanted = select(func.count()).select_from(OutboxEvent).where(OutboxEvent.name == "SlowDone")
        return int(session.scalar(wanted) or 0)


def lease_ran_out(job_id: str) -> bool:
    with db.system_edge(write=False) as session:
        until = session.get_one(Job, job_id).lease_until
        return until is not None and until < clock.now() - timedelta(milliseconds=50)


@pytest.mark.slow
def test_a_killed_worker_loses_no_job_and_doubles_no_effect(
    app: Flask, settings: Settings, tmp_path: Path
) -> None:
    env, log = environment(settings.instance), tmp_path / "worker.log"
    with db.system_edge():
        job_id = jobs.enqueue(slow_worker.KIND, {"folder": str(tmp_path)})
    with Running([sys.executable, PROGRAM], env, log) as first:
        wait_for((tmp_path / "started").exists, "start of the job")
        assert state(job_id) == ("running", 1)
        first.kill()
    assert effects() == 0
    (tmp_path / "started").unlink()
    wait_for(lambda: lease_ran_out(job_id), "end of the lease")
    (tmp_path / "go").write_text("x")
    with Running([sys.executable, PROGRAM], env, log):
        wait_for(lambda: state(job_id)[0] == "done", f"end of the job; {log.read_text()}")
    assert state(job_id) == ("done", 2)
    assert effects() == 1
    with db.system_edge(write=False):
        assert not any(invariants.run_all().values())
