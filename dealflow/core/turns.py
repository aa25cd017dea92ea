"""Whose job comes next: organisations take turns, however many jobs one of them has waiting.

The queue wakes a worker once for each job, in the order in which they came. Which one the worker then runs is decided here, from the
rows: the oldest of the organisation whose turn it is. What a job enqueues takes the turn of the organisation that caused the job
(events, mails, webhooks); the platform's own work has a turn as well.
"""

from __future__ import annotations

import threading

from sqlalchemy import select

from dealflow.core import clock, jobs
from dealflow.core.db import edge
from dealflow.core.jobs import Job

_turn = threading.Lock()
_served = ""


def run_next() -> str | None:
    """Run the job whose turn it is: what `jobs.run` tells of it, or None when nothing is due."""
    passed: list[str] = []
    while (job_id := _next(passed)) is not None:
        if (outcome := jobs.run(job_id)) is not None:
            return outcome
        passed.append(job_id)  # another worker was quicker, or there is nobody who can run it
    return None


def _next(passed: list[str]) -> str | None:
    """The id of the job to run, one of those that were passed excepted."""
    global _served
    moment = clock.now()
    left = select(Job.id).where(Job.id.not_in(passed)).limit(1)
    ready = left.add_columns(Job.lane).where(Job.state == "queued", Job.run_at <= moment)
    ready = ready.order_by(Job.lane, Job.run_at, Job.id)
    with _turn, edge(write=False) as s:
        options = {"unscoped": "the worker serves all tenants"}
        if lost := s.scalar(left.where(jobs.abandoned(moment)), execution_options=options):
            return lost
        for query in (ready.where(Job.lane > _served), ready):
            if found := s.execute(query, execution_options=options).first():
                _served = found.lane
                return str(found.id)
    return None
