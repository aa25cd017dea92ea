"""Named checks of deals."""

from __future__ import annotations

from sqlalchemy import func, select

from dealflow.core.db import session
from dealflow.core.invariants import invariant
from dealflow.deals.models import Deal, DealEvent
from dealflow.deals.states import CLOSED


@invariant("deals: at most one open deal per investor and project")
def one_open_deal() -> list[str]:
    query = (
        select(Deal.investor_organisation_id, Deal.project_id)
        .where(Deal.stage.not_in(CLOSED))
        .group_by(Deal.investor_organisation_id, Deal.project_id)
        .having(func.count(Deal.id) > 1)
    )
    return [
        f"{investor} has several open deals about {project}" for investor, project in session().execute(query)
    ]


@invariant("deals: the timeline ends in the present stage")
def timeline_agrees() -> list[str]:
    last = {}
    for event in session().scalars(select(DealEvent).where(DealEvent.kind == "moved").order_by(DealEvent.id)):
        last[event.deal_id] = event.data["after"]
    deals = session().execute(select(Deal.id, Deal.stage)).all()
    return [
        f"{d} is at {s} but its timeline ends at {last[d]}" for d, s in deals if d in last and last[d] != s
    ]
