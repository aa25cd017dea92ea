"""Browser sessions and API tokens: begin, list, end."""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_, update

from dealflow.accounts import identity
from dealflow.accounts.models import ApiToken, User, UserSession
from dealflow.accounts.policy import Can, Tag
from dealflow.audit import service as audit
from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import NotFound

_OWN: dict[str, Any] = {"unscoped": "all credentials of one named person"}


def begin(user_id: str, *, visitor: Actor, agent: str, organisation_id: str | None = None) -> str:
    """Open a browser session for a person who proved who they are; the secret for the cookie.

    The session the browser had before ends.
    """
    user = session().get_one(User, user_id)
    if visitor.session_id:
        _end(session().get(UserSession, visitor.session_id))
    secret = identity.start_session(
        user, address=visitor.address, agent=agent, organisation_id=organisation_id
    )
    actor = identity.build_actor(
        user, organisation_id, request_id=visitor.request_id, address=visitor.address
    )
    audit.record(actor, Tag.LOGGED_IN, user.id, after={"address": visitor.address})
    return secret


def _end(row: UserSession | ApiToken | None) -> None:
    if row is not None and row.ended_at is None:
        row.ended_at = clock.now()
        session().flush()


def end_own(actor: Actor) -> None:
    """End the session that makes this request."""
    if actor.session_id is None:
        return
    _end(session().get(UserSession, actor.session_id))
    audit.record(actor, Tag.LOGGED_OUT, actor.user_id)


def end(actor: Actor, session_id: str) -> None:
    """End one of one's own sessions."""
    row = session().get(UserSession, session_id)
    if row is None or row.ended_at is not None:
        raise NotFound()
    policy.require(actor, Can.EDIT_SELF, row, see=Can.SEE_SELF)
    _end(row)
    audit.record(actor, Tag.LOGGED_OUT, row.id)


def end_others(actor: Actor) -> int:
    """End all of one's sessions but this one; how many."""
    policy.require(actor, Can.EDIT_SELF)
    number = end_all(str(actor.user_id), sparing=actor.session_id, tokens=False)
    if number:
        audit.record(actor, Tag.LOGGED_OUT, actor.user_id, after={"others": number})
    return number


def end_all(user_id: str, *, sparing: str | None = None, tokens: bool = True) -> int:
    """End a person's sessions (and tokens) at once; how many."""
    number = 0
    for model in (UserSession, ApiToken) if tokens else (UserSession,):
        statement = update(model).where(model.user_id == user_id, model.ended_at.is_(None))
        if model is UserSession and sparing is not None:
            statement = statement.where(UserSession.id != sparing)
        done = session().execute(statement.values(ended_at=clock.now()), execution_options=_OWN)
        number += done.rowcount  # type: ignore[attr-defined]
    return number


def renew_all(user_id: str) -> None:
    """Let each of a person's sessions take a fresh secret at its next request, since their rights changed."""
    session().execute(
        update(UserSession)
        .where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
        .values(must_renew=True),
        execution_options=_OWN,
    )


def end_for(user_id: str, organisation_id: str, *, sparing: str | None = None) -> None:
    """End what may act for an organisation that a person left: all that is not bound to another one.

    A session that is spared goes on for the person's other organisations.
    """
    for model in (UserSession, ApiToken):
        acts = or_(model.organisation_id == organisation_id, model.organisation_id.is_(None))
        statement = update(model).where(model.user_id == user_id, model.ended_at.is_(None), acts)
        if model is UserSession and sparing is not None:
            statement = statement.where(UserSession.id != sparing)
        session().execute(statement.values(ended_at=clock.now()), execution_options=_OWN)
    if sparing is not None:
        session().execute(
            update(UserSession).where(UserSession.id == sparing).values(organisation_id=None),
            execution_options=_OWN,
        )


def rotate(actor: Actor, *, organisation_id: str | None = None) -> str | None:
    """Replace this browser's session by a fresh one, acting for the same or another organisation.

    The new secret; None when the request was not made by a browser session.
    """
    if actor.session_id is None:
        return None
    old = session().get_one(UserSession, actor.session_id)
    user = session().get_one(User, actor.user_id)
    _end(old)
    return identity.start_session(
        user, address=actor.address, agent=old.agent, organisation_id=organisation_id or old.organisation_id
    )


def issue_token(
    user_id: str,
    *,
    label: str,
    scopes: tuple[str, ...],
    days: int,
    visitor: Actor,
    organisation_id: str | None = None,
) -> tuple[str, ApiToken]:
    """Make an API token for a person who proved who they are: the secret (shown once) and its row."""
    user = session().get_one(User, user_id)
    actor = identity.build_actor(
        user, organisation_id, request_id=visitor.request_id, address=visitor.address
    )
    secret, row = identity.issue_token(
        user, label=label, scopes=scopes, days=days, organisation_id=organisation_id
    )
    audit.record(
        actor, Tag.TOKEN_ISSUED, row.id,
        after={"label": label, "scopes": list(scopes), "expires_at": clock.rfc3339(row.expires_at)},
    )  # fmt: skip
    return secret, row


def end_token(actor: Actor, token_id: str) -> None:
    """Revoke one of one's own tokens."""
    row = session().get(ApiToken, token_id)
    if row is None or row.ended_at is not None:
        raise NotFound()
    policy.require(actor, Can.EDIT_SELF, row, see=Can.SEE_SELF)
    _end(row)
    audit.record(actor, Tag.TOKEN_ENDED, row.id)
