"""Answering: proposing, accepting, rejecting, withdrawing, and talking about clauses."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dealflow.core.errors import Conflict, Invalid, InvalidTransition
from dealflow.core.http import actor, needs
from dealflow.core.i18n import N_
from dealflow.core.i18n import gettext as _
from dealflow.core.schema import load
from dealflow.termsheets import queries, service
from dealflow.termsheets.forms import CommentIn, ReasonIn
from dealflow.termsheets.pages.base import bp, number_of
from dealflow.termsheets.pages.show import negotiation
from dealflow.termsheets.policy import Can


def _back(term_sheet_id: str, anchor: str = "") -> Response:
    return redirect(url_for("termsheets.show", term_sheet_id=term_sheet_id, _anchor=anchor or None), 303)


def _done_before(term_sheet_id: str, state: str, refusal: InvalidTransition) -> Response:
    """A second click on what is done: the page shows how it stands. Any other refusal goes on."""
    if queries.get(actor(), term_sheet_id).state != state:
        raise refusal
    return _back(term_sheet_id)


@bp.post("/term-sheets/<term_sheet_id>/propose")
@needs(Can.PROPOSE)
def propose(term_sheet_id: str) -> Response:
    """Show a draft to the other side."""
    try:
        service.propose(actor(), term_sheet_id)
    except InvalidTransition as refusal:
        return _done_before(term_sheet_id, "proposed", refusal)
    flash(_("Proposed. The other side sees this version now and is told about it."), "success")
    return _back(term_sheet_id)


@bp.post("/term-sheets/<term_sheet_id>/accept")
@needs(Can.ANSWER)
def accept(term_sheet_id: str) -> Response:
    """Accept the version that was read."""
    try:
        service.accept(actor(), term_sheet_id, version=number_of(request.form.get("version")))
    except Conflict as refusal:
        if refusal.code != "superseded":
            raise
        flash(refusal.text(), "warning")
        return _back(term_sheet_id)
    flash(_("Both sides accept this version."), "success")
    return _back(term_sheet_id)


def _reason() -> str:
    """The reason the page asks for; Invalid when it is left empty."""
    reason = load(ReasonIn, {"reason": request.form.get("reason", "")}).reason
    if not reason:
        raise Invalid.field("reason", "required", N_("Say in a few words why; the other side reads it"))
    return reason


@bp.post("/term-sheets/<term_sheet_id>/reject")
@needs(Can.ANSWER)
def reject(term_sheet_id: str) -> Response:
    """End the talks."""
    try:
        service.reject(actor(), term_sheet_id, reason=_reason())
    except InvalidTransition as refusal:
        return _done_before(term_sheet_id, "rejected", refusal)
    flash(_("The term sheet is rejected."), "success")
    return _back(term_sheet_id)


@bp.post("/term-sheets/<term_sheet_id>/withdraw")
@needs(Can.WITHDRAW)
def withdraw(term_sheet_id: str) -> Response:
    """Take a term sheet back."""
    sheet = service.withdraw(actor(), term_sheet_id)
    flash(_("The term sheet is withdrawn."), "success")
    return redirect(url_for("deals.show", deal_id=sheet.deal_id), 303)


def _clause(term_sheet_id: str, clause: str) -> Any:
    """The clause as it stands now: alone for a script, else the page at its place."""
    if request.headers.get("HX-Request") != "true":
        return _back(term_sheet_id, f"clause-{clause}")
    sheet = queries.get(actor(), term_sheet_id)
    context = negotiation(sheet, queries.version(actor(), sheet))
    standing = next(s for s in context["standings"] if s.passage.key == clause)
    return render_template("termsheets/_clause_answer.html", **context, standing=standing)


@bp.post("/term-sheets/<term_sheet_id>/clauses/<clause>/accept")
@needs(Can.ANSWER)
def accept_clause(term_sheet_id: str, clause: str) -> Any:
    """Accept a clause as it was read."""
    service.accept_clause(actor(), term_sheet_id, clause, version=number_of(request.form.get("version")))
    return _clause(term_sheet_id, clause)


@bp.post("/term-sheets/<term_sheet_id>/clauses/<clause>/reopen")
@needs(Can.ANSWER)
def reopen_clause(term_sheet_id: str, clause: str) -> Any:
    """Take back the acceptance of a clause."""
    service.reopen_clause(actor(), term_sheet_id, clause)
    return _clause(term_sheet_id, clause)


@bp.post("/term-sheets/<term_sheet_id>/comments")
@needs(Can.ANSWER)
def comment(term_sheet_id: str) -> Any:
    """Comment on a clause, or answer a comment."""
    values = {name: request.form.get(name, "") for name in ("clause", "text")}
    said = load(CommentIn, values | {"parent_id": request.form.get("parent_id") or None})
    row = service.comment(
        actor(), term_sheet_id, clause=said.clause, text=said.text, parent_id=said.parent_id
    )
    return _clause(term_sheet_id, row.clause)


@bp.post("/term-sheets/<term_sheet_id>/comments/<comment_id>/resolve")
@needs(Can.ANSWER)
def resolve(term_sheet_id: str, comment_id: str) -> Any:
    """Mark what was asked as settled."""
    row = service.resolve(actor(), term_sheet_id, comment_id)
    return _clause(term_sheet_id, row.clause)
