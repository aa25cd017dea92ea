"""Signatures given at the same instant: each once, in order, and never on a version that was countered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from dealflow.core import db, invariants
from tests.concurrency.conftest import at_once
from tests.conftest import Person
from tests.factories import pitches

CLIENTS = 6
Sides = tuple[list[Person], Person, dict[str, Any]]


@pytest.fixture
def sides(person: Callable[..., Person]) -> Sides:
    """Several people of the investor, the creator, and a term sheet both accepted."""
    creator, first = person("creator"), person("investor")
    others = [person("investor", "member", organisation_id=first.organisation_id) for _ in range(CLIENTS - 1)]
    deal = first.post("/deals", {"project_id": pitches.published(creator)["id"]}).json
    sheet = first.post(f"/deals/{deal['id']}/term-sheets", {"template": "loan"}).json
    first.post(f"/term-sheets/{sheet['id']}/propose")
    accepted = creator.post(f"/term-sheets/{sheet['id']}/accept")
    assert accepted.status_code == 200, accepted.json
    return [first, *others], creator, accepted.json


def test_of_many_who_sign_for_one_side_one_does(sides: Sides) -> None:
    people, creator, sheet = sides
    path = f"/term-sheets/{sheet['id']}/sign"
    codes = Counter(a.status_code for a in at_once([lambda who=who: who.post(path) for who in people]))
    assert codes[200] == 1
    assert codes[200] + codes[409] == CLIENTS
    assert creator.post(path).json["state"] == "executed"
    with db.system_edge(write=False):
        assert not any(invariants.run_all().values())


def test_signing_and_countering_at_once_leave_one_of_the_two(sides: Sides) -> None:
    people, creator, sheet = sides
    terms = dict(sheet["terms"])
    terms["exclusivity"] = {**terms["exclusivity"], "days": 3}
    answers = at_once(
        [
            lambda: people[0].post(f"/term-sheets/{sheet['id']}/sign", {"version": 1}),
            lambda: creator.post(f"/term-sheets/{sheet['id']}/versions", {"terms": terms, "base_version": 1}),
        ]
    )
    signed, countered = (answer.status_code for answer in answers)
    shown = creator.get(f"/term-sheets/{sheet['id']}").json
    assert (signed, countered, shown["state"]) in ((200, 409, "signing"), (409, 201, "countered"))


def test_a_double_click_signs_once(sides: Sides) -> None:
    people, _creator, sheet = sides
    path = f"/term-sheets/{sheet['id']}/sign"
    codes = Counter(a.status_code for a in at_once([lambda: people[0].post(path) for _ in range(4)]))
    assert (codes[200], codes[409]) == (1, 3)
