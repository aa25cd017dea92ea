"""Work that comes with time and events: holdings follow what other rooms book.

Of the events of one transaction one is heard: the holdings of its project follow at once, others within the hour.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dealflow.core.jobs import job
from dealflow.core.outbox import subscribe
from dealflow.portfolio.service import following
from dealflow.recoupment.events import DistributionPosted, PayoutChanged
from dealflow.settlement.events import TranchePaid


@job("portfolio.follow", every=timedelta(hours=1))
def follow(**_payload: Any) -> None:
    """Enter payments and payouts that holdings have not taken over yet."""
    following.follow_all()


@subscribe(DistributionPosted, "portfolio.follow", merged=True)
def on_distribution(event: DistributionPosted) -> None:
    """A run was posted: what was paid of it enters the holdings of the project."""
    following.follow_project(event.project_id)


@subscribe(PayoutChanged, "portfolio.follow")
def on_payout(event: PayoutChanged) -> None:
    """A transfer was marked or taken back: it enters the holdings of the project, or leaves them."""
    following.follow_project(event.project_id)


@subscribe(TranchePaid, "portfolio.follow", merged=True)
def on_payment(event: TranchePaid) -> None:
    """A tranche was paid: its payments enter the holdings of the project."""
    following.follow_project(event.project_id)
