"""Mandates: what an investor looks for."""

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
)
from sqlalchemy.orm import Mapped, mapped_column

from dealflow.core.actor import Actor
from dealflow.core.db import Base, Versioned
from dealflow.core.ids import Id, new
from dealflow.core.intake import KeptFile
from dealflow.core.money import LIMIT, MoneyAttribute
from dealflow.core.scope import Owned


class Mandate(Base, Versioned, Owned):
    """A mandate; `constraints` and `preferences` as in the public interface, empty parts left out.

    A deleted one keeps its row, since deals and feedback name it, but nobody finds it any more.
    """

    __tablename__ = "mandate"
    __table_args__ = (
        UniqueConstraint("organisation_id", "external_id"),
        CheckConstraint(f"capital_minor BETWEEN 0 AND {LIMIT}", name="capital"),
        CheckConstraint(
            "(max_per_project_minor IS NULL) = (max_per_project_currency IS NULL) AND "
            f"(max_per_project_minor IS NULL OR max_per_project_minor BETWEEN 0 AND {LIMIT})",
            name="max_per_project",
        ),
        CheckConstraint("deleted_at IS NULL OR NOT active", name="deleted_is_not_active"),
        Index("ix__mandate__ranked", "active", "allow_discovery"),
    )
    id: Mapped[str] = mapped_column(Id("mnd"), primary_key=True, default=lambda: new("mnd"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    external_id: Mapped[str | None] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(200))
    active: Mapped[bool] = mapped_column(default=True)
    constraints: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    preferences: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    capital_minor: Mapped[int] = mapped_column(BigInteger)
    capital_currency: Mapped[str] = mapped_column(String(3))
    max_per_project_minor: Mapped[int | None] = mapped_column(BigInteger)
    max_per_project_currency: Mapped[str | None] = mapped_column(String(3))
    allow_discovery: Mapped[bool] = mapped_column(default=False)
    is_sample: Mapped[bool] = mapped_column(default=False)
    search_text: Mapped[str] = mapped_column(Text, default="")
    deleted_at: Mapped[datetime | None]
    capital = MoneyAttribute()
    max_per_project = MoneyAttribute()

    __mapper_args__ = {"version_id_col": Versioned.version}

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        return (cls.organisation_id == actor.organisation_id) & cls.deleted_at.is_(None)


class MandateImport(Base, KeptFile):
    """A file of mandates that was uploaded."""

    __tablename__ = "mandate_import"
    __table_args__ = (CheckConstraint("state IN ('open','running','done')", name="state"),)
    id: Mapped[str] = mapped_column(Id("mim"), primary_key=True, default=lambda: new("mim"))

    __mapper_args__ = {"version_id_col": Versioned.version}
