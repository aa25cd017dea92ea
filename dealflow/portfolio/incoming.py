"""What other rooms know of an investor's money in a project: payments of commitments, payouts of waterfalls."""

from __future__ import annotations

from datetime import date
from typing import Any

from dealflow.core.actor import Actor


def undecided(actor: Actor) -> list[Any]:
    """What came from other rooms and cannot be entered by itself."""
    return []


def due(actor: Actor, until: date) -> list[Any]:
    """Cash that other rooms know to be due."""
    return []
