"""An organisation's own order of its deals: pipelines, their stages with rules, reasons of closing, saved filters."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ColumnElement, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from dealflow.core.actor import Actor
from dealflow.core.db import Base, Timestamps, Versioned
from dealflow.core.ids import Id, new
from dealflow.core.scope import Owned, OwnedByOrganisation
from dealflow.deals.states import DEAL, MOVERS, OUTCOMES

_STATES = ", ".join(f"'{state}'" for state in sorted(DEAL.states))
_DEFAULT = text("is_default")


class Pipeline(Base, Versioned, OwnedByOrganisation):
    """The stages through which an organisation sees its deals. One of them takes new deals. No name: the usual one."""

    __tablename__ = "pipeline"
    __table_args__ = (
        UniqueConstraint("organisation_id", "name"),
        CheckConstraint("NOT is_default OR archived_at IS NULL", name="default_is_in_use"),
        Index(
            "uq__pipeline__default", "organisation_id",
            unique=True, sqlite_where=_DEFAULT, postgresql_where=_DEFAULT,
        ),
    )  # fmt: skip
    id: Mapped[str] = mapped_column(Id("pip"), primary_key=True, default=lambda: new("pip"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(String(80), default="")
    is_default: Mapped[bool] = mapped_column(default=False)
    archived_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": Versioned.version}


class PipelineStage(Base, OwnedByOrganisation):
    """A stage of a pipeline. It stands for one state of the deal; several stages may stand for the same.

    No name: the state's own. `required` names what must be filled before a deal enters, `movers` who may bring it here.
    """

    __tablename__ = "pipeline_stage"
    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        CheckConstraint(f"movers IN {MOVERS}", name="movers"),
        Index("ix__pipeline_stage__order", "pipeline_id", "place"),
    )
    id: Mapped[str] = mapped_column(Id("stg"), primary_key=True, default=lambda: new("stg"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    pipeline_id: Mapped[str] = mapped_column(Id("pip"), ForeignKey("pipeline.id"))
    state: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(60), default="")
    place: Mapped[int]
    required: Mapped[list[str]] = mapped_column(JSON, default=list)
    needs_approval: Mapped[bool] = mapped_column(default=False)
    movers: Mapped[str] = mapped_column(String(10), default="members")
    stale_days: Mapped[int | None]
    removed_at: Mapped[datetime | None]


class CloseReason(Base, OwnedByOrganisation):
    """Why deals are won or lost, in an organisation's own list. `code` names one of the usual reasons, else `label` says it."""

    __tablename__ = "close_reason"
    __table_args__ = (
        CheckConstraint(f"outcome IN {OUTCOMES}", name="outcome"),
        CheckConstraint("(code = '') <> (label = '')", name="code_or_label"),
        UniqueConstraint("organisation_id", "outcome", "code", "label"),
    )
    id: Mapped[str] = mapped_column(Id("rsn"), primary_key=True, default=lambda: new("rsn"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    outcome: Mapped[str] = mapped_column(String(4))
    code: Mapped[str] = mapped_column(String(20), default="")
    label: Mapped[str] = mapped_column(String(80), default="")
    removed_at: Mapped[datetime | None]


class DealFilter(Base, Timestamps, Owned):
    """A filter of the board that somebody keeps, for themselves or for their whole organisation."""

    __tablename__ = "deal_filter"
    __table_args__ = (UniqueConstraint("organisation_id", "user_id", "name"),)
    id: Mapped[str] = mapped_column(Id("flt"), primary_key=True, default=lambda: new("flt"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    user_id: Mapped[str] = mapped_column(Id("usr"), ForeignKey("user.id"))
    name: Mapped[str] = mapped_column(String(80))
    shared: Mapped[bool] = mapped_column(default=False)
    query: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        return (cls.organisation_id == actor.organisation_id) & (cls.shared | (cls.user_id == actor.user_id))
