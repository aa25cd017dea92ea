"""Changing and resetting passwords, and the authenticator. Each ends what an intruder may hold."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import func, select

from dealflow.accounts import identity, letters, limits, otp, passwords
from dealflow.accounts.models import EmailLink, User
from dealflow.accounts.policy import Can, Tag
from dealflow.accounts.service import joining, sessions
from dealflow.audit import service as audit
from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import hold, retrying, session, system_edge
from dealflow.core.errors import Invalid, InvalidTransition, NotFound
from dealflow.core.i18n import N_
from dealflow.core.jobs import enqueue, job

RESET_LIFE = timedelta(minutes=10)
OPEN_RESETS = 3


def ask_reset(email: str, *, address: str) -> None:
    """Take a wish for a new password. Whether the address is known is found out later, by a job."""
    joining.count_mail(email, address)
    enqueue("accounts.reset_password", {"email": email})


@job("accounts.reset_password")
def send_reset(email: str) -> None:
    """Mail a link to the person of this address, if there is one."""
    user = (
        session().scalars(select(User).where(User.email == email, User.disabled_at.is_(None))).one_or_none()
    )
    if user is None:
        return
    live = select(func.count()).where(
        EmailLink.user_id == user.id, EmailLink.purpose == "reset", EmailLink.used_at.is_(None),
        EmailLink.expires_at > clock.now(),
    )  # fmt: skip
    if (session().scalar(live) or 0) >= OPEN_RESETS:
        return
    secret = secrets.token_urlsafe(32)
    session().add(
        EmailLink(
            user_id=user.id, purpose="reset", email=email, secret_hash=identity.digest(secret),
            expires_at=clock.now() + RESET_LIFE,
        )
    )  # fmt: skip
    letters.reset_password(user, secret)


def reset_target(secret: str, *, lock: bool = False) -> User:
    """The person a reset link is for; NotFound when it does not work (any more)."""
    row = joining.open_link(secret, "reset", lock=lock)
    user = session().get_one(User, row.user_id)
    changed = user.password_changed_at
    if user.disabled_at is not None or (changed is not None and changed > row.created_at):
        raise NotFound(N_("This link was used already or is too old; ask for a new one"))
    return user


def reset(secret: str, password: str, *, visitor: Actor) -> User:
    """Set a new password by a mailed link; every session and token of the person ends."""
    user = reset_target(secret, lock=True)
    passwords.check(password, about=joining.about(user.name, user.email))
    joining.open_link(secret, "reset").used_at = clock.now()
    _set(user, password)
    sessions.end_all(user.id)
    actor = identity.build_actor(user, None, request_id=visitor.request_id, address=visitor.address)
    audit.record(actor, Tag.PASSWORD_RESET, user.id)
    return user


def _set(user: User, password: str) -> None:
    user.password_hash = passwords.hash_password(password)
    user.password_changed_at = clock.now()
    session().flush()
    letters.password_changed(user)


class WrongPassword(Invalid):
    """The present password, asked for again, was wrong."""

    @classmethod
    def of(cls, field: str) -> WrongPassword:
        """The refusal beside the field in which it was typed."""
        return cls(errors=Invalid.field(field, "wrong_password", N_("This is not your password")).errors)


def confirm(actor: Actor, password: str, *, field: str = "current") -> User:
    """The actor's own user row, after the present password was given again. WrongPassword, TooMany."""
    user = hold(User, str(actor.user_id))
    policy.require(actor, Can.EDIT_SELF, user)
    limits.check(limits.account_key(user.email, "confirm"), actor.address)
    if not passwords.verify(user.password_hash, password):
        raise WrongPassword.of(field)
    return user


def note_wrong(actor: Actor) -> None:
    """Count a wrong present password, in a transaction of its own after the refused request."""
    with system_edge():
        limits.failed(limits.account_key(actor.user_email, "confirm"), actor.address)


def change(actor: Actor, *, current: str, new: str) -> None:
    """Change one's own password; all other sessions and all tokens end."""
    user = confirm(actor, current)
    passwords.check(new, about=joining.about(user.name, user.email), field="new")
    if passwords.verify(user.password_hash, new):
        raise Invalid.field("new", "same", N_("Choose one that differs from the present password"))
    _set(user, new)
    sessions.end_all(user.id, sparing=actor.session_id)
    audit.record(actor, Tag.PASSWORD_CHANGED, user.id)


def begin_otp(actor: Actor, *, current: str) -> None:
    """Prepare an authenticator: a secret that counts once a code of it was given."""
    user = confirm(actor, current)
    if user.otp_enabled_at is not None:
        raise InvalidTransition()
    user.otp_secret, user.otp_last_step = otp.seal(otp.new_secret()), None


def enable_otp(actor: Actor, *, code: str) -> list[str]:
    """Switch the second step on; the recovery codes, to be shown once."""
    user = session().get_one(User, actor.user_id)
    policy.require(actor, Can.EDIT_SELF, user)
    if user.otp_secret is None or user.otp_enabled_at is not None:
        raise InvalidTransition()
    if not otp.accept(user, code):
        raise Invalid.field("code", "wrong_code", N_("This code is wrong, was used already or is too old"))
    user.otp_enabled_at = clock.now()
    codes = otp.new_recovery_codes(user)
    sessions.end_all(user.id, sparing=actor.session_id, tokens=False)
    audit.record(actor, Tag.OTP_ENABLED, user.id)
    return codes


def disable_otp(actor: Actor, *, current: str) -> None:
    """Switch the second step off, or drop a prepared one."""
    user = confirm(actor, current)
    was_on = user.otp_enabled_at is not None
    user.otp_secret = user.otp_enabled_at = user.otp_last_step = None
    otp.drop_recovery_codes(user)
    if was_on:
        audit.record(actor, Tag.OTP_DISABLED, user.id)


def renew_recovery_codes(actor: Actor, *, current: str) -> list[str]:
    """New recovery codes in place of the old ones."""
    user = confirm(actor, current)
    if user.otp_enabled_at is None:
        raise InvalidTransition()
    audit.record(actor, Tag.RECOVERY_CODES, user.id)
    return otp.new_recovery_codes(user)


def confirm_code(actor: Actor, code: str | None) -> bool:
    """For acts that need the second step (signing): True when the code is right, False when the actor uses none.

    Judged in a transaction of its own, before that of the request (`prepares`): a wrong code counts although the request is
    refused, a right one opens once, and no verdict is told beyond the limit, however many guesses run at once. TooMany, or
    Invalid of the field `otp`.
    """
    account = limits.account_key(actor.user_email, "confirm")

    def judge() -> bool | Invalid:
        with system_edge():
            user = hold(User, str(actor.user_id))
            if user.otp_enabled_at is None:
                return False
            limits.check(account, actor.address)
            if not code:
                return Invalid.field(
                    "otp", "otp_required", N_("Enter the code of your authenticator as well")
                )
            if otp.accept(user, code):
                return True
            limits.failed(account, actor.address)
            return Invalid.field(
                "otp", "wrong_code", N_("This code is wrong, was used already or is too old")
            )

    verdict = retrying(judge)
    if isinstance(verdict, Invalid):
        raise verdict
    return verdict
