"""Whether the balance of an account at a date costs more in a larger ledger: prints one JSON object.

A book of SQLite with 50 thousand, 500 thousand and 5 million postings on a hundred accounts over ten years, filled with
the triggers on; then the balance of random accounts at random dates, and the trial balance, as `ledger.queries` gives
them. Times are medians in seconds; growth compares the largest with the smallest.

Run: python benchmarks/ledger/scale.py [POSTINGS …]; a size that would take longer than MINUTES to fill is left out.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from dealflow.accounts.models import Organisation
from dealflow.core import clock, db, ids
from dealflow.core.actor import SYSTEM
from dealflow.ledger import queries, service
from dealflow.ledger.models import Account, Book, Entry, Posting, Seal
from dealflow.web import rooms

SIZES = (50_000, 500_000, 5_000_000)
ACCOUNTS, LINES, DAYS = 100, 10, 3650
BLOCK = 5_000
ASKED = 200
MINUTES = 5
FIRST = date(2016, 1, 1)


def median(works: list[Callable[[], Any]]) -> float:
    """The median time of these, in seconds."""
    times = []
    for work in works:
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def begun() -> tuple[Book, list[str]]:
    """An empty book and its accounts."""
    with db.system_edge() as session:
        organisation = Organisation(id=ids.new("org"), name="bench", kind="fund")
        session.add(organisation)
        session.flush()
        book = service.open_book(
            SYSTEM,
            kind="bench",
            object_id="bench",
            organisation_id=organisation.id,
            name="bench",
            currency="CNY",
        )
        rows = [
            Account(
                book_id=book.id, organisation_id=organisation.id, code=f"assets:{n}", kind="asset", label="x"
            )
            for n in range(ACCOUNTS)
        ]
        session.add_all(rows)
        session.flush()
        return book, [row.id for row in rows]


def fill(book: Book, accounts: list[str], start: int, count: int) -> None:
    """Entries of ten lines each, numbered from `start`, in one transaction."""
    choose = random.Random(start)  # noqa: S311 - variety, no secret
    entries: list[dict[str, Any]] = []
    postings: list[dict[str, Any]] = []
    for number in range(start, start + count):
        entry, day = ids.new("ent"), FIRST + timedelta(days=choose.randrange(DAYS))
        entries.append(
            {
                "id": entry, "sealed": entry, "book_id": book.id, "organisation_id": book.organisation_id, "number": number,
                "posted_on": day, "kind": "x", "text": "", "source": "", "key": str(number), "data": {}, "user_name": "",
                "at": clock.now(), "hash": "0" * 64,
            }
        )  # fmt: skip
        amounts = [choose.randrange(1, 10**8) for _ in range(LINES - 1)]
        for line, amount in enumerate([*amounts, -sum(amounts)], 1):
            postings.append(
                {
                    "id": ids.new("pst"), "entry_id": entry, "account_id": choose.choice(accounts),
                    "organisation_id": book.organisation_id, "line": line, "posted_on": day, "amount_minor": amount,
                    "currency": "CNY",
                }
            )  # fmt: skip
    seals = [{"entry_id": row["id"], "organisation_id": book.organisation_id} for row in entries]
    with db.system_edge() as session:
        session.execute(insert(Entry), entries)
        session.execute(insert(Posting), postings)
        session.execute(insert(Seal), seals)


def asked(book: Book, seed: int) -> dict[str, float]:
    """Times of balances at dates and of trial balances."""
    choose = random.Random(seed)  # noqa: S311
    with db.system_edge(write=False):

        def balance() -> Any:
            day = FIRST + timedelta(days=choose.randrange(DAYS))
            return queries.balance(book, f"assets:{choose.randrange(ACCOUNTS)}", on=day)

        def trial() -> Any:
            return queries.trial_balance(book, on=FIRST + timedelta(days=choose.randrange(DAYS)))

        balance()
        return {"balance_s": median([balance] * ASKED), "trial_balance_s": median([trial] * 5)}


def measure(sizes: list[int]) -> dict[str, Any]:
    """Fill one ledger step by step and ask at each size."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        rooms.load_models()
        made = db.configure(f"sqlite:///{Path(folder) / 'bench.db'}")
        db.Base.metadata.create_all(made.engine)
        book, accounts = begun()
        entries, begin = 0, time.perf_counter()
        for size in sizes:
            spent, left = time.perf_counter() - begin, size // LINES - entries
            if entries and spent / entries * left > MINUTES * 60:
                found[str(size)] = {
                    "left_out": f"would take {spent / entries * left / 60:.0f} minutes to fill"
                }
                continue
            while entries < size // LINES:
                count = min(BLOCK, size // LINES - entries)
                fill(book, accounts, entries + 1, count)
                entries += count
            db.analyse()
            found[str(size)] = asked(book, size) | {"filled_s": round(time.perf_counter() - begin, 1)}
        made.engine.dispose()
    return found


def main() -> None:
    """Measure and print."""
    sizes = [int(size) for size in sys.argv[1:]] or list(SIZES)
    found = measure(sizes)
    done = [row["balance_s"] for row in found.values() if "balance_s" in row]
    growth = done[-1] / done[0] if len(done) > 1 else None
    print(json.dumps({"sizes": found, "growth": growth}, indent=1))


if __name__ == "__main__":
    main()
