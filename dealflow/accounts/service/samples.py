"""Organisations and people of a demo, made without mail going back and forth. Production refuses databases with them."""

from __future__ import annotations

from typing import Any

from dealflow.accounts.models import Membership, Organisation, User
from dealflow.core import clock, ids
from dealflow.core.db import session


def organisation(**values: Any) -> Organisation:
    """A sample organisation with these columns."""
    made = Organisation(id=ids.new("org"), is_sample=True, **values)
    session().add(made)
    session().flush()
    return made


def member(
    of: Organisation, *, role: str, name: str, email: str, locale: str, password_hash: str | None
) -> User:
    """A sample person in it; without a password hash nobody can log in as them."""
    made = User(
        id=ids.new("usr"), name=name, email=email, password_hash=password_hash, locale=locale,
        email_verified_at=clock.now(), password_changed_at=clock.now() if password_hash else None,
    )  # fmt: skip
    session().add(made)
    session().flush()
    session().add(Membership(organisation_id=of.id, user_id=made.id, role=role))
    session().flush()
    return made
