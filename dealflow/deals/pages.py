"""Pages of deals: list and one deal."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dealflow.core import i18n, policy
from dealflow.core.errors import Invalid
from dealflow.core.http import actor, needs, read_query
from dealflow.core.i18n import gettext as _
from dealflow.deals import queries, service
from dealflow.deals.forms import MoveForm, NoteForm, NoteIn
from dealflow.deals.policy import Can
from dealflow.deals.queries import DealQuery
from dealflow.deals.states import DEAL, LABELS, NEEDS_REASON, STAGES
from dealflow.mandates import queries as mandates

bp = Blueprint("deals", __name__)


@bp.get("/deals")
@needs(Can.SEE)
def index() -> str:
    """The deals of one's organisation, by stage."""
    args = request.args.copy()
    args.pop("lang", None)
    query = read_query(DealQuery, args)
    found = queries.page(actor(), query)
    found["items"] = queries.cards(actor(), found["items"])
    return render_template(
        "deals/index.html",
        found=found,
        query=query,
        counts=queries.counts(actor()),
        stages=STAGES,
        labels=LABELS,
    )


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


def _page(deal_id: str, move_form: MoveForm | None = None, note_form: NoteForm | None = None) -> str:
    deal = queries.get(actor(), deal_id)
    card = queries.cards(actor(), [queries.as_dict(deal)])[0]
    targets = [m.target for m in DEAL.moves if deal.stage in m.sources]
    allowed = [
        t for t in targets if policy.can(actor(), Can.DECLINE if t == "closed_lost" else Can.MOVE, deal)
    ]
    mandate = mandates.find(actor(), deal.mandate_id) if deal.mandate_id else None
    return render_template(
        "deals/show.html", deal=deal, card=card, mandate=mandate, timeline=queries.timeline(actor(), deal),
        notes=queries.notes(actor(), deal), labels=LABELS, stages=STAGES, targets=allowed, needs_reason=NEEDS_REASON,
        move_form=move_form or MoveForm(), note_form=note_form or NoteForm(), may_note=policy.can(actor(), Can.NOTE, deal),
    )  # fmt: skip


@bp.get("/deals/<deal_id>")
@needs(Can.SEE)
def show(deal_id: str) -> str:
    """One deal."""
    return _page(deal_id)


@bp.post("/deals/<deal_id>/transitions")
@needs(Can.MOVE)
def move(deal_id: str) -> Any:
    """Move a deal to another stage."""
    form = MoveForm(request.form)
    version = request.form.get("version", "")
    if form.to.data not in STAGES:
        raise Invalid.field("to", "not_a_choice", i18n.N_("Choose one of the stages"))
    try:
        service.move(
            actor(), deal_id, to=form.to.data, reason=form.reason.data or "",
            version=int(version) if version.isdecimal() else None,
        )  # fmt: skip
    except Invalid as refusal:
        form.show(refusal.errors)
        return _page(deal_id, move_form=form), 422
    flash(_("Moved to: %(stage)s", stage=_(LABELS[form.to.data])), "success")
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
