"""The portfolio at a glance."""

from __future__ import annotations

from typing import Any

from dealflow.core import clock, policy
from dealflow.core.errors import NotFound
from dealflow.core.http import actor, needs, writes
from dealflow.portfolio import figures, overview, queries
from dealflow.portfolio.pages.base import bp, render
from dealflow.portfolio.policy import Can
from dealflow.portfolio.service import plans

BY = ("genre", "stage", "platform", "vintage")


@bp.get("/portfolio")
@needs(Can.SEE)
@writes
def index() -> Any:
    """What changed, what waits, exposure, cash due, all holdings. Notes the visit."""
    if not policy.can(actor(), Can.SEE):
        raise NotFound()
    found = [figures.state(actor(), vehicle, clock.today()) for vehicle in queries.vehicles(actor())]
    held = [
        state for state in found if state.held.rows or state.reading.missing or state.vehicle.fund is not None
    ]
    before = plans.visit(actor())
    summaries = [(state, figures.metrics(state)) for state in held]
    return render(
        "index", summaries=summaries, since=before, changed=overview.changed(actor(), held, before),
        decisions=overview.decisions(actor(), held), due=overview.due(actor(), held), rows=overview.rows(held),
        exposure={by: overview.exposure(held, by) for by in BY}, may_add=policy.can(actor(), Can.HOLD),
        own=queries.OWN,
    )  # fmt: skip
