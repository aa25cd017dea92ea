"""Whom a project is shown to, one organisation at a time."""

from __future__ import annotations

from sqlalchemy import select

from dealflow.accounts.queries import organisation_cards
from dealflow.audit import service as audit
from dealflow.core import policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, Invalid, NotFound
from dealflow.core.i18n import N_
from dealflow.core.outbox import emit
from dealflow.pitches import queries
from dealflow.pitches.events import ProjectChanged
from dealflow.pitches.models import Project, ProjectInvitation
from dealflow.pitches.policy import Can, Tag


def _shared(actor: Actor, project_id: str) -> Project:
    project = queries.get(actor, project_id)
    policy.require(actor, Can.INVITE, project, see=Can.SEE)
    return project


def _row(project_id: str, organisation_id: str) -> ProjectInvitation | None:
    query = select(ProjectInvitation).where(
        ProjectInvitation.project_id == project_id, ProjectInvitation.organisation_id == organisation_id
    )
    return session().scalars(query).first()


def invite(actor: Actor, project_id: str, organisation_id: str) -> ProjectInvitation:
    """Let an organisation see the project while it is published (visibility `invited` or wider).

    Raises Invalid when there is no such organisation or it is the owner's own, Conflict when it is invited already.
    """
    project = _shared(actor, project_id)
    if organisation_id == project.organisation_id:
        raise Invalid.field("organisation_id", "own", N_("Your own organisation sees the project anyway"))
    if organisation_id not in organisation_cards([organisation_id]):
        raise Invalid.field(
            "organisation_id", "unknown", N_("There is no such organisation; choose one from the list")
        )
    if _row(project.id, organisation_id) is not None:
        raise Conflict(N_("This organisation is invited already"))
    row = ProjectInvitation(
        project_id=project.id,
        owner_id=project.organisation_id,
        organisation_id=organisation_id,
        invited_by_id=actor.user_id,
    )
    session().add(row)
    session().flush()
    audit.record(actor, Tag.INVITED, project, after={"organisation_id": organisation_id})
    if project.status == "published":
        emit(ProjectChanged(project.id))
    return row


def uninvite(actor: Actor, project_id: str, organisation_id: str) -> None:
    """Take an invitation back, with effect from the next request. NotFound when there is none."""
    project = _shared(actor, project_id)
    row = _row(project.id, organisation_id)
    if row is None:
        raise NotFound()
    session().delete(row)
    session().flush()
    audit.record(actor, Tag.UNINVITED, project, before={"organisation_id": organisation_id}, after=None)
    if project.status == "published":
        emit(ProjectChanged(project.id))
