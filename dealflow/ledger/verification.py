"""`dealflow ledger verify`: chains, balances and day totals of every book, and what higher rooms derive from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import and_, func, or_, select

from dealflow.core.db import session
from dealflow.ledger import queries
from dealflow.ledger.chain import GENESIS, digest
from dealflow.ledger.models import Account, Book, DayTotal, Entry, Posting, Seal

Check = Callable[[], Iterator[str]]
_checks: dict[str, Check] = {}


def check(name: str) -> Callable[[Check], Check]:
    """Register a check that figures shown elsewhere derive from postings; it yields a line for each that does not."""

    def register(found: Check) -> Check:
        _checks[name] = found
        return found

    return register


def verify() -> Iterator[str]:
    """Findings over all books, inside an open system transaction; none when all is well."""
    for book in session().scalars(select(Book).order_by(Book.id)):
        yield from _chain(book)
    yield from _unbalanced()
    yield from _day_totals()
    for name in sorted(_checks):
        for line in _checks[name]():
            yield f"{name}: {line}"


def _chain(book: Book) -> Iterator[str]:
    number, previous = 0, GENESIS
    for entry, lines in queries.all_entries(book):
        plain = [(account.id, amount.amount_minor, amount.currency) for account, amount in lines]
        if entry.number != number + 1 or entry.hash != digest(entry, plain, previous):
            yield f"book {book.id}: entry {entry.number} ({entry.id}) does not follow entry {number}"
            return
        number, previous = entry.number, entry.hash


def _unbalanced() -> Iterator[str]:
    lines = (
        select(Posting.entry_id)
        .group_by(Posting.entry_id, Posting.currency)
        .having(func.sum(Posting.amount_minor) != 0)
    )
    for entry_id in session().scalars(lines):
        yield f"entry {entry_id}: its lines do not sum to zero"
    bare = select(Entry.id).outerjoin(Seal, Seal.entry_id == Entry.id).where(Seal.entry_id.is_(None))
    for entry_id in session().scalars(bare):
        yield f"entry {entry_id}: has no seal"


def _day_totals() -> Iterator[str]:
    """Compare the kept sums with the postings, both ways."""
    key = (Posting.account_id, Posting.currency, Posting.posted_on)
    summed = select(*key, func.sum(Posting.amount_minor).label("minor")).group_by(*key).subquery()
    same = and_(
        summed.c.account_id == DayTotal.account_id,
        summed.c.currency == DayTotal.currency,
        summed.c.posted_on == DayTotal.posted_on,
    )
    wrong = (
        select(Account.code, DayTotal.posted_on)
        .join(Account, Account.id == DayTotal.account_id)
        .outerjoin(summed, same)
        .where(or_(summed.c.minor.is_(None), summed.c.minor != DayTotal.amount_minor))
    )
    for code, day in session().execute(wrong):
        yield f"account {code}, {day}: the day's total is not the sum of its postings"
    missing = (
        select(Account.code, summed.c.posted_on)
        .select_from(summed)
        .join(Account, Account.id == summed.c.account_id)
        .outerjoin(DayTotal, same)
        .where(DayTotal.account_id.is_(None))
    )
    for code, day in session().execute(missing):
        yield f"account {code}, {day}: the day's total is missing"
