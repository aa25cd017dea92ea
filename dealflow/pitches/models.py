"""Projects, their published versions, invitations to see them, imports, and genres the park added."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import Base, Timestamps, Versioned
from dealflow.core.ddl import append_only
from dealflow.core.ids import Id, new
from dealflow.core.intake import KeptFile
from dealflow.core.money import LIMIT, MoneyAttribute
from dealflow.core.scope import Owned, OwnedByOrganisation, Shared
from dealflow.pitches.states import PROJECT
from dealflow.pitches.vocabulary import STAGES, VISIBILITIES

# Kinds of organisations that browse what is published for all investors.
READERS = ("investor", "fund", "park")


def _one_of(column: str, values: tuple[str, ...] | frozenset[str]) -> str:
    return f"{column} IN ({', '.join(repr(v) for v in sorted(values))})"


def _amount(name: str) -> CheckConstraint:
    rule = f"({name}_minor IS NULL) = ({name}_currency IS NULL) AND ({name}_minor IS NULL OR {name}_minor BETWEEN 0 AND {LIMIT})"
    return CheckConstraint(rule, name=name)


class Project(Base, Versioned, Owned):
    """A series or film that seeks money or partners, with its pitch. Structured parts are JSON as in the interface."""

    __tablename__ = "project"
    __table_args__ = (
        UniqueConstraint("organisation_id", "external_id"),
        CheckConstraint(_one_of("status", PROJECT.states), name="status"),
        CheckConstraint(_one_of("visibility", VISIBILITIES), name="visibility"),
        CheckConstraint(f"stage IS NULL OR {_one_of('stage', STAGES)}", name="stage"),
        CheckConstraint(
            "status <> 'published' OR (published_at IS NOT NULL AND published_version IS NOT NULL)",
            name="published_at_if_published",
        ),
        _amount("budget"),
        _amount("ask"),
        _amount("min_ticket"),
        # In the usual order of lists, with all that counting them and adding up what they ask for reads.
        Index(
            "ix__project__browse",
            "published_at",
            "id",
            "status",
            "visibility",
            "organisation_id",
            "ask_currency",
            "ask_minor",
        ),
    )
    id: Mapped[str] = mapped_column(Id("prj"), primary_key=True, default=lambda: new("prj"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    external_id: Mapped[str | None] = mapped_column(String(100))
    status: Mapped[str] = mapped_column(String(12), default=PROJECT.initial)
    visibility: Mapped[str] = mapped_column(String(12), default="private")
    title_zh: Mapped[str | None] = mapped_column(String(200))
    title_en: Mapped[str | None] = mapped_column(String(200))
    logline: Mapped[str | None] = mapped_column(String(300))
    synopsis: Mapped[str | None] = mapped_column(Text)
    genres: Mapped[list[str]] = mapped_column(JSON, default=list)
    audience: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    languages: Mapped[list[str]] = mapped_column(JSON, default=list)
    regions: Mapped[list[str]] = mapped_column(JSON, default=list)
    format: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    stage: Mapped[str | None] = mapped_column(String(20))
    budget_minor: Mapped[int | None] = mapped_column(BigInteger)
    budget_currency: Mapped[str | None] = mapped_column(String(3))
    ask_minor: Mapped[int | None] = mapped_column(BigInteger, index=True)
    ask_currency: Mapped[str | None] = mapped_column(String(3))
    min_ticket_minor: Mapped[int | None] = mapped_column(BigInteger)
    min_ticket_currency: Mapped[str | None] = mapped_column(String(3))
    instruments: Mapped[list[str]] = mapped_column(JSON, default=list)
    use_of_funds: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    team: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    track_record: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    comparables: Mapped[list[str]] = mapped_column(JSON, default=list)
    schedule: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    scenes_needed: Mapped[list[str]] = mapped_column(JSON, default=list)
    hooks: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    sample_episode_url: Mapped[str | None] = mapped_column(String(1000))
    poster_id: Mapped[str | None] = mapped_column(Id("fil"))
    published_at: Mapped[datetime | None]
    published_version: Mapped[int | None]
    is_sample: Mapped[bool] = mapped_column(default=False)
    search_text: Mapped[str] = mapped_column(Text, default="")
    # Tokens such as "genre=revenge" between newlines: filters on lists that run alike on every database.
    facets: Mapped[str] = mapped_column(Text, default="")
    budget = MoneyAttribute()
    ask = MoneyAttribute()
    min_ticket = MoneyAttribute()

    __mapper_args__ = {"version_id_col": Versioned.version}

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        return (cls.organisation_id == actor.organisation_id) | cls.shown_to(actor)

    @classmethod
    def shown_to(cls, actor: Actor) -> ColumnElement[bool]:
        """The published projects that others show this actor."""
        invited = select(ProjectInvitation.project_id).where(
            ProjectInvitation.organisation_id == actor.organisation_id
        )
        shown = (cls.visibility != "private") & cls.id.in_(invited)
        if actor.kind in READERS:
            shown |= cls.visibility == "investors"
        return (cls.status == "published") & shown


class ProjectVersion(Base, Owned):
    """What a project said at one time: append only. Others than the owner see what was published."""

    __tablename__ = "project_version"
    __table_args__ = (UniqueConstraint("project_id", "number"),)
    id: Mapped[str] = mapped_column(Id("prv"), primary_key=True, default=lambda: new("prv"))
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    number: Mapped[int]
    published: Mapped[bool]
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    user_id: Mapped[str | None] = mapped_column(Id("usr"))
    user_name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        shown = select(Project.id).where(Project.shown_to(actor))
        return (cls.organisation_id == actor.organisation_id) | (cls.published & cls.project_id.in_(shown))


class ProjectInvitation(Base, Timestamps, Owned):
    """An organisation that may see a project while it is published; known to both sides."""

    __tablename__ = "project_invitation"
    __table_args__ = (UniqueConstraint("project_id", "organisation_id"),)
    id: Mapped[str] = mapped_column(Id("pin"), primary_key=True, default=lambda: new("pin"))
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"))
    owner_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    invited_by_id: Mapped[str | None] = mapped_column(Id("usr"))

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        return (cls.owner_id == actor.organisation_id) | (cls.organisation_id == actor.organisation_id)


class ProjectMedia(Base, Timestamps, Owned):
    """A file that a pitch shows: its poster, a still, a sample episode. Seen by whoever sees the project."""

    __tablename__ = "project_media"
    __table_args__ = (
        CheckConstraint("kind IN ('poster','still','episode')", name="kind"),
        Index(
            "uq__project_media__single", "project_id", "kind", unique=True,
            sqlite_where=text("kind <> 'still'"), postgresql_where=text("kind <> 'still'"),
        ),
    )  # fmt: skip
    id: Mapped[str] = mapped_column(Id("pmd"), primary_key=True, default=lambda: new("pmd"))
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    kind: Mapped[str] = mapped_column(String(10))
    file_id: Mapped[str] = mapped_column(Id("fil"), unique=True)

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        shown = select(Project.id).where(Project.shown_to(actor))
        return (cls.organisation_id == actor.organisation_id) | cls.project_id.in_(shown)


class ProjectDraft(Base, Timestamps, OwnedByOrganisation):
    """One step of the form as it was typed, kept while it cannot be taken over (not valid, or not yet published)."""

    __tablename__ = "project_draft"
    __table_args__ = (UniqueConstraint("project_id", "step"),)
    id: Mapped[str] = mapped_column(Id("pdr"), primary_key=True, default=lambda: new("pdr"))
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    step: Mapped[str] = mapped_column(String(20))
    typed: Mapped[dict[str, list[str]]] = mapped_column(JSON)
    user_id: Mapped[str | None] = mapped_column(Id("usr"))


class ProjectImport(Base, KeptFile):
    """A file of projects that was uploaded."""

    __tablename__ = "project_import"
    __table_args__ = (CheckConstraint("state IN ('open','running','done')", name="state"),)
    id: Mapped[str] = mapped_column(Id("pim"), primary_key=True, default=lambda: new("pim"))

    __mapper_args__ = {"version_id_col": Versioned.version}


class GenreTerm(Base, Timestamps, Shared):
    """A genre that the park added to the carried vocabulary."""

    __tablename__ = "genre_term"
    term: Mapped[str] = mapped_column(String(40), primary_key=True)
    zh: Mapped[str] = mapped_column(String(40), unique=True)
    en: Mapped[str] = mapped_column(String(60), unique=True)
    facet: Mapped[str] = mapped_column(String(20))
    review_note: Mapped[str] = mapped_column(String(200), default="")
    organisation_id: Mapped[str | None] = mapped_column(Id("org"), ForeignKey("organisation.id"))


append_only(ProjectVersion.__table__)
