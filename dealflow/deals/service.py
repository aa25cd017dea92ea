"""Use cases of deals. The only way to write them."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from dealflow.audit import service as audit
from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, Invalid, NotFound, StaleVersion
from dealflow.core.i18n import N_
from dealflow.core.ids import new
from dealflow.core.outbox import emit
from dealflow.deals import queries
from dealflow.deals.events import DealMoved, DealOpened
from dealflow.deals.models import Deal, DealEvent, DealNote
from dealflow.deals.policy import Can, Tag
from dealflow.deals.states import CLOSED, DEAL, NEEDS_REASON
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
    deal = Deal(
        id=new("deal"), investor_organisation_id=actor.organisation_id, project_organisation_id=project.organisation_id,
        project_id=project.id, mandate_id=mandate_id, opened_by_id=actor.user_id, opened_by_side="investor",
    )  # fmt: skip
    try:
        with session().begin_nested():
            session().add(deal)
    except IntegrityError:
        raise Conflict(N_("You already have an open deal about this project")) from None
    _happened(actor, deal, "opened", text=note)
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


def move(actor: Actor, deal_id: str, *, to: str, reason: str = "", version: int | None = None) -> Deal:
    """Move a deal to another stage.

    Raises NotFound, Forbidden, StaleVersion, InvalidTransition, and Invalid when a reason is missing.
    """
    deal = queries.get(actor, deal_id)
    policy.require(actor, Can.DECLINE if to == "closed_lost" else Can.MOVE, deal, see=Can.SEE)
    if version is not None and version != deal.version:
        raise StaleVersion(deal.version)
    if to in NEEDS_REASON and not reason.strip():
        raise Invalid.field("reason", "required", N_("Say in a few words what happened"))
    before = deal.stage
    deal.stage = DEAL.fire(before, DEAL.event_to(before, to), deal)
    deal.stage_since = clock.now()
    if deal.stage in CLOSED:
        deal.closed_at, deal.close_reason = clock.now(), reason.strip()
    session().flush()
    _happened(actor, deal, "moved", text=reason, before=before, after=to)
    audit.record(actor, Tag.MOVED, deal, before={"stage": before}, after={"stage": to}, reason=reason)
    emit(DealMoved(deal.id, deal.project_id, before, to))
    return deal


def advance(actor: Actor, deal: Deal, *, to: str) -> None:
    """Move a deal forward to a stage that a step of its own work implies; nothing when it is there already."""
    if (
        deal.stage != to
        and DEAL.events(deal.stage)
        and any(m.target == to and deal.stage in m.sources for m in DEAL.moves)
    ):
        move(actor, deal.id, to=to)


def write_note(actor: Actor, deal_id: str, *, text: str) -> DealNote:
    """Keep a private note of the actor's organisation."""
    deal = queries.get(actor, deal_id)
    policy.require(actor, Can.NOTE, deal, see=Can.SEE)
    note = DealNote(
        id=new("note"), deal_id=deal.id, organisation_id=actor.organisation_id, text=text, user_id=actor.user_id,
        user_name=actor.user_name,
    )  # fmt: skip
    session().add(note)
    audit.record(actor, Tag.NOTED, deal, after={"note_id": note.id})
    return note


def happened(actor: Actor, deal: Deal, kind: str, *, text: str = "", **data: object) -> None:
    """Add a line to the deal's timeline on behalf of a higher room."""
    _happened(actor, deal, kind, text=text, **data)


def _happened(actor: Actor, deal: Deal, kind: str, *, text: str = "", **data: object) -> None:
    session().add(
        DealEvent(
            id=new("dev"),
            deal_id=deal.id,
            kind=kind,
            text=text,
            data=dict(data),
            user_id=actor.user_id,
            investor_organisation_id=deal.investor_organisation_id,
            user_name=actor.user_name,
            project_organisation_id=deal.project_organisation_id,
            side=deal.side_of(actor),
        )
    )
