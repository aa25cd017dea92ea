"""What a fund (or an organisation by itself) holds, its cash flows and its valuations."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dealflow.core import clock
from dealflow.core.db import Base, Versioned
from dealflow.core.ddl import append_only
from dealflow.core.ids import Id, new
from dealflow.core.money import LIMIT, Money
from dealflow.core.scope import OwnedByOrganisation
from dealflow.portfolio.states import EVIDENCE, FLOW_KINDS, METHODS, SOURCES, STATUSES, one_of


class Holding(Base, Versioned, OwnedByOrganisation):
    """A project of the platform or an outside asset, held by `vehicle_id`: a fund, or the organisation itself.

    One holding per vehicle and project. What it cost and brought in stands in its flows, what it is worth in its valuations.
    """

    __tablename__ = "holding"
    __table_args__ = (
        UniqueConstraint("vehicle_id", "project_id"),
        UniqueConstraint("vehicle_id", "name"),
        CheckConstraint(one_of("status", STATUSES), name="status"),
        CheckConstraint("(status = 'active') = (closed_on IS NULL)", name="closed_on_if_closed"),
    )
    id: Mapped[str] = mapped_column(Id("hld"), primary_key=True, default=lambda: new("hld"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    vehicle_id: Mapped[str] = mapped_column(String(60), index=True)
    fund_id: Mapped[str | None] = mapped_column(Id("fnd"), ForeignKey("fund.id"))
    project_id: Mapped[str | None] = mapped_column(Id("prj"), ForeignKey("project.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    currency: Mapped[str] = mapped_column(String(3))
    instrument: Mapped[str] = mapped_column(String(30), default="")
    genre: Mapped[str] = mapped_column(String(60), default="")
    stage: Mapped[str] = mapped_column(String(30), default="")
    platform: Mapped[str] = mapped_column(String(120), default="")
    status: Mapped[str] = mapped_column(String(12), default="active")
    closed_on: Mapped[date | None]
    watched: Mapped[bool] = mapped_column(default=False)
    watch_note: Mapped[str] = mapped_column(String(500), default="")
    is_sample: Mapped[bool] = mapped_column(default=False)

    __mapper_args__ = {"version_id_col": Versioned.version}

    def money(self, minor: int) -> Money:
        """An amount in the holding's currency."""
        return Money(minor, self.currency)


class HoldingFlow(Base, OwnedByOrganisation):
    """Money into (`cost`) or out of (`proceeds`) a holding, in its currency, posted as `entry_id`. Append only.

    A correction is a row of the same day and kind with the opposite amount (`reverses_id`). (`source`, `source_id`) is
    what it came from and enters once. `given_*` is the amount in another currency, at `rate`.
    """

    __tablename__ = "holding_flow"
    __table_args__ = (
        UniqueConstraint("holding_id", "source", "source_id"),
        UniqueConstraint("reverses_id"),
        CheckConstraint(one_of("kind", FLOW_KINDS), name="kind"),
        CheckConstraint(one_of("source", SOURCES), name="source"),
        CheckConstraint("amount_minor <> 0", name="not_zero"),
        CheckConstraint("amount_minor > 0 OR reverses_id IS NOT NULL", name="negative_only_reverses"),
        CheckConstraint("(rate IS NULL) = (given_currency IS NULL)", name="rate"),
        Index("ix__holding_flow__holding_day", "holding_id", "happened_on"),
    )
    id: Mapped[str] = mapped_column(Id("hfl"), primary_key=True, default=lambda: new("hfl"))
    holding_id: Mapped[str] = mapped_column(Id("hld"), ForeignKey("holding.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    happened_on: Mapped[date]
    kind: Mapped[str] = mapped_column(String(10))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    given_minor: Mapped[int | None] = mapped_column(BigInteger)
    given_currency: Mapped[str | None] = mapped_column(String(3))
    rate: Mapped[str | None] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(12))
    source_id: Mapped[str] = mapped_column(String(100))
    text: Mapped[str] = mapped_column(String(300), default="")
    entry_id: Mapped[str] = mapped_column(Id("ent"), ForeignKey("ledger_entry.id"))
    reverses_id: Mapped[str | None] = mapped_column(Id("hfl"), ForeignKey("holding_flow.id"))
    created_by_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class Valuation(Base, OwnedByOrganisation):
    """What a holding was worth on a day: method, who and evidence. Append only; of one day the later counts.

    `file_id` is the document handed in as evidence, `file_name` and `file_sha256` what it was when it was entered.
    """

    __tablename__ = "holding_valuation"
    __table_args__ = (
        CheckConstraint(f"value_minor BETWEEN 0 AND {LIMIT}", name="value"),
        CheckConstraint(one_of("method", METHODS), name="method"),
        CheckConstraint(one_of("evidence_class", EVIDENCE), name="evidence_class"),
        CheckConstraint("(file_id IS NULL) = (file_sha256 IS NULL)", name="file"),
        UniqueConstraint("holding_id", "reference"),
        Index("ix__holding_valuation__holding_day", "holding_id", "valued_on"),
    )
    id: Mapped[str] = mapped_column(Id("hvl"), primary_key=True, default=lambda: new("hvl"))
    holding_id: Mapped[str] = mapped_column(Id("hld"), ForeignKey("holding.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    valued_on: Mapped[date]
    value_minor: Mapped[int] = mapped_column(BigInteger)
    method: Mapped[str] = mapped_column(String(30))
    evidence_class: Mapped[str] = mapped_column(String(20))
    evidence: Mapped[str] = mapped_column(String(2000))
    file_id: Mapped[str | None] = mapped_column(Id("fil"), ForeignKey("stored_file.id"))
    file_name: Mapped[str] = mapped_column(String(200), default="")
    file_sha256: Mapped[str | None] = mapped_column(String(64))
    entry_id: Mapped[str | None] = mapped_column(Id("ent"), ForeignKey("ledger_entry.id"))
    reference: Mapped[str] = mapped_column(String(100))
    user_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    user_name: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class FollowOn(Base, Versioned, OwnedByOrganisation):
    """A right to put more money into a holding until a day."""

    __tablename__ = "holding_follow_on"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'exercised', 'waived')", name="state"),
        CheckConstraint("amount_minor > 0", name="amount"),
        UniqueConstraint("holding_id", "due_on", "text"),
        Index("ix__holding_follow_on__organisation_due", "organisation_id", "due_on"),
    )
    id: Mapped[str] = mapped_column(Id("hfo"), primary_key=True, default=lambda: new("hfo"))
    holding_id: Mapped[str] = mapped_column(Id("hld"), ForeignKey("holding.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    due_on: Mapped[date]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    text: Mapped[str] = mapped_column(String(300))
    state: Mapped[str] = mapped_column(String(10), default="open")

    __mapper_args__ = {"version_id_col": Versioned.version}


for _table in (HoldingFlow, Valuation):
    append_only(_table.__table__)
