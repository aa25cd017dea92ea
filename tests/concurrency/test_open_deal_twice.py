"""One investor has one open deal about a project, however often it is opened at the same instant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from dealflow.core import db, invariants
from tests.concurrency.conftest import at_once
from tests.conftest import Person
from tests.factories import pitches

CLIENTS = 8
Pair = tuple[list[Person], dict[str, Any]]


@pytest.fixture
def pair(person: Callable[..., Person]) -> Pair:
    """Several people of one investor, and a published project."""
    first = person("investor")
    others = [person("investor", "member", organisation_id=first.organisation_id) for _ in range(CLIENTS - 1)]
    return [first, *others], pitches.published(person("creator"))


def open_at_once(pair: Pair) -> list[int]:
    people, project = pair
    answers = at_once([lambda who=who: who.post("/deals", {"project_id": project["id"]}) for who in people])
    return [answer.status_code for answer in answers]


def test_of_many_who_open_the_same_deal_one_succeeds(pair: Pair) -> None:
    assert Counter(open_at_once(pair)) == {201: 1, 409: CLIENTS - 1}
    assert pair[0][0].get("/deals").json["total"] == 1
    with db.system_edge(write=False):
        assert not any(invariants.run_all().values())


def test_of_many_who_move_a_deal_on_one_succeeds(pair: Pair) -> None:
    people, project = pair
    deal = people[0].post("/deals", {"project_id": project["id"]}).json
    path = f"/deals/{deal['id']}/transitions"
    answers = at_once([lambda who=who: who.post(path, {"to": "intro"}) for who in people])
    codes = Counter(answer.status_code for answer in answers)
    assert codes[200] == 1
    assert codes[409] + codes[412] == CLIENTS - 1
    moves = [e for e in people[0].get(f"/deals/{deal['id']}/timeline").json["items"] if e["kind"] == "moved"]
    assert len(moves) == 1


def test_without_the_index_the_race_is_seen(pair: Pair) -> None:
    with db.database().engine.begin() as connection:
        connection.execute(text("DROP INDEX uq__deal__open_pair"))
    assert Counter(open_at_once(pair))[201] > 1
    with db.system_edge(write=False):
        assert any(invariants.run_all().values())
