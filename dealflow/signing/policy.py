"""Who may do what to a round of signatures and to a company seal."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dealflow.core.actor import Actor
from dealflow.core.policy import Rows, is_owner, may_write, of_kind


class Can(StrEnum):
    """Permissions of the room."""

    SEE = "signing:round:see"
    BEGIN = "signing:round:begin"
    SIGN = "signing:round:sign"
    STOP = "signing:round:stop"
    SEE_SEAL = "signing:seal:see"
    SET_SEAL = "signing:seal:set"


class Tag(StrEnum):
    """Audit tags of the room."""

    BEGUN = "signing:round:begun"
    SIGNED = "signing:step:signed"
    DECLINED = "signing:step:declined"
    STOPPED = "signing:round:stopped"
    EXPIRED = "signing:round:expired"
    SEALED = "signing:file:sealed"
    SEAL_SET = "signing:seal:set"


def is_party(actor: Actor, thing: Any) -> bool:
    """On one of the two sides of a term sheet or of its round."""
    return thing is not None and thing.side_of(actor) is not None


PARTIES = of_kind("investor", "fund", "creator", "studio")

POLICY: dict[StrEnum, Rows] = {
    Can.SEE: [[is_party]],
    Can.BEGIN: [[is_party, may_write]],
    Can.SIGN: [[is_party, may_write]],
    Can.STOP: [[is_party, may_write]],
    Can.SEE_SEAL: [[PARTIES]],
    Can.SET_SEAL: [[PARTIES, is_owner]],
}
