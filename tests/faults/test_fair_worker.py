"""A real worker lets organisations take turns."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select

from dealflow.core import db, jobs
from dealflow.core.jobs import Job
from dealflow.settings import ROOT, Settings
from tests.conftest import Person
from tests.faults.processes import Running, environment, wait_for
from tests.faults.slow_worker import LONG

KIND = "accounts.end_expired"


def test_a_backlog_of_one_organisation_keeps_no_other_waiting(
    app: Flask, settings: Settings, person: Callable[..., Person], tmp_path: Path
) -> None:
    many, one = person(), person()
    with db.edge(actor=many.actor):
        for _ in range(400):
            jobs.enqueue(KIND, {})
    with db.edge(actor=one.actor):
        mine = jobs.enqueue(KIND, {})

    def done() -> bool:
        with db.system_edge(write=False) as session:
            return session.get_one(Job, mine).state == "done"

    log = tmp_path / "worker.log"
    with Running(
        [sys.executable, "-m", "dealflow.cli", "worker"], environment(settings.instance), log
    ) as worker:
        wait_for(done, f"end of the one job; {log.read_text()}")
        worker.kill()
    with db.system_edge(write=False) as session:
        ended = session.get_one(Job, mine).updated_at
        theirs = Job.kind == KIND, Job.lane == many.organisation_id
        before = session.scalar(
            select(func.count(Job.id)).where(*theirs, Job.state == "done", Job.updated_at <= ended)
        )
        left = session.scalar(select(func.count(Job.id)).where(*theirs, Job.state == "queued"))
    assert before <= 10
    assert left > 0


def test_long_jobs_of_one_organisation_leave_a_thread_to_another_and_all_end(
    app: Flask, settings: Settings, person: Callable[..., Person], tmp_path: Path
) -> None:
    many, one = person(), person()
    with db.edge(actor=many.actor):
        theirs = [jobs.enqueue(LONG, {"folder": str(tmp_path), "mark": str(n)}) for n in range(4)]

    def done(*job_ids: str) -> bool:
        with db.system_edge(write=False) as session:
            return all(session.get_one(Job, job_id).state == "done" for job_id in job_ids)

    log = tmp_path / "worker.log"
    line = [sys.executable, str(ROOT / "tests" / "faults" / "slow_worker.py")]
    with Running(line, environment(settings.instance), log) as worker:
        wait_for(lambda: len(list(tmp_path.glob("[0-9]"))) == 2, f"start of two long jobs; {log.read_text()}")
        with db.edge(actor=one.actor):
            mine = jobs.enqueue(KIND, {})
        wait_for(lambda: done(mine), f"end of the one job; {log.read_text()}")
        assert len(list(tmp_path.glob("[0-9]"))) == 2
        assert not any(done(job_id) for job_id in theirs)
        (tmp_path / "go").write_text("x")
        # Those that were held back are not left to the sweep, which comes once a minute.
        wait_for(lambda: done(*theirs), f"end of the long jobs; {log.read_text()}", seconds=40)
        worker.kill()
