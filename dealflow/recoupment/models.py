"""Runs with their lines, what they covered, statements, disputes, and payouts."""

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
    or_,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import Base, Versioned
from dealflow.core.ddl import append_only
from dealflow.core.ids import Id, new
from dealflow.core.scope import Owned, OwnedByOrganisation
from dealflow.recoupment.states import DISPUTE, RUN


def _named(machine: Any) -> str:
    return f"state IN ({', '.join(repr(state) for state in sorted(machine.states))})"


_PREVIEW, _OPEN = text("state = 'preview'"), text("state IN ('open', 'answered')")


class DistributionRun(Base, Versioned, OwnedByOrganisation):
    """Who gets what of a project's receipts through a day. Posted by somebody else than the one who made it.

    `base_id` is the posted run it follows; `position` the waterfalls after it; `sheets` the term sheets it paid by;
    `not_counted` what was only self-reported, `exchange` what of the new came in another currency and at which rates. Amounts in minor units: `distributed_minor` in all, `due_minor` by this run.
    """

    __tablename__ = "distribution_run"
    __table_args__ = (
        UniqueConstraint("project_id", "number"),
        CheckConstraint(_named(RUN), name="state"),
        CheckConstraint("kind IN ('regular', 'restatement')", name="kind"),
        CheckConstraint("approved_by_id IS NULL OR approved_by_id <> made_by_id", name="second_person"),
        CheckConstraint(
            "(state = 'posted') = (number IS NOT NULL) AND (state <> 'posted' OR approved_at IS NOT NULL)",
            name="posted_is_approved",
        ),
        Index(
            "uq__distribution_run__preview", "project_id", unique=True,
            sqlite_where=_PREVIEW, postgresql_where=_PREVIEW,
        ),
    )  # fmt: skip
    id: Mapped[str] = mapped_column(Id("run"), primary_key=True, default=lambda: new("run"))
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    number: Mapped[int | None]
    base_id: Mapped[str | None] = mapped_column(Id("run"), ForeignKey("distribution_run.id"))
    through: Mapped[date]
    kind: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(10), default=RUN.initial)
    currency: Mapped[str] = mapped_column(String(3))
    digest: Mapped[str] = mapped_column(String(64))
    distributed_minor: Mapped[int] = mapped_column(BigInteger)
    due_minor: Mapped[int] = mapped_column(BigInteger)
    refund_minor: Mapped[int] = mapped_column(BigInteger)
    sheets: Mapped[list[Any]] = mapped_column(JSON)
    position: Mapped[dict[str, Any]] = mapped_column(JSON)
    not_counted: Mapped[dict[str, Any]] = mapped_column(JSON)
    exchange: Mapped[list[Any]] = mapped_column(JSON, default=list, server_default="[]")
    made_by_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    made_by_name: Mapped[str] = mapped_column(String(200), default="")
    approved_by_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    approved_by_name: Mapped[str] = mapped_column(String(200), default="")
    approved_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": Versioned.version}


class _OfPayee(Owned):
    """Rows that the organisation that runs the project and the payee know of."""

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        own = actor.organisation_id
        found: ColumnElement[bool] = or_(cls.organisation_id == own, cls.payee_organisation_id == own)  # type: ignore[attr-defined]
        return found


class DistributionLine(Base, OwnedByOrganisation):
    """What one payee gets from one tier: in all, and by this run (negative where a restatement takes back).

    `own_currency`: the currency of its term sheet where that is not the run's, else empty; what it takes of the run's money,
    in the run's currency, is then `cost_minor` in all and `cost_due_minor` by this run.
    """

    __tablename__ = "distribution_line"
    __table_args__ = (UniqueConstraint("run_id", "term_sheet_id", "tier", "payee"),)
    id: Mapped[str] = mapped_column(Id("rln"), primary_key=True, default=lambda: new("rln"))
    run_id: Mapped[str] = mapped_column(Id("run"), ForeignKey("distribution_run.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    place: Mapped[int]
    term_sheet_id: Mapped[str] = mapped_column(Id("ts"), ForeignKey("term_sheet.id"))
    tier: Mapped[str] = mapped_column(String(200))
    tier_label: Mapped[dict[str, str]] = mapped_column(JSON)
    payee: Mapped[str] = mapped_column(String(220))
    payee_name: Mapped[str] = mapped_column(String(300))
    payee_kind: Mapped[str] = mapped_column(String(20))
    payee_organisation_id: Mapped[str | None] = mapped_column(
        Id("org"), ForeignKey("organisation.id"), index=True
    )
    source_ppm: Mapped[int | None]
    basis: Mapped[str] = mapped_column(String(10))
    cumulative_minor: Mapped[int] = mapped_column(BigInteger)
    due_minor: Mapped[int] = mapped_column(BigInteger)
    own_currency: Mapped[str] = mapped_column(String(3), default="", server_default="")
    cost_minor: Mapped[int | None] = mapped_column(BigInteger)
    cost_due_minor: Mapped[int | None] = mapped_column(BigInteger)

    @property
    def cost_in_all(self) -> int:
        """What it takes of the run's money in all, in the run's currency."""
        return self.cumulative_minor if self.cost_minor is None else self.cost_minor

    @property
    def cost_due(self) -> int:
        """What it takes of the run's money by this run, in the run's currency."""
        return self.due_minor if self.cost_due_minor is None else self.cost_due_minor


class DistributionInput(Base, OwnedByOrganisation):
    """A receipt or an entry of ad spend that a posted run covered, as it was read; once, by one run.

    `counted_on` is the day as which it counts: for a correction, the day of what it corrects.
    """

    __tablename__ = "distribution_input"
    __table_args__ = (
        UniqueConstraint("kind", "source_id"),
        CheckConstraint("kind IN ('receipt', 'ad_spend')", name="kind"),
        Index("ix__distribution_input__run", "run_id", "kind", "counted_on"),
    )
    id: Mapped[str] = mapped_column(Id("rin"), primary_key=True, default=lambda: new("rin"))
    run_id: Mapped[str] = mapped_column(Id("run"), ForeignKey("distribution_run.id"))
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    kind: Mapped[str] = mapped_column(String(10))
    source_id: Mapped[str] = mapped_column(String(60))
    on: Mapped[date]
    counted_on: Mapped[date]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)


class DistributionConversion(Base, OwnedByOrganisation):
    """What an input comes to in a currency of the terms that is not the money's: once, by the posted run that first needed
    it. `exchange` holds what it was and the rate; empty where it came in that currency."""

    __tablename__ = "distribution_conversion"
    __table_args__ = (
        UniqueConstraint("kind", "source_id", "currency"),
        Index("ix__distribution_conversion__run", "run_id", "currency"),
    )
    id: Mapped[str] = mapped_column(Id("rcv"), primary_key=True, default=lambda: new("rcv"))
    run_id: Mapped[str] = mapped_column(Id("run"), ForeignKey("distribution_run.id"))
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    kind: Mapped[str] = mapped_column(String(10))
    source_id: Mapped[str] = mapped_column(String(60))
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    exchange: Mapped[dict[str, Any]] = mapped_column(JSON)


class DistributionStatement(Base, _OfPayee):
    """What a payee was told when a run was posted, word for word (`content`), under the hash of it; one for each currency
    (`own_currency`: where that is not the run's)."""

    __tablename__ = "distribution_statement"
    __table_args__ = (UniqueConstraint("run_id", "payee", "own_currency"),)
    id: Mapped[str] = mapped_column(Id("dst"), primary_key=True, default=lambda: new("dst"))
    run_id: Mapped[str] = mapped_column(Id("run"), ForeignKey("distribution_run.id"))
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    payee: Mapped[str] = mapped_column(String(220))
    payee_organisation_id: Mapped[str | None] = mapped_column(
        Id("org"), ForeignKey("organisation.id"), index=True
    )
    number: Mapped[str] = mapped_column(String(40))
    issued_on: Mapped[date]
    dispute_until: Mapped[date]
    own_currency: Mapped[str] = mapped_column(String(3), default="", server_default="")
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    sha256: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(default=clock.now)


class StatementFile(Base, _OfPayee):
    """A statement as a file: PDF in a language, or the workbook. Made once, kept as issued."""

    __tablename__ = "distribution_statement_file"
    __table_args__ = (
        UniqueConstraint("statement_id", "form"),
        CheckConstraint("form IN ('pdf_zh', 'pdf_en', 'xlsx')", name="form"),
    )
    id: Mapped[str] = mapped_column(Id("dsf"), primary_key=True, default=lambda: new("dsf"))
    statement_id: Mapped[str] = mapped_column(Id("dst"), ForeignKey("distribution_statement.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    payee_organisation_id: Mapped[str | None] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    form: Mapped[str] = mapped_column(String(10))
    file_id: Mapped[str] = mapped_column(Id("fil"), ForeignKey("stored_file.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64))


class Dispute(Base, Versioned, _OfPayee):
    """A payee's objection to a statement within its window; one at a time."""

    __tablename__ = "distribution_dispute"
    __table_args__ = (
        CheckConstraint(_named(DISPUTE), name="state"),
        Index(
            "uq__distribution_dispute__open",
            "statement_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )
    id: Mapped[str] = mapped_column(Id("dsp"), primary_key=True, default=lambda: new("dsp"))
    statement_id: Mapped[str] = mapped_column(Id("dst"), ForeignKey("distribution_statement.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    payee_organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    state: Mapped[str] = mapped_column(String(10), default=DISPUTE.initial)
    reason: Mapped[str] = mapped_column(String(2000))
    user_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    user_name: Mapped[str] = mapped_column(String(200), default="")
    answer: Mapped[str] = mapped_column(String(2000), default="")
    answered_by: Mapped[str] = mapped_column(String(200), default="")
    answered_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(2000), default="")
    closed_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": Versioned.version}


class Payout(Base, _OfPayee):
    """A bank transfer that paid everything a payee was owed by posted runs up to one."""

    __tablename__ = "distribution_payout"
    __table_args__ = (
        UniqueConstraint("project_id", "payee", "bank_reference"),
        CheckConstraint("amount_minor > 0", name="amount"),
    )
    id: Mapped[str] = mapped_column(Id("pyo"), primary_key=True, default=lambda: new("pyo"))
    run_id: Mapped[str] = mapped_column(Id("run"), ForeignKey("distribution_run.id"), index=True)
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    payee: Mapped[str] = mapped_column(String(220))
    payee_organisation_id: Mapped[str | None] = mapped_column(
        Id("org"), ForeignKey("organisation.id"), index=True
    )
    on: Mapped[date]
    bank_reference: Mapped[str] = mapped_column(String(120))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    user_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    user_name: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(default=clock.now)


class PayoutLine(Base, _OfPayee):
    """A line of a run that a transfer paid: once, and once more (`turn`) after that transfer was taken back."""

    __tablename__ = "distribution_payout_line"
    __table_args__ = (UniqueConstraint("line_id", "turn"),)
    id: Mapped[str] = mapped_column(Id("pyl"), primary_key=True, default=lambda: new("pyl"))
    payout_id: Mapped[str] = mapped_column(Id("pyo"), ForeignKey("distribution_payout.id"), index=True)
    line_id: Mapped[str] = mapped_column(Id("rln"), ForeignKey("distribution_line.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    payee_organisation_id: Mapped[str | None] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    turn: Mapped[int] = mapped_column(default=0, server_default="0")


class PayoutReturn(Base, _OfPayee):
    """A transfer that was marked by mistake or came back from the bank: its lines are open again."""

    __tablename__ = "distribution_payout_return"
    __table_args__ = (UniqueConstraint("payout_id"),)
    id: Mapped[str] = mapped_column(Id("pyr"), primary_key=True, default=lambda: new("pyr"))
    payout_id: Mapped[str] = mapped_column(Id("pyo"), ForeignKey("distribution_payout.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    payee_organisation_id: Mapped[str | None] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    reason: Mapped[str] = mapped_column(String(500))
    user_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    user_name: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(default=clock.now)


for _model in (
    DistributionLine, DistributionInput, DistributionConversion, DistributionStatement, StatementFile, Payout, PayoutLine, PayoutReturn,
):  # fmt: skip
    append_only(_model.__table__)
