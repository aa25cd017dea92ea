"""The JSON API of a fund's money: calls and payments, charges, distributions."""

from __future__ import annotations

from typing import Any

from dealflow.core import clock, policy
from dealflow.core.http import actor, api_blueprint, endpoint
from dealflow.core.paging import Query
from dealflow.funds import present, queries, service
from dealflow.funds.api import page
from dealflow.funds.models import Fund, FundCall, FundDistribution
from dealflow.funds.policy import Can
from dealflow.funds.shapes_money import (
    FundCallIn,
    FundCallOut,
    FundChargeIn,
    FundChargeOut,
    FundClawbackIn,
    FundDayIn,
    FundDistributionIn,
    FundDistributionOut,
    FundFeeIn,
    FundPaymentIn,
    FundPaymentOut,
    FundReasonIn,
)

bp = api_blueprint("funds_money")


def _call(fund: Fund, row: FundCall) -> dict[str, Any]:
    return present.call(
        fund, row, queries.call_lines([row])[row.id], queries.names(fund.id), manages=policy.can(actor(), Can.MANAGE, fund)
    )  # fmt: skip


@bp.get("/funds/<fund_id>/calls")
@endpoint(Can.SEE, query=Query, returns=FundCallOut, lists=True)
def calls(fund_id: str, query: Query) -> dict[str, Any]:
    """Capital calls, the latest first; a partner sees those addressed to it."""
    fund = queries.get(actor(), fund_id)
    return page([_call(fund, row) for row in queries.calls(fund_id)], query)


@bp.post("/funds/<fund_id>/calls")
@endpoint(Can.CALL, body=FundCallIn, returns=FundCallOut, status=201)
def draft_call(fund_id: str, body: FundCallIn) -> dict[str, Any]:
    """Draft a call."""
    purposes = [service.Purpose(p.kind, p.amount.money(), p.outside, p.deal, p.text) for p in body.purposes]
    row = service.draft_call(
        actor(), fund_id, due_on=body.due_on, purposes=purposes, excused=list(body.excused), text=body.text
    )
    return _call(queries.get(actor(), fund_id), row)


@bp.get("/funds/<fund_id>/calls/<call_id>")
@endpoint(Can.SEE, returns=FundCallOut)
def call(fund_id: str, call_id: str) -> dict[str, Any]:
    """A call."""
    fund = queries.get(actor(), fund_id)
    return _call(fund, queries.call(actor(), fund_id, call_id))


@bp.post("/funds/<fund_id>/calls/<call_id>/issue")
@endpoint(Can.CALL, returns=FundCallOut)
def issue_call(fund_id: str, call_id: str) -> dict[str, Any]:
    """Issue a call to all partners."""
    row = service.issue_call(actor(), fund_id, call_id)
    return _call(queries.get(actor(), fund_id), row)


@bp.post("/funds/<fund_id>/calls/<call_id>/cancel")
@endpoint(Can.CALL, body=FundReasonIn, returns=FundCallOut)
def cancel_call(fund_id: str, call_id: str, body: FundReasonIn) -> dict[str, Any]:
    """Cancel a call of which nothing is paid."""
    row = service.cancel_call(actor(), fund_id, call_id, reason=body.reason)
    return _call(queries.get(actor(), fund_id), row)


@bp.post("/funds/<fund_id>/calls/<call_id>/payments")
@endpoint(Can.POST, body=FundPaymentIn, returns=FundPaymentOut, status=201)
def pay(fund_id: str, call_id: str, body: FundPaymentIn) -> dict[str, Any]:
    """Enter a payment; the same reference again is the same payment."""
    row = service.pay(
        actor(), fund_id, call_id, lp_id=body.lp_id, amount=body.amount.money() if body.amount else None, on=body.on or clock.today(),
        reference=body.reference, interest=body.interest.money() if body.interest else None, rate=body.rate,
    )  # fmt: skip
    return present.payment(queries.get(actor(), fund_id), row, call_id)


@bp.get("/funds/<fund_id>/charges")
@endpoint(Can.MANAGE, query=Query, returns=FundChargeOut, lists=True)
def charges(fund_id: str, query: Query) -> dict[str, Any]:
    """Management fees, expenses and other income, the latest first."""
    fund = queries.managed(actor(), fund_id)
    return page([present.charge(fund, row) for row in queries.charges(fund_id)], query)


@bp.post("/funds/<fund_id>/charges")
@endpoint(Can.POST, body=FundChargeIn, returns=FundChargeOut, status=201)
def charge(fund_id: str, body: FundChargeIn) -> dict[str, Any]:
    """Post an expense or other income; the same reference again is the same charge."""
    row = service.charge(
        actor(), fund_id, kind=body.kind, on=body.on or clock.today(), amount=body.amount.money(), reference=body.reference,
        text=body.text, rate=body.rate,
    )  # fmt: skip
    return present.charge(queries.get(actor(), fund_id), row)


@bp.post("/funds/<fund_id>/fees")
@endpoint(Can.POST, body=FundFeeIn, returns=FundChargeOut, status=201)
def accrue_fee(fund_id: str, body: FundFeeIn) -> dict[str, Any]:
    """Post the management fee of a period that is over, once."""
    row = service.accrue_fee(actor(), fund_id, period=body.period)
    return present.charge(queries.get(actor(), fund_id), row)


@bp.post("/funds/<fund_id>/charges/<charge_id>/pay")
@endpoint(Can.POST, body=FundDayIn, returns=FundChargeOut)
def pay_charge(fund_id: str, charge_id: str, body: FundDayIn) -> dict[str, Any]:
    """Pay a fee or an expense from the fund's bank account."""
    row = service.pay_charge(actor(), fund_id, charge_id, on=body.on or clock.today())
    return present.charge(queries.get(actor(), fund_id), row)


def _distributions(fund: Fund, rows: list[FundDistribution]) -> list[dict[str, Any]]:
    names, told = queries.names(fund.id), queries.distribution_notices(fund.id)
    own = queries.own_lps(actor(), [fund.id]).get(fund.id)
    manages = policy.can(actor(), Can.MANAGE, fund)
    return [present.distribution(fund, row, names, told, own=own, manages=manages) for row in rows]


def _distribution(fund: Fund, row: FundDistribution) -> dict[str, Any]:
    return _distributions(fund, [row])[0]


@bp.get("/funds/<fund_id>/distributions")
@endpoint(Can.SEE, query=Query, returns=FundDistributionOut, lists=True)
def distributions(fund_id: str, query: Query) -> dict[str, Any]:
    """Distributions, the latest first; a partner sees its part of those that were posted."""
    fund = queries.get(actor(), fund_id)
    return page(_distributions(fund, queries.distributions(fund_id)), query)


@bp.post("/funds/<fund_id>/distributions")
@endpoint(Can.POST, body=FundDistributionIn, returns=FundDistributionOut, status=201)
def prepare(fund_id: str, body: FundDistributionIn) -> dict[str, Any]:
    """Prepare a distribution with its preview by tier and partner."""
    row = service.prepare(
        actor(), fund_id, on=body.on or clock.today(), amount=body.amount.money(),
        recallable=body.recallable.money() if body.recallable else None, deal=body.deal, text=body.text,
    )  # fmt: skip
    return _distribution(queries.get(actor(), fund_id), row)


@bp.post("/funds/<fund_id>/clawback")
@endpoint(Can.POST, body=FundClawbackIn, returns=FundDistributionOut, status=201)
def clawback(fund_id: str, body: FundClawbackIn) -> dict[str, Any]:
    """Prepare what the manager gives back at the end of the fund."""
    row = service.prepare_clawback(actor(), fund_id, on=body.on or clock.today(), tax_ppm=body.tax_ppm)
    return _distribution(queries.get(actor(), fund_id), row)


@bp.get("/funds/<fund_id>/distributions/<distribution_id>")
@endpoint(Can.SEE, returns=FundDistributionOut)
def distribution(fund_id: str, distribution_id: str) -> dict[str, Any]:
    """A distribution."""
    fund = queries.get(actor(), fund_id)
    return _distribution(fund, queries.distribution(fund_id, distribution_id))


@bp.post("/funds/<fund_id>/distributions/<distribution_id>/approve")
@endpoint(Can.APPROVE, returns=FundDistributionOut)
def approve(fund_id: str, distribution_id: str) -> dict[str, Any]:
    """Approve what somebody else prepared: posted and paid, once."""
    row = service.approve(actor(), fund_id, distribution_id)
    return _distribution(queries.get(actor(), fund_id), row)


@bp.post("/funds/<fund_id>/distributions/<distribution_id>/notices")
@endpoint(Can.ISSUE, returns=FundDistributionOut)
def issue_notices(fund_id: str, distribution_id: str) -> dict[str, Any]:
    """Issue the notices of a distribution that was posted before there were any."""
    row = service.issue_notices(actor(), fund_id, distribution_id)
    return _distribution(queries.get(actor(), fund_id), row)


@bp.post("/funds/<fund_id>/distributions/<distribution_id>/cancel")
@endpoint(Can.POST, body=FundReasonIn, returns=FundDistributionOut)
def cancel_distribution(fund_id: str, distribution_id: str, body: FundReasonIn) -> dict[str, Any]:
    """Drop a distribution that was not approved."""
    row = service.cancel_distribution(actor(), fund_id, distribution_id, reason=body.reason)
    return _distribution(queries.get(actor(), fund_id), row)
