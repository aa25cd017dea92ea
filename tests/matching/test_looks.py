"""How far down people look is learnt from lists as they were shown, and weighs the answers a model is fitted on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from dealflow.core import clock, db, ids
from dealflow.core.actor import SYSTEM
from dealflow.matching import heldout, lifecycle, looks, measured
from dealflow.matching.models import MatchFeedback, RankedList
from ml.propensity import prior
from tests.conftest import Person
from tests.matching import answered

DEPTH = 10


def shown(projects: list[str], stated: list[tuple[str, str]], place: int) -> None:
    """Every mandate was shown the projects in turn, thrice, and answered what stood at `place` each time."""
    start = clock.now() - timedelta(days=3)
    with db.system_edge() as session:
        for at, (mandate_id, organisation_id) in enumerate(stated):
            for turn in range(3):
                first = (at + turn) % len(projects)
                order = (projects[first:] + projects[:first])[:DEPTH]
                owned = {"organisation_id": organisation_id, "mandate_id": mandate_id}
                moment = start + timedelta(hours=turn)
                session.add(
                    RankedList(
                        **owned, id=ids.new("rls"), digest=f"{at}-{turn}", model_version="m", matrix_version="x",
                        inputs={}, places=[[i, 0.0, False, ""] for i in order], at=moment,
                    )
                )  # fmt: skip
                session.add(
                    MatchFeedback(
                        **owned, id=ids.new("fbk"), project_id=order[place - 1], action="save", rank=place,
                        at=moment + timedelta(minutes=5),
                    )
                )  # fmt: skip


def test_where_answers_come_from_is_where_people_look(person: Callable[..., Person]) -> None:
    projects = answered.published_projects(person, 12)
    with db.system_edge(write=False):
        assert looks.estimated().attention.chance.tolist() == prior().chance.tolist()
    shown(projects, answered.mandates(person, 40), place=3)
    with db.system_edge(write=False):
        found = looks.estimated()
        assert (found.lists, found.answers) == (120, 120)
        assert found.attention.of_place(3) > prior().of_place(3)
        assert found.attention.of_place(8) < prior().of_place(8)
        weighed = heldout.answers(found.attention)
    assert {answer.chance for answer in weighed} == {found.attention.of_place(3)}


def test_an_answer_counts_for_the_list_that_stood_then(person: Callable[..., Person]) -> None:
    projects = answered.published_projects(person, 12)
    stated = answered.mandates(person, 1)
    shown(projects, stated, place=1)
    with db.system_edge() as session:
        # Given before any list was shown: nobody's place.
        mandate_id, organisation_id = stated[0]
        session.add(
            MatchFeedback(
                id=ids.new("fbk"), organisation_id=organisation_id, mandate_id=mandate_id, project_id=projects[5],
                action="save", at=clock.now() - timedelta(days=9),
            )
        )  # fmt: skip
    with db.system_edge(write=False):
        assert looks.estimated().answers == 3


def test_the_curve_is_kept_with_the_model_and_shown(person: Callable[..., Person], shipped: str) -> None:
    projects = answered.published_projects(person)
    stated = answered.mandates(person)
    shown(projects, stated, place=2)
    answered.answer(projects, stated, lambda stage: stage == "financing")
    row = lifecycle.train(SYSTEM)
    assert row is not None
    measured.watch()
    anybody = person("creator")
    for version in (row.model_version, shipped):
        card = anybody.get(f"/models/{version}").json
        assert card["looks"]["lists"] == 120
        assert dict(card["looks"]["groups"])[1] == pytest.approx(1.0)
        assert dict(card["looks"]["groups"])[2] > prior().of_place(2)
        for lang, words in (("en", "Where people look"), ("zh", "大家看到哪里")):
            page = anybody.browser(lang).get(f"/models/{version}").text
            assert words in page
            assert "100+" in page
