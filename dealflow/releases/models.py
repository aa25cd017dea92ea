"""Releases, their daily figures, receipts, ad spend with its caps, and statements of platforms.

Figures, receipts and ad spend are append only: a correction is a row of its own.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import Base, Timestamps, Versioned
from dealflow.core.ddl import append_only
from dealflow.core.ids import Id, new
from dealflow.core.money import LIMIT, MoneyAttribute
from dealflow.core.scope import Owned, OwnedByOrganisation
from dealflow.pitches import parties
from dealflow.pitches.vocabulary import EVIDENCE

SELF_REPORTED = "self_reported"
_EVIDENCE = f"evidence_class IN ({', '.join(repr(name) for name in EVIDENCE)})"
_ACTIVE = text("withdrawn_at IS NULL")


class OfProject(Owned):
    """Rows of a project: known to its owner and to the investors that are bound to it."""

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        own = cls.organisation_id == actor.organisation_id  # type: ignore[attr-defined]
        found: ColumnElement[bool] = own | parties.is_bound(cls.project_id, actor.organisation_id)  # type: ignore[attr-defined]
        return found


def _amount(name: str) -> CheckConstraint:
    rule = f"({name}_minor IS NULL) = ({name}_currency IS NULL) AND ({name}_minor IS NULL OR {name}_minor BETWEEN 0 AND {LIMIT})"
    return CheckConstraint(rule, name=name)


class Release(Base, Versioned, OfProject):
    """A project on a platform in a territory (a region code, or WORLD). What was entered by mistake is withdrawn.

    `announced_at`: when the bound investors were told that its day has come. Only what one of them confirms is a fact
    for higher rooms, and for that investor alone: whoever is owed money for it cannot prove it by saying so.
    """

    __tablename__ = "project_release"
    __table_args__ = (
        Index(
            "uq__project_release__active", "project_id", "platform", "territory", unique=True,
            sqlite_where=_ACTIVE, postgresql_where=_ACTIVE,
        ),
    )  # fmt: skip
    id: Mapped[str] = mapped_column(Id("rel"), primary_key=True, default=lambda: new("rel"))
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    platform: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(200))
    territory: Mapped[str] = mapped_column(String(6))
    released_on: Mapped[date]
    filing_number: Mapped[str | None] = mapped_column(String(60))
    link: Mapped[str | None] = mapped_column(String(1000))
    announced_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdraw_reason: Mapped[str | None] = mapped_column(String(500))

    __mapper_args__ = {"version_id_col": Versioned.version}


class Confirmation(Base, Owned):
    """That an investor bound to the project has seen a release there. Once for each; known to it and to the owner."""

    __tablename__ = "release_confirmation"
    __table_args__ = (UniqueConstraint("release_id", "investor_organisation_id"),)
    id: Mapped[str] = mapped_column(Id("rcf"), primary_key=True, default=lambda: new("rcf"))
    release_id: Mapped[str] = mapped_column(Id("rel"), ForeignKey("project_release.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    investor_organisation_id: Mapped[str] = mapped_column(
        Id("org"), ForeignKey("organisation.id"), index=True
    )
    investor_name: Mapped[str] = mapped_column(String(200), default="")
    user_id: Mapped[str | None] = mapped_column(Id("usr"))
    at: Mapped[datetime] = mapped_column(default=clock.now)

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        return (cls.organisation_id == actor.organisation_id) | (
            cls.investor_organisation_id == actor.organisation_id
        )


class ReleaseFigure(Base, OfProject):
    """What a source says of one day of a release. The row with the highest `number` of a day and source counts."""

    __tablename__ = "release_figure"
    __table_args__ = (
        UniqueConstraint("release_id", "day", "source", "evidence_class", "number"),
        CheckConstraint(_EVIDENCE, name="evidence_class"),
        CheckConstraint("plays IS NULL OR plays >= 0", name="plays"),
        CheckConstraint("paid_users IS NULL OR paid_users >= 0", name="paid_users"),
        _amount("receipts"),
        _amount("ad_spend"),
        Index("ix__release_figure__project_day", "project_id", "day"),
    )
    id: Mapped[str] = mapped_column(Id("rfg"), primary_key=True, default=lambda: new("rfg"))
    release_id: Mapped[str] = mapped_column(Id("rel"), ForeignKey("project_release.id"))
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    on: Mapped[date] = mapped_column("day")
    plays: Mapped[int | None] = mapped_column(BigInteger)
    paid_users: Mapped[int | None] = mapped_column(BigInteger)
    receipts_minor: Mapped[int | None] = mapped_column(BigInteger)
    receipts_currency: Mapped[str | None] = mapped_column(String(3))
    ad_spend_minor: Mapped[int | None] = mapped_column(BigInteger)
    ad_spend_currency: Mapped[str | None] = mapped_column(String(3))
    evidence_class: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(120))
    number: Mapped[int]
    document_id: Mapped[str | None] = mapped_column(Id("fil"))
    user_id: Mapped[str | None] = mapped_column(Id("usr"))
    user_name: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    receipts = MoneyAttribute()
    ad_spend = MoneyAttribute()


class Receipt(Base, OfProject):
    """Money that came in for a project, before any deduction. Negative: a refund, or a correction (`corrects_id`)."""

    __tablename__ = "receipt"
    __table_args__ = (
        UniqueConstraint("project_id", "external_ref"),
        UniqueConstraint("corrects_id", "number"),
        CheckConstraint(_EVIDENCE, name="evidence_class"),
        CheckConstraint(f"amount_minor <> 0 AND amount_minor BETWEEN -{LIMIT} AND {LIMIT}", name="amount"),
        CheckConstraint("(corrects_id IS NULL) = (number = 0)", name="numbered_if_correction"),
        Index("ix__receipt__project_day", "project_id", "day"),
    )
    id: Mapped[str] = mapped_column(Id("rcp"), primary_key=True, default=lambda: new("rcp"))
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    on: Mapped[date] = mapped_column("day")
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    amount_currency: Mapped[str] = mapped_column(String(3))
    source: Mapped[str] = mapped_column(String(120))
    platform: Mapped[str] = mapped_column(String(60), default="")
    territory: Mapped[str] = mapped_column(String(6), default="")
    external_ref: Mapped[str] = mapped_column(String(120))
    evidence_class: Mapped[str] = mapped_column(String(20))
    document_id: Mapped[str | None] = mapped_column(Id("fil"))
    statement_id: Mapped[str | None] = mapped_column(
        Id("stm"), ForeignKey("platform_statement.id"), index=True
    )
    corrects_id: Mapped[str | None] = mapped_column(Id("rcp"), ForeignKey("receipt.id"))
    number: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(String(500), default="")
    user_id: Mapped[str | None] = mapped_column(Id("usr"))
    user_name: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    amount = MoneyAttribute()


class AdSpend(Base, OfProject):
    """Money spent on paid traffic, signed like receipts."""

    __tablename__ = "ad_spend"
    __table_args__ = (
        UniqueConstraint("project_id", "external_ref"),
        CheckConstraint(_EVIDENCE, name="evidence_class"),
        CheckConstraint(f"amount_minor <> 0 AND amount_minor BETWEEN -{LIMIT} AND {LIMIT}", name="amount"),
        Index("ix__ad_spend__project_day", "project_id", "day"),
    )
    id: Mapped[str] = mapped_column(Id("ads"), primary_key=True, default=lambda: new("ads"))
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    on: Mapped[date] = mapped_column("day")
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    amount_currency: Mapped[str] = mapped_column(String(3))
    platform: Mapped[str] = mapped_column(String(60), default="")
    source: Mapped[str] = mapped_column(String(120))
    external_ref: Mapped[str] = mapped_column(String(120))
    evidence_class: Mapped[str] = mapped_column(String(20))
    document_id: Mapped[str | None] = mapped_column(Id("fil"))
    statement_id: Mapped[str | None] = mapped_column(
        Id("stm"), ForeignKey("platform_statement.id"), index=True
    )
    user_id: Mapped[str | None] = mapped_column(Id("usr"))
    user_name: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    amount = MoneyAttribute()


class AdCap(Base, Versioned, OfProject):
    """How much ad spend a contract (`source`) allows. `near_at`, `reached_at`: when people were told."""

    __tablename__ = "ad_cap"
    __table_args__ = (
        UniqueConstraint("project_id", "source"),
        CheckConstraint(f"cap_minor BETWEEN 1 AND {LIMIT}", name="cap"),
    )
    id: Mapped[str] = mapped_column(Id("cap"), primary_key=True, default=lambda: new("cap"))
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    cap_minor: Mapped[int] = mapped_column(BigInteger)
    cap_currency: Mapped[str] = mapped_column(String(3))
    source: Mapped[str] = mapped_column(String(60))
    near_at: Mapped[datetime | None]
    reached_at: Mapped[datetime | None]
    cap = MoneyAttribute()

    __mapper_args__ = {"version_id_col": Versioned.version}


class Statement(Base, Versioned, OwnedByOrganisation):
    """A settlement statement of a platform as it was uploaded, the meaning of its columns, and what it brought.

    The same content is taken once for a project. `plan` holds mapping and defaults; `checked` what a check of this plan
    found; `result` what was written.
    """

    __tablename__ = "platform_statement"
    __table_args__ = (
        UniqueConstraint("project_id", "content_hash"),
        CheckConstraint("state IN ('open','running','done')", name="state"),
    )
    id: Mapped[str] = mapped_column(Id("stm"), primary_key=True, default=lambda: new("stm"))
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    user_id: Mapped[str | None] = mapped_column(Id("usr"))
    user_name: Mapped[str] = mapped_column(String(200), default="")
    filename: Mapped[str] = mapped_column(String(300))
    content_hash: Mapped[str] = mapped_column(String(64))
    file_id: Mapped[str] = mapped_column(Id("fil"))
    header: Mapped[list[str]] = mapped_column(JSON)
    samples: Mapped[list[str]] = mapped_column(JSON)
    row_count: Mapped[int]
    preset: Mapped[str] = mapped_column(String(20))
    plan: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(10), default="open")
    job_id: Mapped[str | None] = mapped_column(Id("job"))
    checked: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)

    __mapper_args__ = {"version_id_col": Versioned.version}


class Evidence(Base, Timestamps, OfProject):
    """A document behind figures, receipts or ad spend of a project; read by all who read those."""

    __tablename__ = "release_evidence"
    id: Mapped[str] = mapped_column(Id("rev"), primary_key=True, default=lambda: new("rev"))
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    file_id: Mapped[str] = mapped_column(Id("fil"), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    user_id: Mapped[str | None] = mapped_column(Id("usr"))


for _model in (Confirmation, ReleaseFigure, Receipt, AdSpend):
    append_only(_model.__table__)
