"""Papers issued anew: statements of a period, notices of a call and of a distribution."""

from __future__ import annotations

from typing import Any

from flask import request

from dealflow.core.http import actor, needs
from dealflow.core.i18n import gettext as _
from dealflow.funds import queries, service
from dealflow.funds.forms import ReviseForm
from dealflow.funds.pages.base import attempt, bp, go, writable
from dealflow.funds.pages.calls import call_page
from dealflow.funds.pages.distributions import distribution_page
from dealflow.funds.pages.partners import partners_page
from dealflow.funds.pages.statements import statement_page, statements_page
from dealflow.funds.policy import Can
from dealflow.funds.shapes_money import FundReviseIn, FundReviseStatementsIn


@bp.post("/funds/<fund_id>/statements/revisions")
@needs(Can.ISSUE)
def revise_statements(fund_id: str) -> Any:
    """Issue the statements of a period anew, to all whose figures changed or to one partner."""
    fund, form = writable(fund_id, Can.ISSUE), ReviseForm(request.form)
    lp_id = form.lp_id.data
    if lp_id:
        queries.lp(actor(), fund_id, lp_id)

    def again() -> str:
        if lp_id:
            return statement_page(fund_id, lp_id, form.period.data, revise=form)
        return statements_page(fund, revise=form)

    values = form.judged(FundReviseStatementsIn)
    if values is None:
        return again(), 422
    made, status = attempt(
        form,
        lambda: service.revise_statements(
            actor(), fund_id, period=values.period, reason=values.reason, lp_id=values.lp_id
        ),
    )
    if made is None:
        return again(), status
    message = _("%(number)s papers are issued anew and the partners are told.", number=len(made))
    if lp_id:
        return go(message, "statement", fund_id=fund_id, lp_id=lp_id, period=values.period)
    return go(message, "statements", fund_id=fund_id)


@bp.post("/funds/<fund_id>/calls/<call_id>/revisions")
@needs(Can.ISSUE)
def revise_call(fund_id: str, call_id: str) -> Any:
    """Issue the notices of a call anew."""
    call = queries.call(actor(), fund_id, call_id)
    fund, form = writable(fund_id, Can.ISSUE), ReviseForm(request.form)
    values = form.judged(FundReviseIn)
    if values is None:
        return call_page(fund, call, revise=form), 422
    made, status = attempt(
        form, lambda: service.revise_call(actor(), fund_id, call_id, reason=values.reason, lp_id=values.lp_id)
    )
    if made is None:
        return call_page(fund, call, revise=form), status
    message = _("%(number)s papers are issued anew and the partners are told.", number=len(made))
    return go(message, "call", fund_id=fund_id, call_id=call_id)


@bp.post("/funds/<fund_id>/distributions/<distribution_id>/revisions")
@needs(Can.ISSUE)
def revise_distribution(fund_id: str, distribution_id: str) -> Any:
    """Issue the notices of a distribution anew."""
    row = queries.distribution(fund_id, distribution_id)
    fund, form = writable(fund_id, Can.ISSUE), ReviseForm(request.form)
    values = form.judged(FundReviseIn)
    if values is None:
        return distribution_page(fund, row, revise=form), 422
    made, status = attempt(
        form,
        lambda: service.revise_distribution(
            actor(), fund_id, distribution_id, reason=values.reason, lp_id=values.lp_id
        ),
    )
    if made is None:
        return distribution_page(fund, row, revise=form), status
    message = _("%(number)s papers are issued anew and the partners are told.", number=len(made))
    return go(message, "distribution", fund_id=fund_id, distribution_id=distribution_id)


@bp.post("/funds/<fund_id>/closings/<closing_id>/revisions")
@needs(Can.ISSUE)
def revise_closing(fund_id: str, closing_id: str) -> Any:
    """Issue the notices of a closing anew."""
    fund, form = writable(fund_id, Can.ISSUE), ReviseForm(request.form)
    closing = queries.closing(fund.id, closing_id)
    values = form.judged(FundReviseIn)
    if values is None:
        return partners_page(fund, revise=form, revised_id=closing.id), 422
    made, status = attempt(
        form,
        lambda: service.revise_closing(
            actor(), fund_id, closing_id, reason=values.reason, lp_id=values.lp_id
        ),
    )
    if made is None:
        return partners_page(fund, revise=form, revised_id=closing.id), status
    message = _("%(number)s papers are issued anew and the partners are told.", number=len(made))
    return go(message, "lps", fund_id=fund_id)
