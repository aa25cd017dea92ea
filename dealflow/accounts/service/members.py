"""Members and roles. An organisation always has an owner, whoever acts at the same time."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import func, select

from dealflow.accounts import identity, letters
from dealflow.accounts.models import Invitation, Membership, Organisation, User
from dealflow.accounts.policy import Can, Tag
from dealflow.accounts.service import joining, sessions
from dealflow.audit import service as audit
from dealflow.core import clock, ids, policy
from dealflow.core.actor import Actor
from dealflow.core.db import hold, session
from dealflow.core.errors import Conflict, Forbidden, NotFound, StaleVersion
from dealflow.core.i18n import N_

INVITATION_LIFE = timedelta(days=7)
_BY_LINK = {"unscoped": "the secret of the link is the right to see it"}
_LAST = N_("An organisation needs an owner: make somebody else an owner first")


def invite(actor: Actor, *, email: str, role: str) -> Invitation:
    """Invite an address into the actor's organisation; an open invitation of the address is replaced."""
    policy.require(actor, Can.MANAGE_MEMBERS)
    member = (
        select(Membership.id)
        .join(User)
        .where(Membership.organisation_id == actor.organisation_id, User.email == email)
    )
    if session().scalar(member) is not None:
        raise Conflict(N_("This person is a member already"))
    joining.count_mail(email, f"{actor.organisation_id}")
    for known in open_invitations(actor):
        if known.email == email:
            known.ended_at = clock.now()
    session().flush()
    secret = secrets.token_urlsafe(32)
    row = Invitation(
        id=ids.new("inv"), organisation_id=str(actor.organisation_id), email=email, role=role,
        invited_by_id=str(actor.user_id), secret_hash=identity.digest(secret), expires_at=clock.now() + INVITATION_LIFE,
    )  # fmt: skip
    session().add(row)
    session().flush()
    letters.invitation(email, session().get_one(Organisation, row.organisation_id), actor.user_name, secret)
    audit.record(actor, Tag.INVITED, row.id, after={"email": email, "role": role})
    return row


def open_invitations(actor: Actor) -> list[Invitation]:
    """The invitations of the actor's organisation that can still be accepted, newest first."""
    policy.require(actor, Can.SEE_MEMBERS)
    query = select(Invitation).where(
        Invitation.organisation_id == actor.organisation_id, Invitation.ended_at.is_(None),
        Invitation.accepted_at.is_(None), Invitation.expires_at > clock.now(),
    )  # fmt: skip
    return list(session().scalars(query.order_by(Invitation.id.desc())))


def withdraw(actor: Actor, invitation_id: str) -> None:
    """Withdraw an open invitation."""
    row = session().get(Invitation, invitation_id)
    if row is None or row.ended_at is not None:
        raise NotFound()
    policy.require(actor, Can.MANAGE_MEMBERS, row, see=Can.SEE_MEMBERS)
    row.ended_at = clock.now()
    audit.record(actor, Tag.INVITATION_ENDED, row.id)


def by_link(secret: str, *, lock: bool = False) -> tuple[Invitation, Organisation, User | None]:
    """What a mailed invitation leads to: itself, the organisation, and the account of its address if any.

    NotFound when it was used, withdrawn or is too old, or its author may no longer invite.
    """
    query = select(Invitation).where(Invitation.secret_hash == identity.digest(secret))
    row = (
        session()
        .scalars(query.with_for_update() if lock else query, execution_options=_BY_LINK)
        .one_or_none()
    )
    if row is None or row.ended_at is not None or row.accepted_at is not None or not identity.holds(row):
        raise NotFound(N_("This invitation was used or withdrawn, or is too old; ask for a new one"))
    author = select(Membership.role).where(
        Membership.user_id == row.invited_by_id, Membership.organisation_id == row.organisation_id
    )
    if session().scalar(author, execution_options=_BY_LINK) != "owner":
        raise NotFound(N_("This invitation was used or withdrawn, or is too old; ask for a new one"))
    user = session().scalars(select(User).where(User.email == row.email)).one_or_none()
    return row, session().get_one(Organisation, row.organisation_id), user


def accept(actor: Actor, secret: str) -> Membership:
    """Accept an invitation as the person who is logged in and whose address it was sent to."""
    row, organisation, user = by_link(secret, lock=True)
    if user is None or user.id != actor.user_id:
        raise Forbidden(N_("This invitation is for another address; sign in with that one"))
    row.accepted_at = row.ended_at = clock.now()
    return joining.add_member(user, organisation, row.role, actor)


def accept_as_new(secret: str, *, name: str, password: str, visitor: Actor) -> User:
    """Accept an invitation as somebody who has no account yet; the link proves the address."""
    row, organisation, user = by_link(secret, lock=True)
    if user is not None:
        raise Conflict(N_("This address has an account already; sign in"))
    row.accepted_at = row.ended_at = clock.now()
    return joining.join_as_new(
        name=name, email=row.email, password=password, organisation=organisation, role=row.role, visitor=visitor
    )  # fmt: skip


def _locked(actor: Actor, membership_id: str) -> Membership:
    row = session().get(Membership, membership_id)
    if row is None or row.organisation_id != actor.organisation_id:
        raise NotFound()
    # Changes of one organisation's owners take turns, so that two owners cannot both stop being one.
    hold(Organisation, row.organisation_id)
    session().refresh(row)
    return row


def _keeps_an_owner(row: Membership) -> None:
    others = select(func.count()).where(
        Membership.organisation_id == row.organisation_id, Membership.role == "owner", Membership.id != row.id
    )
    if row.role == "owner" and not session().scalar(others.select_from(Membership)):
        raise Conflict(_LAST, code="last_owner")


def change_role(actor: Actor, membership_id: str, role: str, *, version: int | None = None) -> Membership:
    """Give a member another role. Conflict `last_owner` when nobody else is an owner."""
    row = _locked(actor, membership_id)
    policy.require(actor, Can.MANAGE_MEMBERS, row, see=Can.SEE_MEMBERS)
    if version is not None and version != row.version:
        raise StaleVersion(row.version)
    if row.role == role:
        return row
    if role != "owner":
        _keeps_an_owner(row)
    before, row.role = row.role, role
    session().flush()
    sessions.renew_all(row.user_id)
    audit.record(actor, Tag.ROLE_CHANGED, row.id, before={"role": before}, after={"role": role})
    return row


def remove(actor: Actor, membership_id: str) -> None:
    """Remove a member, or leave oneself. Conflict `last_owner` when nobody else is an owner."""
    row = _locked(actor, membership_id)
    leaves = row.user_id == actor.user_id
    policy.require(actor, Can.EDIT_SELF if leaves else Can.MANAGE_MEMBERS, row, see=Can.SEE_MEMBERS)
    _keeps_an_owner(row)
    for invitation in open_invitations(actor):
        if invitation.invited_by_id == row.user_id:
            invitation.ended_at = clock.now()
    session().delete(row)
    session().flush()
    sessions.end_for(row.user_id, row.organisation_id, sparing=actor.session_id if leaves else None)
    audit.record(
        actor, Tag.LEFT if leaves else Tag.REMOVED, row.id, before={"user": row.user_id, "role": row.role}
    )  # fmt: skip
