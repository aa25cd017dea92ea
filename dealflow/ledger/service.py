"""Use cases of books. The only way to write them; which posting is right, the calling room decides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from dealflow.audit import service as audit
from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import hold, session
from dealflow.core.errors import Conflict, Invalid, StaleVersion
from dealflow.core.i18n import N_
from dealflow.core.ids import new
from dealflow.core.money import Money
from dealflow.ledger import queries
from dealflow.ledger.chain import digest
from dealflow.ledger.models import Account, Book, Entry, Posting, Seal
from dealflow.ledger.policy import Can, Tag

_COLUMNS = tuple(column.key for column in Entry.__table__.columns)
_WHOLE = {"unscoped": "a book is continued whoever acts; the calling room has judged the actor"}


@dataclass(frozen=True)
class Side:
    """An account as the posting room names it; made on first use."""

    code: str
    kind: str
    label: str
    party: str = ""


@dataclass(frozen=True)
class Line:
    """One line of a posting: debit positive, credit negative."""

    account: Side
    amount: Money


@dataclass(frozen=True)
class Draft:
    """An entry to be posted. `key` is its identity within the book: the same key is posted once."""

    on: date
    kind: str
    key: str
    lines: Sequence[Line]
    text: str = ""
    source: str = ""
    data: dict[str, Any] = field(default_factory=dict)


def open_book(
    actor: Actor, *, kind: str, object_id: str, organisation_id: str, name: str, currency: str
) -> Book:
    """The book about an object, opened now when there is none."""
    known = queries.book_for(kind, object_id)
    if known is not None:
        return known
    book = Book(organisation_id=organisation_id, kind=kind, object_id=object_id, name=name, currency=currency)
    try:
        with session().begin_nested():
            session().add(book)
    except IntegrityError:
        # Somebody else opened it in the same moment.
        known = queries.book_for(kind, object_id)
        if known is None:
            raise
        return known
    audit.record(
        actor, Tag.OPENED, book, after={"kind": kind, "object_id": object_id}, organisation_id=organisation_id
    )
    return book


def post(actor: Actor, book: Book, draft: Draft) -> Entry:
    """Post one entry and return it; with a key that was posted before, that entry.

    Raises Invalid (`unbalanced`, `too_few_lines`, `period_closed`), Conflict (`key_taken`) when the key stands for other content.
    """
    return post_many(actor, book, [draft])[0]


def post_many(actor: Actor, book: Book, drafts: Iterable[Draft]) -> list[Entry]:
    """Post entries in order; see `post`. A single refusal refuses all of them."""
    wanted = list(drafts)
    locked = hold(Book, book.id, **_WHOLE)
    for draft in wanted:
        _check(locked, draft)
    known = queries.by_keys(locked, [draft.key for draft in wanted])
    accounts = _accounts(locked, wanted)
    number, previous = queries.head(locked)
    result: list[Entry] = []
    entries: list[dict[str, Any]] = []
    postings: list[dict[str, Any]] = []
    fresh: dict[str, Draft] = {}
    for draft in wanted:
        there = known.get(draft.key)
        if there is not None:
            if fresh.get(draft.key) != draft:
                _same(there, draft)
            result.append(there)
            continue
        number += 1
        entry = _entry(actor, locked, draft, number)
        lines = [
            (accounts[line.account.code].id, line.amount.amount_minor, line.amount.currency)
            for line in draft.lines
        ]
        entry.hash = previous = digest(entry, lines, previous)
        entries.append({name: getattr(entry, name) for name in _COLUMNS})
        postings.extend(_posting_rows(entry, lines))
        known[draft.key], fresh[draft.key] = entry, draft
        result.append(entry)
    if entries:
        seals = [{"entry_id": e["id"], "organisation_id": e["organisation_id"]} for e in entries]
        # Rows as they are, past the mapper, which takes a third of the time: nobody reads them back through it here.
        connection = session().connection()
        for model, rows in ((Entry, entries), (Posting, postings), (Seal, seals)):
            connection.execute(insert(model.__table__), rows)  # type: ignore[arg-type]
    return result


def reverse(actor: Actor, entry: Entry, *, on: date, key: str, reason: str) -> Entry:
    """Post the opposite of an entry, once. Raises Conflict (`already_reversed`), Invalid as `post` does."""
    book = queries.book_by_id(entry.book_id)
    if entry.reverses_id is not None:
        raise Conflict(N_("A reversal is not reversed; post the entry again"), code="is_reversal")
    undone = queries.reversal_of(entry)
    if undone is not None:
        if undone.key == key:
            return undone
        raise Conflict(N_("This entry was reversed already"), code="already_reversed")
    lines = [
        Line(Side(account.code, account.kind, account.label, account.party), -amount)
        for account, amount in queries.lines_of(entry)
    ]
    draft = Draft(on, entry.kind, key, lines, text=reason, source=entry.source, data={"reverses": entry.id})
    made = post(actor, book, draft)
    audit.record(
        actor, Tag.REVERSED, entry, after={"by": made.id}, reason=reason, organisation_id=book.organisation_id
    )
    return made


def may_close(actor: Actor, book: Book) -> bool:
    """Whether the actor may close and open periods of a book."""
    return policy.can(actor, Can.CLOSE, book)


def close_period(actor: Actor, book_id: str, *, through: date, version: int | None = None) -> Book:
    """Let nothing more be posted up to a day. Raises NotFound, Forbidden, StaleVersion, Invalid."""
    book = _to_change(actor, book_id, version)
    if through >= clock.today():
        raise Invalid.field("through", "not_over", N_("A period can be closed once it is over"))
    if book.closed_through is not None and through <= book.closed_through:
        raise Invalid.field("through", "closed_before", N_("This period is closed already"))
    return _set_closed(actor, book, through, Tag.CLOSED, "")


def reopen_period(
    actor: Actor, book_id: str, *, through: date | None, reason: str, version: int | None = None
) -> Book:
    """Move the end of the closed period back (None: nothing is closed). Raises as `close_period` does."""
    book = _to_change(actor, book_id, version)
    if not reason.strip():
        raise Invalid.field("reason", "required", N_("Say why the period is opened again"))
    if book.closed_through is None or (through is not None and through >= book.closed_through):
        raise Invalid.field("through", "not_closed", N_("Name a day before the end of the closed period"))
    return _set_closed(actor, book, through, Tag.REOPENED, reason)


def _to_change(actor: Actor, book_id: str, version: int | None) -> Book:
    book = queries.readable(actor, book_id)
    policy.require(actor, Can.CLOSE, book, see=Can.SEE)
    if version is not None and version != book.version:
        raise StaleVersion(book.version)
    return book


def _set_closed(actor: Actor, book: Book, through: date | None, tag: Tag, reason: str) -> Book:
    before = book.closed_through
    book.closed_through = through
    session().flush()
    audit.record(
        actor, tag, book, before={"closed_through": before}, after={"closed_through": through}, reason=reason,
        organisation_id=book.organisation_id,
    )  # fmt: skip
    return book


def _check(book: Book, draft: Draft) -> None:
    sums: dict[str, int] = {}
    for line in draft.lines:
        sums[line.amount.currency] = sums.get(line.amount.currency, 0) + line.amount.amount_minor
    if len(draft.lines) < 2 or any(line.amount.amount_minor == 0 for line in draft.lines):
        raise Invalid.field(
            "lines", "too_few_lines", N_("An entry needs two lines or more, none of them zero")
        )
    if any(sums.values()):
        raise Invalid.field(
            "lines", "unbalanced", N_("The lines of an entry must sum to zero in each currency")
        )
    if book.closed_through is not None and draft.on <= book.closed_through:
        raise Invalid.field(
            "on", "period_closed", N_("The books are closed through %(day)s; use a later day. What is wrong in the closed period is corrected by a reversal on a later day"), day=book.closed_through.isoformat()
        )  # fmt: skip


def _accounts(book: Book, drafts: list[Draft]) -> dict[str, Account]:
    sides = {line.account.code: line.account for draft in drafts for line in draft.lines}
    found = {a.code: a for a in queries.accounts_by_code(book, sides)}
    for code in sorted(sides.keys() - found.keys()):
        side = sides[code]
        made = Account(
            book_id=book.id, organisation_id=book.organisation_id, code=code, kind=side.kind, label=side.label,
            party=side.party,
        )  # fmt: skip
        session().add(made)
        found[code] = made
    session().flush()
    return found


def _entry(actor: Actor, book: Book, draft: Draft, number: int) -> Entry:
    entry_id, at = new("ent"), clock.now()
    return Entry(
        id=entry_id, sealed=entry_id, book_id=book.id, organisation_id=book.organisation_id, number=number,
        posted_on=draft.on, kind=draft.kind, text=draft.text[:500], source=draft.source, key=draft.key,
        reverses_id=draft.data.get("reverses"), data=draft.data, user_id=actor.user_id, user_name=actor.user_name,
        at=at.replace(microsecond=at.microsecond // 1000 * 1000),
    )  # fmt: skip


def _posting_rows(entry: Entry, lines: list[tuple[str, int, str]]) -> list[dict[str, Any]]:
    return [
        {
            "id": new("pst"), "entry_id": entry.id, "account_id": account, "organisation_id": entry.organisation_id,
            "line": number, "posted_on": entry.posted_on, "amount_minor": minor, "currency": currency,
        }
        for number, (account, minor, currency) in enumerate(lines, 1)
    ]  # fmt: skip


def _same(entry: Entry, draft: Draft) -> None:
    """Refuse a key that stands for something else."""
    if entry.posted_on == draft.on and entry.kind == draft.kind and entry.data == draft.data:
        there = [(account.code, amount) for account, amount in queries.lines_of(entry)]
        if there == [(line.account.code, line.amount) for line in draft.lines]:
            return
    raise Conflict(N_("Something else was posted under this key"), code="key_taken")
