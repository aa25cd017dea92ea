"""Changing one's e-mail address, which is one's login too: proven by a mail to the new one, told to the old one."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from dealflow.accounts import identity, letters
from dealflow.accounts.models import EmailLink, User
from dealflow.accounts.policy import Can, Tag
from dealflow.accounts.service import joining, passwords, sessions
from dealflow.audit import service as audit
from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import hold, session
from dealflow.core.errors import Conflict, Invalid, NotFound
from dealflow.core.i18n import N_

EMAIL_LIFE = timedelta(days=1)


def ask(actor: Actor, *, email: str, current: str) -> EmailLink:
    """Take a wish for another address; an earlier wish ends.

    The answer and the work are the same for an address that somebody else has: its owner gets the mail, without a link.
    """
    user = passwords.confirm(actor, current)
    if email == user.email:
        raise Invalid.field("email", "same", N_("This is your address already"))
    joining.count_mail(email, actor.address)
    _end_links(user, "email")
    secret = secrets.token_urlsafe(32)
    row = EmailLink(
        user_id=user.id, purpose="email", email=email, secret_hash=identity.digest(secret),
        expires_at=clock.now() + EMAIL_LIFE,
    )  # fmt: skip
    session().add(row)
    taken = session().scalars(select(User).where(User.email == email)).one_or_none()
    if taken is None:
        letters.confirm_email(user, email, secret)
    else:
        letters.already_taken(taken)
    letters.email_change_asked(user, email)
    audit.record(actor, Tag.EMAIL_ASKED, user.id, after={"email": email})
    return row


def pending(actor: Actor) -> EmailLink | None:
    """The wish that waits for a click in the new mailbox."""
    policy.require(actor, Can.SEE_SELF)
    query = select(EmailLink).where(
        EmailLink.user_id == actor.user_id, EmailLink.purpose == "email", EmailLink.used_at.is_(None),
        EmailLink.expires_at > clock.now(),
    )  # fmt: skip
    return session().scalars(query.order_by(EmailLink.id.desc())).first()


def withdraw(actor: Actor) -> None:
    """Keep the present address after all; NotFound when nothing waits."""
    user = session().get_one(User, actor.user_id)
    policy.require(actor, Can.EDIT_SELF, user)
    row = pending(actor)
    if row is None:
        raise NotFound()
    _end_links(user, "email")
    audit.record(actor, Tag.EMAIL_KEPT, user.id, before={"email": row.email})


def target(secret: str, *, lock: bool = False) -> tuple[EmailLink, User]:
    """What a mailed link leads to: the new address and whose it becomes. NotFound when it does not work (any more)."""
    row = joining.open_link(secret, "email", lock=lock)
    user = hold(User, row.user_id or "") if lock else session().get_one(User, row.user_id)
    changed = user.password_changed_at
    if user.disabled_at is not None or (changed is not None and changed > row.created_at):
        raise NotFound(N_("This link was used already or is too old; ask for a new one"))
    return row, user


def confirm(secret: str, *, visitor: Actor) -> User:
    """Take the new address: the click proves that mail reaches it. Conflict when somebody took it meanwhile."""
    row, user = target(secret, lock=True)
    before = user.email
    try:
        with session().begin_nested():
            user.email, user.email_verified_at = row.email, clock.now()
    except IntegrityError:
        raise Conflict(N_("This address has an account already; sign in")) from None
    _end_links(user, "email", "reset")
    sessions.renew_all(user.id)
    letters.email_changed(user, before)
    actor = identity.build_actor(user, None, request_id=visitor.request_id, address=visitor.address)
    audit.record(actor, Tag.EMAIL_CHANGED, user.id, before={"email": before}, after={"email": user.email})
    return user


def _end_links(user: User, *purposes: str) -> None:
    # What was mailed to an address must not open the account once the address is no longer its own.
    session().execute(
        update(EmailLink)
        .where(EmailLink.user_id == user.id, EmailLink.purpose.in_(purposes), EmailLink.used_at.is_(None))
        .values(used_at=clock.now())
    )
