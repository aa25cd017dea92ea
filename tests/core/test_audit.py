"""The audit log is a chain that shows any tampering."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from dealflow.audit import service
from dealflow.core import db
from tests.conftest import Person


def _verify() -> list[str]:
    with db.system_edge(write=False):
        return list(service.verify())


def _unguard(session: Session) -> None:
    """Take the guards of the table away, as only an administrator of the database could."""
    if db.database().dialect == "postgresql":
        session.execute(text("ALTER TABLE audit_event DISABLE TRIGGER USER"))
    else:
        session.execute(text("DROP TRIGGER audit_event_no_update"))
        session.execute(text("DROP TRIGGER audit_event_no_delete"))


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
        with pytest.raises(DBAPIError, match="append_only"), session.begin_nested():
            session.execute(text(tamper))
        _unguard(session)
        session.execute(text(tamper))
    assert len(_verify()) == 1


def test_a_chain_goes_on_after_events_that_were_undone(chain: Person) -> None:
    with db.edge(actor=chain.actor) as session:
        service.record(chain.actor, "test:thing:made", "prj_2", after={"n": 1})
        undone = session.begin_nested()
        service.record(chain.actor, "test:thing:made", "prj_3", after={"n": 2})
        undone.rollback()
        service.record(chain.actor, "test:thing:made", "prj_4", after={"n": 3})
        with session.begin_nested():
            service.record(chain.actor, "test:thing:made", "prj_5", after={"n": 4})
        service.record(chain.actor, "test:thing:made", "prj_6", after={"n": 5})
    with db.system_edge(write=False) as session:
        rows = session.execute(text("SELECT number, object_id FROM audit_event ORDER BY number")).all()
    assert [tuple(row) for row in rows[-4:]] == [(4, "prj_2"), (5, "prj_4"), (6, "prj_5"), (7, "prj_6")]
    assert _verify() == []


def test_recording_that_nothing_changed_raises(chain: Person) -> None:
    with db.edge(actor=chain.actor), pytest.raises(ValueError, match="nothing changed"):
        service.record(chain.actor, "test:thing:changed", before={"a": 1}, after={"a": 1})


def _lost(known: dict[str, str]) -> list[str]:
    with db.system_edge(write=False):
        return service.lost_heads(known)


def test_a_head_kept_outside_shows_rows_that_were_cut_off(chain: Person) -> None:
    with db.system_edge(write=False):
        head = service.heads()
    assert _lost(head) == []
    with db.edge(actor=chain.actor):
        service.record(chain.actor, "test:thing:made", "prj_2", after={"title": "later"})
    assert _lost(head) == [], "a chain that went on still holds it"
    with db.system_edge() as session:
        _unguard(session)
        session.execute(text("DELETE FROM audit_event WHERE number >= 3"))
    assert _verify() == [], "a shorter chain is whole in itself"
    assert len(_lost(head)) == 1
