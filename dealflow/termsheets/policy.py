"""Who may do what to a term sheet."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dealflow.core.actor import Actor
from dealflow.core.policy import Rows, logged_in, may_write


class Can(StrEnum):
    """Permissions of the room."""

    SEE = "termsheets:sheet:see"
    DRAFT = "termsheets:sheet:draft"
    EDIT = "termsheets:sheet:edit"
    WITHDRAW = "termsheets:sheet:withdraw"
    SIMULATE = "termsheets:waterfall:simulate"


class Tag(StrEnum):
    """Audit tags of the room."""

    DRAFTED = "termsheets:sheet:drafted"
    REVISED = "termsheets:sheet:revised"
    WITHDRAWN = "termsheets:sheet:withdrawn"


def is_author(actor: Actor, sheet: Any) -> bool:
    return sheet is not None and sheet.author_organisation_id == actor.organisation_id


def is_party(actor: Actor, deal: Any) -> bool:
    return deal is not None and deal.side_of(actor) is not None


POLICY: dict[StrEnum, Rows] = {
    Can.SEE: [[is_author]],
    Can.DRAFT: [[is_party, may_write]],
    Can.EDIT: [[is_author, may_write]],
    Can.WITHDRAW: [[is_author, may_write]],
    Can.SIMULATE: [[logged_in]],
}
