"""Reads of deals, scoped by the actor."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import func, select

from dealflow.accounts.queries import organisation_cards
from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import NotFound
from dealflow.core.paging import Query, listing
from dealflow.core.schema import Ref
from dealflow.deals.models import Deal, DealEvent, DealNote
from dealflow.deals.states import CLOSED, STAGES
from dealflow.pitches import queries as pitches

Stage = Literal[
    "interest", "intro", "data_room", "negotiation", "signed", "funded", "closed_won", "closed_lost"
]


class DealQuery(Query):
    """Filters of the list of deals."""

    stage: Stage | None = None
    open: Literal["true", "false"] | None = None
    project_id: Ref("prj") | None = None  # type: ignore[valid-type]


def get(actor: Actor, deal_id: str) -> Deal:
    """A deal the actor is a party of; NotFound otherwise."""
    deal = session().get(Deal, deal_id)
    if deal is None:
        raise NotFound()
    return deal


def open_pair(investor_organisation_id: str, project_id: str) -> Deal | None:
    """The open deal of an investor about a project, when the actor may know of it."""
    query = select(Deal).where(
        Deal.investor_organisation_id == investor_organisation_id,
        Deal.project_id == project_id,
        Deal.stage.not_in(CLOSED),
    )
    return session().scalars(query).first()


def page(actor: Actor, query: DealQuery) -> dict[str, Any]:
    """A page of the actor's deals, the one moved last first."""
    wanted = select(Deal)
    if query.stage:
        wanted = wanted.where(Deal.stage == query.stage)
    if query.open:
        wanted = wanted.where(Deal.stage.in_(CLOSED) if query.open == "false" else Deal.stage.not_in(CLOSED))
    if query.project_id:
        wanted = wanted.where(Deal.project_id == query.project_id)
    total = session().scalar(select(func.count()).select_from(wanted.subquery())) or 0
    rows = session().scalars(
        wanted.order_by(Deal.stage_since.desc(), Deal.id.desc()).limit(query.limit).offset(query.offset)
    )
    return listing([as_dict(deal) for deal in rows], total, query)


def as_dict(deal: Deal) -> dict[str, Any]:
    """The interface's form of a deal."""
    return {
        "id": deal.id,
        "version": deal.version,
        "created_at": clock.rfc3339(deal.created_at),
        "updated_at": clock.rfc3339(deal.updated_at),
        "project_id": deal.project_id,
        "mandate_id": deal.mandate_id,
        "investor_organisation_id": deal.investor_organisation_id,
        "project_organisation_id": deal.project_organisation_id,
        "stage": deal.stage,
        "stage_since": clock.rfc3339(deal.stage_since),
        "closed_at": clock.rfc3339(deal.closed_at) if deal.closed_at else None,
        "close_reason": deal.close_reason,
    }


def timeline(actor: Actor, deal: Deal) -> list[DealEvent]:
    """What happened, latest first."""
    query = select(DealEvent).where(DealEvent.deal_id == deal.id).order_by(DealEvent.id.desc()).limit(500)
    return list(session().scalars(query))


def notes(actor: Actor, deal: Deal) -> list[DealNote]:
    """The own organisation's private notes, latest first."""
    query = select(DealNote).where(DealNote.deal_id == deal.id).order_by(DealNote.id.desc()).limit(500)
    return list(session().scalars(query))


def cards(actor: Actor, deals: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Deals with the names that a list shows: project, both parties. Three more statements in all.

    A project that was withdrawn keeps its title here, and nothing else.
    """
    ids = [d["project_id"] for d in deals]
    projects = pitches.briefs(ids) | pitches.summaries(actor, ids)
    organisations = organisation_cards(
        o for d in deals for o in (d["investor_organisation_id"], d["project_organisation_id"])
    )
    return [
        d
        | {
            "project": projects.get(d["project_id"]),
            "investor": organisations.get(d["investor_organisation_id"]),
            "creator": organisations.get(d["project_organisation_id"]),
        }
        for d in deals
    ]


def counts(actor: Actor) -> dict[str, int]:
    """Number of the actor's deals by stage, every stage named."""
    rows = session().execute(select(Deal.stage, func.count(Deal.id)).group_by(Deal.stage))
    found = {stage: number for stage, number in rows}
    return {stage: found.get(stage, 0) for stage in STAGES}
