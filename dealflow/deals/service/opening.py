"""Beginning a deal."""

from __future__ import annotations

from typing import Any

from sqlalchemy.exc import IntegrityError

from dealflow.audit import service as audit
from dealflow.core import policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, Invalid, NotFound
from dealflow.core.i18n import N_
from dealflow.core.ids import new
from dealflow.core.outbox import emit
from dealflow.deals import queries
from dealflow.deals.events import DealOpened
from dealflow.deals.models import Deal
from dealflow.deals.policy import Can, Tag
from dealflow.deals.service import positions
from dealflow.deals.service.timeline import happened
from dealflow.mandates import queries as mandates
from dealflow.pitches import queries as pitches


def open_deal(actor: Actor, *, project_id: str, mandate_id: str | None = None, note: str = "") -> Deal:
    """Begin a deal about a project the actor may see.

    Raises NotFound, Forbidden, and Conflict when this investor already has an open deal about it.
    """
    project = pitches.get(actor, project_id)
    policy.require(actor, Can.OPEN)
    if project.organisation_id == actor.organisation_id:
        raise Invalid.field(
            "project_id", "own_project", N_("This is your own project; another organisation must invest")
        )
    if mandate_id is not None and mandates.get(actor, mandate_id).organisation_id != actor.organisation_id:
        raise NotFound()
    return begin(actor, project, actor.organisation_id or "", mandate_id=mandate_id, note=note)


def begin(
    actor: Actor, project: Any, investor_organisation_id: str, *, mandate_id: str | None, note: str
) -> Deal:
    """Write a deal of an investor about a project, on behalf of either; each side gets its place in its pipeline."""
    by_investor = actor.organisation_id == investor_organisation_id
    deal = Deal(
        id=new("deal"), investor_organisation_id=investor_organisation_id, project_organisation_id=project.organisation_id,
        project_id=project.id, mandate_id=mandate_id, opened_by_id=actor.user_id,
        opened_by_side="investor" if by_investor else "project",
    )  # fmt: skip
    try:
        with session().begin_nested():
            session().add(deal)
    except IntegrityError:
        raise Conflict(N_("You already have an open deal about this project")) from None
    positions.make(deal)
    happened(actor, deal, "opened", text=note)
    audit.record(
        actor, Tag.OPENED, deal, after={"project_id": project.id, "mandate_id": mandate_id, "note": note}
    )
    emit(DealOpened(deal.id, project.id, deal.investor_organisation_id, deal.project_organisation_id))
    return deal


def find_or_open(actor: Actor, *, project_id: str, mandate_id: str | None = None) -> Deal:
    """The actor's open deal about a project, begun now when there is none."""
    project = pitches.get(actor, project_id)
    known = queries.open_pair(actor.organisation_id or "", project.id)
    return known or open_deal(actor, project_id=project.id, mandate_id=mandate_id)
