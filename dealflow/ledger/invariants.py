"""Named checks of the room."""

from __future__ import annotations

from dealflow.core.invariants import invariant
from dealflow.ledger import verification


@invariant("ledger: chains, balances and day totals")
def whole() -> list[str]:
    """What `dealflow ledger verify` finds."""
    return list(verification.verify())
