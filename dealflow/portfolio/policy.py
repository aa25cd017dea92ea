"""Who may do what to a portfolio: those who invest, in their own house."""

from __future__ import annotations

from enum import StrEnum

from dealflow.core.policy import Rows, may_write, of_kind, own_organisation


class Can(StrEnum):
    """Permissions of the room."""

    SEE = "portfolio:holding:see"
    HOLD = "portfolio:holding:add"
    EDIT = "portfolio:holding:edit"
    BOOK = "portfolio:flow:book"
    VALUE = "portfolio:valuation:add"
    DECIDE = "portfolio:right:decide"
    LIMIT = "portfolio:limit:set"
    COMPARE = "portfolio:benchmark:import"
    REPORT = "portfolio:report:issue"


class Tag(StrEnum):
    """Audit tags of the room."""

    ADDED = "portfolio:holding:added"
    EDITED = "portfolio:holding:changed"
    CLOSED = "portfolio:holding:closed"
    WATCHED = "portfolio:holding:watched"
    BOOKED = "portfolio:flow:booked"
    REVERSED = "portfolio:flow:reversed"
    VALUED = "portfolio:valuation:added"
    DOCUMENT = "portfolio:valuation:document"
    RIGHT_ADDED = "portfolio:right:added"
    RIGHT_DECIDED = "portfolio:right:decided"
    LIMITED = "portfolio:limit:set"
    LINE = "portfolio:line:booked"
    INDEX = "portfolio:benchmark:imported"
    ISSUED = "portfolio:report:issued"


invests = of_kind("investor", "fund")
_OWN: Rows = [[invests, own_organisation]]
_WRITE: Rows = [[invests, may_write, own_organisation]]

POLICY: dict[StrEnum, Rows] = {
    Can.SEE: _OWN,
    Can.HOLD: _WRITE,
    Can.EDIT: _WRITE,
    Can.BOOK: _WRITE,
    Can.VALUE: _WRITE,
    Can.DECIDE: _WRITE,
    Can.LIMIT: _WRITE,
    Can.COMPARE: _WRITE,
    Can.REPORT: _WRITE,
}
