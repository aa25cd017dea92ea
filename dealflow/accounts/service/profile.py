"""What a person and an organisation say of themselves."""

from __future__ import annotations

from typing import Any

from dealflow.accounts.models import Organisation, User
from dealflow.accounts.policy import Can, Tag
from dealflow.audit import service as audit
from dealflow.core import policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import NotFound, StaleVersion


def _change(actor: Actor, tag: str, row: User | Organisation, values: dict[str, Any]) -> None:
    before = {name: getattr(row, name) for name in values}
    changed = {name: value for name, value in values.items() if before[name] != value}
    if not changed:
        return
    for name, value in changed.items():
        setattr(row, name, value)
    session().flush()
    audit.record(actor, tag, row.id, before={name: before[name] for name in changed}, after=changed)


def change_profile(actor: Actor, values: dict[str, Any], *, version: int | None = None) -> User:
    """Change one's own name, language and time zone."""
    user = session().get_one(User, actor.user_id)
    policy.require(actor, Can.EDIT_SELF, user)
    if version is not None and version != user.version:
        raise StaleVersion(user.version)
    _change(actor, Tag.PROFILE_CHANGED, user, values)
    return user


def change_organisation(actor: Actor, values: dict[str, Any], *, version: int) -> Organisation:
    """Change what the actor's organisation says of itself."""
    organisation = session().get(Organisation, actor.organisation_id) if actor.organisation_id else None
    if organisation is None:
        raise NotFound()
    policy.require(actor, Can.EDIT_ORGANISATION, organisation, see=Can.SEE_ORGANISATION)
    if version != organisation.version:
        raise StaleVersion(organisation.version)
    _change(actor, Tag.ORGANISATION_CHANGED, organisation, values)
    return organisation
