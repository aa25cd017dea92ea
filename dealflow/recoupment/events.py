"""What recoupment tells higher rooms."""

from __future__ import annotations

from dataclasses import dataclass

from dealflow.core.outbox import Event


@dataclass(frozen=True)
class DistributionPosted(Event):
    """A run was approved and posted."""

    run_id: str
    project_id: str
