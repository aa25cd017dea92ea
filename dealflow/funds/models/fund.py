"""The fund, its limited partners, and what each has committed from when on."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    String,
    UniqueConstraint,
    false,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import Base, Versioned
from dealflow.core.ddl import append_only
from dealflow.core.ids import Id, new
from dealflow.core.money import LIMIT, Money
from dealflow.core.scope import Owned, OwnedByOrganisation

PPM = 1_000_000
FEE_BASES = ("commitment", "invested")
CARRY_MODES = ("european", "american")
# What of the management fee before its closing a later partner bears.
FEE_LATE = ("none", "fee", "fee_and_interest")


def held_by(actor: Actor) -> ColumnElement[bool]:
    """The places that the actor's organisation holds; none for somebody without one, since a place may be nobody's."""
    if actor.organisation_id is None:
        return false()
    return FundLp.lp_organisation_id == actor.organisation_id


class Fund(Base, Versioned, Owned):
    """A fund or a vehicle of one (`parent_id`). Rates are yearly, in parts per million."""

    __tablename__ = "fund"
    __table_args__ = (
        UniqueConstraint("organisation_id", "name"),
        CheckConstraint(f"target_minor BETWEEN 0 AND {LIMIT}", name="target"),
        CheckConstraint("fee_base IN ('commitment', 'invested')", name="fee_base"),
        CheckConstraint("fee_late IN ('none', 'fee', 'fee_and_interest')", name="fee_late"),
        CheckConstraint("carry_mode IN ('european', 'american')", name="carry_mode"),
        CheckConstraint("parent_id IS NULL OR parent_id <> id", name="no_own_parent"),
    )
    id: Mapped[str] = mapped_column(Id("fnd"), primary_key=True, default=lambda: new("fnd"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    parent_id: Mapped[str | None] = mapped_column(Id("fnd"), ForeignKey("fund.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    currency: Mapped[str] = mapped_column(String(3))
    vintage: Mapped[int]
    started_on: Mapped[date]
    term_years: Mapped[int]
    target_minor: Mapped[int] = mapped_column(BigInteger)
    fee_rate_ppm: Mapped[int] = mapped_column(default=0)
    fee_base: Mapped[str] = mapped_column(String(12), default="commitment")
    fee_outside: Mapped[bool] = mapped_column(default=False)
    fee_late: Mapped[str] = mapped_column(String(20), default="fee_and_interest", server_default="none")
    carry_mode: Mapped[str] = mapped_column(String(10), default="european")
    pref_rate_ppm: Mapped[int] = mapped_column(default=0)
    catch_up_ppm: Mapped[int] = mapped_column(default=0)
    carry_ppm: Mapped[int] = mapped_column(default=0)
    equalisation_rate_ppm: Mapped[int] = mapped_column(default=0)
    late_rate_ppm: Mapped[int] = mapped_column(default=0)
    limits: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    payment_details: Mapped[str] = mapped_column(String(500), default="", server_default="")
    is_sample: Mapped[bool] = mapped_column(default=False)

    __mapper_args__ = {"version_id_col": Versioned.version}

    @property
    def target(self) -> Money:
        """What the fund means to raise."""
        return self.money(self.target_minor)

    def money(self, minor: int) -> Money:
        """An amount in the fund's currency."""
        return Money(minor, self.currency)

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        mine = select(FundLp.fund_id).where(held_by(actor))
        return or_(cls.organisation_id == actor.organisation_id, cls.id.in_(mine))


class OfLp(Owned):
    """Rows of one limited partner: known to the manager and to the organisation that the partner is."""

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        mine = select(FundLp.id).where(held_by(actor))
        return or_(
            cls.organisation_id == actor.organisation_id,  # type: ignore[attr-defined]
            cls.lp_id.in_(mine),  # type: ignore[attr-defined]
        )


class FundLp(Base, Versioned, Owned):
    """A limited partner: an organisation of the platform, or a party by name that may join it later.

    `payment_details`: where distributions are paid to, as their notices print it.
    """

    __tablename__ = "fund_lp"
    __table_args__ = (
        UniqueConstraint("fund_id", "lp_organisation_id"),
        UniqueConstraint("fund_id", "name"),
        UniqueConstraint("invite_hash"),
    )
    id: Mapped[str] = mapped_column(Id("lpt"), primary_key=True, default=lambda: new("lpt"))
    fund_id: Mapped[str] = mapped_column(Id("fnd"), ForeignKey("fund.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    lp_organisation_id: Mapped[str | None] = mapped_column(
        Id("org"), ForeignKey("organisation.id"), index=True
    )
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(320), default="")
    payment_details: Mapped[str] = mapped_column(String(500), default="", server_default="")
    invite_hash: Mapped[str | None] = mapped_column(String(64))
    invited_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": Versioned.version}

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        return or_(cls.organisation_id == actor.organisation_id, held_by(actor))


class FundClosing(Base, OwnedByOrganisation):
    """A day on which partners were admitted; later ones paid in what they would have paid, with interest.

    `equalised` is {call id: {"new": {lp: {…}}, "existing": {lp: {…}}}}, as the finance rules give it for each call; what was
    called for fees stands under the id with an ending. `true_up` is {lp: {period: {"fee_minor", "interest_minor"}}};
    `notices` is {lp: what its notice says} as it stood on the day.
    """

    __tablename__ = "fund_closing"
    __table_args__ = (UniqueConstraint("fund_id", "number"), UniqueConstraint("fund_id", "closed_on"))
    id: Mapped[str] = mapped_column(Id("fcl"), primary_key=True, default=lambda: new("fcl"))
    fund_id: Mapped[str] = mapped_column(Id("fnd"), ForeignKey("fund.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    number: Mapped[int]
    closed_on: Mapped[date]
    rate_ppm: Mapped[int]
    equalised: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    true_up: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    notices: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    entry_id: Mapped[str | None] = mapped_column(Id("ent"), ForeignKey("ledger_entry.id"))
    created_by_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    def paper(self, lp_id: str) -> str:
        """What a partner's notice of it is kept under."""
        return f"{self.id}:{lp_id.removeprefix('lpt_')}"


class FundTransfer(Base, OwnedByOrganisation):
    """A commitment, or part of one, that goes to another partner from a day on, with its history.

    `moved` is what of each past call's money goes along: call id → minor units.
    """

    __tablename__ = "fund_transfer"
    __table_args__ = (
        CheckConstraint("from_lp_id <> to_lp_id", name="two_partners"),
        CheckConstraint("amount_minor > 0", name="amount"),
        UniqueConstraint("fund_id", "from_lp_id", "to_lp_id", "moved_on"),
    )
    id: Mapped[str] = mapped_column(Id("ftr"), primary_key=True, default=lambda: new("ftr"))
    fund_id: Mapped[str] = mapped_column(Id("fnd"), ForeignKey("fund.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    from_lp_id: Mapped[str] = mapped_column(Id("lpt"), ForeignKey("fund_lp.id"))
    to_lp_id: Mapped[str] = mapped_column(Id("lpt"), ForeignKey("fund_lp.id"))
    moved_on: Mapped[date]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    moved: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    entry_id: Mapped[str | None] = mapped_column(Id("ent"), ForeignKey("ledger_entry.id"))
    created_by_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class FundCommitment(Base, OfLp):
    """A change of what a partner has committed, signed, from a day on. Append only; the sum is what is in force."""

    __tablename__ = "fund_commitment"
    __table_args__ = (
        UniqueConstraint("closing_id", "lp_id"),
        UniqueConstraint("transfer_id", "lp_id"),
        CheckConstraint("(closing_id IS NULL) <> (transfer_id IS NULL)", name="one_origin"),
        CheckConstraint("amount_minor <> 0", name="not_zero"),
    )
    id: Mapped[str] = mapped_column(Id("cmt"), primary_key=True, default=lambda: new("cmt"))
    fund_id: Mapped[str] = mapped_column(Id("fnd"), ForeignKey("fund.id"), index=True)
    lp_id: Mapped[str] = mapped_column(Id("lpt"), ForeignKey("fund_lp.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    since: Mapped[date]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    closing_id: Mapped[str | None] = mapped_column(Id("fcl"), ForeignKey("fund_closing.id"))
    transfer_id: Mapped[str | None] = mapped_column(Id("ftr"), ForeignKey("fund_transfer.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


append_only(FundCommitment.__table__)
