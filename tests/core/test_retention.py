"""Done jobs are dropped after a while; what failed, waits, runs, is named elsewhere or can still be opened stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from dealflow.audit import service as audit
from dealflow.core import clock, db, jobs, retention
from dealflow.core.actor import SYSTEM
from dealflow.core.ids import new
from dealflow.core.outbox import Event, OutboxEvent, emit, subscribe
from dealflow.notify.models import Webhook, WebhookDelivery
from dealflow.releases.models import Statement
from dealflow.settings import Settings
from tests.conftest import Person

DAYS = 30


@jobs.job("test.quick", tries=1)
def quick(**_payload: Any) -> dict[str, Any]:
    return {"answer": 42}


@jobs.job("test.broken", tries=1)
def broken(**_payload: Any) -> None:
    raise RuntimeError("no luck")


@pytest.fixture(autouse=True)
def still_clock(app: Flask) -> Iterator[None]:
    """The clock stands until a test moves it."""
    clock.freeze(clock.now())
    yield
    clock.freeze(None)


def later(**time: float) -> None:
    clock.freeze(clock.now() + timedelta(**time))


def ran(kind: str = "test.quick", **how: Any) -> str:
    """A job that was run."""
    with db.system_edge():
        job_id = jobs.enqueue(kind, {}, **how)
    jobs.run(job_id)
    return job_id


def swept(*job_ids: str) -> list[bool]:
    """Which of these jobs are there after the periodic job."""
    with db.system_edge():
        sweep = jobs.enqueue("core.forget_jobs", {})
    assert jobs.run(sweep) == "done"
    with db.system_edge(write=False) as session:
        return [session.get(jobs.Job, job_id) is not None for job_id in job_ids]


def test_a_done_job_stays_for_as_long_as_the_setting_says() -> None:
    job_id = ran()
    later(days=DAYS, seconds=-1)
    assert swept(job_id) == [True]
    later(seconds=2)
    assert swept(job_id) == [False]


def test_the_setting_is_read(app: Flask, settings: Settings) -> None:
    assert Settings.from_environment({"DEALFLOW_JOB_DAYS": "90"}).job_days == 90
    assert settings.job_days == DAYS


def test_what_failed_waits_or_runs_stays() -> None:
    dead = ran("test.broken")
    with db.system_edge():
        waits = jobs.enqueue("test.quick", {}, delay=timedelta(days=365))
        runs = jobs.enqueue("test.quick", {})
    later(days=2 * DAYS)
    jobs.claim(runs)
    assert swept(dead, waits, runs) == [True, True, True]


def test_a_job_that_ran_late_can_be_looked_at_from_then_on() -> None:
    with db.system_edge():
        job_id = jobs.enqueue("test.quick", {})
    later(days=2 * DAYS)  # no worker ran
    jobs.run(job_id)
    later(days=DAYS, seconds=-1)
    assert swept(job_id) == [True]


def test_a_person_reads_the_result_until_then(person: Callable[..., Person]) -> None:
    who = person()
    job_id = ran(actor=who.actor)
    later(days=DAYS - 1)
    swept()
    clock.freeze(None)  # the token is of today
    assert who.get(f"/jobs/{job_id}").json["result"] == {"answer": 42}


def test_what_the_audit_log_names_stays() -> None:
    job_id, other = ran(), ran()
    with db.system_edge():
        audit.record(SYSTEM, "accounts:job:retried", job_id)
    later(days=2 * DAYS)
    assert swept(job_id, other) == [True, False]


def test_the_job_of_a_statement_stays_as_long_as_the_statement(person: Callable[..., Person]) -> None:
    who = person()
    job_id, other = ran(actor=who.actor), ran(actor=who.actor)
    project = who.post("/projects", {"title": {"en": "A"}}).json
    with db.system_edge() as session:
        row = Statement(
            organisation_id=who.organisation_id, project_id=project["id"], job_id=job_id, filename="a.csv",
            content_hash="0" * 64, file_id=new("fil"), header=[], samples=[], row_count=0, preset="none", plan={},
        )  # fmt: skip
        session.add(row)
    later(days=2 * DAYS)
    assert swept(job_id, other) == [True, False]


def test_many_are_dropped_in_small_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 4)
    kept = [ran(), ran("test.broken"), ran()]
    with db.system_edge():
        audit.record(SYSTEM, "accounts:job:retried", kept[0])
        audit.record(SYSTEM, "accounts:job:retried", kept[2])
    gone = [ran() for _ in range(11)]
    later(days=2 * DAYS)
    deleted: list[int] = []

    @event.listens_for(db.database().engine, "after_cursor_execute")
    def note(_conn: Any, cursor: Any, statement: str, *_more: Any) -> None:
        if statement.startswith("DELETE FROM job"):
            deleted.append(cursor.rowcount)

    assert swept(*kept, *gone) == [True] * 3 + [False] * 11
    assert sum(deleted) == 11
    assert max(deleted) <= 4


def test_one_run_ends_and_the_next_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    monkeypatch.setattr(retention, "BATCHES", 2)
    found = [ran() for _ in range(6)]
    later(days=2 * DAYS)
    assert sum(swept(*found)) == 2
    assert sum(swept(*found)) == 0


def test_it_runs_every_hour() -> None:
    jobs.schedule()
    with db.system_edge(write=False) as session:
        kinds = {row.kind for row in session.query(jobs.Job)}
    assert {"core.forget_jobs", "core.forget_events"} <= kinds


@dataclass(frozen=True)
class Told(Event):
    luck: bool


@subscribe(Told, "test.told")
def hear(event: Told) -> None:
    if not event.luck:
        raise RuntimeError("no luck")


@subscribe(Told, "test.told_once", merged=True)
def hear_once(event: Told) -> None:
    pass


@dataclass(frozen=True)
class Merged(Event):
    pass


@subscribe(Merged, "test.merged", merged=True)
def hear_first(event: Merged) -> None:
    pass


def emitted(*events: Event) -> list[str]:
    """Events of one transaction; their ids."""
    with db.system_edge() as session:
        known = set(session.scalars(select(OutboxEvent.id)))
        for one in events:
            emit(one)
        session.flush()
        return sorted(set(session.scalars(select(OutboxEvent.id))) - known)


def left(*event_ids: str) -> list[bool]:
    """Which of these events are there after the periodic jobs."""
    with db.system_edge():
        sweeps = [jobs.enqueue(f"core.forget_{what}", {}) for what in ("jobs", "events")]
    assert [jobs.run(sweep) for sweep in sweeps] == ["done", "done"]
    with db.system_edge(write=False) as session:
        return [session.get(OutboxEvent, event_id) is not None for event_id in event_ids]


def test_an_event_that_all_have_heard_goes_after_as_many_days() -> None:
    (event_id,) = emitted(Told(True))
    jobs.run_due()
    later(days=DAYS, seconds=-1)
    assert left(event_id) == [True]
    later(seconds=2)
    assert left(event_id) == [False]


def test_an_event_that_was_heard_late_or_not_at_all_stays() -> None:
    ids = emitted(Merged(), Merged())  # there is one delivery for both
    later(days=2 * DAYS)  # no worker ran
    assert left(*ids) == [True, True]
    jobs.run_due()
    later(days=DAYS, seconds=-1)
    assert left(*ids) == [True, True]
    later(seconds=2)
    assert left(*ids) == [False, False]


def test_an_event_of_which_a_delivery_gave_up_stays_and_keeps_no_other() -> None:
    (dead,) = emitted(Told(False))
    (good,) = emitted(Told(True))
    for _ in range(6):
        jobs.run_due()
        later(hours=2)
    later(days=2 * DAYS)
    assert left(dead, good) == [True, False]


def test_an_event_that_a_webhook_is_told_of_stays_with_its_delivery(person: Callable[..., Person]) -> None:
    who = person()
    (event_id, other) = emitted(Merged(), Merged())
    with db.edge(actor=who.actor) as session:
        hook = Webhook(
            organisation_id=who.organisation_id, label="a", url="https://a.example/", kinds=[], secret="x"
        )
        session.add(hook)
        session.flush()
        session.add(
            WebhookDelivery(
                webhook_id=hook.id, organisation_id=who.organisation_id, event_id=event_id, kind="k", object_id="o",
                body={},
            )
        )  # fmt: skip
    jobs.run_due()
    later(days=2 * DAYS)
    assert left(event_id, other) == [True, False]


def test_events_are_dropped_in_small_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 4)
    ids = emitted(*[Told(True) for _ in range(11)])
    jobs.run_due()
    later(days=2 * DAYS)
    deleted: list[int] = []

    @event.listens_for(db.database().engine, "after_cursor_execute")
    def note(_conn: Any, cursor: Any, statement: str, *_more: Any) -> None:
        if statement.startswith("DELETE FROM outbox_event"):
            deleted.append(cursor.rowcount)

    assert not any(left(*ids))
    assert sum(deleted) == len(ids)
    assert max(deleted) <= 4
