"""The page of a call for payment, where payments are recorded and corrected."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for

from dealflow.core import clock, policy
from dealflow.core.doors import costly
from dealflow.core.errors import Conflict, Invalid
from dealflow.core.http import actor, download, needs
from dealflow.core.i18n import gettext as _
from dealflow.core.money import Money
from dealflow.settlement import papers, queries, service, showing, waivers
from dealflow.settlement.forms import PaymentForm, WaiveForm, WhyForm
from dealflow.settlement.pages.base import WORDS, bp, named, own_book
from dealflow.settlement.policy import Can
from dealflow.settlement.shapes import CallPaymentIn, SettlementReasonIn, WaiveInterestIn


def _page(
    call_id: str,
    *,
    payment_form: PaymentForm | None = None,
    why_form: WhyForm | None = None,
    waive_form: WaiveForm | None = None,
    reverses: str = "",
) -> str:
    found = queries.call(actor(), call_id)
    commitment = queries.get(actor(), found.commitment_id)
    moved = queries.transfers(call_id=found.id)
    form = payment_form or PaymentForm(amount=found.outstanding if found.outstanding.amount_minor else None)
    return render_template(
        "settlement/call.html", call=found, commitment=commitment, tranche=queries.tranche(actor(), found.tranche_id),
        moved=moved, book=own_book(found.project_id), standing={row.id for row in queries.standing(moved)}, payment_form=form,
        waivers=(waived := waivers.of_call(found.id)), waivers_standing=waivers.standing(waived), waive_form=waive_form or WaiveForm(),
        may_waive=policy.can(actor(), Can.WAIVE, found) and found.state != "withdrawn", waive_typed=waive_form is not None,
        why_form=why_form or WhyForm(), why_typed=why_form is not None, reverses=reverses,
        may_record=policy.can(actor(), Can.RECORD, found) and found.state != "withdrawn",
        may_withdraw=policy.can(actor(), Can.CALL, found) and found.state == "open" and not found.paid_minor,
        owed=Money(showing.interest_owed(found), found.currency), late=queries.overdue(found), today=clock.today(),
        side=found.side_of(actor()), **named([found]), **WORDS,
    )  # fmt: skip


@bp.get("/payment-calls/<payment_call_id>")
@needs(Can.SEE)
def show_call(payment_call_id: str) -> str:
    """One call for payment."""
    return _page(payment_call_id)


@bp.get("/payment-calls/<payment_call_id>/notice.pdf")
@costly
@needs(Can.SEE)
def notice(payment_call_id: str) -> Response:
    """The notice of a call."""
    return download(**papers.notice_file(actor(), payment_call_id))


def _to(call_id: str) -> Any:
    return redirect(url_for("settlement.show_call", payment_call_id=call_id), 303)


@bp.post("/payment-calls/<payment_call_id>/payments")
@needs(Can.RECORD)
def record(payment_call_id: str) -> Any:
    """Record a payment."""
    queries.call(actor(), payment_call_id)
    form = PaymentForm(request.form)
    values = form.load(CallPaymentIn)
    if values is None:
        return _page(payment_call_id, payment_form=form), 422
    try:
        service.record(
            actor(), payment_call_id, amount=values.amount.money(), on=values.on, payer=values.payer, reference=values.reference,
            note=values.note, interest=values.interest.money() if values.interest else None, beyond=values.beyond,
        )  # fmt: skip
    except (Conflict, Invalid) as refusal:
        status = form.refuse(refusal)
        return _page(payment_call_id, payment_form=form), status
    flash(_("The payment is recorded."), "success")
    return _to(payment_call_id)


@bp.post("/payment-calls/<payment_call_id>/offset")
@needs(Can.RECORD)
def offset(payment_call_id: str) -> Any:
    """Use what was overpaid for a call."""
    service.offset(actor(), payment_call_id)
    flash(_("What was overpaid is used for this call."), "success")
    return _to(payment_call_id)


@bp.post("/payment-calls/<payment_call_id>/waivers")
@needs(Can.WAIVE)
def waive(payment_call_id: str) -> Any:
    """Give up late interest."""
    queries.call(actor(), payment_call_id)
    form = WaiveForm(request.form)
    values = form.load(WaiveInterestIn)
    if values is None:
        return _page(payment_call_id, waive_form=form), 422
    try:
        service.waive(
            actor(),
            payment_call_id,
            amount=values.amount.money() if values.amount else None,
            reason=values.reason,
        )
    except (Conflict, Invalid) as refusal:
        status = form.refuse(refusal)
        return _page(payment_call_id, waive_form=form), status
    flash(_("The late interest is waived; the investor was told."), "success")
    return _to(payment_call_id)


@bp.post("/interest-waivers/<waiver_id>/reverse")
@needs(Can.WAIVE)
def take_back_waiver(waiver_id: str) -> Any:
    """Take back a waiver that was a mistake."""
    found = waivers.get(actor(), waiver_id)
    form = WhyForm(request.form)
    values = form.load(SettlementReasonIn)
    if values is None:
        return _page(found.call_id, why_form=form, reverses=waiver_id), 422
    service.take_back(actor(), waiver_id, reason=values.reason)
    flash(_("The waiver is taken back; the interest is owed again."), "success")
    return _to(found.call_id)


@bp.post("/payment-calls/<payment_call_id>/withdraw")
@needs(Can.CALL)
def withdraw(payment_call_id: str) -> Any:
    """Take a call back."""
    queries.call(actor(), payment_call_id)
    form = WhyForm(request.form)
    values = form.load(SettlementReasonIn)
    if values is None:
        return _page(payment_call_id, why_form=form), 422
    service.withdraw(actor(), payment_call_id, reason=values.reason)
    flash(_("The call is taken back; the investor was told."), "success")
    return _to(payment_call_id)


@bp.post("/payments/<payment_id>/reverse")
@needs(Can.REVERSE)
def reverse(payment_id: str) -> Any:
    """Take back an entry that was wrong."""
    found = queries.transfer(actor(), payment_id)
    form = WhyForm(request.form)
    values = form.load(SettlementReasonIn)
    if values is None and found.call_id:
        return _page(found.call_id, why_form=form, reverses=payment_id), 422
    service.reverse(actor(), payment_id, reason=values.reason if values else "")
    flash(_("The entry is taken back."), "success")
    if found.call_id:
        return _to(found.call_id)
    return redirect(url_for("settlement.show", commitment_id=found.commitment_id), 303)
