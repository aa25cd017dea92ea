"""Whose job comes next: organisations take turns, however many jobs one of them has waiting and however long they take.

The queue wakes a worker once for each job, in the order in which they came. Which one the worker then runs is decided here, from the
rows: the oldest of the organisation whose turn it is. What a job enqueues takes the turn of the organisation that caused the job
(events, mails, webhooks); the platform's own work has a turn as well. Who has a job running does not get the last free thread of
the worker, so that one of anybody else can start.
"""

from __future__ import annotations

import threading
from collections import Counter

from sqlalchemy import select

from dealflow.core import clock, jobs
from dealflow.core.db import edge
from dealflow.core.jobs import Job

THREADS = 3
"""Threads of a worker: one organisation alone has all but the last."""
_turn = threading.Lock()
_served = ""
_running: Counter[str] = Counter()
# Wake-ups that found only jobs of those who leave the last thread to others; the next thread that is free takes them up.
_owed = 0


def run_next() -> str | None:
    """Run the job whose turn it is: what `jobs.run` tells of it, or None when none may run now. Then those that had to wait for it."""
    outcome = following = _run_one()
    while following is not None and _is_owed():
        following = _run_one()
    return outcome


def _run_one() -> str | None:
    passed: list[str] = []
    while (found := _next(passed)) is not None:
        job_id, lane = found
        try:
            outcome = jobs.run(job_id)
        finally:
            with _turn:
                _running[lane] -= 1
        if outcome is not None:
            return outcome
        passed.append(job_id)  # another worker was quicker, or there is nobody who can run it
    return None


def _is_owed() -> bool:
    global _owed
    with _turn:
        _owed, owed = max(0, _owed - 1), _owed
    return owed > 0


def _next(passed: list[str]) -> tuple[str, str] | None:
    """Id and lane of the job to run, one of those that were passed excepted; it counts as running from now."""
    global _served, _owed
    moment = clock.now()
    with _turn, edge(write=False) as s:
        busy = [lane for lane, number in _running.items() if number]
        kept_out = busy if sum(_running.values()) >= THREADS - 1 else []
        left = select(Job.id, Job.lane).where(Job.id.not_in(passed)).limit(1)
        may = left.where(Job.lane.not_in(kept_out))
        ready = may.where(jobs.ready(moment)).order_by(Job.lane, Job.run_at, Job.id)
        options = {"unscoped": "the worker serves all tenants"}
        lost = s.execute(may.where(jobs.abandoned(moment)), execution_options=options).first()
        found = lost
        for query in (ready.where(Job.lane > _served), ready):
            found = found or s.execute(query, execution_options=options).first()
        if found is None:
            due = jobs.ready(moment) | jobs.abandoned(moment)
            held_back = kept_out and s.execute(left.where(due), execution_options=options).first()
            _owed = _owed + 1 if held_back else 0
            return None
        _running[found.lane] += 1
        _served = _served if lost else found.lane
        return str(found.id), str(found.lane)
