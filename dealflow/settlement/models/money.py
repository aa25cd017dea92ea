"""Calls for payment, and the money that moved."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from dealflow.core import clock
from dealflow.core.db import Base, Versioned
from dealflow.core.ddl import append_only
from dealflow.core.ids import Id, new
from dealflow.core.money import Money
from dealflow.settlement.models.commitment import one_of
from dealflow.settlement.models.parties import OfParties
from dealflow.settlement.states import CALL, TRANSFERS

_LIVE = text("state <> 'withdrawn'")


class PaymentCall(Base, Versioned, OfParties):
    """A call for the payment of a tranche. The database lets a tranche have one that is not withdrawn.

    `paid_minor` is what came in towards it, whatever was paid back later; `interest_paid_minor` is late interest that came
    in, `interest_waived_minor` what of it the project gave up.
    """

    __tablename__ = "payment_call"
    __table_args__ = (
        UniqueConstraint("commitment_id", "number"),
        CheckConstraint(f"state IN ({one_of(CALL.states)})", name="state"),
        CheckConstraint(
            "0 <= paid_minor AND paid_minor <= amount_minor AND interest_paid_minor >= 0", name="sums"
        ),
        CheckConstraint("(state = 'paid') = (paid_minor = amount_minor)", name="paid_if_whole"),
        Index(
            "uq__payment_call__live", "tranche_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE
        ),
        Index("ix__payment_call__due", "state", "due_on"),
    )
    id: Mapped[str] = mapped_column(Id("pcl"), primary_key=True, default=lambda: new("pcl"))
    commitment_id: Mapped[str] = mapped_column(Id("cmt"), ForeignKey("commitment.id"))
    tranche_id: Mapped[str] = mapped_column(Id("trn"), ForeignKey("tranche.id"), index=True)
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"), index=True)
    number: Mapped[int]
    # What the payer writes into the transfer, so that it is found on the statement.
    reference: Mapped[str] = mapped_column(String(16), unique=True)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    called_on: Mapped[date]
    due_on: Mapped[date]
    late_rate_ppm: Mapped[int]
    state: Mapped[str] = mapped_column(String(10), default=CALL.initial)
    paid_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    interest_paid_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    interest_waived_minor: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    note: Mapped[str] = mapped_column(String(1000), default="")
    # Where the money is to be paid; empty: as agreed in the terms.
    account: Mapped[str] = mapped_column(String(500), default="", server_default="")
    # What the notice says beside, as it stood when the call was made; empty for calls from before notices.
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    reason: Mapped[str] = mapped_column(String(2000), default="")

    __mapper_args__ = {"version_id_col": Versioned.version}

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def outstanding(self) -> Money:
        return Money(self.amount_minor - self.paid_minor, self.currency)


class CallNotice(Base, OfParties):
    """The notice of a call as a file in one language, kept as it was first made. Append only."""

    __tablename__ = "payment_call_notice"
    __table_args__ = (UniqueConstraint("call_id", "lang"),)
    id: Mapped[str] = mapped_column(Id("pcn"), primary_key=True, default=lambda: new("pcn"))
    call_id: Mapped[str] = mapped_column(Id("pcl"), ForeignKey("payment_call.id"))
    lang: Mapped[str] = mapped_column(String(2))
    file_id: Mapped[str] = mapped_column(Id("fil"), ForeignKey("stored_file.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(default=clock.now)


class Transfer(Base, OfParties):
    """Money that moved, in its parts, with the entry that posted it. Append only; `key` lets it in once.

    A payment brings principal, late interest and excess; an offset turns excess into principal; a refund gives back
    principal or excess; a reversal undoes one of these, with its amounts.
    """

    __tablename__ = "settlement_transfer"
    __table_args__ = (
        UniqueConstraint("key"),
        UniqueConstraint("reverses_id"),
        CheckConstraint(f"kind IN ({one_of(TRANSFERS)})", name="kind"),
        CheckConstraint(
            "principal_minor >= 0 AND interest_minor >= 0 AND excess_minor >= 0 AND principal_minor + interest_minor + excess_minor > 0",
            name="amounts",
        ),
        CheckConstraint("(kind = 'reversal') = (reverses_id IS NOT NULL)", name="reversal"),
    )
    id: Mapped[str] = mapped_column(Id("pay"), primary_key=True, default=lambda: new("pay"))
    commitment_id: Mapped[str] = mapped_column(Id("cmt"), ForeignKey("commitment.id"), index=True)
    tranche_id: Mapped[str | None] = mapped_column(Id("trn"), ForeignKey("tranche.id"), index=True)
    call_id: Mapped[str | None] = mapped_column(Id("pcl"), ForeignKey("payment_call.id"), index=True)
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    moved_on: Mapped[date]
    principal_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    interest_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    excess_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    currency: Mapped[str] = mapped_column(String(3))
    payer: Mapped[str] = mapped_column(String(200), default="")
    bank_reference: Mapped[str] = mapped_column(String(100), default="")
    note: Mapped[str] = mapped_column(String(1000), default="")
    bank_line_id: Mapped[str | None] = mapped_column(Id("bln"), ForeignKey("bank_line.id"), index=True)
    reverses_id: Mapped[str | None] = mapped_column(Id("pay"), ForeignKey("settlement_transfer.id"))
    key: Mapped[str] = mapped_column(String(150))
    entry_id: Mapped[str] = mapped_column(Id("ent"), ForeignKey("ledger_entry.id"))
    user_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    user_name: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(default=clock.now)

    @property
    def amount(self) -> Money:
        """All that moved."""
        return Money(self.principal_minor + self.interest_minor + self.excess_minor, self.currency)

    @property
    def interest(self) -> Money:
        return Money(self.interest_minor, self.currency)

    @property
    def excess(self) -> Money:
        return Money(self.excess_minor, self.currency)


class InterestWaiver(Base, OfParties):
    """Late interest of a call that the project gave up, or a row that takes one back. Append only; `key` lets it in once."""

    __tablename__ = "interest_waiver"
    __table_args__ = (
        UniqueConstraint("key"),
        UniqueConstraint("reverses_id"),
        CheckConstraint("amount_minor > 0", name="positive"),
    )
    id: Mapped[str] = mapped_column(Id("iwv"), primary_key=True, default=lambda: new("iwv"))
    call_id: Mapped[str] = mapped_column(Id("pcl"), ForeignKey("payment_call.id"), index=True)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(String(2000))
    reverses_id: Mapped[str | None] = mapped_column(Id("iwv"), ForeignKey("interest_waiver.id"))
    key: Mapped[str] = mapped_column(String(150))
    user_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    user_name: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(default=clock.now)

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


append_only(Transfer.__table__)
append_only(InterestWaiver.__table__)
append_only(CallNotice.__table__)
