"""Rounds of signatures, their steps in order, and the seals of organisations."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import Base, Versioned
from dealflow.core.ids import Id, new
from dealflow.core.scope import Owned, OwnedByOrganisation
from dealflow.signing.states import ROUND, STEP

_ROUND_STATES = ", ".join(f"'{state}'" for state in sorted(ROUND.states))
_STEP_STATES = ", ".join(f"'{state}'" for state in sorted(STEP.states))
_BINDING = text("state IN ('open', 'completed')")


class SigningRound(Base, Versioned, Owned):
    """One attempt to have a version signed by all. The database lets a term sheet have one that is open or completed."""

    __tablename__ = "signing_round"
    __table_args__ = (
        CheckConstraint(f"state IN ({_ROUND_STATES})", name="state"),
        CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed_at_if_closed"),
        Index(
            "uq__signing_round__binding",
            "term_sheet_id",
            unique=True,
            sqlite_where=_BINDING,
            postgresql_where=_BINDING,
        ),
    )
    id: Mapped[str] = mapped_column(Id("sgr"), primary_key=True, default=lambda: new("sgr"))
    term_sheet_id: Mapped[str] = mapped_column(Id("ts"), ForeignKey("term_sheet.id"), index=True)
    number: Mapped[int]
    code: Mapped[str] = mapped_column(String(40), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    investor_organisation_id: Mapped[str] = mapped_column(
        Id("org"), ForeignKey("organisation.id"), index=True
    )
    project_organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    language: Mapped[str] = mapped_column(String(5), default="zh+en")
    require_otp: Mapped[bool] = mapped_column(default=False)
    expires_on: Mapped[date] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(String(10), default=ROUND.initial)
    closed_at: Mapped[datetime | None]
    close_reason: Mapped[str] = mapped_column(String(2000), default="")
    file_id: Mapped[str | None] = mapped_column(Id("fil"))
    file_sha256: Mapped[str | None] = mapped_column(String(64), index=True)

    __mapper_args__ = {"version_id_col": Versioned.version}

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        own = actor.organisation_id
        return or_(cls.investor_organisation_id == own, cls.project_organisation_id == own)

    @property
    def is_late(self) -> bool:
        """Its last day has passed and nobody has closed it yet."""
        return self.state == "open" and self.expires_on < clock.today()

    def side_of(self, actor: Actor) -> str | None:
        """ "investor", "project", or None for a stranger."""
        if actor.organisation_id == self.investor_organisation_id:
            return "investor"
        return "project" if actor.organisation_id == self.project_organisation_id else None


class SigningStep(Base, Versioned, Owned):
    """One signature wanted, in its place. Without a `user_id` whoever may write for the organisation signs first."""

    __tablename__ = "signing_step"
    __table_args__ = (
        UniqueConstraint("round_id", "position"),
        UniqueConstraint("round_id", "user_id"),
        CheckConstraint(f"state IN ({_STEP_STATES})", name="state"),
        CheckConstraint("side IN ('investor', 'project')", name="side"),
        CheckConstraint("(state = 'waiting') = (at IS NULL)", name="at_if_answered"),
        CheckConstraint("state <> 'signed' OR user_id IS NOT NULL", name="signed_by_somebody"),
    )
    id: Mapped[str] = mapped_column(Id("sgs"), primary_key=True, default=lambda: new("sgs"))
    round_id: Mapped[str] = mapped_column(Id("sgr"), ForeignKey("signing_round.id"))
    position: Mapped[int]
    side: Mapped[str] = mapped_column(String(10))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    user_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    name: Mapped[str] = mapped_column(String(200), default="")
    title: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[str] = mapped_column(String(10), default=STEP.initial)
    at: Mapped[datetime | None]
    by_otp: Mapped[bool] = mapped_column(default=False)
    digest: Mapped[str | None] = mapped_column(String(64))
    seal: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(String(2000), default="")
    told_on: Mapped[date | None]

    __mapper_args__ = {"version_id_col": Versioned.version}

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        own, found = actor.organisation_id, aliased(SigningRound)
        party = or_(found.investor_organisation_id == own, found.project_organisation_id == own)
        return select(found.id).where(found.id == cls.round_id, party).exists()


class Seal(Base, Versioned, OwnedByOrganisation):
    """An organisation's company seal: a picture, or its words set in a round red seal."""

    __tablename__ = "signing_seal"
    __table_args__ = (CheckConstraint("kind IN ('text', 'image')", name="kind"),)
    id: Mapped[str] = mapped_column(Id("seal"), primary_key=True, default=lambda: new("seal"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), unique=True)
    kind: Mapped[str] = mapped_column(String(10))
    words: Mapped[str] = mapped_column(String(40), default="")
    file_id: Mapped[str | None] = mapped_column(Id("fil"))
    made_at: Mapped[datetime] = mapped_column(default=clock.now)

    __mapper_args__ = {"version_id_col": Versioned.version}
