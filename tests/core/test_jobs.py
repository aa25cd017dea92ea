"""Jobs run once in effect, again after failure, and are never lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from dealflow.core import clock, db, jobs
from dealflow.core.outbox import Event, OutboxEvent, emit, subscribe

CALLS: list[dict[str, Any]] = []
FAIL: list[bool] = []


@jobs.job("test.note", tries=3, lease_s=60)
def note(**payload: Any) -> dict[str, Any]:
    db.session().add(OutboxEvent(id="evt_" + payload["id"], name="noted", payload=payload))
    CALLS.append(payload)
    if FAIL:
        raise RuntimeError("no luck")
    return {"ok": True}


@dataclass(frozen=True)
class Happened(Event):
    what: str


@subscribe(Happened, "test.listener")
def listen(event: Happened) -> None:
    CALLS.append({"heard": event.what})


@dataclass(frozen=True)
class Moved(Event):
    what: str


@subscribe(Moved, "test.merged", merged=True)
def hear_once(event: Moved) -> None:
    CALLS.append({"moved": event.what})


@pytest.fixture(autouse=True)
def _clean(app: Flask) -> None:
    CALLS.clear()
    FAIL.clear()


def _state(job_id: str) -> jobs.Job:
    with db.system_edge(write=False) as session:
        return session.get_one(jobs.Job, job_id)


def _notes() -> int:
    with db.system_edge(write=False) as session:
        return len(session.scalars(select(OutboxEvent).where(OutboxEvent.name == "noted")).all())


ID = "0" * 25 + "1"


def test_a_job_runs_once_and_keeps_its_result() -> None:
    with db.system_edge():
        job_id = jobs.enqueue("test.note", {"id": ID}, key="once")
        assert jobs.enqueue("test.note", {"id": ID}, key="once") == job_id
    assert jobs.run(job_id) == "done"
    assert jobs.run(job_id) is None
    assert _state(job_id).result == {"ok": True}
    assert _notes() == 1


def test_a_rolled_back_transaction_leaves_no_job() -> None:
    with db.system_edge() as session:
        jobs.enqueue("test.note", {"id": ID})
        session.rollback()
    assert jobs.due() == []


def test_a_failing_job_leaves_no_effect_and_ends_among_the_dead() -> None:
    FAIL.append(True)
    with db.system_edge():
        job_id = jobs.enqueue("test.note", {"id": ID})
    start = clock.now()
    outcomes = []
    for hour in range(3):
        clock.freeze(start + timedelta(hours=hour))
        outcomes.append(jobs.run(job_id))
    clock.freeze(None)
    assert outcomes == ["retry", "retry", "dead"]
    assert _state(job_id).error == "RuntimeError: no luck"
    assert _notes() == 0


def test_a_job_whose_worker_died_is_taken_over_and_the_first_worker_cannot_commit() -> None:
    with db.system_edge():
        job_id = jobs.enqueue("test.note", {"id": ID})
    assert jobs.claim(job_id) is not None
    assert jobs.claim(job_id) is None
    clock.freeze(clock.now() + timedelta(minutes=2))
    assert jobs.run(job_id) == "done"
    with pytest.raises(jobs.LeaseLost), db.system_edge():
        jobs._fenced(job_id, 1, state="done")
    clock.freeze(None)
    assert _notes() == 1


def test_a_job_whose_worker_died_before_the_clock_was_set_back_is_taken_over() -> None:
    with db.system_edge():
        job_id = jobs.enqueue("test.note", {"id": ID})
    assert jobs.claim(job_id)
    assert job_id not in jobs.due()
    clock.set_base(clock.now() - timedelta(days=1))
    assert job_id in jobs.due()
    assert jobs.run(job_id) == "done"


@pytest.mark.parametrize("delay", [None, timedelta(hours=2)])
def test_a_job_that_waits_does_so_no_longer_when_the_clock_is_set_back(delay: timedelta | None) -> None:
    with db.system_edge():
        job_id = jobs.enqueue("test.note", {"id": ID}, delay=delay)
    clock.freeze(clock.now() - timedelta(days=1))
    jobs.sweep()
    if delay is not None:
        assert job_id not in jobs.due()
        clock.freeze(clock.now() + delay + timedelta(seconds=1))
        jobs.sweep()
    assert job_id in jobs.due()


def test_a_job_that_waits_for_its_next_try_keeps_its_pause_when_the_clock_is_set_back() -> None:
    FAIL.append(True)
    with db.system_edge():
        job_id = jobs.enqueue("test.note", {"id": ID})
    assert jobs.run(job_id) == "retry"
    clock.freeze(clock.now() - timedelta(days=1))
    jobs.sweep()
    assert job_id not in jobs.due()
    clock.freeze(clock.now() + timedelta(seconds=6))
    assert job_id in jobs.due()


def test_periodic_work_goes_on_when_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    hourly = jobs.Kind(
        "test.hourly", lambda: ran.append(clock.rfc3339(clock.now())), 3, timedelta(minutes=1), True, timedelta(hours=1)
    )  # fmt: skip
    monkeypatch.setattr(jobs, "KINDS", {hourly.name: hourly})
    moment = clock.now().replace(minute=30)
    times = [moment + timedelta(hours=n) for n in (0, 1, 2, 0, 0.01, 1, 2, 3)]
    for at in times:
        clock.freeze(at)
        jobs.sweep()
        jobs.run_due()
    # Every hour once, and once more those that come again.
    assert ran == [clock.rfc3339(at) for at in times[:3] + times[5:]]


def test_an_event_reaches_each_subscriber_once() -> None:
    with db.system_edge():
        emit(Happened("it"))
    assert jobs.run_due() == 1
    assert jobs.run_due() == 0
    assert CALLS == [{"heard": "it"}]


def test_a_merged_subscriber_hears_of_each_transaction_once() -> None:
    for first in ("a", "b"):
        with db.system_edge():
            emit(Moved(first))
            emit(Moved("more"))
    assert jobs.run_due() == 2
    assert CALLS == [{"moved": "a"}, {"moved": "b"}]


def test_a_merged_subscriber_hears_of_an_event_after_one_that_was_undone() -> None:
    with db.system_edge() as session:
        undone = session.begin_nested()
        emit(Moved("undone"))
        undone.rollback()
        emit(Moved("kept"))
    jobs.run_due()
    assert CALLS == [{"moved": "kept"}]


@jobs.job("test.look")
def look() -> None:
    CALLS.append({"looked": True})


def test_of_jobs_that_look_at_what_is_there_one_waits_at_a_time() -> None:
    with db.system_edge():
        first = jobs.enqueue_unless_waiting("test.look")
        assert jobs.enqueue_unless_waiting("test.look") == first
    assert jobs.run_due() == 1
    assert CALLS == [{"looked": True}]
    with db.system_edge():
        assert jobs.enqueue_unless_waiting("test.look") != first


def test_a_job_that_looks_and_has_begun_does_not_count_as_waiting() -> None:
    with db.system_edge():
        first = jobs.enqueue_unless_waiting("test.look")
    assert jobs.claim(first) is not None
    with db.system_edge():
        assert jobs.enqueue_unless_waiting("test.look") != first


def test_a_queue_that_is_down_does_not_fail_the_transaction() -> None:
    def broken(job_id: str) -> None:
        raise ConnectionError

    jobs.wake_with(broken)
    with db.system_edge():
        job_id = jobs.enqueue("test.note", {"id": ID})
    assert jobs.due() == [job_id]
