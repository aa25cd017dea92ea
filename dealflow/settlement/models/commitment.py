"""Commitments with their tranches, what proves milestones, and what happened to each tranche."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from dealflow.core import clock
from dealflow.core.db import Base, Versioned
from dealflow.core.ddl import append_only
from dealflow.core.ids import Id, new
from dealflow.core.money import Money
from dealflow.core.scope import OwnedByOrganisation
from dealflow.settlement.models.parties import OfParties
from dealflow.settlement.states import HELD_FROM, ON_MISS, PROOF, TRANCHE


def one_of(values: Any) -> str:
    """Texts for an SQL IN (…)."""
    return ", ".join(f"'{value}'" for value in sorted(values))


_FOR_ALL = text("investor_organisation_id IS NULL")
_LIVE_PROOF = text("state IN ('waiting', 'accepted')")


class Commitment(Base, Versioned, OfParties):
    """Money promised by a signed term sheet. The database lets a term sheet become one commitment.

    `excess_minor`: what the investor paid beyond its calls and the project still holds for it.
    """

    __tablename__ = "commitment"
    __table_args__ = (
        UniqueConstraint("term_sheet_id"),
        CheckConstraint("amount_minor > 0", name="positive"),
        CheckConstraint("excess_minor >= 0", name="excess"),
    )
    id: Mapped[str] = mapped_column(Id("cmt"), primary_key=True, default=lambda: new("cmt"))
    term_sheet_id: Mapped[str] = mapped_column(Id("ts"), ForeignKey("term_sheet.id"))
    terms_number: Mapped[int]
    deal_id: Mapped[str] = mapped_column(Id("deal"), ForeignKey("deal.id"), index=True)
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"), index=True)
    template: Mapped[str] = mapped_column(String(20))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    excess_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    payment_days: Mapped[int]
    late_rate_ppm: Mapped[int]
    executed_on: Mapped[date]

    __mapper_args__ = {"version_id_col": Versioned.version}

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def excess(self) -> Money:
        return Money(self.excess_minor, self.currency)

    def of(self, minor: int) -> Money:
        """So many minor units of the commitment's currency."""
        return Money(minor, self.currency)


class Tranche(Base, Versioned, OfParties):
    """A part of a commitment, called when its milestone is proven.

    `called_minor` and `paid_minor` (net of refunds) are sums of its calls and payments, which `dealflow check` adds up
    again; the database keeps paid ≤ called ≤ amount.
    """

    __tablename__ = "tranche"
    __table_args__ = (
        UniqueConstraint("commitment_id", "number"),
        UniqueConstraint("commitment_id", "code"),
        CheckConstraint(f"state IN ({one_of(TRANCHE.states)})", name="state"),
        CheckConstraint(f"on_miss IN ({one_of(ON_MISS)})", name="on_miss"),
        CheckConstraint(
            f"(state = 'held') = (held_from IS NOT NULL) AND (held_from IS NULL OR held_from IN ({one_of(HELD_FROM)}))",
            name="held_from",
        ),
        CheckConstraint(
            "0 <= paid_minor AND paid_minor <= called_minor AND called_minor <= amount_minor", name="sums"
        ),
        Index("ix__tranche__due", "state", "long_stop"),
    )
    id: Mapped[str] = mapped_column(Id("trn"), primary_key=True, default=lambda: new("trn"))
    commitment_id: Mapped[str] = mapped_column(Id("cmt"), ForeignKey("commitment.id"))
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"), index=True)
    number: Mapped[int]
    code: Mapped[str] = mapped_column(String(40))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    milestone: Mapped[str] = mapped_column(String(30))
    note: Mapped[str] = mapped_column(String(500), default="")
    long_stop: Mapped[date]
    on_miss: Mapped[str] = mapped_column(String(20))
    extensions: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(12), default=TRANCHE.initial)
    state_since: Mapped[datetime] = mapped_column(default=clock.now)
    held_from: Mapped[str | None] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(2000), default="")
    opened_by: Mapped[str | None] = mapped_column(String(12))
    opened_on: Mapped[date | None]
    called_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    paid_minor: Mapped[int] = mapped_column(BigInteger, default=0)

    __mapper_args__ = {"version_id_col": Versioned.version}

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def paid(self) -> Money:
        """Net of what was paid back."""
        return Money(self.paid_minor, self.currency)


class TrancheEvent(Base, OfParties):
    """What happened to a tranche. Append only, read by both parties."""

    __tablename__ = "tranche_event"
    id: Mapped[str] = mapped_column(Id("tev"), primary_key=True, default=lambda: new("tev"))
    tranche_id: Mapped[str] = mapped_column(Id("trn"), ForeignKey("tranche.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    before: Mapped[str] = mapped_column(String(12), default="")
    after: Mapped[str] = mapped_column(String(12), default="")
    text: Mapped[str] = mapped_column(String(2000), default="")
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    user_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    user_name: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(default=clock.now)


append_only(TrancheEvent.__table__)


class MilestoneFact(Base, OwnedByOrganisation):
    """That a milestone of a project was reached, as another room recorded it: for all its investors, or, when one of them
    said so, for that one alone. Once for a project, kind and whom it counts for."""

    __tablename__ = "milestone_fact"
    __table_args__ = (
        Index(
            "uq__milestone_fact__for_all", "project_id", "kind", unique=True,
            sqlite_where=_FOR_ALL, postgresql_where=_FOR_ALL,
        ),
        UniqueConstraint("project_id", "kind", "investor_organisation_id"),
    )  # fmt: skip
    id: Mapped[str] = mapped_column(Id("mfc"), primary_key=True, default=lambda: new("mfc"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"))
    kind: Mapped[str] = mapped_column(String(30))
    investor_organisation_id: Mapped[str | None] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    reached_on: Mapped[date]
    source: Mapped[str] = mapped_column(String(60), default="")
    at: Mapped[datetime] = mapped_column(default=clock.now)


append_only(MilestoneFact.__table__)


class MilestoneProof(Base, Versioned, OfParties):
    """A file by which the project shows that a milestone is met; the investor accepts or rejects it. One at a time."""

    __tablename__ = "milestone_proof"
    __table_args__ = (
        CheckConstraint(f"state IN ({one_of(PROOF.states)})", name="state"),
        Index(
            "uq__milestone_proof__live", "tranche_id", unique=True, sqlite_where=_LIVE_PROOF, postgresql_where=_LIVE_PROOF
        ),
    )  # fmt: skip
    id: Mapped[str] = mapped_column(Id("prf"), primary_key=True, default=lambda: new("prf"))
    tranche_id: Mapped[str] = mapped_column(Id("trn"), ForeignKey("tranche.id"), index=True)
    file_id: Mapped[str] = mapped_column(Id("fil"), ForeignKey("stored_file.id"))
    file_name: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(String(2000), default="")
    state: Mapped[str] = mapped_column(String(10), default=PROOF.initial)
    user_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    user_name: Mapped[str] = mapped_column(String(200), default="")
    answered_by: Mapped[str] = mapped_column(String(200), default="")
    answered_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(String(2000), default="")

    __mapper_args__ = {"version_id_col": Versioned.version}
