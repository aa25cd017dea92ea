"""The JSON API of what was entered about calls: listed, overpaid money used or paid back, entries taken back."""

from __future__ import annotations

from typing import Any

from dealflow.core import clock, policy
from dealflow.core.http import actor, api_blueprint, endpoint
from dealflow.core.paging import Query
from dealflow.funds import present, queries, service
from dealflow.funds.api import page
from dealflow.funds.models import FundPayment
from dealflow.funds.policy import Can
from dealflow.funds.shapes_money import FundOffsetIn, FundPaymentOut, FundReasonIn, FundRefundIn

bp = api_blueprint("funds_payments")


def _one(fund_id: str, row: FundPayment) -> dict[str, Any]:
    return present.payments(queries.get(actor(), fund_id), [row], manages=True)[0]


@bp.get("/funds/<fund_id>/payments")
@endpoint(Can.SEE, query=Query, returns=FundPaymentOut, lists=True)
def payments(fund_id: str, query: Query) -> dict[str, Any]:
    """What was entered about calls, the latest first; a partner sees its own."""
    fund = queries.get(actor(), fund_id)
    rows = queries.payment_rows(fund_id)
    return page(present.payments(fund, rows, manages=policy.can(actor(), Can.MANAGE, fund)), query)


@bp.post("/funds/<fund_id>/payments/<fund_payment_id>/reverse")
@endpoint(Can.POST, body=FundReasonIn, returns=FundPaymentOut, status=201)
def reverse(fund_id: str, fund_payment_id: str, body: FundReasonIn) -> dict[str, Any]:
    """Take back an entry that was wrong: the opposite is posted, and a bank line waits for a call again."""
    return _one(fund_id, service.reverse_payment(actor(), fund_id, fund_payment_id, reason=body.reason))


@bp.post("/funds/<fund_id>/calls/<call_id>/offsets")
@endpoint(Can.POST, body=FundOffsetIn, returns=FundPaymentOut, status=201)
def offset(fund_id: str, call_id: str, body: FundOffsetIn) -> dict[str, Any]:
    """Use what a partner overpaid for a call."""
    return _one(fund_id, service.offset(actor(), fund_id, call_id, lp_id=body.lp_id))


@bp.post("/funds/<fund_id>/lps/<lp_id>/refunds")
@endpoint(Can.POST, body=FundRefundIn, returns=FundPaymentOut, status=201)
def refund(fund_id: str, lp_id: str, body: FundRefundIn) -> dict[str, Any]:
    """Pay back what a partner overpaid; the same reference again is the same entry."""
    row = service.refund(
        actor(), fund_id, lp_id=lp_id, amount=body.amount.money(), on=body.on or clock.today(), reference=body.reference,
        reason=body.reason,
    )  # fmt: skip
    return _one(fund_id, row)
