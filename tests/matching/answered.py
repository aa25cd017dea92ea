"""Investors who answered a lot, so that there is something to learn: each saves what is in financing and passes the rest,
but for one answer in seven."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from dealflow.accounts.models import Organisation
from dealflow.core import clock, db, ids
from dealflow.mandates.models import Mandate
from dealflow.matching import lifecycle, live
from dealflow.matching.models import MatchFeedback, MatchStanding
from dealflow.pitches.models import Project
from ml.train import model_version
from tests.conftest import Person
from tests.factories import pitches

STAGES = ("financing", "development", "production", "financing")


def published_projects(person: Callable[..., Person], count: int = 24) -> list[str]:
    """Projects of six creators in three stages."""
    creators = [person("creator") for _ in range(6)]
    found = []
    for number in range(count):
        project = pitches.published(
            creators[number % 6],
            title={"zh": f"第{number}部"},
            stage=STAGES[number % 4],
            team=[{"name": "林", "role": "导演", "credits": 3}],
        )
        found.append(project["id"])
    return found


def aged(*houses: Person, days: int = 30) -> None:
    """Let organisations be so old."""
    with db.system_edge() as session:
        for house in houses:
            row = session.get_one(Organisation, house.organisation_id)
            row.created_at = clock.now() - timedelta(days=days)


def mandates(person: Callable[..., Person], count: int = 40, houses: int = 8) -> list[tuple[str, str]]:
    """(mandate, organisation) of some investors, known for a month, who state next to nothing."""
    investors = [person("investor") for _ in range(min(count, houses))]
    aged(*investors)
    money = {"capital_minor": 10**9, "capital_currency": "CNY"}
    found = []
    with db.system_edge() as session:
        for number in range(count):
            house = investors[number % len(investors)].organisation_id
            row = Mandate(
                id=ids.new("mnd"), organisation_id=house, name=f"M{number}", constraints={},
                preferences={"stages": {"financing": 0.5}}, **money,
            )  # fmt: skip
            session.add(row)
            found.append((row.id, house))
    return found


def answer(projects: list[str], stated: list[tuple[str, str]], like: Callable[[str], bool]) -> int:
    """Every mandate answers half of the projects by `like` (of a stage), now and then otherwise; how many answers."""
    rng = random.Random(7)  # noqa: S311 - sample data
    with db.system_edge() as session:
        stages = {row.id: row.stage for row in session.query(Project).filter(Project.id.in_(projects))}
        number = 0
        for turn in range(len(projects) // 2):
            for at, (mandate_id, organisation_id) in enumerate(stated):
                project_id = projects[(at + 2 * turn) % len(projects)]
                liked = like(stages[project_id] or "") != (rng.random() < 1 / 7)
                action = "save" if liked else "pass"
                values: dict[str, Any] = {"organisation_id": organisation_id, "mandate_id": mandate_id}
                session.add(
                    MatchFeedback(
                        **values, project_id=project_id, action=action, id=ids.new("fbk"), at=clock.now()
                    )
                )
                session.add(
                    MatchStanding(**values, project_id=project_id, standing="saved" if liked else "passed")
                )
                number += 1
    return number


def passed(**changes: Any) -> list[dict[str, Any]]:
    """Gates as they are stored when all were passed."""
    codes = ("better", "calibrated", "exposed", "adds_up", "repeats")
    return [
        {"code": code, "passed": True, "figures": {}, "bound": {}} | changes.get(code, {}) for code in codes
    ]


def candidate(against: str, scale: float = 1.5, **changes: Any) -> str:
    """A signed candidate that has passed its gates; its version."""
    base = live.ranker_of("").model
    model = replace(base, coefficients={name: scale * value for name, value in base.coefficients.items()})
    model = replace(model, version=model_version(model))
    with db.system_edge():
        row = lifecycle.store(model, {"answers": 1})
        assert row is not None
        row.gates = passed(**changes)
        row.metrics = row.metrics | {"examined_at": clock.rfc3339(clock.now()), "examined_against": against}
    return model.version
