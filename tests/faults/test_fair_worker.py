"""A real worker lets organisations take turns."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select

from dealflow.core import db, jobs
from dealflow.core.jobs import Job
from dealflow.settings import Settings
from tests.conftest import Person
from tests.faults.processes import Running, environment, wait_for

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
