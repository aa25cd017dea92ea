"""Idempotency-Key: one effect and one answer per key, private to its sender, gone with a refused request."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from dealflow.core import clock, db, idempotency, jobs
from tests.conftest import Person
from tests.factories import pitches
from tests.web.calls import is_problem


@pytest.fixture
def creator(person: Callable[..., Person]) -> Person:
    """An owner of a creator's organisation."""
    return person("creator")


def send(who: Person, key: str, body: dict[str, Any], path: str = "/projects", **headers: str) -> Any:
    """A POST with a key."""
    return who.call("POST", path, json=body, headers={"Idempotency-Key": key} | headers)


def total(who: Person) -> int:
    return int(who.get("/projects").json["total"])


def stored() -> int:
    with db.system_edge(write=False) as session:
        return int(session.scalar(select(func.count()).select_from(idempotency.IdempotencyKey)) or 0)


def test_the_same_request_has_one_effect_and_one_answer(creator: Person) -> None:
    first, *again = [send(creator, "key-1", {"logline": "a"}) for _ in range(3)]
    assert first.status_code == 201
    assert [(a.status_code, a.data, a.headers["ETag"], a.mimetype) for a in again] == [
        (201, first.data, first.headers["ETag"], "application/json")
    ] * 2
    assert total(creator) == 1


def test_another_body_under_the_same_key_is_refused(creator: Person) -> None:
    send(creator, "key-1", {"logline": "a"})
    is_problem(send(creator, "key-1", {"logline": "b"}), 422, "idempotency_mismatch")
    assert total(creator) == 1


def test_another_file_under_the_same_key_is_refused(creator: Person) -> None:
    project = creator.post("/projects", {}).json["id"]

    def upload(content: bytes, name: str = "a.txt") -> Any:
        return creator.call(
            "POST", f"/projects/{project}/documents", headers={"Idempotency-Key": "key-1"},
            data={"file": (io.BytesIO(content), name)},
        )  # fmt: skip

    first, again = upload(b"one"), upload(b"one")
    assert (again.status_code, again.data) == (201, first.data)
    is_problem(upload(b"two"), 422, "idempotency_mismatch")
    is_problem(upload(b"one", "b.txt"), 422, "idempotency_mismatch")
    assert len(creator.get(f"/projects/{project}/data-room").json["documents"]) == 1


def test_another_address_under_the_same_key_is_refused(creator: Person) -> None:
    made = send(creator, "key-1", {}).json
    is_problem(send(creator, "key-1", {}, f"/projects/{made['id']}/archive"), 422, "idempotency_mismatch")
    assert creator.get(f"/projects/{made['id']}").json["status"] == "draft"


def test_keys_of_others_do_not_collide(creator: Person, person: Callable[..., Person]) -> None:
    colleague = person("creator", "member", organisation_id=creator.organisation_id)
    stranger = person("creator")
    ids = {send(who, "key-1", {"logline": "a"}).json["id"] for who in (creator, colleague, stranger)}
    assert len(ids) == 3


def test_a_refused_request_leaves_its_key_free(creator: Person) -> None:
    is_problem(send(creator, "key-1", {"logline": 5}), 422, "invalid")
    assert stored() == 0
    assert send(creator, "key-1", {"logline": "a"}).status_code == 201
    assert (stored(), total(creator)) == (1, 1)


def test_a_refusal_by_state_leaves_its_key_free(creator: Person) -> None:
    made = creator.post("/projects", pitches.complete()).json
    is_problem(send(creator, "key-1", {}, f"/projects/{made['id']}/withdraw"), 409, "invalid_transition")
    creator.post(f"/projects/{made['id']}/publish")
    assert send(creator, "key-1", {}, f"/projects/{made['id']}/withdraw").status_code == 200


def test_of_many_at_once_one_has_the_effect_and_all_get_its_answer(creator: Person) -> None:
    barrier, answers = threading.Barrier(8), []

    def attempt() -> None:
        barrier.wait()
        answer = send(creator, "key-1", {"logline": "a"})
        answers.append((answer.status_code, answer.data))

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert len(set(answers)) == 1
    assert answers[0][0] == 201
    assert total(creator) == 1


@pytest.mark.parametrize("key", ["x" * 256, "a\tb", "\xa0"])
def test_a_key_that_is_none_is_422(creator: Person, key: str) -> None:
    answer = send(creator, key, {})
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == "Idempotency-Key"
    assert total(creator) == 0


def test_a_key_is_forgotten_after_two_days_and_not_before(creator: Person) -> None:
    first = send(creator, "key-1", {}).json
    start = clock.now()
    clock.set_base(start + idempotency.KEEP * 0.9)
    jobs.sweep()
    jobs.run_due()
    assert send(creator, "key-1", {}).json == first
    clock.set_base(start + idempotency.KEEP * 1.2)
    jobs.sweep()
    jobs.run_due()
    assert stored() == 0


def test_a_key_does_not_replay_an_answer_after_the_right_is_gone(
    creator: Person, person: Callable[..., Person]
) -> None:
    from tests.factories.world import dismiss

    colleague = person("creator", "member", organisation_id=creator.organisation_id)
    assert send(colleague, "key-1", {"logline": "a"}).status_code == 201
    dismiss(colleague)
    answer = send(colleague, "key-1", {"logline": "a"})
    assert answer.status_code in (401, 403, 404)
    assert b"prj_" not in answer.data


def test_get_and_patch_ignore_the_header(creator: Person) -> None:
    made = creator.post("/projects", {}).json
    for text in ("a", "b"):
        version = creator.get(f"/projects/{made['id']}", headers={"Idempotency-Key": "key-1"}).json["version"]
        answer = creator.call(
            "PATCH", f"/projects/{made['id']}", json={"logline": text},
            headers={"Idempotency-Key": "key-1", "If-Match": f'"{version}"'},
        )  # fmt: skip
        assert answer.json["logline"] == text
