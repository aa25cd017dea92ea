"""Pages of capital calls: draft, issue, payments, notices."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Response, request

from dealflow.core import clock, policy, slots
from dealflow.core.doors import costly
from dealflow.core.errors import Invalid
from dealflow.core.http import actor, download, needs
from dealflow.core.i18n import gettext as _
from dealflow.funds import documents, present, queries, service
from dealflow.funds.forms import CallForm, PaymentForm, ReasonForm, ReviseForm, pairs
from dealflow.funds.models import Fund, FundCall
from dealflow.funds.pages.base import attempt, bp, go, issue_number, render, version
from dealflow.funds.policy import Can
from dealflow.funds.service.calls import allocation
from dealflow.funds.shapes_money import FundCallIn, FundPaymentIn, FundReasonIn


def _list(fund: Fund, form: CallForm | None = None) -> str:
    rows = queries.calls(fund.id)
    lines = queries.call_lines(rows)
    form = form or CallForm(
        data={"due_on": clock.today() + timedelta(days=10), "fee_outside": fund.fee_outside}
    )
    form.excused.choices = pairs([(row.id, row.name) for row in queries.lps(fund.id)])
    return render(
        "calls", fund, "calls", rows=[(row, sum(line.paid_minor for line in lines[row.id])) for row in rows], form=form,
        today=clock.today(), unfunded=queries.fund_position(fund, queries.positions(fund).values()).unfunded,
    )  # fmt: skip


@bp.get("/funds/<fund_id>/calls")
@needs(Can.MANAGE)
def calls(fund_id: str) -> str:
    """All calls of a fund."""
    return _list(queries.managed(actor(), fund_id))


@bp.post("/funds/<fund_id>/calls")
@needs(Can.CALL)
def draft_call(fund_id: str) -> Any:
    """Draft a call."""
    fund = queries.get(actor(), fund_id)
    policy.require(actor(), Can.CALL, fund, see=Can.SEE)
    form = CallForm(request.form)
    values = form.judged(FundCallIn)
    if values is None:
        return _list(fund, form), 422
    purposes = [service.Purpose(p.kind, p.amount.money(), p.outside, p.deal) for p in values.purposes]
    made, status = attempt(
        form,
        lambda: service.draft_call(
            actor(),
            fund_id,
            due_on=values.due_on,
            purposes=purposes,
            excused=list(values.excused),
            text=values.text,
        ),
    )
    if made is None:
        return _list(fund, form), status
    return go(
        _("The call is drafted. Look at what it asks of each partner, then issue it."),
        "call",
        fund_id=fund_id,
        call_id=made.id,
    )


def _preview(fund: Fund, call: FundCall) -> tuple[dict[str, tuple[int, int]], str]:
    """What a draft would ask of each partner, or why it cannot be issued."""
    if call.state != "draft":
        return {}, ""
    try:
        return allocation(fund, call), ""
    except Invalid as refusal:
        return {}, refusal.errors[0].text()


def call_page(
    fund: Fund, call: FundCall, pay: PaymentForm | None = None, reason: ReasonForm | None = None, undo: ReasonForm | None = None,
    undone_id: str = "", revise: ReviseForm | None = None,
) -> str:  # fmt: skip
    """One call with what it asks of each partner and what was entered about it; `undo`, `revise`: refused wishes to take an
    entry back, and to issue the notices anew."""
    names = queries.names(fund.id)
    lines = queries.call_lines([call])[call.id]
    preview, refused = _preview(fund, call)
    pay = pay or PaymentForm(data={"on": clock.today(), "currency": fund.currency})
    open_lines = [line for line in lines if line.open_minor]
    shown = [(line, present.call_line(fund, call, line, names)) for line in lines]
    payable = [line for line, row in shown if line.open_minor or row["late_interest"]["amount_minor"]]
    pay.lp_id.choices = pairs([(line.lp_id, names[line.lp_id]) for line in payable])
    rows = queries.payment_rows(fund.id, line_ids=[line.id for line in lines])
    changed = service.changed_calls(fund, call) if policy.can(actor(), Can.ISSUE, fund) else []
    return render(
        "call", fund, "calls", later=queries.by_paper(line.id for line in lines), changed=[item.lp.name for item in changed],
        revise=revise or ReviseForm(), call=call, lines=shown, preview=preview, payable=payable,
        refused=refused, names=names, pay=pay, reason=reason or ReasonForm(), open_lines=open_lines,
        payments=rows, standing={row.id for row in queries.standing(rows)}, overpaid=queries.overpaid(fund), undo=undo or ReasonForm(),
        undone_id=undone_id, panels=slots.panels("fund.call", actor(), fund) if call.state == "issued" else [],
    )  # fmt: skip


@bp.get("/funds/<fund_id>/calls/<call_id>")
@needs(Can.MANAGE)
def call(fund_id: str, call_id: str) -> str:
    """One call with what it asks of each partner."""
    fund = queries.managed(actor(), fund_id)
    return call_page(fund, queries.call(actor(), fund_id, call_id))


def held_call(fund_id: str, call_id: str, permission: Can) -> tuple[Fund, FundCall]:
    """A call with its fund, with which the actor may do this."""
    fund = queries.get(actor(), fund_id)
    found = queries.call(actor(), fund_id, call_id)
    policy.require(actor(), permission, fund, see=Can.SEE)
    return fund, found


@bp.post("/funds/<fund_id>/calls/<call_id>/issue")
@needs(Can.CALL)
def issue_call(fund_id: str, call_id: str) -> Any:
    """Issue a call."""
    fund, found = held_call(fund_id, call_id, Can.CALL)
    form = ReasonForm()
    done, status = attempt(form, lambda: service.issue_call(actor(), fund_id, call_id, version=version()))
    if done is None:
        return call_page(fund, found, reason=form), status
    return go(_("The call is issued and the partners are told."), "call", fund_id=fund_id, call_id=call_id)


@bp.post("/funds/<fund_id>/calls/<call_id>/cancel")
@needs(Can.CALL)
def cancel_call(fund_id: str, call_id: str) -> Any:
    """Cancel a call."""
    fund, found = held_call(fund_id, call_id, Can.CALL)
    form = ReasonForm(request.form)
    values = form.judged(FundReasonIn)
    if values is None:
        return call_page(fund, found, reason=form), 422
    done, status = attempt(
        form, lambda: service.cancel_call(actor(), fund_id, call_id, reason=values.reason, version=version())
    )
    if done is None:
        return call_page(fund, found, reason=form), status
    return go(_("The call is cancelled."), "call", fund_id=fund_id, call_id=call_id)


@bp.post("/funds/<fund_id>/calls/<call_id>/payments")
@needs(Can.POST)
def pay(fund_id: str, call_id: str) -> Any:
    """Enter a payment."""
    fund, found = held_call(fund_id, call_id, Can.POST)
    form = PaymentForm(request.form)
    values = form.judged(FundPaymentIn)
    if values is None:
        return call_page(fund, found, pay=form), 422
    done, status = attempt(
        form,
        lambda: service.pay(
            actor(), fund_id, call_id, lp_id=values.lp_id, amount=values.amount.money() if values.amount else None,
            on=values.on or clock.today(), reference=values.reference, interest=values.interest.money() if values.interest else None, rate=values.rate,
        ),
    )  # fmt: skip
    if done is None:
        return call_page(fund, found, pay=form), status
    return go(_("The payment is entered."), "call", fund_id=fund_id, call_id=call_id)


@bp.get("/funds/<fund_id>/calls/<call_id>/notices/<lp_id>.pdf")
@costly
@needs(Can.SEE_LP)
def notice(fund_id: str, call_id: str, lp_id: str) -> Response:
    """The notice of a call to a partner."""
    return download(**documents.notice_file(actor(), fund_id, call_id, lp_id, issue_number()))
