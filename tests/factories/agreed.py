"""Fixtures of a term sheet that both sides accepted, for every folder of tests that signs one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Person
from tests.factories import pitches


@pytest.fixture
def creator(person: Callable[..., Person]) -> Person:
    return person("creator", name="星火影业")


@pytest.fixture
def investor(person: Callable[..., Person]) -> Person:
    return person("investor", name="远山资本")


@pytest.fixture
def deal(creator: Person, investor: Person) -> dict[str, Any]:
    """A deal about a published project."""
    return dict(investor.post("/deals", {"project_id": pitches.published(creator)["id"]}).json)


@pytest.fixture
def sheet(deal: dict[str, Any], creator: Person, investor: Person) -> dict[str, Any]:
    """A term sheet that both sides accepted."""
    made = investor.post(f"/deals/{deal['id']}/term-sheets", {"template": "revenue_share"}).json
    assert investor.post(f"/term-sheets/{made['id']}/propose").status_code == 200
    accepted = creator.post(f"/term-sheets/{made['id']}/accept")
    assert accepted.json["state"] == "accepted", accepted.json
    return dict(accepted.json)
