"""An organisation keeps an owner, however many of them stop being one at the same instant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dealflow.accounts.models import Membership
from dealflow.accounts.service import members
from dealflow.core import db
from tests.concurrency.conftest import at_once
from tests.conftest import Person


def owners(organisation_id: str) -> int:
    with db.system_edge(write=False) as session:
        return session.query(Membership).filter_by(organisation_id=organisation_id, role="owner").count()


def membership(who: Person) -> str:
    """The id of a person's membership."""
    with db.system_edge(write=False) as session:
        return str(session.query(Membership).filter_by(user_id=who.user_id).one().id)


def step_down_at_once(people: list[Person]) -> list[Any]:
    """The answers when each of them makes themselves a viewer."""
    ids = [membership(who) for who in people]
    return at_once(
        [
            lambda who=who, id_=id_: who.patch(f"/members/{id_}", {"role": "viewer"}, 1)
            for who, id_ in zip(people, ids, strict=True)
        ]
    )


@pytest.fixture
def both(person: Callable[..., Person]) -> list[Person]:
    """Two owners of one organisation."""
    first = person("creator")
    return [first, person("creator", "owner", organisation_id=first.organisation_id)]


def test_of_two_last_owners_one_stays(person: Callable[..., Person]) -> None:
    for _round in range(4):
        first = person("creator")
        people = [first, person("creator", "owner", organisation_id=first.organisation_id)]
        answers = step_down_at_once(people)
        assert sorted(a.status_code for a in answers) == [200, 409]
        refused = next(a for a in answers if a.status_code == 409)
        assert refused.json["code"] == "last_owner"
        assert owners(first.organisation_id) == 1


def test_of_two_owners_who_remove_each_other_one_stays(both: list[Person]) -> None:
    first, second = both
    ids = [membership(who) for who in both]
    at_once(
        [
            lambda: first.call("DELETE", f"/members/{ids[1]}"),
            lambda: second.call("DELETE", f"/members/{ids[0]}"),
        ]
    )
    assert owners(first.organisation_id) == 1


def test_without_the_guard_the_race_is_seen(both: list[Person], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "_keeps_an_owner", lambda _row: None)
    assert [a.status_code for a in step_down_at_once(both)] == [200, 200]
    assert owners(both[0].organisation_id) == 0
