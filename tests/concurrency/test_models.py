"""Two hands on one ranking model: promoted twice, promoted while it goes on trial, rolled back twice, two trials at
once. One is first, the other is told, one model serves, and its history tells each step once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select

from dealflow.core import db, invariants
from dealflow.matching import live, service
from dealflow.matching.models import ModelEvent, ModelTrial, RankerModel
from tests.concurrency.conftest import at_once
from tests.conftest import Person
from tests.matching.answered import candidate

ROUNDS = 3


@pytest.fixture(autouse=True)
def sound(app: Flask) -> Iterator[None]:
    """Every invariant holds after each race."""
    yield
    with db.system_edge(write=False):
        assert {name: lines for name, lines in invariants.run_all().items() if lines} == {}


@pytest.fixture
def shipped(app: Flask) -> str:
    service.rebuild()
    return live.ranker_of("").version


@pytest.fixture
def staff(person: Callable[..., Person]) -> tuple[Person, Person]:
    first = person("platform")
    return first, person("platform", "member", organisation_id=first.organisation_id)


def kinds(version: str) -> list[str]:
    with db.system_edge(write=False) as session:
        query = select(ModelEvent.kind).where(ModelEvent.model_version == version).order_by(ModelEvent.id)
        return list(session.scalars(query))


def serving() -> list[str]:
    with db.system_edge(write=False) as session:
        query = select(RankerModel.model_version).where(RankerModel.state == "in_service")
        return list(session.scalars(query))


def open_trials() -> int:
    with db.system_edge(write=False) as session:
        query = select(func.count()).select_from(ModelTrial).where(ModelTrial.state == "open")
        return session.scalar(query) or 0


def test_a_model_promoted_by_two_comes_into_service_once(shipped: str, staff: tuple[Person, Person]) -> None:
    for number in range(ROUNDS):
        version = candidate(serving()[0], 1.5 + number)
        answers = at_once([lambda who=who, v=version: who.post(f"/models/{v}/promote") for who in staff])
        assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 1}
        assert serving() == [version]
        assert kinds(version).count("promoted") == 1


def test_of_two_models_promoted_at_once_the_second_was_examined_against_another(
    shipped: str, staff: tuple[Person, Person]
) -> None:
    versions = [candidate(shipped, 1.5), candidate(shipped, 2.5)]
    answers = at_once(
        [
            lambda who=who, v=v: who.post(f"/models/{v}/promote")
            for who, v in zip(staff, versions, strict=True)
        ]
    )
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 1}
    won = next(v for v, answer in zip(versions, answers, strict=True) if answer.status_code == 200)
    assert serving() == [won]


def test_a_roll_back_asked_for_twice_goes_back_once(shipped: str, staff: tuple[Person, Person]) -> None:
    version = candidate(shipped, 1.5)
    assert staff[0].post(f"/models/{version}/promote").status_code == 200
    answers = at_once([lambda who=who: who.post("/models/rollback") for who in staff])
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 1}
    assert serving() == [shipped]
    assert kinds(shipped).count("rolled_back") == 1


def test_one_trial_runs_at_a_time(shipped: str, staff: tuple[Person, Person]) -> None:
    for number in range(ROUNDS):
        versions = [candidate(shipped, 1.5 + number), candidate(shipped, 11.5 + number)]
        answers = at_once(
            [
                lambda who=who, v=v: who.post(f"/models/{v}/trial")
                for who, v in zip(staff, versions, strict=True)
            ]
        )
        assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 1}
        assert open_trials() == 1
        ended = at_once([lambda who=who: who.post("/models/trials/end") for who in staff])
        assert Counter(answer.status_code for answer in ended) == {200: 1, 409: 1}
        assert open_trials() == 0


def test_a_model_is_not_promoted_while_it_goes_on_trial(shipped: str, staff: tuple[Person, Person]) -> None:
    for number in range(ROUNDS):
        version = candidate(serving()[0], 1.5 + number)
        answers = at_once(
            [
                lambda v=version: staff[0].post(f"/models/{v}/promote"),
                lambda v=version: staff[1].post(f"/models/{v}/trial"),
            ]
        )
        assert sorted(answer.status_code for answer in answers) in ([200, 409], [201, 409])
        assert (open_trials() == 1) != (serving() == [version])
        if open_trials():
            assert staff[0].post("/models/trials/end").status_code == 200
