"""Introductions: one side asks to meet the other; contacts are shown once both agree."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import Base, Versioned
from dealflow.core.ids import Id, new
from dealflow.core.scope import Owned
from dealflow.deals.states import INTRODUCTION, MOST_A_DAY

_STATES = ", ".join(f"'{state}'" for state in sorted(INTRODUCTION.states))
_WAITING = text("state = 'waiting'")


class Introduction(Base, Versioned, Owned):
    """A wish to be introduced, known to both sides.

    The database allows one that waits per investor and project, and so many a day from one organisation: each takes a
    numbered place of that day.
    """

    __tablename__ = "introduction"
    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        CheckConstraint("(state = 'waiting') = (answered_at IS NULL)", name="answered_at_if_answered"),
        CheckConstraint("(state = 'accepted') = (deal_id IS NOT NULL)", name="deal_if_accepted"),
        CheckConstraint("investor_organisation_id <> project_organisation_id", name="two_parties"),
        CheckConstraint("asked_by_side IN ('investor', 'project')", name="side"),
        CheckConstraint(f"place BETWEEN 1 AND {MOST_A_DAY}", name="place"),
        UniqueConstraint("asking_organisation_id", "asked_on", "place"),
        Index(
            "uq__introduction__waiting", "investor_organisation_id", "project_id",
            unique=True, sqlite_where=_WAITING, postgresql_where=_WAITING,
        ),
        Index("ix__introduction__due", "state", "expires_at"),
    )  # fmt: skip
    id: Mapped[str] = mapped_column(Id("intr"), primary_key=True, default=lambda: new("intr"))
    investor_organisation_id: Mapped[str] = mapped_column(
        Id("org"), ForeignKey("organisation.id"), index=True
    )
    project_organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    asking_organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"), index=True)
    mandate_id: Mapped[str | None] = mapped_column(Id("mnd"), ForeignKey("mandate.id"))
    asked_by_side: Mapped[str] = mapped_column(String(10))
    asked_by_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    note: Mapped[str] = mapped_column(String(500), default="")
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    asked_on: Mapped[date]
    place: Mapped[int]
    expires_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), default=INTRODUCTION.initial)
    answered_by_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    answer: Mapped[str] = mapped_column(String(500), default="")
    answered_at: Mapped[datetime | None]
    deal_id: Mapped[str | None] = mapped_column(Id("deal"), ForeignKey("deal.id"))

    __mapper_args__ = {"version_id_col": Versioned.version}

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        return (cls.investor_organisation_id == actor.organisation_id) | (
            cls.project_organisation_id == actor.organisation_id
        )

    def side_of(self, actor: Actor) -> str | None:
        """ "investor", "project", or None for a stranger."""
        if actor.organisation_id == self.investor_organisation_id:
            return "investor"
        return "project" if actor.organisation_id == self.project_organisation_id else None
