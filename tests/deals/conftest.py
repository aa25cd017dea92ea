"""People and deals that several tests of the room use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Person
from tests.factories import pitches

People = tuple[Person, Person, dict[str, Any]]


@pytest.fixture
def people(person: Callable[..., Person]) -> People:
    """A creator, an investor, and the creator's published project."""
    creator, investor = person("creator"), person("investor")
    return creator, investor, pitches.published(creator)


@pytest.fixture
def deal(people: People) -> dict[str, Any]:
    """An open deal of the two."""
    answer = people[1].post("/deals", {"project_id": people[2]["id"], "note": "We like it"})
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def stages(who: Person) -> dict[str, str]:
    """Name of each stage of the usual pipeline → its id."""
    pipeline = who.get("/pipelines").json["items"][0]
    return {stage["name"]: stage["id"] for stage in pipeline["stages"]}


def arrange(who: Person, **rules: dict[str, Any]) -> dict[str, str]:
    """Set rules of stages by state; name → id afterwards."""
    pipeline = who.get("/pipelines").json["items"][0]
    wanted = [
        {"id": s["id"], "state": s["state"], "stale_days": s["stale_days"]} | rules.get(s["state"], {})
        for s in pipeline["stages"]
    ]
    answer = who.patch(f"/pipelines/{pipeline['id']}", {"stages": wanted}, pipeline["version"])
    assert answer.status_code == 200, answer.json
    return {stage["name"]: stage["id"] for stage in answer.json["stages"]}


def split(who: Person, state: str, name: str) -> dict[str, str]:
    """Add a second stage that stands for a state; name → id afterwards."""
    pipeline = who.get("/pipelines").json["items"][0]
    wanted: list[dict[str, Any]] = []
    for stage in pipeline["stages"]:
        wanted.append({"id": stage["id"], "state": stage["state"]})
        if stage["state"] == state:
            wanted.append({"state": state, "name": name})
    answer = who.patch(f"/pipelines/{pipeline['id']}", {"stages": wanted}, pipeline["version"])
    assert answer.status_code == 200, answer.json
    return {stage["name"]: stage["id"] for stage in answer.json["stages"]}


def move(who: Person, deal_id: str, **values: Any) -> Any:
    """The answer to a move."""
    return who.post(f"/deals/{deal_id}/transitions", values)
