"""From a credential to an Actor. Rights are read from the live rows at every request, so that revoking
a membership, a session or a token takes effect at once."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import joinedload

from dealflow.accounts.models import (
    ApiToken,
    EmailLink,
    Invitation,
    Membership,
    Organisation,
    User,
    UserSession,
)
from dealflow.core import clock, ids
from dealflow.core.actor import ANONYMOUS, Actor
from dealflow.core.db import hold_if_there, session, system_edge
from dealflow.core.errors import NotFound, Unauthenticated
from dealflow.core.jobs import job

SESSION_LIFE = timedelta(days=14)
IDLE_LIFE = timedelta(days=3)
TOKEN_PREFIX = "dft_"  # noqa: S105 - a marker that secret scanners know, not a secret
SEEN_AGAIN = timedelta(minutes=5)
Later = Callable[[Callable[[], None]], None]
_BEFORE_LOGIN = {"unscoped": "credentials are checked before anybody is known"}


def _forget(_note: Callable[[], None]) -> None:
    """For callers that are no request: nothing is noted."""


def digest(secret: str) -> str:
    """What is stored of a high-entropy secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


# Read at every request: one statement, made once, that loads columns and no objects.
_PERSON = (
    User.id.label("user_id"), User.name.label("user_name"), User.email, User.locale, User.time_zone, User.disabled_at,
    Membership.role, Organisation.id.label("org_id"), Organisation.name, Organisation.name_en, Organisation.kind,
)  # fmt: skip
_BY_SESSION = (
    select(UserSession.id, UserSession.organisation_id, UserSession.ended_at, UserSession.expires_at,
           UserSession.seen_at, UserSession.must_renew, *_PERSON)
    .join(User, User.id == UserSession.user_id)
    .outerjoin(Membership, Membership.user_id == User.id)
    .outerjoin(Organisation, Organisation.id == Membership.organisation_id)
    .where(UserSession.secret_hash == bindparam("digest"))
    .order_by(Membership.id)
)  # fmt: skip


def memberships_of(user_id: str) -> list[Membership]:
    """A person's memberships with their organisations, oldest first."""
    query = (
        select(Membership)
        .where(Membership.user_id == user_id)
        .options(joinedload(Membership.organisation))
        .order_by(Membership.id)
    )
    return list(session().scalars(query, execution_options=_BEFORE_LOGIN))


def build_actor(user: User, organisation_id: str | None, **more: Any) -> Actor:
    """The actor for a person and the organisation they act for (default: their first).

    NotFound when `organisation_id` is not one of theirs.
    """
    known = tuple(
        _membership(m.organisation.id, m.organisation, m.role, user.locale) for m in memberships_of(user.id)
    )
    return _acting(known, organisation_id, user.id, user.name, user, more)


def _membership(organisation_id: str, organisation: Any, role: str, locale: str) -> dict[str, Any]:
    name = organisation_name(organisation, locale)
    return {"id": organisation_id, "name": name, "kind": organisation.kind, "role": role}


def _acting(
    known: tuple[dict[str, Any], ...], organisation_id: str | None, user_id: str, user_name: str, user: Any,
    more: dict[str, Any],
) -> Actor:  # fmt: skip
    chosen = next((m for m in known if m["id"] == organisation_id), None)
    if organisation_id is not None and chosen is None:
        raise NotFound()
    chosen = chosen or (known[0] if known else None)
    if chosen is not None:
        more |= {
            "organisation_id": chosen["id"], "organisation_name": chosen["name"], "kind": chosen["kind"], "role": chosen["role"],
        }  # fmt: skip
    return Actor(
        user_id=user_id, user_name=user_name, user_email=user.email, memberships=known, locale=user.locale,
        time_zone=user.time_zone, **more,
    )  # fmt: skip


def member_actor(user_id: str, organisation_id: str) -> Actor:
    """A person as they may act for an organisation at this moment; NotFound when they no longer may.

    For work that they began and that goes on without them.
    """
    user = session().get(User, user_id)
    if user is None or user.disabled_at is not None:
        raise NotFound()
    return build_actor(user, organisation_id)


def acting_for(actor: Actor, organisation_id: str) -> Actor:
    """The same person acting for another of their organisations; NotFound when it is not one of theirs."""
    chosen = next((m for m in actor.memberships if m["id"] == organisation_id), None)
    if chosen is None:
        raise NotFound()
    return replace(
        actor, organisation_id=chosen["id"], organisation_name=chosen["name"], kind=chosen["kind"], role=chosen["role"]
    )  # fmt: skip


def organisation_name(organisation: Any, language: str) -> str:
    """The name to show in a language."""
    return (organisation.name_en if language == "en" else None) or organisation.name


def start_session(user: User, *, address: str, agent: str, organisation_id: str | None = None) -> str:
    """Open a browser session and return its secret."""
    secret = secrets.token_urlsafe(32)
    row = UserSession(
        user_id=user.id, secret_hash=digest(secret), address=address[:64], agent=agent[:300],
        organisation_id=organisation_id, expires_at=clock.now() + SESSION_LIFE,
    )  # fmt: skip
    session().add(row)
    session().flush()
    return secret


def renew_session(session_id: str) -> str | None:
    """Replace a session by a fresh one of the same browser, in a transaction of its own: the new secret.

    None when the session ended meanwhile, as when two requests ask at once.
    """
    with system_edge() as s:
        old = hold_if_there(UserSession, session_id)
        if old is None or old.ended_at is not None:
            return None
        old.ended_at = clock.now()
        return start_session(
            s.get_one(User, old.user_id), address=old.address, agent=old.agent, organisation_id=old.organisation_id
        )  # fmt: skip


def actor_from_session(
    secret: str, *, remember: Later = _forget, renew: Callable[[str], None] | None = None, **more: Any
) -> Actor:
    """Who a browser session belongs to; ANONYMOUS when it ended, expired or never was.

    `remember` is given what is to be noted after the request, at most once in five minutes; `renew` the id of a
    session that must get a fresh secret with the answer.
    """
    rows = session().execute(
        _BY_SESSION, {"digest": digest(secret)}, execution_options=_BEFORE_LOGIN
    ).all()  # fmt: skip
    if not rows:
        return ANONYMOUS
    opened, moment = rows[0], clock.now()
    if opened.ended_at or opened.disabled_at:
        return ANONYMOUS
    if opened.expires_at <= moment or opened.seen_at + IDLE_LIFE <= moment:
        remember(lambda: _end(UserSession, opened.id))
        return ANONYMOUS
    if opened.must_renew and renew is not None:
        renew(opened.id)
    elif opened.seen_at < moment - SEEN_AGAIN:
        remember(lambda: touch(opened.id))
    known = tuple(
        _membership(row.org_id, row, row.role, row.locale) for row in rows if row.org_id is not None
    )
    # The membership this session acted under may have been removed: go on with what is left.
    chosen = opened.organisation_id if opened.organisation_id in [m["id"] for m in known] else None
    return _acting(known, chosen, opened.user_id, opened.user_name, opened, more | {"session_id": opened.id})


def _end(kind: type[UserSession] | type[ApiToken], row_id: str) -> None:
    """End what was found expired, so that a clock that is set back does not revive it."""
    with system_edge() as s:
        s.execute(update(kind).where(kind.id == row_id, kind.ended_at.is_(None)).values(ended_at=clock.now()))


class Expiring(Protocol):
    """What was mailed to somebody and holds for a while."""

    @property
    def created_at(self) -> datetime: ...
    @property
    def expires_at(self) -> datetime: ...


def holds(link: Expiring) -> bool:
    """Whether a mailed link has not run out; one that was made before the clock was set back has."""
    return link.expires_at > clock.now() and not clock.is_ahead(link.created_at)


@job("accounts.end_expired", every=timedelta(minutes=10))
def end_expired(**_payload: object) -> None:
    """End what has run out, so that a clock that is set back does not revive it."""
    moment = clock.now()
    idle = or_(UserSession.expires_at <= moment, UserSession.seen_at <= moment - IDLE_LIFE)
    for kind, over in (
        (UserSession, idle), (ApiToken, ApiToken.expires_at <= moment), (Invitation, Invitation.expires_at <= moment),
    ):  # fmt: skip
        session().execute(update(kind).where(kind.ended_at.is_(None), over).values(ended_at=moment))
    spent = EmailLink.used_at.is_(None), EmailLink.expires_at <= moment
    session().execute(update(EmailLink).where(*spent).values(used_at=moment, payload=None))


def touch(session_id: str) -> None:
    """Remember that a session is in use, in a transaction of its own."""
    with system_edge() as s:
        s.execute(update(UserSession).where(UserSession.id == session_id).values(seen_at=clock.now()))


def touch_token(secret: str) -> None:
    """Remember that a token is in use, in a transaction of its own."""
    with system_edge() as s:
        s.execute(update(ApiToken).where(ApiToken.secret_hash == digest(secret)).values(used_at=clock.now()))


def issue_token(
    user: User,
    *,
    label: str,
    scopes: tuple[str, ...] = ("read", "write"),
    days: int = 30,
    organisation_id: str | None = None,
) -> tuple[str, ApiToken]:
    """Make a bearer token: the secret (shown once) and its row."""
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    row = ApiToken(
        id=ids.new("tok"), user_id=user.id, organisation_id=organisation_id, label=label, secret_hash=digest(secret),
        scopes=list(scopes), expires_at=clock.now() + timedelta(days=days),
    )  # fmt: skip
    session().add(row)
    session().flush()
    return secret, row


def actor_from_token(
    secret: str, organisation_id: str | None, *, remember: Later = _forget, **more: Any
) -> Actor:
    """Who a bearer token belongs to; Unauthenticated when it is not valid now.

    A token bound to an organisation acts for that one only; else `organisation_id` chooses.
    """
    row = session().execute(
        select(ApiToken, User).join(User, User.id == ApiToken.user_id).where(ApiToken.secret_hash == digest(secret)),
        execution_options=_BEFORE_LOGIN,
    ).first()  # fmt: skip
    if row is None or row[0].ended_at or row[1].disabled_at:
        raise Unauthenticated()
    token, user = row
    if token.expires_at <= clock.now():
        expired = token.id
        remember(lambda: _end(ApiToken, expired))
        raise Unauthenticated()
    if token.used_at is None or token.used_at < clock.now() - SEEN_AGAIN:
        remember(lambda: touch_token(secret))
    if token.organisation_id and organisation_id not in (None, token.organisation_id):
        raise NotFound()
    try:
        return build_actor(
            user, token.organisation_id or organisation_id, scopes=frozenset(token.scopes), **more
        )
    except NotFound:
        if token.organisation_id:
            raise Unauthenticated() from None
        raise
