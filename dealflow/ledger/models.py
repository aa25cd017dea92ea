"""Books, accounts, entries with their postings, and the seal without which no entry is committed."""

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
)
from sqlalchemy.orm import Mapped, mapped_column

from dealflow.core import clock
from dealflow.core.db import Base, Versioned
from dealflow.core.ddl import append_only
from dealflow.core.ids import Id, new
from dealflow.core.scope import OwnedByOrganisation
from dealflow.ledger import ddl

KINDS = ("asset", "liability", "equity", "income", "expense")
_KINDS = ", ".join(f"'{kind}'" for kind in KINDS)


class Book(Base, Versioned, OwnedByOrganisation):
    """One set of accounts about one object (a project, a fund). Nothing dated up to `closed_through` is posted."""

    __tablename__ = "ledger_book"
    __table_args__ = (UniqueConstraint("kind", "object_id"),)
    id: Mapped[str] = mapped_column(Id("bok"), primary_key=True, default=lambda: new("bok"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    object_id: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(300))
    currency: Mapped[str] = mapped_column(String(3))
    closed_through: Mapped[date | None]

    __mapper_args__ = {"version_id_col": Versioned.version}


class Account(Base, OwnedByOrganisation):
    """An account of a book. `code` is stable (`assets:collection`); `label` is a message id, `party` a name as typed."""

    __tablename__ = "ledger_account"
    __table_args__ = (
        UniqueConstraint("book_id", "code"),
        CheckConstraint(f"kind IN ({_KINDS})", name="kind"),
    )
    id: Mapped[str] = mapped_column(Id("acc"), primary_key=True, default=lambda: new("acc"))
    book_id: Mapped[str] = mapped_column(Id("bok"), ForeignKey("ledger_book.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    code: Mapped[str] = mapped_column(String(160))
    kind: Mapped[str] = mapped_column(String(10))
    label: Mapped[str] = mapped_column(String(120))
    party: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class Entry(Base, OwnedByOrganisation):
    """What was posted together on one day. Append only; `sealed` names the seal that must be there at commit."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        UniqueConstraint("book_id", "number"),
        UniqueConstraint("book_id", "key"),
        UniqueConstraint("reverses_id"),
        # Without an index on it, SQLite looks for the seals of all entries at each commit.
        UniqueConstraint("sealed"),
        CheckConstraint("sealed = id", name="own_seal"),
        Index("ix__ledger_entry__book_day", "book_id", "posted_on"),
    )
    id: Mapped[str] = mapped_column(Id("ent"), primary_key=True, default=lambda: new("ent"))
    book_id: Mapped[str] = mapped_column(Id("bok"), ForeignKey("ledger_book.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    number: Mapped[int]
    posted_on: Mapped[date]
    kind: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(String(500), default="")
    source: Mapped[str] = mapped_column(String(60), default="", index=True)
    key: Mapped[str] = mapped_column(String(160))
    reverses_id: Mapped[str | None] = mapped_column(Id("ent"), ForeignKey("ledger_entry.id"))
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    user_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    user_name: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(default=clock.now)
    hash: Mapped[str] = mapped_column(String(64))
    sealed: Mapped[str] = mapped_column(
        Id("ent"), ForeignKey("ledger_seal.entry_id", deferrable=True, initially="DEFERRED")
    )


class Posting(Base, OwnedByOrganisation):
    """One line of an entry: minor units on an account, debit positive, credit negative."""

    __tablename__ = "ledger_posting"
    __table_args__ = (
        UniqueConstraint("entry_id", "line"),
        CheckConstraint("amount_minor <> 0", name="not_zero"),
        Index("ix__ledger_posting__account_day", "account_id", "currency", "posted_on"),
    )
    id: Mapped[str] = mapped_column(Id("pst"), primary_key=True, default=lambda: new("pst"))
    entry_id: Mapped[str] = mapped_column(Id("ent"), ForeignKey("ledger_entry.id"))
    account_id: Mapped[str] = mapped_column(Id("acc"), ForeignKey("ledger_account.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    line: Mapped[int]
    posted_on: Mapped[date]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))


class Seal(Base, OwnedByOrganisation):
    """Says that an entry is whole. The database lets it in only when the postings balance, and nothing after it."""

    __tablename__ = "ledger_seal"
    entry_id: Mapped[str] = mapped_column(Id("ent"), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))


class DayTotal(Base, OwnedByOrganisation):
    """The sum of an account's postings of one day; kept by a trigger, checked by `ledger verify`."""

    __tablename__ = "ledger_day"
    # A balance at a date sums thousands of days of an account: with the amounts in the index they lie side by side.
    __table_args__ = (
        Index("ix__ledger_day__balance", "account_id", "currency", "posted_on", "amount_minor"),
    )
    account_id: Mapped[str] = mapped_column(Id("acc"), ForeignKey("ledger_account.id"), primary_key=True)
    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    posted_on: Mapped[date] = mapped_column(primary_key=True)
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    amount_minor: Mapped[int] = mapped_column(BigInteger)


class ExchangeRate(Base, OwnedByOrganisation):
    """Units of `quote` for one unit of `base` on a day, exact as text. Append only: a higher `number` corrects a lower."""

    __tablename__ = "ledger_exchange_rate"
    __table_args__ = (
        UniqueConstraint("organisation_id", "base", "quote", "day", "number"),
        CheckConstraint("base <> quote", name="pair"),
    )
    id: Mapped[str] = mapped_column(Id("fxr"), primary_key=True, default=lambda: new("fxr"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    base: Mapped[str] = mapped_column(String(3))
    quote: Mapped[str] = mapped_column(String(3))
    day: Mapped[date]
    number: Mapped[int] = mapped_column(default=0)
    rate: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(120))
    user_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    user_name: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


append_only(ExchangeRate.__table__)
ddl.guard(Entry.__table__, Posting.__table__, Seal.__table__, DayTotal.__table__)
