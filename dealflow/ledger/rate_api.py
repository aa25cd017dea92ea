"""The JSON API of the table of exchange rates."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import request

from dealflow.core import policy
from dealflow.core.db import session
from dealflow.core.http import SentTable, actor, api_blueprint, endpoint, prepared, prepares, sent_table
from dealflow.core.schema import load
from dealflow.ledger import rate_entry, rate_files, rate_queries, rates
from dealflow.ledger.policy import Can
from dealflow.ledger.rate_forms import (
    RateFound,
    RateIn,
    RateLookup,
    RateOut,
    RatesFileIn,
    RatesQuery,
    RatesReport,
)

bp = api_blueprint("rates")


@bp.get("/exchange-rates")
@endpoint(Can.SEE_RATES, query=RatesQuery, returns=RateOut, lists=True)
def table(query: RatesQuery) -> dict[str, Any]:
    """Your organisation's exchange rates, the latest day first."""
    policy.require(actor(), Can.SEE_RATES)
    return rate_queries.table(
        actor(), query, base=query.base, quote=query.quote, since=query.since, until=query.until
    )


@bp.post("/exchange-rates")
@endpoint(Can.ENTER_RATES, body=RateIn, returns=RateOut, status=201)
def enter(body: RateIn) -> tuple[dict[str, Any], int]:
    """Enter a rate; the pair and day again corrects it by a newer row, the same rate again answers 200."""
    row, fresh = rate_entry.enter(
        actor(), base=body.base, quote=body.quote, day=body.on, rate=Decimal(body.rate), source=body.source
    )
    return rate_queries.as_dict(row), 201 if fresh else 200


@bp.get("/exchange-rates/lookup")
@endpoint(Can.SEE_RATES, query=RateLookup, returns=RateFound)
def lookup(query: RateLookup) -> dict[str, Any]:
    """The rate that holds for a day, with the day it is of and its source."""
    policy.require(actor(), Can.SEE_RATES)
    found = rates.rate_on(
        session(), actor().organisation_id or "", query.base, query.quote, query.on, field="on"
    )
    return {
        "base": found.base, "quote": found.quote, "on": query.on.isoformat(), "rate": found.text, "day": found.day.isoformat(),
        "source": found.source, "way": found.way,
    }  # fmt: skip


@bp.post("/exchange-rates/import")
@endpoint(Can.ENTER_RATES, returns=RatesReport, upload=RatesFileIn)
@prepares(
    sent_table(
        lambda: policy.require(actor(), Can.ENTER_RATES),
        row_limit=rate_files.ROW_LIMIT,
        is_header=rate_files.is_header,
    )
)
def import_file() -> dict[str, Any]:
    """Import a file (multipart: file, source, dry_run), CSV or XLSX: base, quote, on, rate, or a column for each pair."""
    policy.require(actor(), Can.ENTER_RATES)
    values = load(RatesFileIn, dict(request.form.items()))
    sent: SentTable = prepared()
    deed = rate_files.check if values.dry_run == "true" else rate_files.run
    report = deed(actor(), sent.table, values.source or sent.name[:120])
    return report.counts | {
        "refused": [
            {"row": row.number, "pair": row.pair, "errors": [f"{e.field}: {e.text()}" for e in row.errors]}
            for row in report.failed
        ]
    }
