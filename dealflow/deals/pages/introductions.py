"""Pages of introductions: what one is asked and has asked, one of them, and asking."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dealflow.accounts import queries as accounts
from dealflow.core import policy
from dealflow.core.errors import Conflict, Invalid, TooMany
from dealflow.core.http import actor, needs, read_query
from dealflow.core.i18n import gettext as _
from dealflow.core.paging import cursor_for
from dealflow.deals import introducing
from dealflow.deals.forms_introductions import AnswerForm, AskForm, IntroductionIn
from dealflow.deals.introducing import IntroductionQuery
from dealflow.deals.pages.base import arguments, bp
from dealflow.deals.policy import Can
from dealflow.deals.service import introductions as service
from dealflow.deals.states import INTRODUCTION_LABELS, MOST_A_DAY
from dealflow.pitches import queries as pitches

TONES = {"waiting": "warning", "accepted": "good", "declined": "bad", "withdrawn": "", "expired": ""}


@bp.get("/introductions")
@needs(Can.SEE_INTRODUCTIONS)
def introductions() -> str:
    """What one's organisation is asked, and what it asked."""
    policy.require(actor(), Can.SEE_INTRODUCTIONS)
    query: IntroductionQuery = read_query(IntroductionQuery, arguments())
    rows, total = introducing.page(actor(), query)
    end = query.offset + len(rows)
    return render_template(
        "deals/introductions.html", cards=introducing.cards(actor(), rows), total=total, query=query, labels=INTRODUCTION_LABELS,
        tones=TONES, next_cursor=cursor_for(end) if rows and end < total else "", waiting=len(introducing.waiting_for(actor())),
    )  # fmt: skip


@bp.get("/introductions/new")
@needs(Can.ASK)
def ask_page() -> str:
    """Write to the other side."""
    policy.require(actor(), Can.ASK)
    args = request.args
    form = AskForm(
        project_id=args.get("project_id", ""), mandate_id=args.get("mandate_id", ""),
        investor_organisation_id=args.get("investor", ""),
    )  # fmt: skip
    return _ask(form)


def _ask(form: AskForm) -> str:
    project = pitches.get(actor(), form.project_id.data or "")
    whom = project.organisation_id
    if project.organisation_id == actor().organisation_id:
        whom = form.investor_organisation_id.data or ""
    card = accounts.organisation_cards([whom]).get(whom)
    return render_template(
        "deals/ask.html", form=form, project=project, title=pitches.title(project), whom=card, most=MOST_A_DAY
    )


@bp.post("/introductions")
@needs(Can.ASK)
def ask_for() -> Any:
    """Ask for an introduction."""
    form = AskForm(request.form)
    values = form.load(IntroductionIn)
    if values is None:
        return _ask(form), 422
    try:
        row = service.ask(
            actor(), project_id=values.project_id, investor_organisation_id=values.investor_organisation_id,
            mandate_id=values.mandate_id, note=values.note or "",
        )  # fmt: skip
    except (Invalid, Conflict, TooMany) as refusal:
        status = form.refuse(refusal)
        return _ask(form), status
    flash(_("Asked. You will be told of the answer."), "success")
    return redirect(url_for("deals.introduction", introduction_id=row.id), 303)


def _one(introduction_id: str, form: AnswerForm | None = None) -> str:
    row = introducing.get(actor(), introduction_id)
    card = introducing.cards(actor(), [row])[0]
    return render_template(
        "deals/introduction.html", row=row, card=card, contacts=introducing.contacts(actor(), row), labels=INTRODUCTION_LABELS,
        tones=TONES, form=form or AnswerForm(), may_answer=row.state == "waiting" and policy.can(actor(), Can.ANSWER, row),
        may_withdraw=row.state == "waiting" and policy.can(actor(), Can.WITHDRAW, row), side=row.side_of(actor()),
    )  # fmt: skip


@bp.get("/introductions/<introduction_id>")
@needs(Can.SEE_INTRODUCTIONS)
def introduction(introduction_id: str) -> str:
    """One introduction."""
    return _one(introduction_id)


@bp.post("/introductions/<introduction_id>/accept")
@needs(Can.ANSWER)
def accept(introduction_id: str) -> Response:
    """Accept."""
    row = service.accept(actor(), introduction_id, answer=request.form.get("answer", "")[:500])
    flash(_("Accepted. Here is whom to talk to; the deal is open."), "success")
    return redirect(url_for("deals.introduction", introduction_id=row.id), 303)


@bp.post("/introductions/<introduction_id>/decline")
@needs(Can.ANSWER)
def decline(introduction_id: str) -> Any:
    """Decline with a word."""
    try:
        service.decline(actor(), introduction_id, answer=request.form.get("answer", "")[:500])
    except Invalid as refusal:
        form = AnswerForm(request.form)
        form.show(refusal.errors)
        return _one(introduction_id, form), 422
    flash(_("Declined; they were told."), "success")
    return redirect(url_for("deals.introductions"), 303)


@bp.post("/introductions/<introduction_id>/withdraw")
@needs(Can.WITHDRAW)
def withdraw(introduction_id: str) -> Response:
    """Take one's question back."""
    service.withdraw(actor(), introduction_id)
    flash(_("Taken back."), "success")
    return redirect(url_for("deals.introductions"), 303)
