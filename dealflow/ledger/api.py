"""The JSON API of books."""

from __future__ import annotations

from typing import Any

from flask import Response

from dealflow.core.doors import costly
from dealflow.core.http import actor, api_blueprint, download, endpoint
from dealflow.core.paging import Query
from dealflow.ledger import export, queries, service
from dealflow.ledger.forms import (
    BookOut,
    CloseIn,
    EntryOut,
    ExportQuery,
    ReopenIn,
    SheetOut,
    TrialBalanceOut,
    TrialQuery,
)
from dealflow.ledger.policy import Can
from dealflow.ledger.queries import JournalQuery

bp = api_blueprint("ledger")


@bp.get("/books/<book_id>")
@endpoint(Can.SEE, returns=BookOut)
def book(book_id: str) -> dict[str, Any]:
    """A book."""
    return queries.book_dict(queries.readable(actor(), book_id))


@bp.get("/books/<book_id>/entries")
@endpoint(Can.SEE, query=JournalQuery, returns=EntryOut, lists=True)
def entries(book_id: str, query: JournalQuery) -> dict[str, Any]:
    """The journal, the latest entry first."""
    return queries.journal(queries.readable(actor(), book_id), query)


@bp.get("/books/<book_id>/entries/<entry_id>")
@endpoint(Can.SEE, returns=EntryOut)
def entry(book_id: str, entry_id: str) -> dict[str, Any]:
    """One entry."""
    found = queries.entry(queries.readable(actor(), book_id), entry_id)
    return queries.as_dict(found, queries.lines_of(found))


@bp.get("/books/<book_id>/trial-balance")
@endpoint(Can.SEE, query=TrialQuery, returns=TrialBalanceOut)
def trial_balance(book_id: str, query: TrialQuery) -> dict[str, Any]:
    """All accounts at the end of a day."""
    rows = queries.trial_balance(queries.readable(actor(), book_id), on=query.on)
    items = [
        {
            "account_id": row.account.id, "account": row.account.code, "kind": row.account.kind,
            "party": row.account.party, "balance": row.amount.json(),
        }
        for row in rows
    ]  # fmt: skip
    return {"on": query.on.isoformat() if query.on else None, "items": items}


@bp.get("/books/<book_id>/accounts/<account_id>")
@endpoint(Can.SEE, query=Query, returns=SheetOut, lists=True)
def account(book_id: str, account_id: str, query: Query) -> dict[str, Any]:
    """The postings of an account, the latest first."""
    found = queries.readable(actor(), book_id)
    return queries.sheet(found, queries.account(found, account_id), query)


@bp.get("/books/<book_id>/export")
@endpoint(Can.SEE, query=ExportQuery)
@costly
def export_book(book_id: str, query: ExportQuery) -> Response:
    """The whole book as CSV or beancount text."""
    return download(**export.as_file(queries.readable(actor(), book_id), query.format))


@bp.post("/books/<book_id>/close")
@endpoint(Can.CLOSE, body=CloseIn, returns=BookOut)
def close(book_id: str, body: CloseIn) -> dict[str, Any]:
    """Close a period."""
    return queries.book_dict(service.close_period(actor(), book_id, through=body.through))


@bp.post("/books/<book_id>/reopen")
@endpoint(Can.CLOSE, body=ReopenIn, returns=BookOut)
def reopen(book_id: str, body: ReopenIn) -> dict[str, Any]:
    """Move the end of the closed period back."""
    return queries.book_dict(
        service.reopen_period(actor(), book_id, through=body.through, reason=body.reason)
    )
