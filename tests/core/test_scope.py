"""A query on owned data without an actor raises; with one, it sees that actor's rows alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import aliased

from dealflow.accounts.models import Invitation, Membership
from dealflow.core import clock, db, ids
from dealflow.core.errors import ScopeMissing
from tests.conftest import Person


def _invite(person: Person, email: str) -> str:
    with db.edge(actor=person.actor) as session:
        row = Invitation(
            id=ids.new("inv"), organisation_id=person.organisation_id, email=email, role="member",
            invited_by_id=person.user_id, secret_hash=email.ljust(64, "0"), expires_at=clock.now(),
        )  # fmt: skip
        session.add(row)
        return row.id


@pytest.fixture
def two(person: Callable[..., Person]) -> tuple[Person, Person]:
    """Two people of different organisations, each with one invitation."""
    first, second = person("creator"), person("creator")
    _invite(first, "a@example.test")
    _invite(second, "b@example.test")
    return first, second


def test_every_form_of_query_sees_the_own_rows_alone(two: tuple[Person, Person]) -> None:
    first, second = two
    with db.edge(actor=first.actor) as session:
        own = session.scalars(select(Invitation)).all()
        assert [row.email for row in own] == ["a@example.test"]
        assert session.scalar(select(func.count()).select_from(Invitation)) == 1
        assert session.scalars(select(Invitation.email)).all() == ["a@example.test"]
        assert session.scalars(select(aliased(Invitation).email)).all() == ["a@example.test"]
        assert (
            session.scalar(
                select(Membership.id).where(
                    select(Invitation.id).where(Invitation.email == "b@example.test").exists()
                )
            )
            is None
        )
        session.execute(update(Invitation).values(role="viewer"))
        session.execute(delete(Invitation).where(Invitation.email == "b@example.test"))
    with db.edge(actor=second.actor) as session:
        assert session.scalars(select(Invitation.role)).all() == ["member"]


def test_another_organisations_row_is_not_found_by_its_id(two: tuple[Person, Person]) -> None:
    first, second = two
    with db.edge(actor=second.actor) as session:
        theirs = session.scalars(select(Invitation.id)).one()
    with db.edge(actor=first.actor) as session:
        assert session.get(Invitation, theirs) is None
        assert session.get(Invitation, "inv_" + "0" * 26) is None
        assert session.get(Invitation, "not an id") is None


def test_without_an_actor_a_query_on_owned_data_raises(two: tuple[Person, Person]) -> None:
    with db.edge() as session:
        with pytest.raises(ScopeMissing):
            session.scalars(select(Invitation)).all()
        with pytest.raises(ScopeMissing):
            session.scalar(select(func.count()).select_from(Invitation))


def test_tables_and_plain_sql_cannot_walk_around_the_guard(two: tuple[Person, Person]) -> None:
    with db.edge(actor=two[0].actor) as session:
        with pytest.raises(ScopeMissing):
            session.execute(select(Invitation.__table__))
        with pytest.raises(ScopeMissing):
            session.execute(text("SELECT * FROM invitation"))


def test_the_system_sees_all(two: tuple[Person, Person]) -> None:
    with db.system_edge() as session:
        assert session.scalar(select(func.count()).select_from(Invitation)) == 2


def test_every_table_is_owned_or_declared_shared() -> None:
    from dealflow.core.scope import Owned, Shared

    for mapper in db.Base.registry.mappers:
        assert issubclass(mapper.class_, (Owned, Shared)), (
            f"{mapper.class_.__name__} is neither owned nor shared"
        )
