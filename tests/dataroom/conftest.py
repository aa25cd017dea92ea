"""A creator with a published project, and investors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.conftest import Person
from tests.factories import pitches, rooms


@dataclass
class Room:
    """A project with one document, its owner, an investor who is let in, and one who is not."""

    owner: Person
    reader: Person
    stranger: Person
    project: str
    document: str

    @property
    def content(self) -> str:
        return f"/documents/{self.document}/content"

    def accepted(self) -> Room:
        """The same, the NDA accepted by the reader."""
        rooms.accept(self.reader, self.project)
        return self


@pytest.fixture
def room(person: Callable[..., Person]) -> Room:
    """A room that is open to the reader, to download."""
    owner, reader, stranger = person("creator"), person("investor", name="青禾资本"), person("investor")
    project = pitches.published(owner)["id"]
    document = rooms.upload(owner, project)["id"]
    rooms.grant(owner, project, reader, level="download")
    return Room(owner, reader, stranger, project, document)
