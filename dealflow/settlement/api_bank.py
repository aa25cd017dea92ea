"""The JSON API of bank statements."""

from __future__ import annotations

import json
from typing import Any

from flask import request

from dealflow.core import policy
from dealflow.core.errors import Invalid
from dealflow.core.http import SentTable, actor, api_blueprint, endpoint, prepared, prepares, sent_table
from dealflow.core.i18n import N_
from dealflow.core.paging import Query, listing
from dealflow.core.schema import load
from dealflow.settlement import bank_queries, presets, service, showing
from dealflow.settlement.bank_queries import LineQuery
from dealflow.settlement.forms import parts_of
from dealflow.settlement.policy import Can
from dealflow.settlement.shapes import (
    BankLineOut,
    BankStatementIn,
    BankStatementOut,
    ConfirmLineIn,
    IgnoreLineIn,
    LinePaymentOut,
    SplitLineIn,
)

bp = api_blueprint("settlement_bank")


def read_mapping(text: str) -> dict[str, str] | None:
    """Own columns as a JSON object of texts; None for nothing. Raises Invalid (`mapping`)."""
    if not text.strip():
        return None
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        message = N_('Give an object of field and heading, such as {"day": "Date"}')
        raise Invalid.field("mapping", "wrong_form", message)
    return found


@bp.post("/bank-statements")
@endpoint(Can.IMPORT, returns=BankStatementOut, status=201, upload=BankStatementIn)
@prepares(
    sent_table(
        lambda: policy.require(actor(), Can.IMPORT), row_limit=service.BANK_ROWS, is_header=presets.is_header
    )
)
def bring_in() -> Any:
    """Import a bank statement (multipart: file, preset?, mapping?, currency?, fund_id?); the same file changes nothing."""
    policy.require(actor(), Can.IMPORT)
    values = load(BankStatementIn, dict(request.form.items()))
    sent: SentTable = prepared()
    done = service.bring_in(
        actor(), sent.content, sent.name, preset=values.preset, mapping=read_mapping(values.mapping), currency=values.currency,
        fund_id=values.fund_id, table=sent.table,
    )  # fmt: skip
    return showing.statement_dict(done.statement, again=done.again), 200 if done.again else 201


@bp.get("/bank-statements")
@endpoint(Can.SEE_BANK, query=Query, returns=BankStatementOut, lists=True)
def statements(query: Query) -> dict[str, Any]:
    """The organisation's bank statements, the latest first."""
    policy.require(actor(), Can.SEE_BANK)
    rows, total = bank_queries.statements(actor(), query)
    return listing([showing.statement_dict(row) for row in rows], total, query)


@bp.get("/bank-lines")
@endpoint(Can.SEE_BANK, query=LineQuery, returns=BankLineOut, lists=True)
def bank_lines(query: LineQuery) -> dict[str, Any]:
    """Money that came in, with the calls it may be for."""
    policy.require(actor(), Can.SEE_BANK)
    rows, total = bank_queries.lines(actor(), query)
    return listing(showing.line_dicts(actor(), rows), total, query)


@bp.get("/bank-lines/<line_id>")
@endpoint(Can.SEE_BANK, returns=BankLineOut)
def bank_line(line_id: str) -> dict[str, Any]:
    """One line with the calls it may be for."""
    return showing.one_line(actor(), bank_queries.line(actor(), line_id))


@bp.post("/bank-lines/<line_id>/confirm")
@endpoint(Can.IMPORT, body=ConfirmLineIn, returns=LinePaymentOut, status=201)
def confirm(line_id: str, body: ConfirmLineIn) -> dict[str, Any]:
    """Say which call a line pays; it is recorded."""
    made = service.confirm(actor(), line_id, body.call_id, rate=body.rate)
    return showing.line_payment_dict(line_id, made)


@bp.post("/bank-lines/<line_id>/split")
@endpoint(Can.IMPORT, body=SplitLineIn, returns=LinePaymentOut, status=201, lists=True)
def split(line_id: str, body: SplitLineIn) -> dict[str, Any]:
    """Say which calls of its account a line pays, and how much of it each; all are recorded, or none."""
    made = service.split(actor(), line_id, parts_of(body), rate=body.rate)
    rows = [showing.line_payment_dict(line_id, paid) for paid in made]
    return {"items": rows, "next_cursor": None, "total": len(rows)}


@bp.post("/bank-lines/<line_id>/ignore")
@endpoint(Can.IMPORT, body=IgnoreLineIn, returns=BankLineOut)
def ignore(line_id: str, body: IgnoreLineIn) -> dict[str, Any]:
    """Set aside a line that pays no call."""
    return showing.one_line(actor(), service.ignore(actor(), line_id, reason=body.reason))


@bp.post("/bank-lines/<line_id>/restore")
@endpoint(Can.IMPORT, returns=BankLineOut)
def restore(line_id: str) -> dict[str, Any]:
    """Take back a line that was set aside."""
    return showing.one_line(actor(), service.restore(actor(), line_id))
