"""Who may do what to a project's releases and money. The thing is a `Desk`: an organisation's place at a project."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from dealflow.core.actor import Actor
from dealflow.core.policy import Rows, logged_in, may_write


class Can(StrEnum):
    """Permissions of the room."""

    SEE = "releases:project:see"
    WRITE = "releases:project:write"
    CONFIRM = "releases:release:confirm"
    SEE_STATEMENTS = "releases:statement:see"
    IMPORT = "releases:statement:import"


class Tag(StrEnum):
    """Audit tags of the room."""

    RELEASED = "releases:release:added"
    CHANGED = "releases:release:changed"
    CONFIRMED = "releases:release:confirmed"
    WITHDRAWN = "releases:release:withdrawn"
    FIGURE = "releases:figure:added"
    RECEIVED = "releases:receipt:recorded"
    CORRECTED = "releases:receipt:corrected"
    SPENT = "releases:ad_spend:recorded"
    CAPPED = "releases:ad_cap:set"
    EVIDENCE = "releases:evidence:added"
    UPLOADED = "releases:statement:uploaded"
    DISCARDED = "releases:statement:discarded"
    IMPORTED = "releases:statement:imported"


def owns(actor: Actor, thing: Any) -> bool:
    """The project is of the actor's organisation."""
    return thing is not None and thing.organisation_id == actor.organisation_id


def is_party(actor: Actor, thing: Any) -> bool:
    """A signed deal binds the actor's organisation to the project."""
    return thing is not None and thing.side == "party"


POLICY: Mapping[StrEnum, Rows] = {
    Can.SEE: [[logged_in, owns], [logged_in, is_party]],
    Can.WRITE: [[owns, may_write]],
    Can.CONFIRM: [[is_party, may_write]],
    Can.SEE_STATEMENTS: [[logged_in, owns]],
    Can.IMPORT: [[owns, may_write]],
}
