"""Who may do what to a term sheet."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dealflow.core.actor import Actor
from dealflow.core.policy import Rows, logged_in, may_write, of_kind


class Can(StrEnum):
    """Permissions of the room."""

    SEE = "termsheets:sheet:see"
    DRAFT = "termsheets:sheet:draft"
    EDIT = "termsheets:sheet:edit"
    PROPOSE = "termsheets:sheet:propose"
    ANSWER = "termsheets:sheet:answer"
    WITHDRAW = "termsheets:sheet:withdraw"
    SIMULATE = "termsheets:waterfall:simulate"
    READ_LIBRARY = "termsheets:library:read"
    EDIT_LIBRARY = "termsheets:library:edit"


class Tag(StrEnum):
    """Audit tags of the room."""

    DRAFTED = "termsheets:sheet:drafted"
    REVISED = "termsheets:sheet:revised"
    PROPOSED = "termsheets:sheet:proposed"
    COUNTERED = "termsheets:sheet:countered"
    ACCEPTED = "termsheets:sheet:accepted"
    REJECTED = "termsheets:sheet:rejected"
    WITHDRAWN = "termsheets:sheet:withdrawn"
    SUPERSEDED = "termsheets:sheet:superseded"
    EXPIRED = "termsheets:sheet:expired"
    SIGNING = "termsheets:sheet:signing"
    SIGNING_STOPPED = "termsheets:sheet:signing_stopped"
    EXECUTED = "termsheets:sheet:executed"
    CLAUSE_ACCEPTED = "termsheets:clause:accepted"
    CLAUSE_REOPENED = "termsheets:clause:reopened"
    COMMENTED = "termsheets:clause:commented"
    RESOLVED = "termsheets:clause:resolved"
    LIBRARY_SAVED = "termsheets:library:saved"


def is_author(actor: Actor, sheet: Any) -> bool:
    return sheet is not None and sheet.author_organisation_id == actor.organisation_id


def is_party(actor: Actor, deal: Any) -> bool:
    return deal is not None and deal.side_of(actor) is not None


def was_shown(actor: Actor, sheet: Any) -> bool:
    """Proposed to the other side, and the actor's organisation is on one of the two."""
    return is_party(actor, sheet) and sheet.proposed_number is not None


POLICY: dict[StrEnum, Rows] = {
    Can.SEE: [[is_author], [was_shown]],
    Can.DRAFT: [[is_party, may_write]],
    Can.EDIT: [[is_author, may_write], [was_shown, may_write]],
    Can.PROPOSE: [[is_author, may_write]],
    Can.ANSWER: [[is_author, may_write], [was_shown, may_write]],
    # Both may end the talks: the author withdraws, the other side rejects.
    Can.WITHDRAW: [[is_author, may_write]],
    Can.SIMULATE: [[logged_in]],
    Can.READ_LIBRARY: [[logged_in]],
    Can.EDIT_LIBRARY: [[of_kind("park"), may_write]],
}
