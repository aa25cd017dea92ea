"""Who may do what to a deal."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dealflow.core.actor import Actor
from dealflow.core.policy import Rows, may_write, of_kind


class Can(StrEnum):
    """Permissions of the room."""

    SEE = "deals:deal:see"
    OPEN = "deals:deal:open"
    MOVE = "deals:deal:move"
    DECLINE = "deals:deal:decline"
    NOTE = "deals:note:write"


class Tag(StrEnum):
    """Audit tags of the room."""

    OPENED = "deals:deal:opened"
    MOVED = "deals:deal:moved"
    NOTED = "deals:note:written"


def is_investor_side(actor: Actor, deal: Any) -> bool:
    return deal is not None and deal.side_of(actor) == "investor"


def is_project_side(actor: Actor, deal: Any) -> bool:
    return deal is not None and deal.side_of(actor) == "project"


POLICY: dict[StrEnum, Rows] = {
    Can.SEE: [[is_investor_side], [is_project_side]],
    Can.OPEN: [[of_kind("investor", "fund"), may_write]],
    Can.MOVE: [[is_investor_side, may_write]],
    Can.DECLINE: [[is_investor_side, may_write], [is_project_side, may_write]],
    Can.NOTE: [[is_investor_side, may_write], [is_project_side, may_write]],
}
