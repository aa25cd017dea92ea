"""Term sheets, their versions, and who accepted which."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    and_,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import Base, Versioned
from dealflow.core.ddl import append_only
from dealflow.core.ids import Id, new
from dealflow.core.scope import Owned, Shared
from dealflow.termsheets.states import TERM_SHEET

_STATES = ", ".join(f"'{state}'" for state in sorted(TERM_SHEET.states))
_BINDING = text("state IN ('signing', 'executed')")


class TermSheet(Base, Versioned, Owned):
    """A term sheet of a deal. Until it is proposed only the organisation that drafts it knows of it.

    The database lets one term sheet of a deal at a time be signed.
    """

    __tablename__ = "term_sheet"
    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        CheckConstraint("template IN ('equity_spv', 'revenue_share', 'loan', 'presale')", name="template"),
        CheckConstraint("state <> 'draft' OR proposed_number IS NULL", name="draft_is_private"),
        Index(
            "uq__term_sheet__signed_once", "deal_id",
            unique=True, sqlite_where=_BINDING, postgresql_where=_BINDING,
        ),
    )  # fmt: skip
    id: Mapped[str] = mapped_column(Id("ts"), primary_key=True, default=lambda: new("ts"))
    deal_id: Mapped[str] = mapped_column(Id("deal"), ForeignKey("deal.id"), index=True)
    author_organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    investor_organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    project_organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"), index=True)
    template: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20), default=TERM_SHEET.initial)
    current_number: Mapped[int] = mapped_column(default=1)
    # The clause library it was drafted with and keeps.
    library_number: Mapped[int] = mapped_column(default=1)
    # The first version that the other side was shown; earlier ones stay the author's own.
    proposed_number: Mapped[int | None]
    valid_until: Mapped[date] = mapped_column(index=True)
    closed_at: Mapped[datetime | None]
    close_reason: Mapped[str] = mapped_column(String(2000), default="")

    __mapper_args__ = {"version_id_col": Versioned.version}

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        own = actor.organisation_id
        party = or_(cls.investor_organisation_id == own, cls.project_organisation_id == own)
        return or_(cls.author_organisation_id == own, and_(cls.proposed_number.is_not(None), party))

    def side_of(self, actor: Actor) -> str | None:
        """ "investor", "project", or None for a stranger."""
        return self.side(actor.organisation_id)

    def side(self, organisation_id: str | None) -> str | None:
        """The side an organisation stands on, or None."""
        if organisation_id == self.investor_organisation_id:
            return "investor"
        return "project" if organisation_id == self.project_organisation_id else None

    @property
    def sides(self) -> tuple[str, str]:
        """Both organisations."""
        return self.investor_organisation_id, self.project_organisation_id


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
        own, sheet = actor.organisation_id, aliased(TermSheet)
        party = or_(sheet.investor_organisation_id == own, sheet.project_organisation_id == own)
        shown = select(sheet.id).where(
            sheet.id == cls.term_sheet_id, party, sheet.proposed_number <= cls.number
        )
        return or_(cls.author_organisation_id == own, shown.exists())


append_only(TermSheetVersion.__table__)


class _OfBoth(Owned):
    """Rows about a term sheet that was proposed: both parties know them."""

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        sheet = aliased(TermSheet)
        own = actor.organisation_id
        party = or_(sheet.investor_organisation_id == own, sheet.project_organisation_id == own)
        return select(sheet.id).where(sheet.id == cls.term_sheet_id, party).exists()  # type: ignore[attr-defined]


class Acceptance(Base, _OfBoth):
    """One side stands by one version: it proposed it or accepted it. Once per side and version, never taken back."""

    __tablename__ = "term_sheet_acceptance"
    __table_args__ = (
        UniqueConstraint("term_sheet_id", "number", "side"),
        ForeignKeyConstraint(
            ["term_sheet_id", "number"], ["term_sheet_version.term_sheet_id", "term_sheet_version.number"],
            name="fk__term_sheet_acceptance__version",
        ),
        CheckConstraint("side IN ('investor', 'project')", name="side"),
        CheckConstraint("kind IN ('proposed', 'accepted')", name="kind"),
    )  # fmt: skip
    id: Mapped[str] = mapped_column(Id("tsa"), primary_key=True, default=lambda: new("tsa"))
    term_sheet_id: Mapped[str] = mapped_column(Id("ts"), ForeignKey("term_sheet.id"))
    number: Mapped[int]
    side: Mapped[str] = mapped_column(String(10))
    kind: Mapped[str] = mapped_column(String(10))
    user_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    user_name: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(default=clock.now)


append_only(Acceptance.__table__)


class ClauseAcceptance(Base, _OfBoth):
    """One side accepts a clause as it reads: the acceptance lapses by itself when the clause reads differently."""

    __tablename__ = "term_sheet_clause_acceptance"
    __table_args__ = (
        UniqueConstraint("term_sheet_id", "side", "clause", "digest"),
        CheckConstraint("side IN ('investor', 'project')", name="side"),
    )
    id: Mapped[str] = mapped_column(Id("tca"), primary_key=True, default=lambda: new("tca"))
    term_sheet_id: Mapped[str] = mapped_column(Id("ts"), ForeignKey("term_sheet.id"))
    side: Mapped[str] = mapped_column(String(10))
    clause: Mapped[str] = mapped_column(String(60))
    digest: Mapped[str] = mapped_column(String(64))
    number: Mapped[int]
    user_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    user_name: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(default=clock.now)


class ClauseComment(Base, _OfBoth):
    """What one side says on a clause; an answer stands under the comment it answers. Only `resolved_*` changes."""

    __tablename__ = "term_sheet_comment"
    __table_args__ = (CheckConstraint("side IN ('investor', 'project')", name="side"),)
    id: Mapped[str] = mapped_column(Id("tsc"), primary_key=True, default=lambda: new("tsc"))
    term_sheet_id: Mapped[str] = mapped_column(Id("ts"), ForeignKey("term_sheet.id"), index=True)
    parent_id: Mapped[str | None] = mapped_column(Id("tsc"), ForeignKey("term_sheet_comment.id"))
    number: Mapped[int]
    clause: Mapped[str] = mapped_column(String(60))
    side: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(String(4000))
    user_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    user_name: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(default=clock.now)
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str] = mapped_column(String(200), default="")


class LibraryVersion(Base, Shared):
    """A version of the clause library that the park saved; version 1 is the shipped one and stays in files.

    Checked as a whole before it was saved, never changed afterwards: term sheets go on printing from it.
    """

    __tablename__ = "clause_library"
    __table_args__ = (
        UniqueConstraint("number"),
        CheckConstraint("number > 1", name="after_the_shipped_one"),
    )
    id: Mapped[str] = mapped_column(Id("lib"), primary_key=True, default=lambda: new("lib"))
    number: Mapped[int]
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    comment: Mapped[str] = mapped_column(String(2000), default="")
    user_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    user_name: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(default=clock.now)


append_only(LibraryVersion.__table__)
