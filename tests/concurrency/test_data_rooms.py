"""Rooms under several hands at once: versions, first uploads, grants, and a revocation while readers open."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from dealflow.core import db, invariants
from dealflow.dataroom import workshop
from tests.concurrency.conftest import at_once
from tests.conftest import Person
from tests.factories import pitches, rooms

HANDS = 5


@pytest.fixture
def owners(person: Callable[..., Person]) -> list[Person]:
    """Several people of one creator."""
    first = person("creator")
    return [
        first,
        *(person("creator", "member", organisation_id=first.organisation_id) for _ in range(HANDS - 1)),
    ]


@pytest.fixture
def project(owners: list[Person]) -> str:
    return str(pitches.published(owners[0])["id"])


def holds() -> dict[str, Any]:
    """The named checks of data rooms that are broken."""
    with db.system_edge(write=False):
        return {n: found for n, found in invariants.run_all().items() if found and n.startswith("dataroom")}


def test_versions_uploaded_at_once_are_all_kept_in_a_row(owners: list[Person], project: str) -> None:
    document = rooms.upload(owners[0], project)["id"]
    answers = at_once(
        [lambda who=who: rooms.send(who, f"/documents/{document}/versions", rooms.pdf(1)) for who in owners]
    )
    assert [a.status_code for a in answers] == [201] * HANDS
    assert sorted(a.json["number"] for a in answers) == list(range(2, HANDS + 2))
    assert not holds()


def test_nobody_waits_for_a_file_that_is_being_cleaned(
    owners: list[Person], project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleaning, written = threading.Event(), threading.Event()
    clean = workshop.prepare

    def held(*args: Any, **named: Any) -> Any:
        cleaning.set()
        assert written.wait(30), "the other person's change waited for the upload"
        return clean(*args, **named)

    monkeypatch.setattr(workshop, "prepare", held)

    def write() -> Any:
        assert cleaning.wait(30)
        answer = owners[1].post("/projects", {"title": {"zh": "另一部"}})
        written.set()
        return answer

    upload, other = at_once(
        [lambda: rooms.send(owners[0], f"/projects/{project}/documents", rooms.pdf(1)), write]
    )
    assert (upload.status_code, other.status_code) == (201, 201)


def test_first_uploads_at_once_make_one_room(owners: list[Person], project: str) -> None:
    answers = at_once(
        [lambda who=who: rooms.send(who, f"/projects/{project}/documents", rooms.pdf(1)) for who in owners]
    )
    assert [a.status_code for a in answers] == [201] * HANDS
    assert len(owners[0].get(f"/projects/{project}/data-room").json["documents"]) == HANDS
    assert not holds()


def test_grants_given_at_once_leave_one_that_holds(
    owners: list[Person], project: str, person: Callable[..., Person]
) -> None:
    rooms.upload(owners[0], project)
    body = {"organisation_id": person("investor").organisation_id}
    answers = at_once([lambda who=who: who.post(f"/projects/{project}/grants", body) for who in owners])
    assert {a.status_code for a in answers} <= {201, 409}
    states = Counter(g["state"] for g in owners[0].get(f"/projects/{project}/grants").json["items"])
    assert states["active"] == 1


def test_nobody_opens_after_the_moment_of_revoking(
    owners: list[Person], project: str, person: Callable[..., Person]
) -> None:
    document = rooms.upload(owners[0], project)["id"]
    first = person("investor")
    readers = [first, *(person("investor", organisation_id=first.organisation_id) for _ in range(HANDS - 1))]
    rooms.grant(owners[0], project, first)
    for reader in readers:
        rooms.accept(reader, project)
    path = f"/projects/{project}/grants?organisation_id={first.organisation_id}"
    calls: list[Callable[[], Any]] = [
        lambda who=who: who.get(f"/documents/{document}/content") for who in readers
    ]  # type: ignore[misc]
    calls.append(lambda: owners[0].call("DELETE", path))
    answers = at_once(calls)
    assert answers[-1].status_code == 204
    assert {a.status_code for a in answers[:-1] if a is not None} <= {200, 404}
    assert all(reader.get(f"/documents/{document}/content").status_code == 404 for reader in readers)
    assert not holds(), "no record is later than the revocation"


def test_the_check_sees_a_document_whose_number_lies(owners: list[Person], project: str) -> None:
    rooms.upload(owners[0], project)
    with db.database().engine.begin() as connection:
        connection.execute(text("UPDATE data_document SET current_number = 7"))
    assert any("numbered" in name for name in holds())
