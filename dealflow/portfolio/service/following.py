"""Holdings follow what other rooms book: payments of commitments and payouts of waterfalls, each entered once."""

from __future__ import annotations

from dealflow.core.actor import SYSTEM, Actor
from dealflow.core.errors import Invalid
from dealflow.portfolio import incoming, queries
from dealflow.portfolio.models import Holding, HoldingFlow
from dealflow.portfolio.service import booking


def follow(actor: Actor, holding_id: str) -> list[HoldingFlow]:
    """Enter what arrived for a holding and is not entered yet; take back what fell away. The new rows.

    Raises NotFound, Forbidden, InvalidTransition (the holding has ended), Invalid (`period_closed`).
    """
    row, vehicle = booking.open_to_book(actor, holding_id)
    if row.project_id is None:
        return []
    found = incoming.arrivals(row.organisation_id, row.project_id)
    ready, _waiting = incoming.judged(found, queries.all_of_project(row.organisation_id, row.project_id))
    flows = queries.flows(row.id)
    known = {(flow.source, flow.source_id) for flow in flows}
    made = [
        booking.enter_arrival(actor, row, vehicle, arrival)
        for holding, arrival in ready
        if holding.id == row.id and (arrival.source, arrival.source_id) not in known
    ]
    there = {(arrival.source, arrival.source_id) for arrival in found}
    undone = {flow.reverses_id for flow in flows}
    for flow in flows:
        counts = flow.source != "own" and flow.reverses_id is None and flow.id not in undone
        if counts and (flow.source, flow.source_id) not in there:
            made.append(booking.enter_reversal(actor, row, vehicle, flow, ""))
    return made


def follow_project(project_id: str) -> int:
    """Let every holding of a project follow, on behalf of the platform. How many rows were entered."""
    return sum(_quietly(row) for row in queries.active_of_projects([project_id]))


def follow_all() -> int:
    """Let every holding of any project follow."""
    return sum(_quietly(row) for row in queries.active_of_projects(None))


def _quietly(row: Holding) -> int:
    """A closed period keeps one holding from following, not the others; it is seen on the holding's page."""
    try:
        return len(follow(SYSTEM, row.id))
    except Invalid:
        return 0
