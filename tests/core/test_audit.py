"""The audit log is a chain that shows any tampering."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from dealflow.audit import service
from dealflow.core import db
from tests.conftest import Person


def _verify() -> list[str]:
    with db.system_edge(write=False):
        return list(service.verify())


@pytest.fixture
def chain(person: Callable[..., Person]) -> Person:
    """A person with three events on record."""
    who = person()
    with db.edge(actor=who.actor):
        service.record(who.actor, "test:thing:made", "prj_1", after={"title": "镕"})
        service.record(who.actor, "test:thing:changed", "prj_1", before={"title": "镕"}, after={"title": "b"})
        service.record(who.actor, "test:thing:gone", "prj_1", reason="because")
    return who


def test_an_untouched_chain_verifies(chain: Person) -> None:
    assert _verify() == []


@pytest.mark.parametrize(
    "tamper",
    [
        "UPDATE audit_event SET reason='other' WHERE number=2",
        "DELETE FROM audit_event WHERE number=2",
        "UPDATE audit_event SET at='2020-01-01 00:00:00.000000' WHERE number=2",
    ],
)
def test_tampering_is_named(chain: Person, tamper: str) -> None:
    with db.system_edge() as session:
        with pytest.raises(IntegrityError, match="append_only"), session.begin_nested():
            session.execute(text(tamper))
        session.execute(text("DROP TRIGGER audit_event_no_update"))
        session.execute(text("DROP TRIGGER audit_event_no_delete"))
        session.execute(text(tamper))
    assert len(_verify()) == 1


def test_recording_that_nothing_changed_raises(chain: Person) -> None:
    with db.edge(actor=chain.actor), pytest.raises(ValueError, match="nothing changed"):
        service.record(chain.actor, "test:thing:changed", before={"a": 1}, after={"a": 1})
