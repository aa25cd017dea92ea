"""Two parties, their deal and a term sheet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Person
from tests.factories import pitches


@pytest.fixture
def creator(person: Callable[..., Person]) -> Person:
    """A creator."""
    return person("creator")


@pytest.fixture
def investor(person: Callable[..., Person]) -> Person:
    """An investor."""
    return person("investor")


@pytest.fixture
def deal(creator: Person, investor: Person) -> dict[str, Any]:
    """A deal about a published project."""
    answer = investor.post("/deals", {"project_id": pitches.published(creator)["id"]})
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


@pytest.fixture
def sheet(deal: dict[str, Any], investor: Person) -> dict[str, Any]:
    """A drafted term sheet."""
    answer = investor.post(f"/deals/{deal['id']}/term-sheets", {"template": "revenue_share"})
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


@pytest.fixture
def proposed(sheet: dict[str, Any], investor: Person) -> dict[str, Any]:
    """The term sheet, proposed by the investor."""
    answer = investor.post(f"/term-sheets/{sheet['id']}/propose")
    assert answer.status_code == 200, answer.json
    return dict(answer.json)
