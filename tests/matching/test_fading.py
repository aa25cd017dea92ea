"""Answers fade against later ones; time alone moves no list, a look makes no answer newer, kept lists stay as drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from dealflow.accounts import identity
from dealflow.accounts.models import User
from dealflow.core import clock, db, ids
from dealflow.matching import heldout, service
from dealflow.matching.models import MatchStanding, RankedList
from tests.conftest import Person
from tests.factories import pitches
from tests.matching.test_online import MANDATE

YEARS = timedelta(days=3 * 365)


@pytest.fixture
def investor(person: Callable[..., Person]) -> Person:
    return person("investor")


@pytest.fixture
def mandate(investor: Person) -> str:
    stated = {"name": "M", "preferences": {}, "capital": MANDATE["capital"]}
    return str(investor.post("/mandates", stated).json["id"])


@pytest.fixture
def projects(person: Callable[..., Person]) -> dict[str, list[str]]:
    """Genre → projects that differ in nothing else, in the stored matrix."""
    creator = person("creator")
    made: dict[str, list[str]] = {"sweet": [], "revenge": []}
    for number in range(6):
        for genre, found in made.items():
            found.append(pitches.published(creator, title={"zh": f"第{number}部"}, genres=[genre])["id"])
    service.rebuild()
    return made


def answer(investor: Person, mandate: str, project: str, action: str) -> None:
    assert (
        investor.post(f"/mandates/{mandate}/feedback", {"project_id": project, "action": action}).status_code
        < 300
    )


def later(investor: Person) -> Person:
    """The same person three years on, with a token that is good then."""
    clock.set_base(clock.now() + YEARS)
    with db.system_edge() as session:
        secret, _row = identity.issue_token(session.get_one(User, investor.user_id), label="later")
    return replace(investor, token=secret)


def scores(investor: Person, mandate: str) -> dict[str, float]:
    return {i["project_id"]: i["score"] for i in investor.get(f"/mandates/{mandate}/matches").json["items"]}


def kept() -> list[RankedList]:
    with db.system_edge(write=False) as session:
        return list(session.scalars(select(RankedList).order_by(RankedList.id)))


def test_what_was_saved_lately_leads(investor: Person, mandate: str, projects: dict[str, list[str]]) -> None:
    answer(investor, mandate, projects["sweet"][0], "save")
    answer(investor, mandate, projects["revenge"][0], "save")
    same = scores(investor, mandate)
    assert same[projects["sweet"][1]] == pytest.approx(same[projects["revenge"][1]], abs=1e-3)
    # The same two answers, the second given three years later.
    answer(investor, mandate, projects["revenge"][0], "undo")
    investor = later(investor)
    answer(investor, mandate, projects["revenge"][0], "save")
    after = scores(investor, mandate)
    assert after[projects["revenge"][1]] > same[projects["revenge"][1]] + 0.5
    assert after[projects["sweet"][1]] < same[projects["sweet"][1]] - 0.5


def test_time_alone_and_a_look_move_nothing(
    investor: Person, mandate: str, projects: dict[str, list[str]]
) -> None:
    answer(investor, mandate, projects["sweet"][0], "save")
    investor = later(investor)
    answer(investor, mandate, projects["revenge"][0], "save")
    before = scores(investor, mandate)
    investor = later(investor)
    answer(investor, mandate, projects["sweet"][0], "view")
    assert scores(investor, mandate) == before


def test_a_kept_list_holds_the_days_and_is_worked_out_by_them(
    investor: Person, mandate: str, projects: dict[str, list[str]]
) -> None:
    answer(investor, mandate, projects["sweet"][0], "save")
    investor = later(investor)
    answer(investor, mandate, projects["revenge"][0], "request_intro")
    scores(investor, mandate)
    (row,) = kept()
    days = {project: day for project, _standing, _asked, day in row.inputs["answers"]}
    assert days[projects["revenge"][0]] - days[projects["sweet"][0]] == YEARS.days
    investor = later(investor)
    assert investor.get(f"/ranked-lists/{row.id}").json["same"] is True


def test_a_list_kept_before_answers_had_days_is_as_it_was_drawn(
    investor: Person, mandate: str, projects: dict[str, list[str]]
) -> None:
    """As the release before kept it: three values for an answer, and places in which nothing fades."""
    answer(investor, mandate, projects["sweet"][0], "save")
    answer(investor, mandate, projects["revenge"][0], "save")
    scores(investor, mandate)
    (drawn,) = kept()
    old: dict[str, Any] = drawn.inputs | {"answers": [entry[:3] for entry in drawn.inputs["answers"]]}
    values = {
        "id": ids.new("rls"), "organisation_id": drawn.organisation_id, "mandate_id": mandate, "digest": "0" * 32,
        "model_version": drawn.model_version, "matrix_version": drawn.matrix_version, "inputs": old,
        "places": drawn.places, "at": clock.now(),
    }  # fmt: skip
    with db.system_edge() as session:
        session.execute(insert(RankedList).values(**values))
        # The answers themselves have become of different days since.
        session.scalars(select(MatchStanding).order_by(MatchStanding.id)).first().updated_at = (
            clock.now() - YEARS
        )
    found = investor.get(f"/ranked-lists/{values['id']}").json
    assert found["same"] is True
    assert [place["project_id"] for place in found["replayed"]] == [place[0] for place in drawn.places]


def test_answers_to_learn_from_know_when_earlier_ones_were_given(
    investor: Person, mandate: str, projects: dict[str, list[str]]
) -> None:
    answer(investor, mandate, projects["sweet"][0], "save")
    investor = later(investor)
    answer(investor, mandate, projects["revenge"][0], "pass")
    with db.system_edge(write=False):
        told = heldout.answers()[-1]
    ((project, action, day),) = told.history
    assert (project, action) == (projects["sweet"][0], "save")
    assert clock.now().toordinal() - day == YEARS.days
