"""Reads of books. A room that keeps a book has judged the reader, or `readable` does; rows are then read whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import NotFound
from dealflow.core.money import Money
from dealflow.core.paging import Query, listing
from dealflow.core.schema import Date
from dealflow.ledger.chain import GENESIS
from dealflow.ledger.models import Account, Book, DayTotal, Entry, Posting
from dealflow.ledger.policy import Can

_WHOLE = {"unscoped": "the reader of the book was judged by the room that keeps it"}


@dataclass(frozen=True)
class PostedLine:
    """One posting with what names it; debit positive."""

    entry_id: str
    number: int
    on: date
    kind: str
    key: str
    code: str
    amount: Money


@dataclass(frozen=True)
class Balance:
    """What stands on an account in one currency at the end of a day; debit positive."""

    account: Account
    amount: Money


class JournalQuery(Query):
    """Filters of a journal."""

    since: Date | None = None
    until: Date | None = None


def book_for(kind: str, object_id: str) -> Book | None:
    """The book about an object, if there is one."""
    query = select(Book).where(Book.kind == kind, Book.object_id == object_id)
    return session().scalars(query, execution_options=_WHOLE).first()


def find(object_or_book_id: str) -> list[Book]:
    """The book with this id, or all those about the object with this id, by kind."""
    query = select(Book).where((Book.id == object_or_book_id) | (Book.object_id == object_or_book_id))
    return list(session().scalars(query.order_by(Book.kind), execution_options=_WHOLE))


def open_day(book: Book, on: date) -> date:
    """The day on which what happened on a day can be posted: that day, or the first one after the closed period."""
    closed = book.closed_through
    return on if closed is None or on > closed else closed + timedelta(days=1)


def book_by_id(book_id: str) -> Book:
    """A book by its id."""
    return session().scalars(select(Book).where(Book.id == book_id), execution_options=_WHOLE).one()


def readable(actor: Actor, book_id: str) -> Book:
    """A book that the actor may read; NotFound otherwise."""
    book = session().scalars(select(Book).where(Book.id == book_id), execution_options=_WHOLE).first()
    if book is None or not policy.can(actor, Can.SEE, book):
        raise NotFound()
    return book


def head(book: Book) -> tuple[int, str]:
    """Number and hash of the last entry."""
    query = (
        select(Entry.number, Entry.hash)
        .where(Entry.book_id == book.id)
        .order_by(Entry.number.desc())
        .limit(1)
    )
    row = session().execute(query, execution_options=_WHOLE).first()
    return (row.number, row.hash) if row else (0, GENESIS)


def entries_since(book: Book, since: datetime, kinds: Iterable[str], most: int) -> list[Entry]:
    """What was posted after a moment of these kinds, the latest first."""
    query = select(Entry).where(Entry.book_id == book.id, Entry.at > since, Entry.kind.in_(list(kinds)))
    return list(session().scalars(query.order_by(Entry.number.desc()).limit(most), execution_options=_WHOLE))


def by_keys(book: Book, keys: list[str]) -> dict[str, Entry]:
    """Entries of a book by key, for those keys that were posted."""
    found: dict[str, Entry] = {}
    for start in range(0, len(keys), 500):
        query = select(Entry).where(Entry.book_id == book.id, Entry.key.in_(keys[start : start + 500]))
        found |= {entry.key: entry for entry in session().scalars(query, execution_options=_WHOLE)}
    return found


def accounts_by_code(book: Book, codes: Iterable[str]) -> list[Account]:
    """The accounts with these codes."""
    wanted = list(codes)
    found: list[Account] = []
    for start in range(0, len(wanted), 500):
        query = select(Account).where(
            Account.book_id == book.id, Account.code.in_(wanted[start : start + 500])
        )
        found.extend(session().scalars(query, execution_options=_WHOLE))
    return found


def account(book: Book, account_id: str) -> Account:
    """An account of this book; NotFound otherwise."""
    query = select(Account).where(Account.book_id == book.id, Account.id == account_id)
    found = session().scalars(query, execution_options=_WHOLE).first()
    if found is None:
        raise NotFound()
    return found


def entry(book: Book, entry_id: str) -> Entry:
    """An entry of this book; NotFound otherwise."""
    query = select(Entry).where(Entry.book_id == book.id, Entry.id == entry_id)
    found = session().scalars(query, execution_options=_WHOLE).first()
    if found is None:
        raise NotFound()
    return found


def entry_by_key(book: Book, key: str) -> Entry | None:
    """The entry posted under a key."""
    return by_keys(book, [key]).get(key)


def reversal_of(entry: Entry) -> Entry | None:
    """The entry that takes this one back, if there is one."""
    query = select(Entry).where(Entry.reverses_id == entry.id)
    return session().scalars(query, execution_options=_WHOLE).first()


def lines_of(entry: Entry) -> list[tuple[Account, Money]]:
    """Accounts and amounts of an entry, in order."""
    return lines_of_all([entry])[entry.id]


def lines_of_all(entries: list[Entry]) -> dict[str, list[tuple[Account, Money]]]:
    """Entry id → its lines. One statement."""
    found: dict[str, list[tuple[Account, Money]]] = {e.id: [] for e in entries}
    query = (
        select(Posting.entry_id, Posting.amount_minor, Posting.currency, Account)
        .join(Account, Account.id == Posting.account_id)
        .where(Posting.entry_id.in_(found))
        .order_by(Posting.entry_id, Posting.line)
    )
    for entry_id, minor, currency, account in session().execute(query, execution_options=_WHOLE):
        found[entry_id].append((account, Money(minor, currency)))
    return found


def balance(book: Book, code: str, *, on: date | None = None, currency: str | None = None) -> Money:
    """What stands on an account in the book's currency, or another one, at the end of `on` (default: all that was posted)."""
    wanted = currency or book.currency
    query = (
        select(func.coalesce(func.sum(DayTotal.amount_minor), 0))
        .join(Account, Account.id == DayTotal.account_id)
        .where(Account.book_id == book.id, Account.code == code, DayTotal.currency == wanted)
    )
    if on is not None:
        query = query.where(DayTotal.posted_on <= on)
    return Money(int(session().scalar(query, execution_options=_WHOLE) or 0), wanted)


def posted_lines(
    book: Book, *, since: date | None = None, through: date | None = None, prefixes: tuple[str, ...] = ()
) -> list[PostedLine]:
    """The postings of a book, or of its accounts whose codes begin with one of `prefixes`, in order of day and entry.

    One statement. `since` and `through` are days, both included.
    """
    query = (
        select(
            Posting.entry_id, Entry.number, Posting.posted_on, Entry.kind, Entry.key, Account.code, Posting.amount_minor,
            Posting.currency,
        )
        .join(Entry, Entry.id == Posting.entry_id)
        .join(Account, Account.id == Posting.account_id)
        .where(Account.book_id == book.id)
        .order_by(Posting.posted_on, Entry.number, Posting.line)
    )  # fmt: skip
    if since is not None:
        query = query.where(Posting.posted_on >= since)
    if through is not None:
        query = query.where(Posting.posted_on <= through)
    if prefixes:
        query = query.where(or_(*(Account.code.startswith(prefix, autoescape=True) for prefix in prefixes)))
    rows = session().execute(query, execution_options=_WHOLE)
    return [
        PostedLine(entry, number, on, kind, key, code, Money(minor, currency))
        for entry, number, on, kind, key, code, minor, currency in rows
    ]


def reversals(book: Book) -> dict[str, str]:
    """Entry → the entry that it takes back, of a book."""
    query = select(Entry.id, Entry.reverses_id).where(
        Entry.book_id == book.id, Entry.reverses_id.is_not(None)
    )
    return {entry_id: str(undone) for entry_id, undone in session().execute(query, execution_options=_WHOLE)}


def trial_balance(book: Book, *, on: date | None = None) -> list[Balance]:
    """Every account with what stands on it at the end of `on`, by code and currency; the sum is zero per currency."""
    reached = DayTotal.posted_on <= on if on is not None else DayTotal.posted_on.is_not(None)
    query = (
        select(Account, DayTotal.currency, func.sum(DayTotal.amount_minor))
        .join(DayTotal, and_(DayTotal.account_id == Account.id, reached))
        .where(Account.book_id == book.id)
        .group_by(Account.id, DayTotal.currency)
        .order_by(Account.code, DayTotal.currency)
    )
    rows = session().execute(query, execution_options=_WHOLE)
    return [Balance(account, Money(int(minor), currency)) for account, currency, minor in rows]


def _journal(book: Book, query: JournalQuery) -> Select[Entry]:
    wanted = select(Entry).where(Entry.book_id == book.id)
    if query.since:
        wanted = wanted.where(Entry.posted_on >= query.since)
    if query.until:
        wanted = wanted.where(Entry.posted_on <= query.until)
    return wanted


def journal(book: Book, query: JournalQuery) -> dict[str, Any]:
    """A page of entries with their lines, the latest first."""
    wanted = _journal(book, query)
    total = (
        session().scalar(select(func.count()).select_from(wanted.subquery()), execution_options=_WHOLE) or 0
    )
    rows = list(
        session().scalars(
            wanted.order_by(Entry.number.desc()).limit(query.limit).offset(query.offset),
            execution_options=_WHOLE,
        )
    )
    lines = lines_of_all(rows)
    return listing([as_dict(row, lines[row.id]) for row in rows], total, query)


def sheet(book: Book, account: Account, query: Query) -> dict[str, Any]:
    """A page of an account's postings, the latest first, each with the entry it belongs to."""
    mine = select(Posting.id).where(Posting.account_id == account.id)
    total = session().scalar(select(func.count()).select_from(mine.subquery()), execution_options=_WHOLE) or 0
    rows = session().execute(
        select(Posting, Entry).join(Entry, Entry.id == Posting.entry_id).where(Posting.account_id == account.id)
        .order_by(Posting.posted_on.desc(), Entry.number.desc(), Posting.line.desc()).limit(query.limit).offset(query.offset),
        execution_options=_WHOLE,
    )  # fmt: skip
    items = [
        {
            "entry_id": entry.id, "number": entry.number, "on": posting.posted_on.isoformat(), "kind": entry.kind,
            "text": entry.text, "amount": Money(posting.amount_minor, posting.currency).json(),
        }
        for posting, entry in rows
    ]  # fmt: skip
    return listing(items, total, query)


def as_dict(entry: Entry, lines: list[tuple[Account, Money]]) -> dict[str, Any]:
    """An entry as the API gives it."""
    return {
        "id": entry.id,
        "book_id": entry.book_id,
        "number": entry.number,
        "on": entry.posted_on.isoformat(),
        "kind": entry.kind,
        "text": entry.text,
        "source": entry.source,
        "reverses_id": entry.reverses_id,
        "hash": entry.hash,
        "created_at": clock.rfc3339(entry.at),
        "user_name": entry.user_name,
        "lines": [
            {"account_id": a.id, "account": a.code, "party": a.party, "amount": amount.json()}
            for a, amount in lines
        ],
    }


def book_dict(book: Book) -> dict[str, Any]:
    """A book as the API gives it."""
    return {
        "id": book.id,
        "version": book.version,
        "created_at": clock.rfc3339(book.created_at),
        "updated_at": clock.rfc3339(book.updated_at),
        "kind": book.kind,
        "object_id": book.object_id,
        "name": book.name,
        "currency": book.currency,
        "closed_through": book.closed_through.isoformat() if book.closed_through else None,
    }


def all_entries(book: Book) -> Iterator[tuple[Entry, list[tuple[Account, Money]]]]:
    """Every entry of a book in order, with its lines, read in portions."""
    last = 0
    while True:
        query = (
            select(Entry)
            .where(Entry.book_id == book.id, Entry.number > last)
            .order_by(Entry.number)
            .limit(500)
        )
        rows = list(session().scalars(query, execution_options=_WHOLE))
        if not rows:
            return
        lines = lines_of_all(rows)
        yield from ((row, lines[row.id]) for row in rows)
        last = rows[-1].number
