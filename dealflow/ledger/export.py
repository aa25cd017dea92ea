"""A book as text for other ledgers (beancount) and for spreadsheets (CSV)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from dealflow.core import tabular
from dealflow.ledger import queries
from dealflow.ledger.models import Account, Book

_ROOTS = {
    "asset": "Assets",
    "liability": "Liabilities",
    "equity": "Equity",
    "income": "Income",
    "expense": "Expenses",
}
CSV_HEADER = (
    "number",
    "date",
    "kind",
    "text",
    "account",
    "party",
    "amount",
    "currency",
    "source",
    "entry",
    "hash",
)


def beancount_name(account: Account) -> str:
    """The account's name in beancount's form: `Assets:Collection:Org-01hv…`."""
    parts = account.code.split(":")[1:] or [account.code]
    words = [re.sub(r"[^A-Za-z0-9-]+", "-", part).strip("-") or "X" for part in parts]
    return ":".join([_ROOTS[account.kind], *(word[0].upper() + word[1:] for word in words)])


def beancount(book: Book) -> Iterator[str]:
    """The book as beancount text, line by line: accounts opened on their first day, every entry with its postings."""
    yield f'option "title" {json.dumps(book.name, ensure_ascii=False)}\n'
    yield f'option "operating_currency" "{book.currency}"\n'
    opened: set[str] = set()
    for entry, lines in sorted(
        queries.all_entries(book), key=lambda pair: (pair[0].posted_on, pair[0].number)
    ):
        for account, _amount in lines:
            if account.id not in opened:
                opened.add(account.id)
                yield f"{entry.posted_on} open {beancount_name(account)}\n"
        text = json.dumps(entry.text or entry.kind, ensure_ascii=False)
        yield f'\n{entry.posted_on} * {text}\n  number: "{entry.number}"\n  entry: "{entry.id}"\n'
        for account, amount in lines:
            yield f"  {beancount_name(account)}  {amount.major:f} {amount.currency}\n"


def csv(book: Book) -> bytes:
    """The book's postings as CSV, one row a line."""
    rows = (
        (
            entry.number, entry.posted_on.isoformat(), entry.kind, entry.text, account.code, account.party,
            f"{amount.major:f}", amount.currency, entry.source, entry.id, entry.hash,
        )
        for entry, lines in queries.all_entries(book)
        for account, amount in lines
    )  # fmt: skip
    return tabular.write_csv(CSV_HEADER, rows)


def as_file(book: Book, form: str) -> dict[str, Any]:
    """A book written out, as `core.http.download` takes it; who has this state of the book is told so."""
    name, etag = f"{book.id}.{form}", f"{queries.head(book)[1]}-{form}"
    if form == "csv":
        return {"content": csv(book), "name": name, "mimetype": "text/csv", "etag": etag}
    content = "".join(beancount(book)).encode()
    return {"content": content, "name": name, "mimetype": "text/plain", "etag": etag}
