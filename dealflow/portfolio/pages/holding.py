"""A holding from pitch to payout on one page, and what is done to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request, url_for
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind

from dealflow.core import clock, policy
from dealflow.core.forms import Form
from dealflow.core.http import actor, needs, prepared, prepares
from dealflow.core.i18n import gettext as _
from dealflow.core.i18n import ngettext
from dealflow.core.ids import new
from dealflow.core.money import CURRENCIES
from dealflow.files.taking import sent_document
from dealflow.portfolio import life, posting, queries
from dealflow.portfolio.forms import (
    ACCEPT,
    EVIDENCE_LABELS,
    EndForm,
    FlowForm,
    HoldingForm,
    ReversalForm,
    RightForm,
    ValuationForm,
    WatchForm,
)
from dealflow.portfolio.models import Holding
from dealflow.portfolio.pages.base import Refusal, apart, bp, render, vehicle_page
from dealflow.portfolio.policy import Can
from dealflow.portfolio.service import booking, evidence, following, holdings
from dealflow.portfolio.shapes import (
    FlowReversalIn,
    FollowOnDecision,
    FollowOnIn,
    HoldingEnd,
    HoldingFlowIn,
    HoldingIn,
    ValuationIn,
)


def _page(holding_id: str, **forms: Form) -> str:
    row = queries.get(actor(), holding_id)
    vehicle = queries.vehicle(actor(), row.fund_id)
    given = {
        "flow_form": FlowForm(on=clock.today(), reference=new("ref")[-10:]),
        "value_form": ValuationForm(on=clock.today(), reference=new("ref")[-10:]),
        "right_form": RightForm(), "end_form": EndForm(on=clock.today()), "watch_form": WatchForm(obj=row),
        "reversal_form": ReversalForm(),
    }  # fmt: skip
    return render(
        "holding", row=row, vehicle=vehicle, may_change=policy.can(actor(), Can.EDIT, row) and row.status == "active",
        may_watch=policy.can(actor(), Can.EDIT, row), book=posting.book_of(vehicle), evidence_labels=EVIDENCE_LABELS, accept=ACCEPT, currencies=[(code, code) for code in CURRENCIES],
        **life.of(actor(), row), **apart(given | forms),
    )  # fmt: skip


@bp.get("/holdings/<holding_id>")
@needs(Can.SEE)
def show(holding_id: str) -> str:
    """A holding."""
    return _page(holding_id)


def _new_page(fund_id: str, form: HoldingForm) -> str:
    vehicle, _may = vehicle_page(fund_id, Can.HOLD)
    known = [("", _("An asset outside the platform")), *life.projects(actor())]
    form.project_id.choices = [SelectChoice(value=key, label=title) for key, title in known]
    return render("new", vehicle=vehicle, form=form)


@bp.get("/funds/<fund_id>/holdings/new")
@needs(Can.HOLD)
def new_holding(fund_id: str) -> str:
    """The form for a holding."""
    return _new_page(fund_id, HoldingForm(project_id=request.args.get("project_id")))


@bp.post("/funds/<fund_id>/holdings")
@needs(Can.HOLD)
def add(fund_id: str) -> Any:
    """Begin a holding."""
    form = HoldingForm(request.form)
    # A fund has one currency, so its form does not ask.
    asked = {} if fund_id == queries.OWN else {"currency": None}
    values = form.load(HoldingIn, form.plain() | asked)
    if values is None:
        return _new_page(fund_id, form), 422
    try:
        row = holdings.add(actor(), fund_id, values.model_dump())
    except Refusal as refusal:
        status = form.refuse(refusal)
        return _new_page(fund_id, form), status
    flash(_("The holding is there; enter what was paid and what it is worth."), "success")
    return redirect(url_for("portfolio.show", holding_id=row.id), 303)


def _done(holding_id: str, name: str, form: Form, shape: Any, act: Callable[[Any], object], said: str) -> Any:
    """Load a form, do what it says, and go back to the holding; a refusal shows the page with what was typed."""
    queries.get(actor(), holding_id)
    values = form.load(shape)
    if values is None:
        return _page(holding_id, **{name: form}), 422
    try:
        act(values)
    except Refusal as refusal:
        status = form.refuse(refusal)
        return _page(holding_id, **{name: form}), status
    flash(said, "success")
    return redirect(url_for("portfolio.show", holding_id=holding_id), 303)


@bp.post("/holdings/<holding_id>/flows")
@needs(Can.BOOK)
def book(holding_id: str) -> Any:
    """Enter money into or out of a holding."""
    return _done(
        holding_id, "flow_form", FlowForm(request.form), HoldingFlowIn,
        lambda v: booking.book_flow(
            actor(), holding_id, on=v.on, kind=v.kind, amount=v.amount.money(), reference=v.reference, rate=v.rate, text=v.text
        ),
        _("The booking is posted."),
    )  # fmt: skip


@bp.post("/holdings/<holding_id>/flows/<flow_id>/reverse")
@needs(Can.BOOK)
def reverse(holding_id: str, flow_id: str) -> Any:
    """Take a booking back."""
    return _done(
        holding_id, "reversal_form", ReversalForm(request.form), FlowReversalIn,
        lambda v: booking.reverse_flow(actor(), holding_id, flow_id, reason=v.reason),
        _("The booking is taken back."),
    )  # fmt: skip


@bp.post("/holdings/<holding_id>/follow")
@needs(Can.BOOK)
def follow(holding_id: str) -> Any:
    """Enter now what the platform knows of payments and payouts."""
    form = FlowForm(on=clock.today(), reference=new("ref")[-10:])
    try:
        made = following.follow(actor(), holding_id)
    except Refusal as refusal:
        status = form.refuse(refusal)
        return _page(holding_id, flow_form=form), status
    flash(ngettext("%(num)s row was entered.", "%(num)s rows were entered.", len(made)), "success")
    return redirect(url_for("portfolio.show", holding_id=holding_id, _anchor="flows"), 303)


def _to_value(holding_id: str) -> None:
    evidence.to_value(actor(), holding_id)


@bp.post("/holdings/<holding_id>/valuations")
@needs(Can.VALUE)
@prepares(sent_document(_to_value, purpose=evidence.PURPOSE))
def value(holding_id: str) -> Any:
    """Enter a valuation, with the document it rests on when one was sent along."""

    def enter(v: ValuationIn) -> None:
        received = prepared()
        document = evidence.keep(actor(), holding_id, received) if received else None
        booking.value(
            actor(), holding_id, on=v.on, value=v.value.money(), method=v.method, evidence_class=v.evidence_class,
            evidence=v.evidence, reference=v.reference, document_id=document.id if document else None,
        )  # fmt: skip

    form = ValuationForm(request.form)
    return _done(holding_id, "value_form", form, ValuationIn, enter, _("The valuation is entered."))


@bp.post("/holdings/<holding_id>/rights")
@needs(Can.DECIDE)
def add_right(holding_id: str) -> Any:
    """Note a follow-on right."""
    return _done(
        holding_id, "right_form", RightForm(request.form), FollowOnIn,
        lambda v: holdings.add_right(actor(), holding_id, due_on=v.due_on, amount=v.amount.money(), text=v.text),
        _("The right is noted."),
    )  # fmt: skip


@bp.post("/holdings/<holding_id>/rights/<right_id>")
@needs(Can.DECIDE)
def decide(holding_id: str, right_id: str) -> Any:
    """Exercise or waive a right."""
    form = RightForm()
    try:
        values = FollowOnDecision.model_validate({"state": request.form.get("state", "")})
        holdings.decide_right(actor(), holding_id, right_id, state=values.state)
    except ValueError:
        form.form_errors.append(_("Choose whether the right is exercised or waived"))
        return _page(holding_id, right_form=form), 422
    except Refusal as refusal:
        status = form.refuse(refusal)
        return _page(holding_id, right_form=form), status
    flash(_("The decision is noted."), "success")
    return redirect(url_for("portfolio.show", holding_id=holding_id, _anchor="rights"), 303)


@bp.post("/holdings/<holding_id>/close")
@needs(Can.EDIT)
def end(holding_id: str) -> Any:
    """End a holding."""
    return _done(
        holding_id, "end_form", EndForm(request.form), HoldingEnd,
        lambda v: booking.close(actor(), holding_id, status=v.status, on=v.on),
        _("The holding has ended."),
    )  # fmt: skip


@bp.post("/holdings/<holding_id>/watch")
@needs(Can.EDIT)
def watch(holding_id: str) -> Any:
    """Put a holding on the watch list, or take it off."""
    row: Holding = queries.get(actor(), holding_id)
    note = (request.form.get("watch_note") or "").strip()[:500]
    values = {"watched": not row.watched, "watch_note": note if not row.watched else ""}
    holdings.change(actor(), holding_id, values, version=None)
    return redirect(url_for("portfolio.show", holding_id=holding_id), 303)
