"""What recoupment tells higher rooms."""

from __future__ import annotations

from dataclasses import dataclass

from dealflow.core.outbox import Event


@dataclass(frozen=True)
class DistributionPosted(Event):
    """A run was approved and posted."""

    run_id: str
    project_id: str


@dataclass(frozen=True)
class PayoutChanged(Event):
    """A transfer to payees of a project was marked, or taken back."""

    payout_id: str
    project_id: str
