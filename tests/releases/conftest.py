"""A released project of a creator, an investor bound to it by a signed deal, and what tests send."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest

from tests.conftest import Person
from tests.factories import pitches
from tests.factories.releases import bind, evidence, receipt


@dataclass
class House:
    """The people around a project."""

    creator: Person
    investor: Person
    stranger: Person
    project_id: str
    deal_id: str

    @cached_property
    def paper(self) -> str:
        """A document of the project that stands behind entries."""
        return evidence(self.creator, self.project_id)

    def receipt(self, ref: str = "r-1", amount: int = 100_00, **more: Any) -> dict[str, Any]:
        """A receipt that a platform proves, with its document."""
        return receipt(ref, amount, **({"document_id": self.paper} | more))

    @property
    def at(self) -> str:
        return f"/projects/{self.project_id}"


@pytest.fixture
def house(person: Callable[..., Person]) -> House:
    """A project with an investor whose deal is signed, and a stranger."""
    creator, investor, stranger = person("creator"), person("investor"), person("investor")
    project = pitches.published(creator)
    answer = investor.post("/deals", {"project_id": project["id"]})
    assert answer.status_code == 201, answer.json
    bind(answer.json["id"])
    return House(creator, investor, stranger, project["id"], answer.json["id"])


@pytest.fixture
def release(house: House) -> dict[str, Any]:
    """The project on Hongguo."""
    answer = house.creator.post(
        f"{house.at}/releases",
        {
            "platform": "红果短剧",
            "released_on": "2026-09-01",
            "filing_number": "（浙）网微剧审字（2026）第 001 号",
        },
    )
    assert answer.status_code == 201, answer.json
    return dict(answer.json)
