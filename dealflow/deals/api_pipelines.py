"""The JSON API of pipelines, reasons of closing and kept filters."""

from __future__ import annotations

from typing import Any

from dealflow.core import policy
from dealflow.core.http import actor, api_blueprint, endpoint, writes
from dealflow.core.paging import Query, listing
from dealflow.deals import board, queries, service
from dealflow.deals.forms import (
    CloseReasonIn,
    CloseReasonOut,
    FilterIn,
    FilterOut,
    PipelineIn,
    PipelineOut,
    PipelinePatch,
    ReasonQuery,
)
from dealflow.deals.models import CloseReason, DealFilter, Pipeline
from dealflow.deals.policy import Can

bp = api_blueprint("deals_pipelines")


def _pipeline(row: Pipeline) -> dict[str, Any]:
    return queries.pipeline_dict(row, queries.stages(actor(), row.id))


@bp.get("/pipelines")
@endpoint(Can.SEE_PIPELINES, query=Query, returns=PipelineOut, lists=True)
@writes
def pipelines(query: Query) -> dict[str, Any]:
    """The organisation's pipelines with their stages, the one for new deals first."""
    service.own_pipeline(actor())
    rows, stages = queries.pipelines(actor(), archived=True), queries.stages(actor())
    shown = rows[query.offset : query.offset + query.limit]
    return listing([queries.pipeline_dict(row, stages) for row in shown], len(rows), query)


@bp.post("/pipelines")
@endpoint(Can.MANAGE_PIPELINES, body=PipelineIn, returns=PipelineOut, status=201)
def create(body: PipelineIn) -> dict[str, Any]:
    """Make a pipeline."""
    stages = [stage.model_dump() for stage in body.stages or ()]
    return _pipeline(
        service.create_pipeline(actor(), name=body.name, stages=stages, is_default=body.is_default)
    )


@bp.get("/pipelines/<pipeline_id>")
@endpoint(Can.SEE_PIPELINES, returns=PipelineOut)
def pipeline(pipeline_id: str) -> dict[str, Any]:
    """One pipeline."""
    return _pipeline(queries.pipeline(actor(), pipeline_id))


@bp.patch("/pipelines/<pipeline_id>")
@endpoint(Can.MANAGE_PIPELINES, body=PipelinePatch, returns=PipelineOut, versioned=True)
def update(pipeline_id: str, body: Any, version: int) -> dict[str, Any]:
    """Change a pipeline's name, stages with their rules, or whether it is in use."""
    values = {name: getattr(body, name) for name in body.model_fields_set}
    if values.get("stages"):
        values["stages"] = [stage.model_dump() for stage in values["stages"]]
    return _pipeline(service.update_pipeline(actor(), pipeline_id, values, version=version))


def _reason(row: CloseReason) -> dict[str, Any]:
    return {"id": row.id, "outcome": row.outcome, "label": queries.reason_label(row)}


@bp.get("/close-reasons")
@endpoint(Can.SEE_PIPELINES, query=ReasonQuery, returns=CloseReasonOut, lists=True)
@writes
def reasons(query: ReasonQuery) -> dict[str, Any]:
    """The organisation's reasons of winning and losing deals."""
    service.own_pipeline(actor())
    rows = queries.reasons(actor(), query.outcome)
    shown = rows[query.offset : query.offset + query.limit]
    return listing([_reason(row) for row in shown], len(rows), query)


@bp.post("/close-reasons")
@endpoint(Can.MANAGE_PIPELINES, body=CloseReasonIn, returns=CloseReasonOut, status=201)
def add_reason(body: CloseReasonIn) -> dict[str, Any]:
    """Add a reason to the list."""
    return _reason(service.add_reason(actor(), outcome=body.outcome, label=body.label))


@bp.delete("/close-reasons/<reason_id>")
@endpoint(Can.MANAGE_PIPELINES, status=204)
def remove_reason(reason_id: str) -> Any:
    """Take a reason out of the list; deals that name it keep it."""
    service.remove_reason(actor(), reason_id)
    return None


def _filter(row: DealFilter) -> dict[str, Any]:
    mine = row.user_id == actor().user_id
    return {"id": row.id, "name": row.name, "shared": row.shared, "mine": mine, "query": row.query}


@bp.get("/deal-filters")
@endpoint(Can.SEE_FILTERS, query=Query, returns=FilterOut, lists=True)
def filters(query: Query) -> dict[str, Any]:
    """One's own filters of the board, and those shared in the organisation."""
    policy.require(actor(), Can.SEE_FILTERS)
    rows = board.kept_filters(actor())
    shown = rows[query.offset : query.offset + query.limit]
    return listing([_filter(row) for row in shown], len(rows), query)


@bp.post("/deal-filters")
@endpoint(Can.KEEP_FILTERS, body=FilterIn, returns=FilterOut, status=201)
def keep_filter(body: FilterIn) -> dict[str, Any]:
    """Keep a filter of the board."""
    query = board.kept(body.query)
    return _filter(service.keep_filter(actor(), name=body.name, query=query, shared=body.shared))


@bp.delete("/deal-filters/<filter_id>")
@endpoint(Can.DROP_FILTER, status=204)
def drop_filter(filter_id: str) -> Any:
    """Forget a filter."""
    service.drop_filter(actor(), filter_id)
    return None
