"""Who changes something is on record: every unsafe request of these rooms that succeeds leaves exactly one audit event."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from dealflow.audit.models import AuditEvent
from tests.conftest import Person
from tests.factories import world as worlds
from tests.factories.world import World, without_lasting_effect
from tests.sweep.matrix_cases import Case, cases, more_objects
from tests.sweep.test_matrix import Caller

ROOMS = ("accounts", "notify", "pitches", "mandates")
ACTORS = ("creator.owner", "creator.member", "investor.owner", "platform.owner", "park.owner")
# What changes nothing that others see, and what is only the first of two looks at a form.
QUIET = {
    "accounts.log_in": "a refused login is counted, not recorded; a good one is tried in tests/accounts",
    "accounts.check_code": "leads back to the first step",
    "accounts.switch_organisation": "chooses for whom one acts",
    "notify.mark_all": "one's own inbox",
    "notify.follow": "one's own inbox",
    "notify_api.read": "one's own inbox",
    "pitches.strip": "draws what stands in the form",
    "pitches.upload": "checks a file",
    "pitches.autosave": "may keep what is typed aside",
    "pitches.discard": "drops what was typed aside",
    "mandates.counts": "counts what stands in the form",
    "mandates.upload": "checks a file",
    "mandates.resume": "the mandate of the world is active already",
    "accounts.end_other_sessions": "there are no others",
}
# Cases in which there is nothing to change.
UNCHANGED = {"POST /projects/{project_id}/invitations invited"}
# What is two things in one request: each of them is on record.
TWOFOLD = {
    "pitches.add_media": {"files:file:stored", "pitches:media:added"},
    "pitches.run_import": {"pitches:project:created", "pitches:import:finished"},
}


@pytest.fixture
def world(app: Flask, person: Callable[..., Person]) -> World:
    """The whole world with an object for every address."""
    made = worlds.build(person)
    more_objects(made)
    return made


@contextmanager
def recorded() -> Iterator[list[AuditEvent]]:
    """The events that are written as long as the block runs."""
    found: list[AuditEvent] = []

    def note(_mapper: Any, _connection: Any, row: AuditEvent) -> None:
        found.append(row)

    event.listen(AuditEvent, "after_insert", note)
    yield found
    event.remove(AuditEvent, "after_insert", note)


def silent(case: Case, answer: Any, events: list[AuditEvent]) -> str | None:
    """What is wrong with the record of a request, or None."""
    led_to_login = answer.status_code in (302, 303) and "/login" in answer.headers.get("Location", "")
    endpoint = case.route.endpoint
    if answer.status_code >= 400 or led_to_login or endpoint in QUIET or case.name in UNCHANGED:
        return None
    if {row.tag for row in events} == TWOFOLD.get(endpoint):
        return None
    if len(events) != 1:
        return f"{case.name}: {len(events)} events {[row.tag for row in events]}"
    (row,) = events
    whole = row.user_id and row.request_id and row.tag.count(":") == 2
    return None if whole else f"{case.name}: {row.tag} does not say who did what"


def test_every_change_is_on_record_once(app: Flask, world: World) -> None:
    wrong, seen = set(), set()
    callers = [Caller(app, world[name]) for name in ACTORS]
    for case in cases(app):
        room = case.route.endpoint.partition(".")[0].removesuffix("_api")
        if case.route.method == "GET" or room not in ROOMS:
            continue
        for caller in callers:
            with without_lasting_effect(), recorded() as events:
                answer = caller.call(case, world)
                answer.close()
            if events:
                seen.add(case.route.endpoint)
            if problem := silent(case, answer, events):
                wrong.add(problem)
    assert not wrong, "\n".join(sorted(wrong))
    assert len(seen) > 30


def test_the_sweep_knows_its_offenders(app: Flask, world: World) -> None:
    case = next(c for c in cases(app) if c.name == "POST /api/v1/projects -")
    answer = Caller(app, world["creator.owner"]).call(case, world)
    nobody = AuditEvent(user_id=None, request_id="", tag="pitches:project:created")
    right = AuditEvent(user_id="usr_1", request_id="r", tag="pitches:project:created")
    assert silent(case, answer, []) == f"{case.name}: 0 events []"
    assert silent(case, answer, [nobody]) is not None
    assert silent(case, answer, [right]) is None
