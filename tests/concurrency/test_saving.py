"""Of many who save the same version at the same instant one is first, and nobody's change is lost unnoticed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from dealflow.accounts import limits
from dealflow.core import db, invariants
from dealflow.core.actor import Actor
from dealflow.pitches.models import Project
from dealflow.pitches.service import editing
from tests.concurrency.conftest import at_once
from tests.conftest import Person
from tests.factories import pitches

CLIENTS = 8


def save_at_once(who: Person, made: dict[str, Any]) -> list[Any]:
    """The answers to as many changes of the same version as there are clients."""
    path = f"/projects/{made['id']}"
    return at_once(
        [lambda n=n: who.patch(path, {"logline": f"text {n}"}, made["version"]) for n in range(CLIENTS)]
    )


def test_of_many_who_save_the_same_version_one_succeeds(person: Callable[..., Person]) -> None:
    creator = person("creator")
    for _round in range(3):
        made = creator.post("/projects", pitches.complete()).json
        answers = save_at_once(creator, made)
        assert Counter(a.status_code for a in answers) == {200: 1, 412: CLIENTS - 1}
        winner = next(a for a in answers if a.status_code == 200)
        now = creator.get(f"/projects/{made['id']}").json
        assert (now["logline"], now["version"]) == (winner.json["logline"], winner.json["version"])
    with db.system_edge(write=False):
        assert not any(invariants.run_all().values())


@pytest.fixture
def unguarded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody compares versions: each takes the newest one, in turns."""
    known = editing.editable

    def newest(actor: Actor, project_id: str, _version: int | None) -> Project:
        limits.take_turns("control")
        return known(actor, project_id, None)

    monkeypatch.setattr(editing, "editable", newest)


@pytest.mark.usefixtures("unguarded")
def test_without_the_guard_the_race_is_seen(person: Callable[..., Person]) -> None:
    creator = person("creator")
    answers = save_at_once(creator, creator.post("/projects", pitches.complete()).json)
    assert Counter(a.status_code for a in answers)[200] == CLIENTS


def test_of_many_with_the_same_key_one_has_an_effect(person: Callable[..., Person]) -> None:
    creator = person("creator")
    headers = {"Idempotency-Key": "race"}
    answers = at_once(
        [lambda: creator.call("POST", "/projects", json={"logline": "a"}, headers=headers)] * CLIENTS
    )
    assert {(a.status_code, a.data) for a in answers} == {(201, answers[0].data)}
    assert creator.get("/projects").json["total"] == 1
