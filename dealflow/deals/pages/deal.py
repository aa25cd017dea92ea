"""The page of one deal and what is done there."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dealflow.accounts import queries as accounts
from dealflow.core import i18n, policy
from dealflow.core.addresses import local_target
from dealflow.core.errors import Invalid, StaleVersion
from dealflow.core.http import actor, needs
from dealflow.core.i18n import gettext as _
from dealflow.deals import board, queries, service
from dealflow.deals.forms import MoveForm, NoteForm, NoteIn, OwnSide, OwnSideForm, choices
from dealflow.deals.models import Deal
from dealflow.deals.pages.base import bp, done, place_after
from dealflow.deals.policy import Can
from dealflow.deals.states import LABELS, NEEDS_REASON, REQUIRED, STAGES
from dealflow.mandates import queries as mandates
from dealflow.mandates.schemas import MandateQuery


@bp.post("/deals")
@needs(Can.OPEN)
def create() -> Response:
    """Begin a deal about a project."""
    deal = service.find_or_open(
        actor(),
        project_id=request.form.get("project_id", ""),
        mandate_id=request.form.get("mandate_id") or None,
    )
    flash(_("The deal is open. Next: draft the term sheet."), "success")
    return redirect(url_for("deals.show", deal_id=deal.id), 303)


def _page(
    deal_id: str,
    *,
    move_form: MoveForm | None = None,
    note_form: NoteForm | None = None,
    own_form: OwnSideForm | None = None,
    missing: list[str] | None = None,
    stale: dict[str, Any] | None = None,
) -> str:
    deal = queries.get(actor(), deal_id)
    place = queries.position(actor(), deal.id)
    card = queries.cards(actor(), [queries.as_dict(actor(), deal)])[0]
    here = queries.stage_of(actor(), place.stage_id)
    live = queries.stages(actor(), place.pipeline_id)
    mandate = mandates.find(actor(), deal.mandate_id) if deal.mandate_id else None
    members = accounts.members(actor())
    targets = board.targets(actor(), here, live)
    return render_template(
        "deals/show.html", deal=deal, place=place, card=card, here=here, mandate=mandate, labels=LABELS, stages=STAGES,
        timeline=queries.timeline(actor(), deal), name=queries.namer(actor(), deal), notes=queries.notes(actor(), deal),
        targets=targets, needs_reason=_needing_reason(live), stage_label=queries.stage_label,
        move_form=move_form or MoveForm(stage_id=request.args.get("to") or _ahead(here, live, targets)), note_form=note_form or NoteForm(),
        own_form=own_form or _own_form(deal, place, members), may_note=policy.can(actor(), Can.NOTE, deal),
        may_edit=policy.can(actor(), Can.EDIT, deal), missing=missing or [], required=REQUIRED, stale=stale,
        reasons=[(r.id, queries.reason_label(r), r.outcome) for r in queries.reasons(actor())],
        approval=queries.waiting_approval(actor(), deal.id), stage_of=lambda key: queries.stage_of(actor(), key),
        done=done(request.args.get("done")), next=local_target(request.values.get("next"), ""),
        assignee=next((m.user.name for m in members if m.user_id == place.assignee_id), None),
        reason=queries.reason(actor(), place.reason_id), reason_label=queries.reason_label,
    )  # fmt: skip


def _ahead(here: Any, live: list[Any], targets: list[tuple[str, str]]) -> str:
    """The next stage that can be reached, which is what people mostly want."""
    able = {key for key, _label in targets}
    return next((s.id for s in live if s.place > here.place and s.id in able), "")


def _needing_reason(live: list[Any]) -> list[str]:
    return [stage.id for stage in live if stage.state in NEEDS_REASON]


def _own_form(deal: Deal, place: Any, members: list[Any], data: Any = None) -> OwnSideForm:
    form = OwnSideForm(
        data, amount=place.amount, assignee_id=place.assignee_id or "", next_step=place.next_step,
        next_step_on=place.next_step_on, remind_days=place.remind_days, mandate_id=deal.mandate_id or "",
        reason_id=place.reason_id or "",
    )  # fmt: skip
    people = [(m.user_id, m.user.name) for m in members if m.role != "viewer"]
    form.assignee_id.choices = choices(people, _("Nobody yet"))
    if deal.side_of(actor()) == "investor":
        own = mandates.page(actor(), MandateQuery(limit=200))["items"]
        form.mandate_id.choices = choices([(m.id, m.name) for m in own], _("No mandate"))
    else:
        del form.mandate_id
    if deal.is_open:
        del form.reason_id
    else:
        fitting = [r for r in queries.reasons(actor()) if deal.stage.endswith(r.outcome)]
        form.reason_id.choices = choices([(r.id, queries.reason_label(r)) for r in fitting], _("Not said"))
    return form


@bp.get("/deals/<deal_id>")
@needs(Can.SEE)
def show(deal_id: str) -> str:
    """One deal."""
    seen, wanted = request.args.get("seen", ""), request.args.get("to", "")
    if wanted and seen.isdecimal():
        return _after_refusal(deal_id, wanted, int(seen))
    return _page(deal_id)


def _after_refusal(deal_id: str, wanted: str, seen: int) -> str:
    """The page after a move from the board was refused: what the stage asks for, or what changed meanwhile."""
    refusal = service.obstacle(actor(), deal_id, stage_id=wanted, version=seen)
    if isinstance(refusal, StaleVersion):
        return _page(deal_id, stale=_changed(refusal, wanted))
    form = MoveForm(stage_id=wanted)
    return _page(
        deal_id, move_form=form, missing=_show(form, refusal) if isinstance(refusal, Invalid) else None
    )


def _show(form: MoveForm, refusal: Invalid) -> list[str]:
    """Put what the move itself lacks beside its fields; what the stage asks for of the own side is given back."""
    form.show([error for error in refusal.errors if error.field not in REQUIRED])
    return [error.field for error in refusal.errors if error.field in REQUIRED]


def _changed(refusal: StaleVersion, wanted: str) -> dict[str, Any]:
    """Both views of a deal that changed meanwhile: what was wanted, and how it stands."""
    stage = next((s for s in queries.stages(actor()) if s.id == wanted or s.state == wanted), None)
    return {
        "wanted": queries.stage_label(stage) if stage else "",
        "now": " ".join(error.text() for error in refusal.errors),
    }


@bp.post("/deals/<deal_id>/transitions")
@needs(Can.MOVE)
def move(deal_id: str) -> Any:
    """Move a deal to another stage."""
    form, given = MoveForm(request.form), request.form
    wanted, state = form.stage_id.data or "", given.get("to", "")
    if not wanted and state not in STAGES:
        raise Invalid.field("to", "not_a_choice", i18n.N_("Choose one of the stages"))
    version = given.get("version", "")
    try:
        deal = service.move(
            actor(), deal_id, to=None if wanted else state, stage_id=wanted or None, reason=form.reason.data or "",
            reason_id=given.get("reason_id") or None,
            version=int(version) if version.isdecimal() and len(version) < 10 else None,
        )  # fmt: skip
    except Invalid as refusal:
        queries.get(actor(), deal_id)
        return _page(deal_id, move_form=form, missing=_show(form, refusal)), 422
    except StaleVersion as refusal:
        return _page(deal_id, move_form=form, stale=_changed(refusal, wanted or state)), 412
    after = queries.more(actor(), deal)
    usual = url_for("deals.show", deal_id=deal_id)
    if after["approval"]:
        flash(_("A second member must approve this move; the others were told."), "info")
        return redirect(place_after(None, usual), 303)
    return redirect(place_after(after["move_id"], usual, f"d-{deal_id}"), 303)


@bp.post("/deals/<deal_id>/own")
@needs(Can.EDIT)
def edit(deal_id: str) -> Any:
    """Change the own side of a deal."""
    deal = queries.get(actor(), deal_id)
    place = queries.position(actor(), deal.id)
    form = _own_form(deal, place, accounts.members(actor()), request.form)
    values = form.load(OwnSide, {k: v for k, v in form.plain().items() if v is not None and v != ""})
    if values is None:
        return _page(deal_id, own_form=form), 422
    version = request.form.get("version", "")
    plain = {name: getattr(values, name) for name in form.plain()}
    plain["amount"] = values.amount.money() if values.amount else None
    try:
        service.edit(
            actor(), deal_id, plain,
            version=int(version) if version.isdecimal() and len(version) < 10 else None,
        )  # fmt: skip
    except Invalid as refusal:
        form.show(refusal.errors)
        return _page(deal_id, own_form=form), 422
    except StaleVersion as refusal:
        return _page(deal_id, own_form=form, stale=_changed(refusal, "")), 412
    flash(_("Saved."), "success")
    return redirect(place_after(None, url_for("deals.show", deal_id=deal_id), "own"), 303)


@bp.post("/deals/<deal_id>/approvals/<approval_id>/approve")
@needs(Can.APPROVE)
def approve(deal_id: str, approval_id: str) -> Response:
    """Approve a colleague's move."""
    service.answer_approval(
        actor(), deal_id, approval_id, approve=True, answer=request.form.get("answer", "")[:500]
    )
    flash(_("Approved and moved."), "success")
    return redirect(url_for("deals.show", deal_id=deal_id), 303)


@bp.post("/deals/<deal_id>/approvals/<approval_id>/refuse")
@needs(Can.APPROVE)
def refuse(deal_id: str, approval_id: str) -> Response:
    """Refuse a colleague's move."""
    try:
        service.answer_approval(
            actor(), deal_id, approval_id, approve=False, answer=request.form.get("answer", "")[:500]
        )
    except Invalid as refusal:
        flash(refusal.errors[0].text(), "warning")
        return redirect(url_for("deals.show", deal_id=deal_id) + "#approval", 303)
    flash(_("Refused; your colleague was told."), "success")
    return redirect(url_for("deals.show", deal_id=deal_id), 303)


@bp.post("/deals/<deal_id>/notes")
@needs(Can.NOTE)
def note(deal_id: str) -> Any:
    """Keep a private note."""
    form = NoteForm(request.form)
    values = form.load(NoteIn)
    if values is None:
        return _page(deal_id, note_form=form), 422
    service.write_note(actor(), deal_id, text=values.text)
    return redirect(url_for("deals.show", deal_id=deal_id) + "#notes", 303)
