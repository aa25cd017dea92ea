"""Term sheets and their versions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ColumnElement, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import Base, Versioned
from dealflow.core.ddl import append_only
from dealflow.core.ids import Id, new
from dealflow.core.scope import Owned
from dealflow.termsheets.states import TERM_SHEET

_STATES = ", ".join(f"'{state}'" for state in sorted(TERM_SHEET.states))


class TermSheet(Base, Versioned, Owned):
    """A term sheet of a deal. Until it is proposed only the organisation that drafts it knows of it."""

    __tablename__ = "term_sheet"
    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        CheckConstraint("template IN ('equity_spv', 'revenue_share', 'loan', 'presale')", name="template"),
    )
    id: Mapped[str] = mapped_column(Id("ts"), primary_key=True, default=lambda: new("ts"))
    deal_id: Mapped[str] = mapped_column(Id("deal"), ForeignKey("deal.id"), index=True)
    author_organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    investor_organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    project_organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"), index=True)
    template: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20), default=TERM_SHEET.initial)
    current_number: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": Versioned.version}

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        return cls.author_organisation_id == actor.organisation_id


class TermSheetVersion(Base, Owned):
    """The terms as they stood at one moment, with the project and the parties as they were. Append only."""

    __tablename__ = "term_sheet_version"
    __table_args__ = (UniqueConstraint("term_sheet_id", "number"),)
    id: Mapped[str] = mapped_column(Id("tsv"), primary_key=True, default=lambda: new("tsv"))
    term_sheet_id: Mapped[str] = mapped_column(Id("ts"), ForeignKey("term_sheet.id"), index=True)
    number: Mapped[int]
    code: Mapped[str] = mapped_column(String(40), unique=True)
    author_organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    terms: Mapped[dict[str, Any]] = mapped_column(JSON)
    project: Mapped[dict[str, Any]] = mapped_column(JSON)
    parties: Mapped[dict[str, Any]] = mapped_column(JSON)
    comment: Mapped[str] = mapped_column(String(2000), default="")
    user_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    user_name: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(default=clock.now)

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        return cls.author_organisation_id == actor.organisation_id


append_only(TermSheetVersion.__table__)
