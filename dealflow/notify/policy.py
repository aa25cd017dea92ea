"""Who reads notifications: the person told, nobody else. Owners look after their organisation's webhooks."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dealflow.core.actor import Actor
from dealflow.core.policy import Rows, is_owner, logged_in, own_organisation


class Can(StrEnum):
    """Permissions of the room."""

    READ = "notify:notification:read"
    MARK = "notify:notification:mark"
    SEE_WEBHOOKS = "notify:webhook:see"
    MANAGE_WEBHOOKS = "notify:webhook:manage"


class Tag(StrEnum):
    """Audit tags of the room."""

    WEBHOOK_MADE = "notify:webhook:made"
    WEBHOOK_REMOVED = "notify:webhook:removed"
    DELIVERY_RESENT = "notify:delivery:resent"


def was_told(actor: Actor, thing: Any) -> bool:
    """The notification is the actor's (or is not there yet)."""
    return thing is None or thing.user_id == actor.user_id


def of_write_scope(actor: Actor, thing: Any) -> bool:
    """A browser session, or a token that may write."""
    return "write" in actor.scopes


def owns(actor: Actor, thing: Any) -> bool:
    """An owner of the organisation, also with a token that may only read."""
    return actor.role == "owner"


POLICY: dict[StrEnum, Rows] = {
    Can.READ: [[logged_in, was_told]],
    Can.MARK: [[logged_in, of_write_scope, was_told]],
    Can.SEE_WEBHOOKS: [[owns, own_organisation]],
    Can.MANAGE_WEBHOOKS: [[is_owner, own_organisation]],
}
