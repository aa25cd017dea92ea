"""Who may do what to a fund. A partner reads what is its own; all else is the manager's."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dealflow.core.actor import Actor
from dealflow.core.policy import Rows, logged_in, may_write, of_kind, own_organisation


class Can(StrEnum):
    """Permissions of the room."""

    LIST = "funds:fund:list"
    CREATE = "funds:fund:create"
    SEE = "funds:fund:see"
    MANAGE = "funds:fund:manage"
    EDIT = "funds:fund:edit"
    CALL = "funds:call:issue"
    POST = "funds:book:post"
    APPROVE = "funds:distribution:approve"
    ISSUE = "funds:statement:issue"
    SEE_LP = "funds:lp:see"
    JOIN = "funds:lp:join"


class Tag(StrEnum):
    """Audit tags of the room."""

    CREATED = "funds:fund:created"
    EDITED = "funds:fund:edited"
    LP_ADDED = "funds:lp:added"
    LP_RENAMED = "funds:lp:renamed"
    LP_ACCOUNT = "funds:lp:account_changed"
    LP_INVITED = "funds:lp:invited"
    LP_JOINED = "funds:lp:joined"
    CLOSED = "funds:closing:held"
    TRANSFERRED = "funds:commitment:transferred"
    CALL_DRAFTED = "funds:call:drafted"
    CALL_ISSUED = "funds:call:issued"
    CALL_CANCELLED = "funds:call:cancelled"
    PAID = "funds:call:paid"
    OFFSET = "funds:call:set_off"
    REFUNDED = "funds:payment:refunded"
    REVERSED = "funds:payment:reversed"
    CHARGED = "funds:charge:posted"
    CHARGE_PAID = "funds:charge:paid"
    PREPARED = "funds:distribution:prepared"
    DISTRIBUTED = "funds:distribution:posted"
    DROPPED = "funds:distribution:cancelled"
    NOTICED = "funds:distribution:notices_issued"
    STATEMENT = "funds:statement:issued"
    REVISED = "funds:paper:issued_anew"
    BOOKED = "funds:book:posted"


def is_partner(actor: Actor, thing: Any) -> bool:
    """The thing is, or belongs to, a partner that is the actor's organisation."""
    holder = getattr(thing, "lp_organisation_id", None)
    return holder is not None and holder == actor.organisation_id


def in_reach(actor: Actor, fund: Any) -> bool:
    """Found in the actor's scope: a partner of the fund, or its manager."""
    return fund is not None


_MANAGER = [of_kind("fund"), own_organisation]
_WRITER = [*_MANAGER, may_write]

POLICY: dict[StrEnum, Rows] = {
    Can.LIST: [[logged_in]],
    Can.CREATE: [_WRITER],
    Can.SEE: [[logged_in, in_reach]],
    Can.MANAGE: [_MANAGER],
    Can.EDIT: [_WRITER],
    Can.CALL: [_WRITER],
    Can.POST: [_WRITER],
    Can.APPROVE: [_WRITER],
    Can.ISSUE: [_WRITER],
    Can.SEE_LP: [_MANAGER, [is_partner]],
    Can.JOIN: [[may_write]],
}
