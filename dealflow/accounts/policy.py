"""Who may do what to accounts, organisations and the installation."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dealflow.core.actor import Actor
from dealflow.core.policy import Rows, is_owner, is_platform, logged_in, own_organisation


class Can(StrEnum):
    """Permissions of the room."""

    SEE_SELF = "accounts:self:see"
    EDIT_SELF = "accounts:self:edit"
    SEE_ORGANISATION = "accounts:organisation:see"
    EDIT_ORGANISATION = "accounts:organisation:edit"
    CREATE_ORGANISATION = "accounts:organisation:create"
    SEE_MEMBERS = "accounts:member:see"
    MANAGE_MEMBERS = "accounts:member:manage"
    SEE_AUDIT = "accounts:audit:see"
    SEE_JOB = "accounts:job:see"
    ADMINISTER = "accounts:platform:administer"


class Tag(StrEnum):
    """Audit tags of the room."""

    SET_UP = "accounts:installation:set-up"
    REGISTERED = "accounts:organisation:registered"
    ORGANISATION_CHANGED = "accounts:organisation:changed"
    USER_CREATED = "accounts:user:created"
    LOGGED_IN = "accounts:session:started"
    LOGGED_OUT = "accounts:session:ended"
    SWITCHED = "accounts:session:switched"
    PROFILE_CHANGED = "accounts:profile:changed"
    EMAIL_ASKED = "accounts:email:change-asked"
    EMAIL_KEPT = "accounts:email:change-withdrawn"
    EMAIL_CHANGED = "accounts:email:changed"
    PASSWORD_CHANGED = "accounts:password:changed"  # noqa: S105 - a name
    PASSWORD_RESET = "accounts:password:reset"  # noqa: S105 - a name
    OTP_ENABLED = "accounts:otp:enabled"
    OTP_DISABLED = "accounts:otp:disabled"
    CODES_GUESSED = "accounts:otp:codes-guessed"
    RECOVERY_CODES = "accounts:otp:recovery-codes-made"
    TOKEN_ISSUED = "accounts:token:issued"  # noqa: S105 - a name
    TOKEN_ENDED = "accounts:token:ended"  # noqa: S105 - a name
    INVITED = "accounts:member:invited"
    INVITATION_ENDED = "accounts:invitation:ended"
    JOINED = "accounts:member:joined"
    ROLE_CHANGED = "accounts:member:role-changed"
    LEFT = "accounts:member:left"
    REMOVED = "accounts:member:removed"
    USER_DISABLED = "accounts:user:disabled"
    USER_ENABLED = "accounts:user:enabled"
    JOB_RETRIED = "accounts:job:retried"


def of_write_scope(actor: Actor, thing: Any) -> bool:
    """A browser session, or a token that may write."""
    return "write" in actor.scopes


def own_account(actor: Actor, thing: Any) -> bool:
    """The thing is the actor's own user row or belongs to it (or is not there yet)."""
    owner = getattr(thing, "user_id", getattr(thing, "id", None))
    return thing is None or owner == actor.user_id


def in_own_organisation(actor: Actor, thing: Any) -> bool:
    """The thing is the actor's organisation or belongs to it (or is not there yet)."""
    owner = getattr(thing, "organisation_id", getattr(thing, "id", None))
    return actor.organisation_id is not None and (thing is None or owner == actor.organisation_id)


POLICY: dict[StrEnum, Rows] = {
    Can.SEE_SELF: [[logged_in, own_account]],
    Can.EDIT_SELF: [[logged_in, of_write_scope, own_account]],
    Can.SEE_ORGANISATION: [[logged_in, in_own_organisation]],
    Can.EDIT_ORGANISATION: [[is_owner, in_own_organisation]],
    Can.CREATE_ORGANISATION: [[logged_in, of_write_scope]],
    Can.SEE_MEMBERS: [[logged_in, in_own_organisation]],
    Can.MANAGE_MEMBERS: [[is_owner, in_own_organisation]],
    Can.SEE_AUDIT: [[logged_in, own_organisation]],
    Can.SEE_JOB: [[logged_in, own_organisation]],
    Can.ADMINISTER: [[is_platform, of_write_scope, is_owner]],
}
