"""Who may do what to commitments and their money. Who gets the money never says that a milestone is met."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dealflow.core.actor import Actor
from dealflow.core.policy import Rows, logged_in, may_write, of_kind, own_organisation


class Can(StrEnum):
    """Permissions of the room."""

    LIST = "settlement:tranche:list"
    SEE = "settlement:commitment:see"
    RELEASE = "settlement:tranche:release"
    HOLD = "settlement:tranche:hold"
    DECIDE = "settlement:tranche:decide"
    ANSWER = "settlement:proof:answer"
    PROVE = "settlement:proof:submit"
    CALL = "settlement:call:make"
    RECORD = "settlement:payment:record"
    REFUND = "settlement:payment:refund"
    REVERSE = "settlement:payment:reverse"
    WAIVE = "settlement:interest:waive"
    SEE_BANK = "settlement:bank:see"
    IMPORT = "settlement:bank:import"


class Tag(StrEnum):
    """Audit tags of the room."""

    COMMITTED = "settlement:commitment:made"
    PROVEN = "settlement:tranche:proven"
    RELEASED = "settlement:tranche:released"
    HELD = "settlement:tranche:held"
    RESUMED = "settlement:tranche:resumed"
    MISSED = "settlement:tranche:missed"
    EXTENDED = "settlement:tranche:extended"
    CANCELLED = "settlement:tranche:cancelled"
    PROOF_SUBMITTED = "settlement:proof:submitted"
    PROOF_ACCEPTED = "settlement:proof:accepted"
    PROOF_REJECTED = "settlement:proof:rejected"
    CALLED = "settlement:call:made"
    CALL_WITHDRAWN = "settlement:call:withdrawn"
    PAID = "settlement:payment:recorded"
    OFFSET = "settlement:payment:set_off"
    REFUNDED = "settlement:payment:refunded"
    REVERSED = "settlement:payment:reversed"
    WAIVED = "settlement:interest:waived"
    WAIVER_REVERSED = "settlement:interest:waiver_reversed"
    IMPORTED = "settlement:statement:imported"
    MATCHED = "settlement:line:matched"
    IGNORED = "settlement:line:ignored"
    RESTORED = "settlement:line:restored"


def is_payer(actor: Actor, thing: Any) -> bool:
    """On the investor's side of it."""
    return thing is not None and thing.side_of(actor) == "investor"


def is_payee(actor: Actor, thing: Any) -> bool:
    """On the side that gets the money."""
    return thing is not None and thing.side_of(actor) == "project"


# Those who get money for a project, and those who manage a fund that calls for it.
is_paid = of_kind("creator", "studio", "fund")

POLICY: dict[StrEnum, Rows] = {
    Can.LIST: [[logged_in]],
    Can.SEE: [[is_payer], [is_payee]],
    Can.RELEASE: [[is_payer, may_write]],
    Can.HOLD: [[is_payer, may_write]],
    Can.DECIDE: [[is_payer, may_write]],
    Can.ANSWER: [[is_payer, may_write]],
    Can.PROVE: [[is_payee, may_write]],
    Can.CALL: [[is_payee, may_write]],
    Can.RECORD: [[is_payee, may_write]],
    Can.REFUND: [[is_payee, may_write]],
    Can.REVERSE: [[is_payee, may_write]],
    Can.WAIVE: [[is_payee, may_write]],
    Can.SEE_BANK: [[is_paid, own_organisation]],
    Can.IMPORT: [[is_paid, own_organisation, may_write]],
}
