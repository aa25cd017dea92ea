"""Bank statements as they were imported, and the money they show coming in."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from dealflow.core import clock
from dealflow.core.db import Base, Versioned
from dealflow.core.ids import Id, new
from dealflow.core.money import Money
from dealflow.core.scope import OwnedByOrganisation
from dealflow.settlement.models.commitment import one_of
from dealflow.settlement.states import LINE

_OF_HOUSE, _OF_FUND = text("fund_id IS NULL"), text("fund_id IS NOT NULL")


class BankStatement(Base, OwnedByOrganisation):
    """A file that was imported. The database lets an organisation import the same bytes once for an account.

    `fund_id`: the fund or vehicle whose account it is of; none for the organisation's own account.
    """

    __tablename__ = "bank_statement"
    __table_args__ = (
        Index(
            "uq__bank_statement__house", "organisation_id", "sha256", unique=True,
            sqlite_where=_OF_HOUSE, postgresql_where=_OF_HOUSE,
        ),
        Index(
            "uq__bank_statement__fund", "fund_id", "sha256", unique=True,
            sqlite_where=_OF_FUND, postgresql_where=_OF_FUND,
        ),
        Index("ix__bank_statement__columns", "organisation_id", "columns_digest"),
    )  # fmt: skip
    id: Mapped[str] = mapped_column(Id("bst"), primary_key=True, default=lambda: new("bst"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    fund_id: Mapped[str | None] = mapped_column(Id("fnd"), ForeignKey("fund.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    preset: Mapped[str] = mapped_column(String(20))
    mapping: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    # Which columns the file has: a mapping is found again for the next one of the same form.
    columns_digest: Mapped[str] = mapped_column(String(64))
    rows: Mapped[int]
    outgoing: Mapped[int]
    fresh: Mapped[int]
    known: Mapped[int]
    user_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    user_name: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(default=clock.now)


class BankLine(Base, Versioned, OwnedByOrganisation):
    """Money that came in, as a statement tells it. Statements that overlap bring a line once (`fingerprint`)."""

    __tablename__ = "bank_line"
    __table_args__ = (
        UniqueConstraint("organisation_id", "fingerprint"),
        CheckConstraint(f"state IN ({one_of(LINE.states)})", name="state"),
        CheckConstraint("amount_minor > 0", name="positive"),
        Index("ix__bank_line__state", "organisation_id", "state", "booked_on"),
    )
    id: Mapped[str] = mapped_column(Id("bln"), primary_key=True, default=lambda: new("bln"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    statement_id: Mapped[str] = mapped_column(Id("bst"), ForeignKey("bank_statement.id"), index=True)
    place: Mapped[int]
    fingerprint: Mapped[str] = mapped_column(String(64))
    booked_on: Mapped[date]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    payer: Mapped[str] = mapped_column(String(200), default="")
    payer_account: Mapped[str] = mapped_column(String(60), default="")
    text: Mapped[str] = mapped_column(String(500), default="")
    serial: Mapped[str] = mapped_column(String(80), default="")
    state: Mapped[str] = mapped_column(String(10), default=LINE.initial)
    reason: Mapped[str] = mapped_column(String(500), default="")

    __mapper_args__ = {"version_id_col": Versioned.version}

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)
