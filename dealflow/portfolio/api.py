"""The JSON API of holdings: what is held, cash flows, valuations, rights."""

from __future__ import annotations

from typing import Any

from flask import request

from dealflow.core.http import actor, api_blueprint, endpoint, prepared, prepares
from dealflow.core.paging import Query, listing
from dealflow.core.schema import load
from dealflow.files.taking import needed, sent_document
from dealflow.portfolio import queries
from dealflow.portfolio.policy import Can
from dealflow.portfolio.queries import HoldingQuery
from dealflow.portfolio.service import booking, evidence, following, holdings
from dealflow.portfolio.shapes import (
    FlowReversalIn,
    FollowedOut,
    FollowOnDecision,
    FollowOnIn,
    FollowOnOut,
    HoldingEnd,
    HoldingFlowIn,
    HoldingFlowOut,
    HoldingIn,
    HoldingOut,
    HoldingPatch,
    ValuationDocumentIn,
    ValuationDocumentOut,
    ValuationIn,
    ValuationOut,
)

bp = api_blueprint("portfolio")


def _held(fund_id: str | None, query: HoldingQuery) -> dict[str, Any]:
    found = queries.page(actor(), queries.vehicle(actor(), fund_id).id, query)
    return found | {"items": [queries.as_dict(row) for row in found["items"]]}


@bp.get("/funds/<fund_id>/holdings")
@endpoint(Can.SEE, query=HoldingQuery, returns=HoldingOut, lists=True)
def list_holdings(fund_id: str, query: HoldingQuery) -> dict[str, Any]:
    """The holdings of a fund (`own`: of your organisation itself), by name."""
    return _held(fund_id, query)


@bp.post("/funds/<fund_id>/holdings")
@endpoint(Can.HOLD, body=HoldingIn, returns=HoldingOut, status=201)
def add_holding(fund_id: str, body: HoldingIn) -> dict[str, Any]:
    """Begin a holding in a project or an outside asset."""
    return queries.as_dict(holdings.add(actor(), fund_id, body.model_dump()))


@bp.get("/holdings/<holding_id>")
@endpoint(Can.SEE, returns=HoldingOut)
def get_holding(holding_id: str) -> dict[str, Any]:
    """A holding."""
    return queries.as_dict(queries.get(actor(), holding_id))


@bp.patch("/holdings/<holding_id>")
@endpoint(Can.EDIT, body=HoldingPatch, returns=HoldingOut, versioned=True)
def change_holding(holding_id: str, body: HoldingPatch, version: int) -> dict[str, Any]:
    """Change names and groups of a holding, or put it on the watch list."""
    values = body.model_dump(include=body.model_fields_set)
    return queries.as_dict(holdings.change(actor(), holding_id, values, version=version))


@bp.post("/holdings/<holding_id>/close")
@endpoint(Can.EDIT, body=HoldingEnd, returns=HoldingOut)
def close_holding(holding_id: str, body: HoldingEnd) -> dict[str, Any]:
    """End a holding: exited or written off."""
    return queries.as_dict(booking.close(actor(), holding_id, status=body.status, on=body.on))


@bp.get("/holdings/<holding_id>/cashflows")
@endpoint(Can.SEE, query=Query, returns=HoldingFlowOut, lists=True)
def list_flows(holding_id: str, query: Query) -> dict[str, Any]:
    """The cash flows of a holding, the earliest first."""
    row = queries.get(actor(), holding_id)
    found = queries.flows(row.id)
    part = found[query.offset : query.offset + query.limit]
    return listing([queries.flow_dict(flow, row.currency) for flow in part], len(found), query)


@bp.post("/holdings/<holding_id>/cashflows")
@endpoint(Can.BOOK, body=HoldingFlowIn, returns=HoldingFlowOut, status=201)
def book_flow(holding_id: str, body: HoldingFlowIn) -> dict[str, Any]:
    """Enter money into or out of a holding; the same reference enters once."""
    flow = booking.book_flow(
        actor(), holding_id, on=body.on, kind=body.kind, amount=body.amount.money(), reference=body.reference,
        rate=body.rate, text=body.text,
    )  # fmt: skip
    return queries.flow_dict(flow, queries.get(actor(), holding_id).currency)


@bp.post("/holdings/<holding_id>/cashflows/<flow_id>/reverse")
@endpoint(Can.BOOK, body=FlowReversalIn, returns=HoldingFlowOut, status=201)
def reverse_flow(holding_id: str, flow_id: str, body: FlowReversalIn) -> dict[str, Any]:
    """Take an own booking back by its opposite."""
    flow = booking.reverse_flow(actor(), holding_id, flow_id, reason=body.reason)
    return queries.flow_dict(flow, queries.get(actor(), holding_id).currency)


@bp.post("/holdings/<holding_id>/follow")
@endpoint(Can.BOOK, returns=FollowedOut)
def follow(holding_id: str) -> dict[str, Any]:
    """Enter now what the platform knows of payments and payouts; it is done by itself every hour."""
    row = queries.get(actor(), holding_id)
    made = following.follow(actor(), holding_id)
    return {"entered": [queries.flow_dict(flow, row.currency) for flow in made]}


@bp.get("/holdings/<holding_id>/valuations")
@endpoint(Can.SEE, query=Query, returns=ValuationOut, lists=True)
def list_valuations(holding_id: str, query: Query) -> dict[str, Any]:
    """The valuations of a holding, the earliest first."""
    row = queries.get(actor(), holding_id)
    found = queries.valuations(row.id)
    part = found[query.offset : query.offset + query.limit]
    return listing([queries.valuation_dict(v, row.currency) for v in part], len(found), query)


@bp.post("/holdings/<holding_id>/valuations")
@endpoint(Can.VALUE, body=ValuationIn, returns=ValuationOut, status=201)
def add_valuation(holding_id: str, body: ValuationIn) -> dict[str, Any]:
    """Enter what a holding was worth on a day, by which method and on what evidence."""
    made = booking.value(
        actor(), holding_id, on=body.on, value=body.value.money(), method=body.method,
        evidence_class=body.evidence_class, evidence=body.evidence, reference=body.reference,
        document_id=body.document_id,
    )  # fmt: skip
    return queries.valuation_dict(made, queries.get(actor(), holding_id).currency)


def _to_value(holding_id: str) -> None:
    evidence.to_value(actor(), holding_id)


@bp.post("/holdings/<holding_id>/valuation-documents")
@endpoint(Can.VALUE, returns=ValuationDocumentOut, status=201, upload=ValuationDocumentIn)
@prepares(sent_document(_to_value, purpose=evidence.PURPOSE))
def add_document(holding_id: str) -> dict[str, Any]:
    """Hand in a document that valuations can name by `document_id` (multipart: file)."""
    load(ValuationDocumentIn, dict(request.form.items()))
    kept = evidence.keep(actor(), holding_id, needed(prepared()))
    return {"document_id": kept.id, "name": kept.name, "sha256": kept.sha256}


@bp.get("/holdings/<holding_id>/follow-ons")
@endpoint(Can.SEE, query=Query, returns=FollowOnOut, lists=True)
def list_rights(holding_id: str, query: Query) -> dict[str, Any]:
    """The follow-on rights of a holding, by due day."""
    row = queries.get(actor(), holding_id)
    found = queries.rights(actor(), holding_id=row.id)
    part = found[query.offset : query.offset + query.limit]
    return listing([queries.right_dict(right, row.currency) for right in part], len(found), query)


@bp.post("/holdings/<holding_id>/follow-ons")
@endpoint(Can.DECIDE, body=FollowOnIn, returns=FollowOnOut, status=201)
def add_right(holding_id: str, body: FollowOnIn) -> dict[str, Any]:
    """Note a right to put in more until a day."""
    made = holdings.add_right(
        actor(), holding_id, due_on=body.due_on, amount=body.amount.money(), text=body.text
    )
    return queries.right_dict(made, queries.get(actor(), holding_id).currency)


@bp.post("/holdings/<holding_id>/follow-ons/<right_id>/decide")
@endpoint(Can.DECIDE, body=FollowOnDecision, returns=FollowOnOut)
def decide_right(holding_id: str, right_id: str, body: FollowOnDecision) -> dict[str, Any]:
    """Say that a right was exercised or waived."""
    made = holdings.decide_right(actor(), holding_id, right_id, state=body.state)
    return queries.right_dict(made, queries.get(actor(), holding_id).currency)
