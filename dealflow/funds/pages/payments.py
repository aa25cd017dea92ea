"""What partners overpaid, used for a call or paid back; and entries that are taken back."""

from __future__ import annotations

from typing import Any

from flask import request

from dealflow.core import clock
from dealflow.core.http import actor, needs
from dealflow.core.i18n import gettext as _
from dealflow.funds import queries, service
from dealflow.funds.forms import ReasonForm, RefundForm
from dealflow.funds.pages.base import attempt, bp, go, writable
from dealflow.funds.pages.calls import call_page, held_call
from dealflow.funds.pages.partners import lp_page
from dealflow.funds.policy import Can
from dealflow.funds.shapes_money import FundReasonIn, FundRefundIn


@bp.post("/funds/<fund_id>/calls/<call_id>/offset")
@needs(Can.POST)
def offset(fund_id: str, call_id: str) -> Any:
    """Use what a partner overpaid for a call."""
    fund, found = held_call(fund_id, call_id, Can.POST)
    form = ReasonForm()
    lp_id = request.form.get("lp_id", "")
    done, status = attempt(form, lambda: service.offset(actor(), fund_id, call_id, lp_id=lp_id))
    if done is None:
        return call_page(fund, found, reason=form), status
    return go(_("What was overpaid is used for the call."), "call", fund_id=fund_id, call_id=call_id)


@bp.post("/funds/<fund_id>/lps/<lp_id>/refunds")
@needs(Can.POST)
def refund(fund_id: str, lp_id: str) -> Any:
    """Pay back what a partner overpaid."""
    writable(fund_id)
    form = RefundForm(request.form)
    values = form.judged(FundRefundIn)
    if values is None:
        return lp_page(fund_id, lp_id, refund=form), 422
    done, status = attempt(
        form,
        lambda: service.refund(
            actor(), fund_id, lp_id=lp_id, amount=values.amount.money(), on=values.on or clock.today(), reference=values.reference,
            reason=values.reason,
        ),
    )  # fmt: skip
    if done is None:
        return lp_page(fund_id, lp_id, refund=form), status
    return go(_("What was overpaid is paid back."), "lp", fund_id=fund_id, lp_id=lp_id)


@bp.post("/funds/<fund_id>/payments/<fund_payment_id>/reverse")
@needs(Can.POST)
def reverse_payment(fund_id: str, fund_payment_id: str) -> Any:
    """Take back an entry about a call."""
    fund = writable(fund_id)
    known = queries.payment(actor(), fund_id, fund_payment_id)
    line = queries.lines_by_id([known.call_line_id])[known.call_line_id] if known.call_line_id else None
    form = ReasonForm(request.form)
    values = form.judged(FundReasonIn)
    done, status = (None, 422)
    if values is not None:
        reason = values.reason
        done, status = attempt(
            form, lambda: service.reverse_payment(actor(), fund_id, fund_payment_id, reason=reason)
        )
    if done is None and line is not None:
        found = queries.call(actor(), fund_id, line.call_id)
        return call_page(fund, found, undo=form, undone_id=known.id), status
    if done is None:
        return lp_page(fund_id, known.lp_id, undo=form, undone_id=known.id), status
    message = _("The entry is taken back.")
    if line is not None:
        return go(message, "call", fund_id=fund_id, call_id=line.call_id)
    return go(message, "lp", fund_id=fund_id, lp_id=known.lp_id)
