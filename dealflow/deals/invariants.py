"""Named checks of deals."""

from __future__ import annotations

from sqlalchemy import func, select

from dealflow.core.db import session
from dealflow.core.invariants import invariant
from dealflow.deals.models import Deal, DealEvent, DealPosition, Introduction, Pipeline, PipelineStage
from dealflow.deals.states import CLOSED, STAGES


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
    for event in session().scalars(
        select(DealEvent).where(DealEvent.kind.in_(("moved", "taken_back"))).order_by(DealEvent.id)
    ):
        last[event.deal_id] = event.data["after"]
    deals = session().execute(select(Deal.id, Deal.stage)).all()
    return [
        f"{d} is at {s} but its timeline ends at {last[d]}" for d, s in deals if d in last and last[d] != s
    ]


@invariant("deals: each party has its place, in a stage that stands for the deal's state")
def places_agree() -> list[str]:
    places: dict[str, dict[str, str]] = {}
    query = select(
        DealPosition.deal_id, DealPosition.organisation_id, PipelineStage.state, PipelineStage.removed_at,
        PipelineStage.pipeline_id == DealPosition.pipeline_id,
    ).join(PipelineStage, PipelineStage.id == DealPosition.stage_id)  # fmt: skip
    wrong = []
    for deal_id, organisation_id, state, removed_at, same in session().execute(query):
        places.setdefault(deal_id, {})[organisation_id] = state
        if removed_at is not None or not same:
            wrong.append(f"{deal_id} stands in a stage of {organisation_id} that is not in use")
    deals = select(Deal.id, Deal.stage, Deal.investor_organisation_id, Deal.project_organisation_id)
    for deal_id, stage, *parties in session().execute(deals):
        if places.get(deal_id) != dict.fromkeys(parties, stage):
            wrong.append(f"{deal_id} is at {stage}, its parties see {places.get(deal_id)}")
    return wrong


@invariant("deals: a pipeline in use has a stage for each state")
def pipelines_are_whole() -> list[str]:
    query = (
        select(Pipeline.id, PipelineStage.state)
        .join(PipelineStage, PipelineStage.pipeline_id == Pipeline.id)
        .where(PipelineStage.removed_at.is_(None))
    )
    found: dict[str, set[str]] = {}
    for pipeline_id, state in session().execute(query):
        found.setdefault(pipeline_id, set()).add(state)
    known = session().scalars(select(Pipeline.id))
    return [f"{p} lacks stages" for p in known if found.get(p, set()) != set(STAGES)]


@invariant("deals: an accepted introduction has its deal, of the same two parties about the same project")
def introductions_have_their_deals() -> list[str]:
    query = select(Introduction, Deal).outerjoin(Deal, Deal.id == Introduction.deal_id)
    wrong = []
    for row, deal in session().execute(query.where(Introduction.state == "accepted")):
        same = deal is not None and (
            deal.project_id == row.project_id
            and deal.investor_organisation_id == row.investor_organisation_id
            and deal.project_organisation_id == row.project_organisation_id
        )
        if not same or deal.stage == "interest":
            wrong.append(f"{row.id} was accepted, its deal is {row.deal_id}")
    return wrong
