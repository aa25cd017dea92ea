"""Who may do what to a deal."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dealflow.core.actor import Actor
from dealflow.core.policy import Rows, is_owner, may_write, of_kind, own_organisation


class Can(StrEnum):
    """Permissions of the room."""

    SEE = "deals:deal:see"
    OPEN = "deals:deal:open"
    MOVE = "deals:deal:move"
    DECLINE = "deals:deal:decline"
    NOTE = "deals:note:write"
    EDIT = "deals:position:edit"
    APPROVE = "deals:approval:answer"
    SEE_PIPELINES = "deals:pipeline:see"
    MANAGE_PIPELINES = "deals:pipeline:manage"
    SEE_FILTERS = "deals:filter:see"
    KEEP_FILTERS = "deals:filter:keep"
    DROP_FILTER = "deals:filter:drop"
    SEE_INTRODUCTIONS = "deals:introduction:see"
    ASK = "deals:introduction:ask"
    ANSWER = "deals:introduction:answer"
    WITHDRAW = "deals:introduction:withdraw"


class Tag(StrEnum):
    """Audit tags of the room."""

    OPENED = "deals:deal:opened"
    MOVED = "deals:deal:moved"
    NOTED = "deals:note:written"
    PLACED = "deals:position:moved"
    EDITED = "deals:position:changed"
    TAKEN_BACK = "deals:deal:taken_back"
    APPROVAL_ASKED = "deals:approval:asked"
    APPROVAL_GIVEN = "deals:approval:given"
    APPROVAL_REFUSED = "deals:approval:refused"
    PIPELINE_MADE = "deals:pipeline:made"
    PIPELINE_CHANGED = "deals:pipeline:changed"
    REASON_ADDED = "deals:reason:added"
    REASON_REMOVED = "deals:reason:removed"
    FILTER_KEPT = "deals:filter:kept"
    FILTER_DROPPED = "deals:filter:dropped"
    INTRODUCTION_ASKED = "deals:introduction:asked"
    INTRODUCTION_ANSWERED = "deals:introduction:answered"
    INTRODUCTION_WITHDRAWN = "deals:introduction:withdrawn"
    INTRODUCTION_EXPIRED = "deals:introduction:expired"


def is_investor_side(actor: Actor, deal: Any) -> bool:
    return deal is not None and deal.side_of(actor) == "investor"


def is_project_side(actor: Actor, deal: Any) -> bool:
    return deal is not None and deal.side_of(actor) == "project"


def was_asked(actor: Actor, introduction: Any) -> bool:
    """The other side asked (or nothing is there yet)."""
    return introduction is None or introduction.side_of(actor) not in (None, introduction.asked_by_side)


def has_asked(actor: Actor, introduction: Any) -> bool:
    """The own side asked (or nothing is there yet)."""
    return introduction is None or introduction.side_of(actor) == introduction.asked_by_side


def is_party(actor: Actor, introduction: Any) -> bool:
    return introduction is None or introduction.side_of(actor) is not None


def own_filter(actor: Actor, thing: Any) -> bool:
    """Kept by the actor; what is shared is dropped by owners too."""
    return thing is None or thing.user_id == actor.user_id or (thing.shared and actor.is_owner)


invests = of_kind("investor", "fund")
deals_with = of_kind("investor", "fund", "creator", "studio")

POLICY: dict[StrEnum, Rows] = {
    Can.SEE: [[is_investor_side], [is_project_side]],
    Can.OPEN: [[invests, may_write]],
    Can.MOVE: [[is_investor_side, may_write]],
    Can.DECLINE: [[is_investor_side, may_write], [is_project_side, may_write]],
    Can.NOTE: [[is_investor_side, may_write], [is_project_side, may_write]],
    Can.EDIT: [[is_investor_side, may_write], [is_project_side, may_write]],
    Can.APPROVE: [[is_investor_side, may_write], [is_project_side, may_write]],
    Can.SEE_PIPELINES: [[deals_with, own_organisation]],
    Can.MANAGE_PIPELINES: [[deals_with, is_owner, own_organisation]],
    Can.SEE_FILTERS: [[deals_with, own_organisation]],
    Can.KEEP_FILTERS: [[deals_with, may_write]],
    Can.DROP_FILTER: [[deals_with, may_write, own_organisation, own_filter]],
    Can.SEE_INTRODUCTIONS: [[deals_with, is_party]],
    Can.ASK: [[deals_with, may_write]],
    Can.ANSWER: [[may_write, was_asked]],
    Can.WITHDRAW: [[may_write, has_asked]],
}
