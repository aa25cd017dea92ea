"""A seeded stream of operations on books, and a model in memory that says what each must do.

One operation is: an entry posted, an entry sent again under its key, a burst refused whole for one bad entry, a reversal, a
second reversal refused, a balance looked up at a date, a trial balance at a date, a period closed or opened again.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pytest
from sqlalchemy import select

from dealflow.core import clock, db
from dealflow.core.actor import SYSTEM
from dealflow.core.errors import Conflict, DomainError
from dealflow.core.money import Money
from dealflow.ledger import queries, service, verification
from dealflow.ledger.models import Account, DayTotal
from dealflow.ledger.service import Draft, Line, Side

FIRST, DAYS, ACCOUNTS = date(2024, 1, 1), 730, 20
CURRENCIES = ("CNY", "USD")
KINDS = ("asset", "liability", "equity", "income", "expense")
SIDES = [Side(f"{KINDS[n % 5]}:a{n}", KINDS[n % 5], "Account") for n in range(ACCOUNTS)]
# What comes how often; a burst of entries is as many operations as it has entries.
CHANCES = {"burst": 100, "again": 30, "refused": 120, "reverse": 70, "twice": 10, "balance": 400, "trial": 4, "close": 3, "reopen": 1}  # fmt: skip
BURST = 20
REMEMBERED = 2_000


@dataclass
class Kept:
    """An entry as the model remembers it."""

    entry_id: str
    draft: Draft


@dataclass
class Modelled:
    """A book as it must be: minor units by currency, account and day; the entries that may yet be reversed."""

    book_id: str
    sums: npt.NDArray[np.int64] = field(
        default_factory=lambda: np.zeros((len(CURRENCIES), ACCOUNTS, DAYS), dtype=np.int64)
    )
    open: list[Kept] = field(default_factory=list)
    undone: list[Kept] = field(default_factory=list)
    closed: int = -1
    entries: int = 0

    def add(self, draft: Draft, sign: int = 1, on: date | None = None) -> None:
        """Let a draft be posted."""
        day = ((on or draft.on) - FIRST).days
        for line in draft.lines:
            place = CURRENCIES.index(line.amount.currency), SIDES.index(line.account), day
            self.sums[place] += sign * line.amount.amount_minor
        self.entries += 1

    def remember(self, kept: Kept, chance: random.Random) -> None:
        """Keep an entry for a reversal; of many, some."""
        if len(self.open) < REMEMBERED:
            self.open.append(kept)
        else:
            self.open[chance.randrange(REMEMBERED)] = kept


class Stream:
    """Operations on some books, transaction by transaction."""

    def __init__(self, books: list[str], seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - the same stream every time
        self.models = [Modelled(book_id) for book_id in books]
        self.done: Counter[str] = Counter()
        self.number = 0
        clock.freeze(clock.parse("2026-06-01T04:00:00Z"))

    def run(self, operations: int, batch: int = 500) -> Iterator[int]:
        """Do so many operations, `batch` and a burst at most in a transaction; yields how many are done."""
        names, weights = list(CHANCES), list(CHANCES.values())
        while self.done.total() < operations:
            end = min(operations, self.done.total() + batch)
            with db.system_edge():
                books = {model.book_id: queries.book_by_id(model.book_id) for model in self.models}
                while self.done.total() < end:
                    model = self.chance.choice(self.models)
                    kind = self.chance.choices(names, weights)[0]
                    getattr(self, f"_{kind}")(model, books[model.book_id])
            yield self.done.total()

    def _draft(self, model: Modelled) -> Draft:
        """A balanced entry on an open day, at times in both currencies."""
        self.number += 1
        lines = []
        for currency in CURRENCIES[: 1 if self.chance.random() < 0.8 else 2]:
            sides = self.chance.sample(SIDES, self.chance.randrange(2, 5))
            amounts = [self.chance.choice((1, -1)) * self.chance.randrange(1, 10**9) for _ in sides[1:]]
            if not sum(amounts):
                amounts[0] += 1
            lines += [
                Line(side, Money(minor, currency))
                for side, minor in zip(sides, [*amounts, -sum(amounts)], strict=True)
            ]
        return Draft(self._day(model), "x", f"k{self.number}", tuple(lines), text=f"entry {self.number}")

    def _day(self, model: Modelled) -> date:
        return FIRST + timedelta(days=self.chance.randrange(model.closed + 1, DAYS))

    def _burst(self, model: Modelled, book: queries.Book) -> None:
        drafts = [self._draft(model) for _ in range(self.chance.randrange(1, 2 * BURST))]
        for draft, entry in zip(drafts, service.post_many(SYSTEM, book, drafts), strict=True):
            model.add(draft)
            model.remember(Kept(entry.id, draft), self.chance)
        self.done["posted"] += len(drafts)

    def _again(self, model: Modelled, book: queries.Book) -> None:
        if model.open:
            kept = self.chance.choice(model.open)
            if (kept.draft.on - FIRST).days > model.closed:
                assert service.post(SYSTEM, book, kept.draft).id == kept.entry_id
                self.done["sent again"] += 1

    def _refused(self, model: Modelled, book: queries.Book) -> None:
        good, bad = self._draft(model), self._draft(model)
        first = bad.lines[0]
        heavier = Line(first.account, Money(first.amount.amount_minor + 10**10, first.amount.currency))
        wrong, code = self.chance.choice([
            (Draft(bad.on, "x", bad.key, (heavier, *bad.lines[1:])), "unbalanced"),
            (Draft(bad.on, "x", bad.key, bad.lines[:1]), "too_few_lines"),
            (Draft(FIRST + timedelta(days=max(0, model.closed)), "x", bad.key, bad.lines), "period_closed"),
            (Draft(bad.on, "x", (model.open[0] if model.open else Kept("", bad)).draft.key, bad.lines), "key_taken"),
        ])  # fmt: skip
        if (code == "period_closed" and model.closed < 0) or (code == "key_taken" and not model.open):
            return
        with pytest.raises(DomainError) as refusal:
            service.post_many(SYSTEM, book, [good, wrong])
        assert code in (refusal.value.code, *(error.code for error in refusal.value.errors))
        self.done[f"refused: {code}"] += 1

    def _reverse(self, model: Modelled, book: queries.Book) -> None:
        if not model.open:
            return
        kept, on = model.open.pop(self.chance.randrange(len(model.open))), self._day(model)
        self.number += 1
        service.reverse(SYSTEM, queries.entry(book, kept.entry_id), on=on, key=f"r{self.number}", reason="r")
        model.add(kept.draft, -1, on)
        model.undone = [*model.undone[-50:], kept]
        self.done["reversed"] += 1

    def _twice(self, model: Modelled, book: queries.Book) -> None:
        if model.undone:
            kept = self.chance.choice(model.undone)
            entry = queries.entry(book, kept.entry_id)
            with pytest.raises(Conflict) as refusal:
                service.reverse(SYSTEM, entry, on=self._day(model), key="other", reason="r")
            assert refusal.value.code == "already_reversed"
            self.done["second reversal refused"] += 1

    def _balance(self, model: Modelled, book: queries.Book) -> None:
        account, day = self.chance.randrange(ACCOUNTS), self.chance.randrange(DAYS)
        found = queries.balance(book, SIDES[account].code, on=FIRST + timedelta(days=day))
        assert found.amount_minor == int(model.sums[0, account, : day + 1].sum())
        self.done["balance looked up"] += 1

    def _trial(self, model: Modelled, book: queries.Book) -> None:
        compare_trial(model, book, self.chance.randrange(DAYS))
        self.done["trial balance"] += 1

    def _close(self, model: Modelled, book: queries.Book) -> None:
        through = min(model.closed + self.chance.randrange(1, 10), DAYS - 60)
        if through > model.closed:
            service.close_period(SYSTEM, book.id, through=FIRST + timedelta(days=through))
            model.closed = through
            self.done["period closed"] += 1

    def _reopen(self, model: Modelled, book: queries.Book) -> None:
        if model.closed > 0:
            model.closed = self.chance.randrange(max(0, model.closed - 40), model.closed)
            service.reopen_period(
                SYSTEM, book.id, through=FIRST + timedelta(days=model.closed), reason="late"
            )
            self.done["period opened"] += 1


def compare_trial(model: Modelled, book: queries.Book, day: int) -> None:
    """The trial balance at the end of a day is the model's, and sums to zero in each currency."""
    rows = queries.trial_balance(book, on=FIRST + timedelta(days=day))
    found = {
        (r.account.code, r.amount.currency): r.amount.amount_minor for r in rows if r.amount.amount_minor
    }
    sums = model.sums[:, :, : day + 1].sum(axis=2)
    assert not sums.sum(axis=1).any()
    assert found == {
        (SIDES[a].code, c): int(sums[n, a]) for n, c in enumerate(CURRENCIES) for a in range(ACCOUNTS) if sums[n, a]
    }  # fmt: skip


def compare_all(stream: Stream) -> dict[str, int]:
    """Every account, day and period of every book against the model, and the books' own proof; what was compared."""
    compared: Counter[str] = Counter()
    with db.system_edge(write=False) as session:
        for model in stream.models:
            book = queries.book_by_id(model.book_id)
            assert queries.head(book)[0] == model.entries
            codes = {a.id: a.code for a in session.scalars(select(Account).where(Account.book_id == book.id))}
            places = {side.code: at for at, side in enumerate(SIDES)}
            days = np.zeros_like(model.sums)
            for row in session.scalars(select(DayTotal).where(DayTotal.account_id.in_(codes))):
                place = CURRENCIES.index(row.currency), places[codes[row.account_id]], (row.posted_on - FIRST).days  # fmt: skip
                days[place] = row.amount_minor
            assert (days == model.sums).all()
            compared["sums of a day"] += int((days != 0).sum())
            for day in range(30, DAYS, 30):
                compare_trial(model, book, day)
                compared["trial balances"] += 1
            for side in SIDES:
                found = queries.balance(book, side.code).amount_minor
                assert found == int(model.sums[0, places[side.code]].sum())
                compared["balances"] += 1
            compared["entries in the chains"] += model.entries
        assert list(verification.verify()) == []
    return dict(compared)
