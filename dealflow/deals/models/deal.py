"""Deals: one investor's and one project's way from first contact to closing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ColumnElement, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import Base, Versioned
from dealflow.core.ddl import append_only
from dealflow.core.ids import Id, new
from dealflow.core.scope import Owned
from dealflow.deals.states import CLOSED, DEAL

_STAGES = ", ".join(f"'{stage}'" for stage in sorted(DEAL.states))
_OPEN = text("stage NOT IN ('closed_won', 'closed_lost')")


class Deal(Base, Versioned, Owned):
    """A deal, known to its two parties. The database allows one open deal per investor and project."""

    __tablename__ = "deal"
    __table_args__ = (
        CheckConstraint(f"stage IN ({_STAGES})", name="stage"),
        CheckConstraint(
            "(stage IN ('closed_won', 'closed_lost')) = (closed_at IS NOT NULL)", name="closed_at_if_closed"
        ),
        CheckConstraint("investor_organisation_id <> project_organisation_id", name="two_parties"),
        Index(
            "uq__deal__open_pair", "investor_organisation_id", "project_id",
            unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN,
        ),
    )  # fmt: skip
    id: Mapped[str] = mapped_column(Id("deal"), primary_key=True, default=lambda: new("deal"))
    investor_organisation_id: Mapped[str] = mapped_column(
        Id("org"), ForeignKey("organisation.id"), index=True
    )
    project_organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"), index=True)
    mandate_id: Mapped[str | None] = mapped_column(Id("mnd"), ForeignKey("mandate.id"))
    stage: Mapped[str] = mapped_column(String(20), default=DEAL.initial)
    stage_since: Mapped[datetime] = mapped_column(default=clock.now)
    opened_by_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    opened_by_side: Mapped[str] = mapped_column(String(10))
    close_reason: Mapped[str | None] = mapped_column(String(2000))
    closed_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": Versioned.version}

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        return (cls.investor_organisation_id == actor.organisation_id) | (
            cls.project_organisation_id == actor.organisation_id
        )

    @property
    def is_open(self) -> bool:
        return self.stage not in CLOSED

    def side_of(self, actor: Actor) -> str | None:
        """ "investor", "project", or None for a stranger."""
        if actor.organisation_id == self.investor_organisation_id:
            return "investor"
        return "project" if actor.organisation_id == self.project_organisation_id else None


class DealEvent(Base, Owned):
    """What happened in a deal; appended to, seen by both parties."""

    __tablename__ = "deal_event"
    id: Mapped[str] = mapped_column(Id("dev"), primary_key=True, default=lambda: new("dev"))
    deal_id: Mapped[str] = mapped_column(Id("deal"), ForeignKey("deal.id"), index=True)
    investor_organisation_id: Mapped[str] = mapped_column(Id("org"))
    project_organisation_id: Mapped[str] = mapped_column(Id("org"))
    kind: Mapped[str] = mapped_column(String(40))
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    text: Mapped[str] = mapped_column(String(2000), default="")
    user_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    user_name: Mapped[str] = mapped_column(String(200), default="")
    side: Mapped[str | None] = mapped_column(String(10))
    at: Mapped[datetime] = mapped_column(default=clock.now)

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        return (cls.investor_organisation_id == actor.organisation_id) | (
            cls.project_organisation_id == actor.organisation_id
        )


append_only(DealEvent.__table__)


class DealNote(Base, Owned):
    """A private note of one party; the other never sees it."""

    __tablename__ = "deal_note"
    id: Mapped[str] = mapped_column(Id("note"), primary_key=True, default=lambda: new("note"))
    deal_id: Mapped[str] = mapped_column(Id("deal"), ForeignKey("deal.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    text: Mapped[str] = mapped_column(String(4000))
    user_id: Mapped[str] = mapped_column(Id("usr"), ForeignKey("user.id"))
    user_name: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(default=clock.now)

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        return cls.organisation_id == actor.organisation_id
