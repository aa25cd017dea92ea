"""Reads of answers, standings, introductions and models, scoped by the actor."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import NotFound
from dealflow.matching.models import (
    IntroRequest,
    MatchFeedback,
    MatchStanding,
    ModelEvent,
    ModelTrial,
    PitchFingerprint,
    RankerModel,
)


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
        "gates": row.gates or [],
    }


def model(version: str) -> RankerModel:
    """A model by its version; NotFound when there is none."""
    row = known_model(version)
    if row is None:
        raise NotFound()
    return row


def known_model(version: str) -> RankerModel | None:
    """The same, or None; before the first start was finished the shipped model has no row yet."""
    return session().scalars(select(RankerModel).where(RankerModel.model_version == version)).first()


def model_in_service() -> RankerModel | None:
    """The model that ranks, or None before the first start was finished."""
    return session().scalars(select(RankerModel).where(RankerModel.state == "in_service")).first()


def model_events(version: str | None = None) -> list[ModelEvent]:
    """What happened to models (or to one), the latest first."""
    query = select(ModelEvent).order_by(ModelEvent.id.desc())
    if version is not None:
        query = query.where(ModelEvent.model_version == version)
    return list(session().scalars(query))


def trials() -> list[ModelTrial]:
    """All trials, the latest first."""
    return list(session().scalars(select(ModelTrial).order_by(ModelTrial.id.desc())))


def open_trial() -> ModelTrial | None:
    """The trial that runs, or None."""
    return session().scalars(select(ModelTrial).where(ModelTrial.state == "open")).first()


def serving_extras() -> dict[str, Any]:
    """What the state of ranking names beside matrix and model: the open trial and the copies."""
    trial = open_trial()
    copies = select(PitchFingerprint.project_id).where(
        PitchFingerprint.copy_of.is_not(None), PitchFingerprint.cleared_at.is_(None)
    )
    return {
        "trial": trial.id if trial else "",
        "candidate": trial.candidate_version if trial else "",
        "copies": tuple(session().scalars(copies.order_by(PitchFingerprint.project_id))),
    }
