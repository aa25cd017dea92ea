"""Organisations take turns: however many jobs one has waiting, the one job of another comes next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from dealflow.core import clock, db, jobs, turns
from dealflow.core.outbox import Event, emit, subscribe
from tests.conftest import Person

RAN: list[str] = []


@jobs.job("test.turn", tries=2)
def turn(mark: str) -> None:
    RAN.append(mark)
    if mark == "fails":
        raise RuntimeError("no luck")


@dataclass(frozen=True)
class Bulk(Event):
    mark: str


@subscribe(Bulk, "test.bulk")
def pass_on(event: Bulk) -> None:
    jobs.enqueue("test.turn", {"mark": event.mark})


@pytest.fixture(autouse=True)
def _clean(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    RAN.clear()
    monkeypatch.setattr(turns, "_served", "")


def enqueue(who: Person | None, *marks: str) -> None:
    with db.edge(actor=who.actor) if who else db.system_edge():
        for mark in marks:
            jobs.enqueue("test.turn", {"mark": mark})


def woken(times: int) -> list[str | None]:
    """What comes of as many wake-ups."""
    return [turns.run_next() for _ in range(times)]


def test_a_thousand_jobs_of_one_keep_the_one_of_another_waiting_for_one(
    person: Callable[..., Person],
) -> None:
    many, one = person(), person()
    enqueue(many, *["many"] * 1000)
    enqueue(one, "one")
    woken(2)
    assert sorted(RAN) == ["many", "one"]


def test_each_has_its_turn_and_its_jobs_stay_in_their_order(person: Callable[..., Person]) -> None:
    a, b, c = person(), person(), person()
    enqueue(a, "a1", "a2", "a3", "a4")
    enqueue(None, "own")
    enqueue(b, "b1", "b2")
    enqueue(c, "c1")
    assert woken(9) == ["done"] * 8 + [None]
    assert {mark[0] for mark in RAN[:4]} == {"a", "b", "c", "o"}
    assert {mark for mark in RAN[4:6]} == {"a2", "b2"}
    assert RAN[6:] == ["a3", "a4"]


def test_what_an_event_leads_to_takes_the_turn_of_whoever_caused_it(person: Callable[..., Person]) -> None:
    many, one = person(), person()
    with db.edge(actor=many.actor):
        for _ in range(20):
            emit(Bulk("many"))
    enqueue(one, "one")
    woken(3)
    assert "one" in RAN
    woken(40)
    assert RAN.count("many") == 20
    with db.system_edge(write=False) as session:
        lanes = {job.lane for job in session.query(jobs.Job).filter_by(kind="test.turn")}
    assert lanes == {many.organisation_id, one.organisation_id}


def test_as_many_wake_ups_as_jobs_run_them_all_and_one_that_fails_waits_for_its_pause(
    person: Callable[..., Person],
) -> None:
    who, start = person(), clock.now()
    enqueue(who, "fails", "a", "b")
    assert woken(4) == ["retry", "done", "done", None]
    clock.freeze(start + timedelta(minutes=5))
    assert woken(2) == ["dead", None]
    clock.freeze(None)


def test_a_job_of_a_worker_that_died_is_taken_first(person: Callable[..., Person]) -> None:
    who, start = person(), clock.now()
    with db.edge(actor=who.actor):
        lost = jobs.enqueue("test.turn", {"mark": "lost"})
    assert jobs.claim(lost) is not None
    enqueue(who, "other")
    clock.freeze(start + timedelta(hours=1))
    assert woken(1) == ["done"]
    assert RAN == ["lost"]
    clock.freeze(None)


def test_a_job_that_another_worker_took_leaves_the_wake_up_for_the_next(
    person: Callable[..., Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    who, run = person(), jobs.run
    enqueue(who, "first", "second")

    def quicker(job_id: str) -> Any:
        if not RAN:
            run(job_id)
            return None
        return run(job_id)

    monkeypatch.setattr(jobs, "run", quicker)
    assert woken(1) == ["done"]
    assert RAN == ["first", "second"]
