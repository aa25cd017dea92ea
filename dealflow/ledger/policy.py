"""Who may do what to a book, and to the house's table of exchange rates. Postings are made by higher rooms, which ask their own tables."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dealflow.core.actor import Actor
from dealflow.core.policy import Rows, is_owner, may_write, own_organisation
from dealflow.ledger import access


class Can(StrEnum):
    """Permissions of the room."""

    SEE = "ledger:book:see"
    CLOSE = "ledger:book:close"
    SEE_RATES = "ledger:rates:see"
    ENTER_RATES = "ledger:rates:enter"


class Tag(StrEnum):
    """Audit tags of the room."""

    OPENED = "ledger:book:opened"
    CLOSED = "ledger:period:closed"
    REOPENED = "ledger:period:reopened"
    REVERSED = "ledger:entry:reversed"
    RATE_ENTERED = "ledger:rate:entered"
    RATES_IMPORTED = "ledger:rates:imported"


def is_reader(actor: Actor, book: Any) -> bool:
    """The room that keeps this kind of book lets the actor read it."""
    return book is not None and access.may_read(actor, book)


POLICY: dict[StrEnum, Rows] = {
    Can.SEE: [[own_organisation], [is_reader]],
    Can.CLOSE: [[own_organisation, is_owner]],
    Can.SEE_RATES: [[own_organisation]],
    Can.ENTER_RATES: [[own_organisation, may_write]],
}
