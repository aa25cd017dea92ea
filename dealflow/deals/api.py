"""The JSON API of deals."""

from __future__ import annotations

from typing import Any

from dealflow.core import clock
from dealflow.core.http import actor, api_blueprint, endpoint
from dealflow.core.paging import Query, listing
from dealflow.deals import queries, service
from dealflow.deals.forms import DealIn, DealOut, TimelineOut, TransitionIn
from dealflow.deals.policy import Can
from dealflow.deals.queries import DealQuery

bp = api_blueprint("deals")


@bp.get("/deals")
@endpoint(Can.SEE, query=DealQuery, returns=DealOut, lists=True)
def deals(query: DealQuery) -> dict[str, Any]:
    """The deals of which one's organisation is a party."""
    return queries.page(actor(), query)


@bp.post("/deals")
@endpoint(Can.OPEN, body=DealIn, returns=DealOut, status=201)
def open_deal(body: DealIn) -> dict[str, Any]:
    """Begin a deal about a project."""
    deal = service.open_deal(
        actor(), project_id=body.project_id, mandate_id=body.mandate_id, note=body.note or ""
    )
    return queries.as_dict(deal)


@bp.get("/deals/<deal_id>")
@endpoint(Can.SEE, returns=DealOut)
def deal(deal_id: str) -> dict[str, Any]:
    """One deal."""
    return queries.as_dict(queries.get(actor(), deal_id))


@bp.post("/deals/<deal_id>/transitions")
@endpoint(Can.MOVE, body=TransitionIn, returns=DealOut)
def move(deal_id: str, body: TransitionIn) -> dict[str, Any]:
    """Move a deal to another stage."""
    return queries.as_dict(service.move(actor(), deal_id, to=body.to, reason=body.reason or ""))


@bp.get("/deals/<deal_id>/timeline")
@endpoint(Can.SEE, returns=TimelineOut, lists=True)
def timeline(deal_id: str) -> dict[str, Any]:
    """What happened in a deal, latest first."""
    events = queries.timeline(actor(), queries.get(actor(), deal_id))
    items = [
        {
            "id": e.id, "kind": e.kind, "data": e.data, "text": e.text, "user_name": e.user_name, "side": e.side,
            "at": clock.rfc3339(e.at),
        }
        for e in events
    ]  # fmt: skip
    return listing(items, len(items), Query())
