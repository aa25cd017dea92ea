"""Work that comes with time: long-stop dates that pass, calls that are due, signed terms nobody heard of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dealflow.core.actor import SYSTEM
from dealflow.core.jobs import job
from dealflow.settlement import service


@job("settlement.clock", every=timedelta(hours=1))
def clock(**_payload: Any) -> dict[str, Any]:
    """Start what the terms say when a milestone was missed; remind of payments."""
    made = service.catch_up(SYSTEM)
    return {"made": made, "missed": service.miss_due(), "reminded": service.remind_of_calls()}


@job("settlement.follow_late")
def follow_late(**_payload: Any) -> dict[str, Any]:
    """Once after the upgrade that asks for it: deals whose money went back before they followed it."""
    return {"deals": service.follow_late(SYSTEM)}
