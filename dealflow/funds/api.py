"""The JSON API of funds: the fund, its partners, closings and transfers, cash flows."""

from __future__ import annotations

from typing import Any

from dealflow.core import clock, policy
from dealflow.core.http import actor, api_blueprint, endpoint, listing
from dealflow.core.paging import Query
from dealflow.funds import present, queries, service
from dealflow.funds.performance import performances
from dealflow.funds.policy import Can
from dealflow.funds.queries import FundQuery
from dealflow.funds.shapes import (
    FundAccountIn,
    FundClosingIn,
    FundClosingOut,
    FundCommitmentOut,
    FundIn,
    FundInviteIn,
    FundLpIn,
    FundLpOut,
    FundNameIn,
    FundOut,
    FundPatch,
    FundTransferIn,
    FundTransferOut,
    columns,
)
from dealflow.funds.shapes_money import FundFlowsOut, FundFlowsQuery

bp = api_blueprint("funds")


def page(rows: list[Any], query: Query) -> dict[str, Any]:
    """A page of rows that were read whole: what belongs to one fund is counted in tens."""
    return listing(rows[query.offset : query.offset + query.limit], len(rows), query)


def _fund(fund_id: str) -> dict[str, Any]:
    found = queries.get(actor(), fund_id)
    return present.fund(actor(), found, queries.own_lps(actor(), [fund_id]).get(fund_id), whole=True)


@bp.get("/funds")
@endpoint(Can.LIST, query=FundQuery, returns=FundOut, lists=True)
def funds(query: FundQuery) -> dict[str, Any]:
    """Funds that one manages or is a partner of."""
    rows, total = queries.listed(actor(), query)
    own = queries.own_lps(actor(), [row.id for row in rows])
    return listing([present.fund(actor(), row, own.get(row.id)) for row in rows], total, query)


@bp.post("/funds")
@endpoint(Can.CREATE, body=FundIn, returns=FundOut, status=201)
def make(body: FundIn) -> dict[str, Any]:
    """Make a fund."""
    values = columns(body.model_dump(), clock.today(), body.currency)
    return _fund(service.create(actor(), values).id)


@bp.get("/funds/<fund_id>")
@endpoint(Can.SEE, returns=FundOut)
def fund(fund_id: str) -> dict[str, Any]:
    """A fund."""
    return _fund(fund_id)


@bp.patch("/funds/<fund_id>")
@endpoint(Can.EDIT, body=FundPatch, returns=FundOut, versioned=True)
def change(fund_id: str, body: Any, version: int) -> dict[str, Any]:
    """Change a fund."""
    found = queries.get(actor(), fund_id)
    values = columns(body.model_dump(exclude_unset=True), clock.today(), found.currency)
    service.edit(actor(), fund_id, values, version=version)
    return _fund(fund_id)


@bp.get("/funds/<fund_id>/lps")
@endpoint(Can.SEE, query=Query, returns=FundLpOut, lists=True)
def partners(fund_id: str, query: Query) -> dict[str, Any]:
    """The partners and where each stands; a partner sees itself."""
    found = queries.get(actor(), fund_id)
    brought = performances(found, clock.today())
    rows = [
        present.lp(row, position, brought[row.id])
        for position in queries.positions(found).values()
        if (row := position.lp) is not None and policy.can(actor(), Can.SEE_LP, row)
    ]
    return page(rows, query)


def _partner(fund_id: str, row: Any) -> dict[str, Any]:
    found = queries.get(actor(), fund_id)
    return present.lp(row, queries.positions(found)[row.id], performances(found, clock.today())[row.id])


@bp.post("/funds/<fund_id>/lps")
@endpoint(Can.EDIT, body=FundLpIn, returns=FundLpOut, status=201)
def add_partner(fund_id: str, body: FundLpIn) -> dict[str, Any]:
    """Add a partner."""
    row = service.add(
        actor(), fund_id, name=body.name, email=body.email or "", organisation_id=body.organisation_id
    )
    return _partner(fund_id, row)


@bp.get("/funds/<fund_id>/lps/<lp_id>")
@endpoint(Can.SEE_LP, returns=FundLpOut)
def partner(fund_id: str, lp_id: str) -> dict[str, Any]:
    """A partner, where it stands and what its commitment brought; a partner sees itself."""
    return _partner(fund_id, queries.lp(actor(), fund_id, lp_id))


@bp.post("/funds/<fund_id>/lps/<lp_id>/name")
@endpoint(Can.EDIT, body=FundNameIn, returns=FundLpOut)
def rename(fund_id: str, lp_id: str, body: FundNameIn) -> dict[str, Any]:
    """Correct a partner's name; papers that were issued stay as they are and can be issued anew."""
    return _partner(fund_id, service.rename(actor(), fund_id, lp_id, name=body.name))


@bp.post("/funds/<fund_id>/lps/<lp_id>/account")
@endpoint(Can.EDIT, body=FundAccountIn, returns=FundLpOut)
def pay_to(fund_id: str, lp_id: str, body: FundAccountIn) -> dict[str, Any]:
    """Say where a partner's distributions are paid to; notices print it, and the partner is told of a change."""
    row = service.pay_to(actor(), fund_id, lp_id, payment_details=body.payment_details)
    return _partner(fund_id, row)


@bp.post("/funds/<fund_id>/lps/<lp_id>/invite")
@endpoint(Can.EDIT, body=FundInviteIn, returns=FundLpOut)
def invite(fund_id: str, lp_id: str, body: FundInviteIn) -> dict[str, Any]:
    """Mail a party that is not on the platform a link to take its place."""
    row = service.invite(actor(), fund_id, lp_id, email=body.email)
    return _partner(fund_id, row)


@bp.get("/funds/<fund_id>/commitments")
@endpoint(Can.SEE, query=Query, returns=FundCommitmentOut, lists=True)
def commitments(fund_id: str, query: Query) -> dict[str, Any]:
    """The history of commitments, oldest first; a partner sees its own."""
    found = queries.get(actor(), fund_id)
    names = queries.names(fund_id)
    rows = [present.commitment(row, names, found.currency) for row in queries.commitments(fund_id)]
    return page(rows, query)


@bp.post("/funds/<fund_id>/commitments")
@endpoint(Can.EDIT, body=FundClosingIn, returns=FundClosingOut, status=201)
def hold_closing(fund_id: str, body: FundClosingIn) -> dict[str, Any]:
    """Hold a closing: commitments of partners, with equalisation of those who come later."""
    found = queries.get(actor(), fund_id)
    rows = []
    for item in body.commitments:
        lp_id = (
            item.lp_id
            or service.add(
                actor(), fund_id, name=item.name, email=item.email or "", organisation_id=item.organisation_id
            ).id
        )
        rows.append((lp_id, item.amount.money()))
    row = service.hold_closing(
        actor(), fund_id, on=body.on or clock.today(), commitments=rows, rate_ppm=body.equalisation_rate_ppm
    )
    return present.closing(found, row, queries.names(fund_id))


@bp.get("/funds/<fund_id>/closings")
@endpoint(Can.MANAGE, query=Query, returns=FundClosingOut, lists=True)
def closings(fund_id: str, query: Query) -> dict[str, Any]:
    """The closings with what each moved."""
    found = queries.managed(actor(), fund_id)
    names = queries.names(fund_id)
    return page([present.closing(found, row, names) for row in queries.closings(fund_id)], query)


@bp.get("/funds/<fund_id>/transfers")
@endpoint(Can.MANAGE, query=Query, returns=FundTransferOut, lists=True)
def transfers(fund_id: str, query: Query) -> dict[str, Any]:
    """Transfers between partners."""
    found = queries.managed(actor(), fund_id)
    return page([present.transfer(found, row) for row in queries.transfers(fund_id)], query)


@bp.post("/funds/<fund_id>/transfers")
@endpoint(Can.EDIT, body=FundTransferIn, returns=FundTransferOut, status=201)
def make_transfer(fund_id: str, body: FundTransferIn) -> dict[str, Any]:
    """Move a commitment, or part of it, with its history to another partner."""
    row = service.transfer(
        actor(), fund_id, from_lp_id=body.from_lp_id, to_lp_id=body.to_lp_id, amount=body.amount.money(),
        on=body.on or clock.today(),
    )  # fmt: skip
    return present.transfer(queries.get(actor(), fund_id), row)


@bp.get("/funds/<fund_id>/cashflows")
@endpoint(Can.SEE, query=FundFlowsQuery, returns=FundFlowsOut)
def cashflows(fund_id: str, query: FundFlowsQuery) -> dict[str, Any]:
    """Cash flows of all partners or of one; a partner sees its own."""
    found = queries.get(actor(), fund_id)
    lp_id = query.lp_id
    own = queries.own_lps(actor(), [fund_id]).get(fund_id)
    if lp_id is not None:
        queries.lp(actor(), fund_id, lp_id)
    elif found.organisation_id != actor().organisation_id and own is not None:
        lp_id = own.id
    rows = queries.cashflows(fund_id, lp_id, query.through)
    return {"items": [present.flow(row) for row in rows]}
