"""The JSON API of deals."""

from __future__ import annotations

from typing import Any

from flask import request

from dealflow.core import clock
from dealflow.core.errors import Invalid
from dealflow.core.http import actor, api_blueprint, endpoint, if_match
from dealflow.core.i18n import N_
from dealflow.core.paging import Query, listing
from dealflow.deals import board, figures, queries, service
from dealflow.deals.board import BoardQuery
from dealflow.deals.figures import DealFiguresQuery
from dealflow.deals.forms import (
    AnswerIn,
    BatchOut,
    BoardOut,
    DealFiguresOut,
    DealIn,
    DealOut,
    MovesIn,
    OwnSidePatch,
    TimelineOut,
    TransitionIn,
)
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
    return queries.as_dict(actor(), deal)


@bp.get("/deals/<deal_id>")
@endpoint(Can.SEE, returns=DealOut)
def deal(deal_id: str) -> dict[str, Any]:
    """One deal, as one's own side sees it."""
    return queries.as_dict(actor(), queries.get(actor(), deal_id))


@bp.patch("/deals/<deal_id>")
@endpoint(Can.EDIT, body=OwnSidePatch, returns=DealOut, versioned=True)
def edit(deal_id: str, body: Any, version: int) -> dict[str, Any]:
    """Change one's own side of a deal: amount, who looks after it, next step, mandate, reason of closing."""
    values = {name: getattr(body, name) for name in body.model_fields_set}
    if values.get("amount") is not None:
        values["amount"] = values["amount"].money()
    if "remind_days" in values and values["remind_days"] is None:
        raise Invalid.field("remind_days", "required", N_("This is required"))
    return queries.as_dict(actor(), service.edit(actor(), deal_id, values, version=version))


@bp.post("/deals/<deal_id>/transitions")
@endpoint(Can.MOVE, body=TransitionIn, returns=DealOut)
def move(deal_id: str, body: TransitionIn) -> dict[str, Any]:
    """Move a deal to another state, or to a stage of one's own pipeline. If-Match is honoured when it is sent."""
    if (body.to is None) == (body.stage_id is None):
        raise Invalid.field("to", "required", N_("Say either the state or the stage"))
    deal = service.move(
        actor(), deal_id, to=body.to, stage_id=body.stage_id, reason=body.reason or "", reason_id=body.reason_id,
        version=if_match() if "If-Match" in request.headers else body.version,
    )  # fmt: skip
    return queries.as_dict(actor(), deal)


@bp.post("/deals/moves")
@endpoint(Can.EDIT, body=MovesIn, returns=BatchOut)
def move_many(body: MovesIn) -> dict[str, Any]:
    """Move many deals to one stage; each is done or refused on its own."""
    batch = service.move_many(
        actor(), {each.id: each.version for each in body.deals}, stage_id=body.stage_id, reason=body.reason or "",
        reason_id=body.reason_id,
    )  # fmt: skip
    return _batch(batch)


@bp.post("/deals/moves/<batch_id>/undo")
@endpoint(Can.EDIT, returns=BatchOut)
def undo(batch_id: str) -> dict[str, Any]:
    """Take a move back, of one deal or of many, where nothing came after it."""
    return _batch(service.undo(actor(), batch_id))


def _batch(batch: Any) -> dict[str, Any]:
    refused = [
        {"deal_id": deal_id, "code": refusal.code, "detail": refusal.text()}
        for deal_id, refusal in batch.refused.items()
    ]
    return {"id": batch.id, "done": batch.done, "waiting": batch.waiting, "refused": refused}


@bp.get("/deals/board")
@endpoint(Can.SEE, query=BoardQuery, returns=BoardOut)
def figures_of_board(query: BoardQuery) -> dict[str, Any]:
    """The columns of the board with number and sums of their deals."""
    return board.as_dict(board.board(actor(), query))


@bp.get("/deals/figures")
@endpoint(Can.SEE, query=DealFiguresQuery, returns=DealFiguresOut)
def figures_of_deals(query: DealFiguresQuery) -> dict[str, Any]:
    """How many deals reach each state, how long they stay there, and why they end."""
    return figures.as_dict(figures.figures(actor(), query))


@bp.post("/deals/<deal_id>/approvals/<approval_id>/approve")
@endpoint(Can.APPROVE, body=AnswerIn, returns=DealOut)
def approve(deal_id: str, approval_id: str, body: AnswerIn) -> dict[str, Any]:
    """Approve a colleague's move, which is then done."""
    deal = service.answer_approval(actor(), deal_id, approval_id, approve=True, answer=body.answer or "")
    return queries.as_dict(actor(), deal)


@bp.post("/deals/<deal_id>/approvals/<approval_id>/refuse")
@endpoint(Can.APPROVE, body=AnswerIn, returns=DealOut)
def refuse(deal_id: str, approval_id: str, body: AnswerIn) -> dict[str, Any]:
    """Refuse a colleague's move, saying why."""
    deal = service.answer_approval(actor(), deal_id, approval_id, approve=False, answer=body.answer or "")
    return queries.as_dict(actor(), deal)


@bp.get("/deals/<deal_id>/timeline")
@endpoint(Can.SEE, query=Query, returns=TimelineOut, lists=True)
def timeline(deal_id: str, query: Query) -> dict[str, Any]:
    """What happened in a deal, latest first."""
    deal = queries.get(actor(), deal_id)
    name = queries.namer(actor(), deal)
    items = [
        {
            "id": e.id, "kind": e.kind, "data": e.data, "text": e.text, "user_name": name(e), "side": e.side,
            "at": clock.rfc3339(e.at),
        }
        for e in queries.timeline(actor(), deal)
    ]  # fmt: skip
    return listing(items[query.offset : query.offset + query.limit], len(items), query)
