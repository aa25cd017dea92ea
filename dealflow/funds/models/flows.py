"""Calls, payments, charges, distributions, and the papers kept as issued."""

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
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import Base, Versioned
from dealflow.core.ddl import append_only
from dealflow.core.ids import Id, new
from dealflow.core.scope import OwnedByOrganisation
from dealflow.funds.models.fund import FundLp, OfLp, held_by
from dealflow.funds.states import CALL_STATES, DISTRIBUTION_STATES, PAYMENTS

PURPOSES = ("investment", "fee", "expenses")
CHARGES = ("fee", "expense", "income")
_TYPED = text("bank_line_id IS NULL AND kind <> 'reversal'")


REFERENCE = "DF"


def reference_of(line_id: str) -> str:
    """The reference of a line of a call: the end of its id."""
    return f"{REFERENCE}{line_id[-8:].upper()}"


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


class FundCall(Base, Versioned, OwnedByOrganisation):
    """A capital call; `purposes` is [{kind, amount_minor, outside, deal, text}]."""

    __tablename__ = "fund_call"
    __table_args__ = (
        UniqueConstraint("fund_id", "number"),
        CheckConstraint(_one_of("state", CALL_STATES), name="state"),
        CheckConstraint("(state = 'draft') = (issued_on IS NULL) OR state = 'cancelled'", name="issued"),
        CheckConstraint("amount_minor > 0", name="amount"),
    )
    id: Mapped[str] = mapped_column(Id("fca"), primary_key=True, default=lambda: new("fca"))
    fund_id: Mapped[str] = mapped_column(Id("fnd"), ForeignKey("fund.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(10), default="draft")
    due_on: Mapped[date]
    issued_on: Mapped[date | None]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    purposes: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    excused: Mapped[list[str]] = mapped_column(JSON, default=list)
    text: Mapped[str] = mapped_column(String(500), default="")
    entry_id: Mapped[str | None] = mapped_column(Id("ent"), ForeignKey("ledger_entry.id"))
    created_by_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))

    __mapper_args__ = {"version_id_col": Versioned.version}

    @classmethod
    def addressed_to(cls, actor: Actor) -> ColumnElement[bool]:
        """Also those that ask something of the actor's own place; what all are asked for is not told there."""
        mine = (
            select(FundCallLine.call_id).join(FundLp, FundLp.id == FundCallLine.lp_id).where(held_by(actor))
        )
        return or_(cls.organisation_id == actor.organisation_id, cls.id.in_(mine))


class FundCallLine(Base, OfLp):
    """What a call asks of one partner. `paid_minor` cannot rise above it, whatever two hands do.

    `facts` is what its notice says beside the amounts, as it was when the call was issued: {fund, manager, lp,
    payment_details, commitment_minor, called_before_minor, unfunded_after_minor}.
    """

    __tablename__ = "fund_call_line"
    __table_args__ = (
        UniqueConstraint("call_id", "lp_id"),
        CheckConstraint("inside_minor >= 0 AND outside_minor >= 0", name="parts"),
        CheckConstraint("paid_minor BETWEEN 0 AND inside_minor + outside_minor", name="paid"),
    )
    id: Mapped[str] = mapped_column(Id("fli"), primary_key=True, default=lambda: new("fli"))
    call_id: Mapped[str] = mapped_column(Id("fca"), ForeignKey("fund_call.id"))
    fund_id: Mapped[str] = mapped_column(Id("fnd"), ForeignKey("fund.id"), index=True)
    lp_id: Mapped[str] = mapped_column(Id("lpt"), ForeignKey("fund_lp.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    inside_minor: Mapped[int] = mapped_column(BigInteger)
    outside_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    paid_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")

    @property
    def amount_minor(self) -> int:
        """All that the partner is asked for."""
        return self.inside_minor + self.outside_minor

    @property
    def reference(self) -> str:
        """What the partner writes into its transfer, so that it is found on the statement."""
        return reference_of(self.id)

    @property
    def open_minor(self) -> int:
        """What is not paid yet."""
        return self.amount_minor - self.paid_minor


class FundPayment(Base, OfLp):
    """Money between a partner and the fund about calls, in its parts, with the entry that posted it. Append only.

    A payment brings what goes to the call (`amount_minor`, of it `inside_minor` within the commitment), late interest and
    excess; an offset turns excess into a payment of a call; a refund gives excess back; a reversal undoes one of these, with
    its amounts. `reference` is the bank's. What was typed in is entered once for a reference, what stands on a bank statement
    once for its line (`bank_line_id`, a row of a higher room); `turn` counts how often it was taken back before.
    `given_*` is what came in when it came in another currency, at `rate` (units of the fund's currency for one of it).
    """

    __tablename__ = "fund_payment"
    __table_args__ = (
        Index(
            "uq__fund_payment__typed", "fund_id", "reference", "turn", unique=True,
            sqlite_where=_TYPED, postgresql_where=_TYPED,
        ),
        UniqueConstraint("bank_line_id", "turn"),
        UniqueConstraint("reverses_id"),
        CheckConstraint(_one_of("kind", PAYMENTS), name="kind"),
        CheckConstraint(
            "amount_minor >= 0 AND interest_minor >= 0 AND excess_minor >= 0 AND amount_minor + interest_minor + excess_minor > 0 "
            "AND inside_minor BETWEEN 0 AND amount_minor",
            name="amounts",
        ),
        CheckConstraint("(rate IS NULL) = (given_currency IS NULL)", name="rate"),
        CheckConstraint("(kind = 'reversal') = (reverses_id IS NOT NULL)", name="reversal"),
    )  # fmt: skip
    id: Mapped[str] = mapped_column(Id("fpy"), primary_key=True, default=lambda: new("fpy"))
    fund_id: Mapped[str] = mapped_column(Id("fnd"), ForeignKey("fund.id"))
    call_line_id: Mapped[str | None] = mapped_column(Id("fli"), ForeignKey("fund_call_line.id"), index=True)
    lp_id: Mapped[str] = mapped_column(Id("lpt"), ForeignKey("fund_lp.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    kind: Mapped[str] = mapped_column(String(10), default="payment", server_default="payment")
    paid_on: Mapped[date]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    inside_minor: Mapped[int] = mapped_column(BigInteger)
    interest_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    excess_minor: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    given_minor: Mapped[int | None] = mapped_column(BigInteger)
    given_currency: Mapped[str | None] = mapped_column(String(3))
    rate: Mapped[str | None] = mapped_column(String(40))
    reference: Mapped[str] = mapped_column(String(100))
    turn: Mapped[int] = mapped_column(default=0, server_default="0")
    payer: Mapped[str] = mapped_column(String(200), default="", server_default="")
    note: Mapped[str] = mapped_column(String(500), default="", server_default="")
    bank_line_id: Mapped[str | None] = mapped_column(Id("bln"))
    reverses_id: Mapped[str | None] = mapped_column(Id("fpy"), ForeignKey("fund_payment.id"))
    entry_id: Mapped[str] = mapped_column(Id("ent"), ForeignKey("ledger_entry.id"))
    created_by_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    @property
    def whole_minor(self) -> int:
        """All that moved."""
        return self.amount_minor + self.interest_minor + self.excess_minor

    @property
    def came_minor(self) -> int:
        """The same in the currency in which it came in."""
        return self.whole_minor if self.given_minor is None else self.given_minor


class FundCharge(Base, Versioned, OwnedByOrganisation):
    """A management fee, an expense, or other income of a fund; `key` is its identity (a fee's is its period)."""

    __tablename__ = "fund_charge"
    __table_args__ = (
        UniqueConstraint("fund_id", "key"),
        CheckConstraint(_one_of("kind", CHARGES), name="kind"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("(rate IS NULL) = (given_currency IS NULL)", name="rate"),
        CheckConstraint("(paid_on IS NULL) = (paid_entry_id IS NULL)", name="paid"),
    )
    id: Mapped[str] = mapped_column(Id("fch"), primary_key=True, default=lambda: new("fch"))
    fund_id: Mapped[str] = mapped_column(Id("fnd"), ForeignKey("fund.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    key: Mapped[str] = mapped_column(String(120))
    charged_on: Mapped[date]
    text: Mapped[str] = mapped_column(String(300), default="")
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    given_minor: Mapped[int | None] = mapped_column(BigInteger)
    given_currency: Mapped[str | None] = mapped_column(String(3))
    rate: Mapped[str | None] = mapped_column(String(40))
    entry_id: Mapped[str] = mapped_column(Id("ent"), ForeignKey("ledger_entry.id"))
    paid_on: Mapped[date | None]
    paid_entry_id: Mapped[str | None] = mapped_column(Id("ent"), ForeignKey("ledger_entry.id"))
    created_by_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))

    __mapper_args__ = {"version_id_col": Versioned.version}


class FundDistribution(Base, Versioned, OwnedByOrganisation):
    """Money that goes out through the waterfall (or comes back from the manager: a clawback), by two people.

    `plan` is the preview by tier and partner that the second person approves.
    """

    __tablename__ = "fund_distribution"
    __table_args__ = (
        UniqueConstraint("fund_id", "number"),
        Index(
            "uq__fund_distribution__open", "fund_id", unique=True, sqlite_where=text("state = 'draft'"),
            postgresql_where=text("state = 'draft'"),
        ),
        Index(
            "uq__fund_distribution__clawback", "fund_id", unique=True,
            sqlite_where=text("state = 'posted' AND kind = 'clawback'"),
            postgresql_where=text("state = 'posted' AND kind = 'clawback'"),
        ),
        CheckConstraint(_one_of("state", DISTRIBUTION_STATES), name="state"),
        CheckConstraint("kind IN ('distribution', 'clawback')", name="kind"),
        CheckConstraint("amount_minor > 0 AND recallable_minor BETWEEN 0 AND amount_minor", name="amounts"),
        CheckConstraint("(state = 'posted') = (entry_id IS NOT NULL)", name="posted"),
        CheckConstraint("approved_by_id IS NULL OR approved_by_id <> prepared_by_id", name="two_people"),
    )  # fmt: skip
    id: Mapped[str] = mapped_column(Id("fdi"), primary_key=True, default=lambda: new("fdi"))
    fund_id: Mapped[str] = mapped_column(Id("fnd"), ForeignKey("fund.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(12), default="distribution")
    state: Mapped[str] = mapped_column(String(10), default="draft")
    paid_on: Mapped[date]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    recallable_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    deal: Mapped[str | None] = mapped_column(String(60))
    tax_ppm: Mapped[int] = mapped_column(default=0)
    text: Mapped[str] = mapped_column(String(300), default="")
    plan: Mapped[dict[str, Any]] = mapped_column(JSON)
    prepared_by_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    prepared_by_name: Mapped[str] = mapped_column(String(200), default="")
    approved_by_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    approved_by_name: Mapped[str] = mapped_column(String(200), default="")
    entry_id: Mapped[str | None] = mapped_column(Id("ent"), ForeignKey("ledger_entry.id"))

    __mapper_args__ = {"version_id_col": Versioned.version}

    @classmethod
    def addressed_to(cls, actor: Actor) -> ColumnElement[bool]:
        """Also those of which the actor's own place got a part; the plan with all parts is not told there."""
        mine = (
            select(FundDistributionLine.distribution_id)
            .join(FundLp, FundLp.id == FundDistributionLine.lp_id)
            .where(held_by(actor))
        )
        return or_(cls.organisation_id == actor.organisation_id, cls.id.in_(mine))


class FundDistributionLine(Base, OfLp):
    """What one partner got of a posted distribution. Append only.

    `facts` is what its notice says beside the amounts, as it was on posting: {fund, manager, lp, payment_details,
    carry_minor, tiers: {tier: minor}, position: {figure: minor}}; empty for those posted before there were notices, which
    may have been issued afterwards (FundDistributionNotice).
    """

    __tablename__ = "fund_distribution_line"
    __table_args__ = (UniqueConstraint("distribution_id", "lp_id"),)
    id: Mapped[str] = mapped_column(Id("fdl"), primary_key=True, default=lambda: new("fdl"))
    distribution_id: Mapped[str] = mapped_column(Id("fdi"), ForeignKey("fund_distribution.id"))
    fund_id: Mapped[str] = mapped_column(Id("fnd"), ForeignKey("fund.id"), index=True)
    lp_id: Mapped[str] = mapped_column(Id("lpt"), ForeignKey("fund_lp.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    recallable_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")


class FundDistributionNotice(Base, OfLp):
    """What a partner is told of a distribution that was posted before there were notices: `facts` as of its line, issued
    afterwards on a day. Append only."""

    __tablename__ = "fund_distribution_notice"
    __table_args__ = (UniqueConstraint("line_id"),)
    id: Mapped[str] = mapped_column(Id("fdn"), primary_key=True, default=lambda: new("fdn"))
    line_id: Mapped[str] = mapped_column(Id("fdl"), ForeignKey("fund_distribution_line.id"))
    fund_id: Mapped[str] = mapped_column(Id("fnd"), ForeignKey("fund.id"), index=True)
    lp_id: Mapped[str] = mapped_column(Id("lpt"), ForeignKey("fund_lp.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    issued_on: Mapped[date]
    issued_by_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    issued_by_name: Mapped[str] = mapped_column(String(200), default="")
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)


class FundStatement(Base, OfLp):
    """A capital account statement as issued: all its figures with the entries behind them. Append only."""

    __tablename__ = "fund_statement"
    __table_args__ = (UniqueConstraint("fund_id", "lp_id", "period"),)
    id: Mapped[str] = mapped_column(Id("fst"), primary_key=True, default=lambda: new("fst"))
    fund_id: Mapped[str] = mapped_column(Id("fnd"), ForeignKey("fund.id"))
    lp_id: Mapped[str] = mapped_column(Id("lpt"), ForeignKey("fund_lp.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    period: Mapped[str] = mapped_column(String(10))
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    sha256: Mapped[str] = mapped_column(String(64))
    issued_at: Mapped[datetime] = mapped_column(default=clock.now)
    issued_by_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))


class FundPaper(Base, OfLp):
    """A file of a statement or of a notice (`about`), kept as it was first made. Append only."""

    __tablename__ = "fund_paper"
    __table_args__ = (UniqueConstraint("about", "form", "lang"),)
    id: Mapped[str] = mapped_column(Id("fpp"), primary_key=True, default=lambda: new("fpp"))
    about: Mapped[str] = mapped_column(String(60))
    form: Mapped[str] = mapped_column(String(4))
    lang: Mapped[str] = mapped_column(String(2))
    lp_id: Mapped[str] = mapped_column(Id("lpt"), ForeignKey("fund_lp.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    file_id: Mapped[str] = mapped_column(Id("fil"))
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


for _table in (FundPayment, FundDistributionLine, FundDistributionNotice, FundStatement, FundPaper):
    append_only(_table.__table__)
