"""Pages of books: accounts at a date, journal, one account, one entry."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for

from dealflow.core import clock, policy
from dealflow.core.doors import costly
from dealflow.core.errors import Invalid
from dealflow.core.http import actor, back, download, needs, read_query
from dealflow.core.i18n import gettext as _
from dealflow.core.money import Money
from dealflow.core.paging import Query
from dealflow.ledger import access, export, labels, queries, service
from dealflow.ledger.forms import CloseForm, CloseIn, ExportQuery, ReopenForm, ReopenIn, TrialQuery
from dealflow.ledger.policy import Can
from dealflow.ledger.queries import Book, JournalQuery

bp = Blueprint("ledger", __name__)


def _render(name: str, book: Book, **values: Any) -> str:
    endpoint, address = access.home(book) or ("", {})
    home = url_for(endpoint, **address) if endpoint else ""
    return render_template(
        f"ledger/{name}.html",
        book=book,
        home=home,
        title_of=labels.account,
        kind_of=labels.entry_kind,
        text_of=labels.entry_text,
        amount_of=_amount,
        **values,
    )


def _arguments() -> Any:
    args = request.args.copy()
    args.pop("lang", None)
    return args


def _book_page(book_id: str, close: CloseForm | None = None, reopen: ReopenForm | None = None) -> str:
    book = queries.readable(actor(), book_id)
    query = read_query(TrialQuery, _arguments()) if request.method == "GET" else TrialQuery()
    rows = queries.trial_balance(book, on=query.on)
    return _render(
        "book", book, on=query.on, rows=rows, totals=_totals(rows), kinds=labels.KINDS,
        may_close=policy.can(actor(), Can.CLOSE, book), close_form=close or CloseForm(through=_month_end()),
        reopen_form=reopen or ReopenForm(),
    )  # fmt: skip


def _amount(value: dict[str, Any]) -> Money:
    return Money(**value)


def _month_end() -> date:
    """The last day of the month before this one."""
    return date.fromordinal(clock.today().replace(day=1).toordinal() - 1)


def _totals(rows: list[queries.Balance]) -> list[tuple[Money, Money]]:
    """Debits and credits by currency; they are the same."""
    currencies = sorted({row.amount.currency for row in rows})
    sums = {
        c: [sum(max(s * r.amount.amount_minor, 0) for r in rows if r.amount.currency == c) for s in (1, -1)]
        for c in currencies
    }
    return [(Money(sums[c][0], c), Money(sums[c][1], c)) for c in currencies]


@bp.get("/books/<book_id>")
@needs(Can.SEE)
def show(book_id: str) -> str:
    """All accounts of a book at a date."""
    return _book_page(book_id)


@bp.get("/books/<book_id>/entries")
@needs(Can.SEE)
def journal(book_id: str) -> str:
    """The journal."""
    book = queries.readable(actor(), book_id)
    query = read_query(JournalQuery, _arguments())
    return _render("journal", book, query=query, found=queries.journal(book, query))


@bp.get("/books/<book_id>/entries/<entry_id>")
@needs(Can.SEE)
def entry(book_id: str, entry_id: str) -> str:
    """One entry with its lines."""
    book = queries.readable(actor(), book_id)
    found = queries.entry(book, entry_id)
    return _render(
        "entry", book, entry=found, lines=queries.lines_of(found), undone=queries.reversal_of(found), conversion=_conversion(found)
    )  # fmt: skip


def _conversion(entry: Any) -> dict[str, Any] | None:
    """What was given in another currency, and the rate that the entry was posted at."""
    kept = entry.data
    if not kept.get("rate") or not kept.get("given_currency"):
        return None
    return {
        "given": Money(kept["given_minor"], kept["given_currency"]), "rate": kept["rate"], "source": kept.get("rate_source"),
        "day": date.fromisoformat(kept["rate_day"]) if kept.get("rate_day") else None,
    }  # fmt: skip


@bp.get("/books/<book_id>/accounts/<account_id>")
@needs(Can.SEE)
def account(book_id: str, account_id: str) -> str:
    """The postings of one account."""
    book = queries.readable(actor(), book_id)
    found = queries.account(book, account_id)
    query = read_query(Query, _arguments())
    return _render(
        "account", book, account=found, query=query, found=queries.sheet(book, found, query),
        balance=queries.balance(book, found.code),
    )  # fmt: skip


@bp.get("/books/<book_id>/export")
@needs(Can.SEE)
@costly
def export_book(book_id: str) -> Response:
    """The whole book as a file."""
    form = read_query(ExportQuery, _arguments()).format
    return download(**export.as_file(queries.readable(actor(), book_id), form))


def _version() -> int | None:
    text = request.form.get("version", "")
    return int(text) if text.isdecimal() else None


@bp.post("/books/<book_id>/close")
@needs(Can.CLOSE)
def close(book_id: str) -> Any:
    """Close a period."""
    form = CloseForm(request.form)
    values = form.load(CloseIn)
    if values is None:
        return _book_page(book_id, close=form), 422
    try:
        service.close_period(actor(), book_id, through=values.through, version=_version())
    except Invalid as refusal:
        form.show(refusal.errors)
        return _book_page(book_id, close=form), 422
    flash(_("The period is closed."), "success")
    return redirect(back("ledger.show", book_id=book_id), 303)


@bp.post("/books/<book_id>/reopen")
@needs(Can.CLOSE)
def reopen(book_id: str) -> Any:
    """Open a period again."""
    form = ReopenForm(request.form)
    values = form.load(ReopenIn)
    if values is None:
        return _book_page(book_id, reopen=form), 422
    try:
        service.reopen_period(
            actor(), book_id, through=values.through, reason=values.reason, version=_version()
        )
    except Invalid as refusal:
        form.show(refusal.errors)
        return _book_page(book_id, reopen=form), 422
    flash(_("The period is open again."), "success")
    return redirect(url_for("ledger.show", book_id=book_id), 303)
