"""The pitch as an investor sees it, the owner's actions on it, its versions, and who is invited."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dealflow.accounts.queries import organisation_cards
from dealflow.core import clock, policy
from dealflow.core.errors import Conflict, Invalid, NotFound, TooLarge
from dealflow.core.http import actor, needs, prepared, prepares
from dealflow.core.i18n import N_
from dealflow.core.i18n import gettext as _
from dealflow.core.money import Money, show
from dealflow.files.service import Received
from dealflow.pitches import diff, media, queries, service
from dealflow.pitches.models import Project
from dealflow.pitches.pages.base import bp, checklist
from dealflow.pitches.policy import Can
from dealflow.pitches.schemas import advice
from dealflow.pitches.vocabulary import catalogue, label


@bp.get("/projects/<project_id>")
@needs(Can.SEE)
def show_project(project_id: str) -> str:
    """The pitch page; its owner sees it as investors do, with a toolbar."""
    project = queries.get(actor(), project_id)
    return _page(project)


def _page(project: Project, **more: Any) -> str:
    owner = policy.can(actor(), Can.SEE_DRAFTS, project)
    vocabulary = queries.genres()
    context = {
        "project": project,
        "data": queries.content(project),
        "title": queries.title(project),
        "genres": [vocabulary[term].name if term in vocabulary else term for term in project.genres],
        "owner": organisation_cards([project.organisation_id]).get(project.organisation_id),
        "is_owner": owner,
        "checklist": checklist(project) if owner else [],
        "advice": advice(project) if owner else [],
        "media": media.shown_by(actor(), project),
        "file_url": queries.file_url,
        "parts": fund_parts(project),
        "ad_share": queries.ad_share(project),
        "comparables": [(name, catalogue().get(name)) for name in project.comparables],
        "days": {k: date.fromisoformat(v) for k, v in (project.schedule or {}).items() if v},
        "today": clock.today(),
        "money": lambda value: Money(**value) if value else None,
    }
    return render_template("pitches/show.html", **(context | more))


def fund_parts(project: Project) -> list[dict[str, Any]]:
    """The use of funds for a drawing; empty when its lines are of several currencies."""
    amounts = [Money(**line["amount"]) for line in project.use_of_funds]
    if len({a.currency for a in amounts}) != 1:
        return []
    return [
        {
            "label": line["label"],
            "value": money.amount_minor,
            "display": show(money),
            "kind": line["kind"],
            "kind_name": label(line["kind"]),
        }
        for line, money in zip(project.use_of_funds, amounts, strict=True)
    ]


def _sent_version() -> int | None:
    sent = request.form.get("version", "")
    return int(sent) if sent.isdecimal() and len(sent) < 10 else None


@bp.post("/projects/<project_id>/publish")
@needs(Can.PUBLISH)
def publish(project_id: str) -> Any:
    """Publish, or show what is missing."""
    try:
        service.publish(actor(), project_id, version=_sent_version())
    except Invalid as refusal:
        return _page(queries.get(actor(), project_id), refused=refusal.errors), 422
    flash(_("Published. Investors whose mandates fit will find it."), "success")
    return redirect(url_for(".show_project", project_id=project_id), 303)


@bp.post("/projects/<project_id>/withdraw")
@needs(Can.PUBLISH)
def withdraw(project_id: str) -> Response:
    """Show it to nobody any more."""
    service.withdraw(actor(), project_id, version=_sent_version())
    flash(_("Withdrawn. Nobody outside your organisation sees it now."), "success")
    return redirect(url_for(".show_project", project_id=project_id), 303)


@bp.post("/projects/<project_id>/archive")
@needs(Can.PUBLISH)
def archive(project_id: str) -> Response:
    """Put it away for good."""
    service.archive(actor(), project_id, version=_sent_version())
    flash(_("Archived."), "success")
    return redirect(url_for(".index"), 303)


@bp.post("/projects/<project_id>/invitations")
@needs(Can.INVITE)
def invite(project_id: str) -> Response:
    """Let an organisation see it while it is published."""
    organisation_id = request.form.get("organisation_id", "").strip().lower()
    try:
        service.invite(actor(), project_id, organisation_id)
        flash(_("Invited."), "success")
    except Invalid as refusal:
        flash(refusal.errors[0].text(), "danger")
    except Conflict as refusal:
        flash(refusal.text(), "info")
    return redirect(url_for(".edit_step", project_id=project_id, step="visibility", _anchor="guests"), 303)


@bp.post("/projects/<project_id>/invitations/<organisation_id>/remove")
@needs(Can.INVITE)
def uninvite(project_id: str, organisation_id: str) -> Response:
    """Take an invitation back."""
    service.uninvite(actor(), project_id, organisation_id)
    flash(_("The invitation was taken back."), "success")
    return redirect(url_for(".edit_step", project_id=project_id, step="visibility", _anchor="guests"), 303)


@bp.get("/projects/<project_id>/versions")
@needs(Can.SEE)
def versions(project_id: str) -> str:
    """What the pitch said over time, and what changed between two versions."""
    project = queries.get(actor(), project_id)
    rows = queries.versions(actor(), project_id)
    since, to = (_number(request.args.get(name)) for name in ("from", "to"))
    old, new = queries.pair(actor(), project_id, since, to) if rows else (None, None)
    changed = diff.changes(old.data if old else {}, new.data, queries.genres()) if new is not None else []
    return render_template(
        "pitches/versions.html", project=project, title=queries.title(project), rows=rows, old=old, new=new, changed=changed
    )  # fmt: skip


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 8 else None


_UPLOADS = {"poster": service.set_poster, "still": service.add_still, "episode": service.set_sample_episode}


def _taken_in(project_id: str) -> Received:
    kind, sent = request.form.get("kind", ""), request.files.get("file")
    if kind not in _UPLOADS:
        raise NotFound()
    if sent is None or not sent.filename:
        raise Invalid.field("file", "required", N_("Choose a file first"))
    with closing(sent):
        return service.receive_media(actor(), project_id, kind, sent.stream, sent.filename)


@bp.post("/projects/<project_id>/media")
@needs(Can.EDIT)
@prepares(_taken_in)
def add_media(project_id: str) -> Response:
    """Take a poster, a still or a sample episode; a refused one is told with its reason."""
    try:
        received = prepared()
        _UPLOADS[request.form["kind"]](actor(), project_id, received)
        flash(_("Saved."), "success")
    except Invalid as refusal:
        flash(refusal.errors[0].text() if refusal.errors else refusal.text(), "danger")
    except TooLarge as refusal:
        flash(refusal.text(), "danger")
    return redirect(url_for(".edit_step", project_id=project_id, step="visibility", _anchor="media"), 303)


@bp.post("/projects/<project_id>/media/<file_id>/remove")
@needs(Can.EDIT)
def remove_media(project_id: str, file_id: str) -> Response:
    """Take a picture or the sample episode away."""
    service.remove_media(actor(), project_id, file_id)
    return redirect(url_for(".edit_step", project_id=project_id, step="visibility", _anchor="media"), 303)
