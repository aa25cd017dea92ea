"""Where a deal stands for one of its parties, how that party moved it, and moves that wait for a second member."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from dealflow.core import clock
from dealflow.core.db import Base, Versioned
from dealflow.core.ids import Id, new
from dealflow.core.money import LIMIT, MoneyAttribute
from dealflow.core.scope import OwnedByOrganisation
from dealflow.deals.states import APPROVALS, MOST_REMIND_DAYS

_WAITING = text("state = 'waiting'")


class DealPosition(Base, Versioned, OwnedByOrganisation):
    """A party's own side of a deal: stage of its pipeline, amount it counts on, who looks after it, what is next.

    The stage always stands for the deal's state. The version rises with whatever this party can see change.
    """

    __tablename__ = "deal_position"
    __table_args__ = (
        UniqueConstraint("deal_id", "organisation_id"),
        CheckConstraint(
            "(amount_minor IS NULL) = (amount_currency IS NULL) AND "
            f"(amount_minor IS NULL OR amount_minor BETWEEN 0 AND {LIMIT})",
            name="amount",
        ),
        CheckConstraint(f"remind_days BETWEEN 0 AND {MOST_REMIND_DAYS}", name="remind_days"),
        CheckConstraint("next_step_on IS NULL OR next_step <> ''", name="date_of_a_step"),
        Index("ix__deal_position__board", "organisation_id", "pipeline_id", "stage_id"),
    )
    id: Mapped[str] = mapped_column(Id("pos"), primary_key=True, default=lambda: new("pos"))
    deal_id: Mapped[str] = mapped_column(Id("deal"), ForeignKey("deal.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    pipeline_id: Mapped[str] = mapped_column(Id("pip"), ForeignKey("pipeline.id"))
    stage_id: Mapped[str] = mapped_column(Id("stg"), ForeignKey("pipeline_stage.id"), index=True)
    since: Mapped[datetime] = mapped_column(default=clock.now)
    assignee_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    amount_currency: Mapped[str | None] = mapped_column(String(3))
    next_step: Mapped[str] = mapped_column(String(300), default="")
    next_step_on: Mapped[date | None] = mapped_column(index=True)
    remind_days: Mapped[int] = mapped_column(default=1)
    reminded_for: Mapped[date | None]
    reason_id: Mapped[str | None] = mapped_column(Id("rsn"), ForeignKey("close_reason.id"))
    amount = MoneyAttribute()

    __mapper_args__ = {"version_id_col": Versioned.version}


class DealMove(Base, OwnedByOrganisation):
    """One move that a party made, alone or among many of a batch; taken back while nothing came after it."""

    __tablename__ = "deal_move"
    __table_args__ = (
        UniqueConstraint("batch_id", "deal_id"),
        Index("ix__deal_move__of_deal", "deal_id", "organisation_id", "id"),
    )
    id: Mapped[str] = mapped_column(Id("mov"), primary_key=True, default=lambda: new("mov"))
    batch_id: Mapped[str] = mapped_column(Id("bat"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    deal_id: Mapped[str] = mapped_column(Id("deal"), ForeignKey("deal.id"))
    from_stage_id: Mapped[str] = mapped_column(Id("stg"), ForeignKey("pipeline_stage.id"))
    to_stage_id: Mapped[str] = mapped_column(Id("stg"), ForeignKey("pipeline_stage.id"))
    since_before: Mapped[datetime]
    state_since_before: Mapped[datetime]
    before: Mapped[str] = mapped_column(String(20))
    after: Mapped[str] = mapped_column(String(20))
    version_after: Mapped[int]
    user_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    user_name: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(default=clock.now)
    undone_at: Mapped[datetime | None]


class MoveApproval(Base, OwnedByOrganisation):
    """A move that a second member of the organisation must approve. The database refuses the asker's own approval."""

    __tablename__ = "move_approval"
    __table_args__ = (
        CheckConstraint(f"state IN {APPROVALS}", name="state"),
        CheckConstraint("answered_by_id IS NULL OR answered_by_id <> asked_by_id", name="two_people"),
        CheckConstraint("state <> 'approved' OR answered_by_id IS NOT NULL", name="approved_by_somebody"),
        Index(
            "uq__move_approval__waiting", "deal_id", "organisation_id",
            unique=True, sqlite_where=_WAITING, postgresql_where=_WAITING,
        ),
    )  # fmt: skip
    id: Mapped[str] = mapped_column(Id("apr"), primary_key=True, default=lambda: new("apr"))
    deal_id: Mapped[str] = mapped_column(Id("deal"), ForeignKey("deal.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    stage_id: Mapped[str] = mapped_column(Id("stg"), ForeignKey("pipeline_stage.id"))
    reason: Mapped[str] = mapped_column(String(2000), default="")
    reason_id: Mapped[str | None] = mapped_column(Id("rsn"), ForeignKey("close_reason.id"))
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    asked_by_id: Mapped[str] = mapped_column(Id("usr"), ForeignKey("user.id"))
    asked_by_name: Mapped[str] = mapped_column(String(200), default="")
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    answered_by_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    answered_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(String(500), default="")
