"""Who reads notifications: the person told, nobody else."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dealflow.core.actor import Actor
from dealflow.core.policy import Rows, logged_in


class Can(StrEnum):
    """Permissions of the room."""

    READ = "notify:notification:read"
    MARK = "notify:notification:mark"


def was_told(actor: Actor, thing: Any) -> bool:
    """The notification is the actor's (or is not there yet)."""
    return thing is None or thing.user_id == actor.user_id


def of_write_scope(actor: Actor, thing: Any) -> bool:
    """A browser session, or a token that may write."""
    return "write" in actor.scopes


POLICY: dict[StrEnum, Rows] = {
    Can.READ: [[logged_in, was_told]],
    Can.MARK: [[logged_in, of_write_scope, was_told]],
}
