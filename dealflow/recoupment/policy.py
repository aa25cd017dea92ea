"""Who may do what to runs, statements and payouts."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dealflow.core.actor import Actor
from dealflow.core.policy import Rows, may_write, own_organisation


class Can(StrEnum):
    """Permissions of the room."""

    SEE = "recoupment:run:see"
    RUN = "recoupment:run:make"
    APPROVE = "recoupment:run:approve"
    PAY = "recoupment:payout:mark"
    SEE_PART = "recoupment:ledger:see_part"
    SEE_STATEMENT = "recoupment:statement:see"
    DISPUTE = "recoupment:statement:dispute"
    ANSWER = "recoupment:dispute:answer"


class Tag(StrEnum):
    """Audit tags of the room."""

    MADE = "recoupment:run:made"
    DISCARDED = "recoupment:run:discarded"
    POSTED = "recoupment:run:posted"
    ISSUED = "recoupment:statement:issued"
    PAID = "recoupment:payout:marked"
    TAKEN_BACK = "recoupment:payout:taken_back"
    DISPUTED = "recoupment:dispute:opened"
    ANSWERED = "recoupment:dispute:answered"
    CLOSED = "recoupment:dispute:closed"


def is_payee(actor: Actor, thing: Any) -> bool:
    """The statement (or project's ledger) is about the actor's own organisation."""
    if thing is None or actor.organisation_id is None:
        return False
    payees = getattr(thing, "payees", None) or {getattr(thing, "payee_organisation_id", None)}
    return actor.organisation_id in payees


def is_somebody_else(actor: Actor, run: Any) -> bool:
    """Not the one who made the run."""
    return run is not None and run.made_by_id != actor.user_id


POLICY: dict[StrEnum, Rows] = {
    Can.SEE: [[own_organisation]],
    Can.RUN: [[own_organisation, may_write]],
    Can.APPROVE: [[own_organisation, may_write, is_somebody_else]],
    Can.PAY: [[own_organisation, may_write]],
    Can.SEE_PART: [[own_organisation], [is_payee]],
    Can.SEE_STATEMENT: [[own_organisation], [is_payee]],
    Can.DISPUTE: [[is_payee, may_write]],
    Can.ANSWER: [[own_organisation, may_write]],
}
