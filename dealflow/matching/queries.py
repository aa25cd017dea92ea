"""Reads of answers, standings, introductions and models, scoped by the actor."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import NotFound
from dealflow.matching.models import IntroRequest, MatchFeedback, MatchStanding, RankerModel


def standings(actor: Actor, mandate_id: str) -> dict[str, MatchStanding]:
    """Where a mandate stands with each project it answered to, the latest first. One statement."""
    query = (
        select(MatchStanding)
        .where(MatchStanding.mandate_id == mandate_id)
        .order_by(MatchStanding.updated_at.desc(), MatchStanding.id)
    )
    return {row.project_id: row for row in session().scalars(query)}


def standing(mandate_id: str, project_id: str) -> MatchStanding | None:
    """Where a mandate stands with one project."""
    query = select(MatchStanding).where(
        MatchStanding.mandate_id == mandate_id, MatchStanding.project_id == project_id
    )
    return session().scalars(query).first()


def answers(actor: Actor, mandate_id: str, project_id: str) -> list[MatchFeedback]:
    """Every answer of a mandate to a project, oldest first."""
    query = (
        select(MatchFeedback)
        .where(MatchFeedback.mandate_id == mandate_id, MatchFeedback.project_id == project_id)
        .order_by(MatchFeedback.id)
    )
    return list(session().scalars(query))


def intros_of(actor: Actor, project_id: str) -> list[IntroRequest]:
    """Who asked to be introduced to a project's owner, latest first."""
    query = select(IntroRequest).where(IntroRequest.project_id == project_id).order_by(IntroRequest.id.desc())
    return list(session().scalars(query))


def model_rows() -> list[RankerModel]:
    """All models of this installation, the newest first."""
    return list(session().scalars(select(RankerModel).order_by(RankerModel.id.desc())))


def model_dict(row: RankerModel) -> dict[str, Any]:
    """What lists of models show."""
    return {
        "version": row.model_version,
        "state": row.state,
        "created_at": clock.rfc3339(row.created_at),
        "in_service_at": clock.rfc3339(row.in_service_at) if row.in_service_at else None,
        "metrics": row.metrics,
    }


def model(version: str) -> RankerModel:
    """A model by its version; NotFound when there is none."""
    row = session().scalars(select(RankerModel).where(RankerModel.model_version == version)).first()
    if row is None:
        raise NotFound()
    return row


def model_in_service() -> RankerModel | None:
    """The model that ranks, or None before the first start was finished."""
    return session().scalars(select(RankerModel).where(RankerModel.state == "in_service")).first()
