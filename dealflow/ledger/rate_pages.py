"""Pages of the table of exchange rates: the list with its form, the rate that holds for a day, and files."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from dealflow.core import clock, policy
from dealflow.core.config import settings
from dealflow.core.db import session
from dealflow.core.errors import Conflict, Invalid, TooLarge
from dealflow.core.http import SentTable, actor, needs, prepared, prepares, read_query, rows_file, sent_table
from dealflow.core.i18n import N_
from dealflow.core.i18n import gettext as _
from dealflow.core.tabular import Table, refuse
from dealflow.ledger import rate_entry, rate_files, rate_queries, rates
from dealflow.ledger.policy import Can
from dealflow.ledger.rate_forms import RateForm, RateIn, RateOffer, RatesPageQuery

bp = Blueprint("rates", "dealflow.ledger")


def _arguments() -> Any:
    args = request.args.copy()
    args.pop("lang", None)
    return args


def _page(form: RateForm | None = None) -> str:
    policy.require(actor(), Can.SEE_RATES)
    query = read_query(RatesPageQuery, _arguments()) if request.method == "GET" else RatesPageQuery()
    base, quote = query.pair.split("/") if query.pair else (None, None)
    found = rate_queries.table(actor(), query, base=base, quote=quote, since=query.since, until=query.until)
    return render_template(
        "ledger/rates.html", query=query, found=found, pairs=[f"{b}/{q}" for b, q in rate_entry.pairs(actor())],
        may_enter=policy.can(actor(), Can.ENTER_RATES), form=form or RateForm(data={"base": "USD", "quote": "CNY", "on": clock.today()}),
        days=settings().rate_days, cross=settings().rate_cross,
    )  # fmt: skip


@bp.get("/exchange-rates")
@needs(Can.SEE_RATES)
def index() -> str:
    """The table of rates."""
    return _page()


@bp.post("/exchange-rates")
@needs(Can.ENTER_RATES)
def enter() -> Any:
    """Enter a rate, or correct the one of its pair and day."""
    policy.require(actor(), Can.ENTER_RATES)
    form = RateForm(request.form)
    values = form.load(RateIn)
    if values is None:
        return _page(form), 422
    try:
        row, fresh = rate_entry.enter(
            actor(), base=values.base, quote=values.quote, day=values.on, rate=Decimal(values.rate), source=values.source
        )  # fmt: skip
    except (Invalid, Conflict) as refusal:
        status = form.refuse(refusal)
        return _page(form), status
    if not fresh:
        flash(_("This rate was there already; nothing changed."), "info")
    else:
        flash(_("The rate is corrected.") if row.number else _("The rate is entered."), "success")
    return redirect(url_for("rates.index", pair=f"{row.base}/{row.quote}"), 303)


@bp.get("/exchange-rates/offer")
@needs(Can.SEE_RATES)
def offer() -> str:
    """A line that says which rate the table has for a day: forms show it below the field of a rate."""
    policy.require(actor(), Can.SEE_RATES)
    asked = read_query(RateOffer, _arguments())
    day, base = asked.on or clock.today(), asked.currency or asked.quote
    found = rates.find_rate(session(), actor().organisation_id or "", base, asked.quote, day)
    return render_template(
        "ledger/rate_offer.html", base=base, quote=asked.quote, day=day, rate=found, days=settings().rate_days
    )


@bp.get("/exchange-rates/import")
@needs(Can.ENTER_RATES)
def import_file() -> str:
    """Choose a file."""
    policy.require(actor(), Can.ENTER_RATES)
    return render_template("ledger/rates_import.html", problems=[], source="")


@bp.post("/exchange-rates/import")
@needs(Can.ENTER_RATES)
@prepares(
    sent_table(
        lambda: policy.require(actor(), Can.ENTER_RATES),
        row_limit=rate_files.ROW_LIMIT,
        is_header=rate_files.is_header,
    )
)
def check_import() -> Any:
    """What each rate of the sent file would do; nothing is written yet."""
    policy.require(actor(), Can.ENTER_RATES)
    source = request.form.get("source", "").strip()[:120]
    try:
        sent: SentTable = prepared()
        return _checked(sent.table, source or sent.name[:120])
    except Invalid as refusal:
        return _refused([error.text() for error in refusal.errors], source), 422
    except TooLarge as refusal:
        return _refused([refusal.text()], source), 413


def _refused(problems: list[str], source: str) -> str:
    return render_template("ledger/rates_import.html", problems=problems, source=source)


def _checked(table: Table, source: str, done: bool = False) -> str:
    report = rate_files.run(actor(), table, source) if done else rate_files.check(actor(), table, source)
    return render_template(
        "ledger/rates_import.html", problems=[], report=report, done=done, source=source, plain=rate_entry.plain,
        carried=json.dumps([table.header, table.rows, table.numbers], ensure_ascii=False),
    )  # fmt: skip


def _carried() -> tuple[Table, str]:
    """The table that the check put into its page, and its source."""
    try:
        header, rows, numbers = json.loads(request.form.get("table", ""))
        right = all(isinstance(row, list) and len(row) == len(header) for row in rows)
        right = right and len(numbers) == len(rows) and all(isinstance(n, int) for n in numbers)
        right = right and all(isinstance(cell, str) for row in (header, *rows) for cell in row)
    except (ValueError, TypeError):
        right = False
    if not right or len(rows) > rate_files.ROW_LIMIT:
        raise refuse("required", N_("Choose a CSV or XLSX file"))
    return Table(header, rows, "utf-8", numbers), request.form.get("source", "").strip()[:120] or "-"


@bp.post("/exchange-rates/import/run")
@needs(Can.ENTER_RATES)
def run_import() -> Any:
    """Write the rates without error."""
    policy.require(actor(), Can.ENTER_RATES)
    try:
        return _checked(*_carried(), done=True)
    except Invalid as refusal:
        return _refused([error.text() for error in refusal.errors], ""), 422


@bp.post("/exchange-rates/import/errors.csv")
@needs(Can.ENTER_RATES)
def import_errors() -> Any:
    """The refused rows with the reasons, to correct and send again."""
    policy.require(actor(), Can.ENTER_RATES)
    table, source = _carried()
    return rows_file(rate_files.error_file(table, rate_files.check(actor(), table, source)))
