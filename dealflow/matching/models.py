"""What investors answered to matches, where they stand, who asked for an introduction, and ranking models."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ColumnElement, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import Base, Timestamps
from dealflow.core.ddl import append_only
from dealflow.core.ids import Id, new
from dealflow.core.scope import Owned, OwnedByOrganisation, Shared

ACTIONS = ("view", "save", "pass", "request_intro", "undo")
STANDINGS = ("saved", "passed")
MODEL_STATES = ("candidate", "in_service", "retired")


class MatchFeedback(Base, OwnedByOrganisation):
    """One answer to one match: appended, never changed. `rank` is the place it was shown in, when known."""

    __tablename__ = "match_feedback"
    __table_args__ = (
        CheckConstraint(f"action IN {ACTIONS}", name="action"),
        Index("ix__match_feedback__pair", "mandate_id", "project_id", "id"),
    )
    id: Mapped[str] = mapped_column(Id("fbk"), primary_key=True, default=lambda: new("fbk"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    mandate_id: Mapped[str] = mapped_column(Id("mnd"), ForeignKey("mandate.id"))
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"), index=True)
    user_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    action: Mapped[str] = mapped_column(String(15))
    reason: Mapped[str] = mapped_column(String(500), default="")
    rank: Mapped[int | None]
    model_version: Mapped[str | None] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(default=clock.now)


class MatchStanding(Base, Timestamps, OwnedByOrganisation):
    """Where a mandate stands with a project, as the answers so far add up to."""

    __tablename__ = "match_standing"
    __table_args__ = (
        UniqueConstraint("mandate_id", "project_id"),
        CheckConstraint(f"standing IS NULL OR standing IN {STANDINGS}", name="standing"),
    )
    id: Mapped[str] = mapped_column(Id("mst"), primary_key=True, default=lambda: new("mst"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    mandate_id: Mapped[str] = mapped_column(Id("mnd"), ForeignKey("mandate.id"))
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"))
    standing: Mapped[str | None] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(500), default="")
    intro_at: Mapped[datetime | None]


class IntroRequest(Base, Owned):
    """An investor's wish to be introduced to a project's owner; known to both. Once per mandate and project."""

    __tablename__ = "intro_request"
    __table_args__ = (UniqueConstraint("mandate_id", "project_id"),)
    id: Mapped[str] = mapped_column(Id("itr"), primary_key=True, default=lambda: new("itr"))
    investor_organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    project_organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    mandate_id: Mapped[str] = mapped_column(Id("mnd"), ForeignKey("mandate.id"))
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"))
    user_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    note: Mapped[str] = mapped_column(String(500), default="")
    at: Mapped[datetime] = mapped_column(default=clock.now)

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        return (cls.investor_organisation_id == actor.organisation_id) | (
            cls.project_organisation_id == actor.organisation_id
        )


_IN_SERVICE = text("state = 'in_service'")


class RankerModel(Base, Timestamps, Shared):
    """A ranking model of this installation. `public_key` (hex) verifies its file; one at most is in service."""

    __tablename__ = "ranker_model"
    __table_args__ = (
        CheckConstraint(f"state IN {MODEL_STATES}", name="state"),
        Index(
            "uq__ranker_model__in_service", "state",
            unique=True, sqlite_where=_IN_SERVICE, postgresql_where=_IN_SERVICE,
        ),
    )  # fmt: skip
    id: Mapped[str] = mapped_column(Id("mdl"), primary_key=True, default=lambda: new("mdl"))
    model_version: Mapped[str] = mapped_column(String(40), unique=True)
    path: Mapped[str] = mapped_column(String(200))
    public_key: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(12), default="candidate")
    metrics: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    in_service_at: Mapped[datetime | None]


append_only(MatchFeedback.__table__)
