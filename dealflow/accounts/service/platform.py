"""What the people who run the installation do: disable and enable accounts, retry dead jobs."""

from __future__ import annotations

from sqlalchemy import select

from dealflow.accounts.models import User
from dealflow.accounts.policy import Can, Tag
from dealflow.accounts.service import sessions
from dealflow.audit import service as audit
from dealflow.core import clock, db, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, InvalidTransition, NotFound
from dealflow.core.i18n import N_
from dealflow.core.jobs import Job, again

_STAFF = {"unscoped": "the platform's people look after all jobs"}


def disable(actor: Actor, user_id: str, *, reason: str) -> User:
    """Shut a person out: every session and token ends, no new one begins."""
    policy.require(actor, Can.ADMINISTER)
    user = db.hold(User, user_id)
    if user.id == actor.user_id:
        raise Conflict(N_("You cannot shut yourself out"))
    if user.disabled_at is not None:
        raise InvalidTransition()
    user.disabled_at = clock.now()
    sessions.end_all(user.id)
    audit.record(actor, Tag.USER_DISABLED, user.id, after={"email": user.email}, reason=reason)
    return user


def enable(actor: Actor, user_id: str) -> User:
    """Let a person in again, with new sessions."""
    policy.require(actor, Can.ADMINISTER)
    user = db.hold(User, user_id)
    if user.disabled_at is None:
        raise InvalidTransition()
    user.disabled_at = None
    audit.record(actor, Tag.USER_ENABLED, user.id, after={"email": user.email})
    return user


def retry_job(actor: Actor, job_id: str) -> None:
    """Let a dead job run again from its first try."""
    policy.require(actor, Can.ADMINISTER)
    row = session().scalars(
        select(Job).where(Job.id == job_id).with_for_update(), execution_options=_STAFF
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound()
    if row.state != "dead":
        raise InvalidTransition()
    again(row)
    audit.record(actor, Tag.JOB_RETRIED, row.id, after={"kind": row.kind})
