"""Making and changing a project: a form in steps that saves as one goes and loses nothing that was typed."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from dealflow.accounts.directory import organisations_of_kinds
from dealflow.core import policy
from dealflow.core.errors import FieldError, Invalid, StaleVersion
from dealflow.core.http import actor, needs
from dealflow.core.i18n import gettext as _
from dealflow.core.money import LIMIT, Money
from dealflow.core.schema import load
from dealflow.pitches import diff, media, queries, service
from dealflow.pitches.forms import STEPS, NewForm, StoryForm
from dealflow.pitches.models import Project
from dealflow.pitches.pages.base import KIND_NAMES, bp, checklist, stepper
from dealflow.pitches.policy import Can
from dealflow.pitches.schemas import ProjectIn, advice
from dealflow.pitches.typed import StepForm, blank_row, move_rows
from dealflow.pitches.vocabulary import catalogue

Page = tuple[str, int] | str | Response
_NOT_TYPED = ("csrf_token", "version", "go", "rows")


@bp.get("/projects/new")
@needs(Can.CREATE)
def new() -> Page:
    """The beginning of a project: a title is enough."""
    policy.require(actor(), Can.CREATE)
    return render_template("pitches/new.html", form=NewForm())


@bp.post("/projects/new")
@needs(Can.CREATE)
def create() -> Page:
    """Make the draft and go on with its steps."""
    form = NewForm(request.form)
    values = form.read()
    try:
        project = service.create(actor(), load(ProjectIn, values))
    except Invalid as refusal:
        form.show(refusal.errors)
        return render_template("pitches/new.html", form=form), 422
    return redirect(url_for(".edit_step", project_id=project.id, step="basics"), 303)


@bp.get("/projects/<project_id>/edit")
@needs(Can.EDIT)
def edit(project_id: str) -> Response:
    """To the first step with something missing."""
    project = service.editable(actor(), project_id, None)
    steps = stepper(project, "")
    step = next((name for name, item in zip(STEPS, steps, strict=True) if item["state"] != "done"), "basics")
    return redirect(url_for(".edit_step", project_id=project_id, step=step))


def _form(step: str, typed: MultiDict[str, str] | None, project: Project) -> StepForm:
    kind = STEPS[step][1]
    texts = kind.fill(queries.content(project))
    form = kind(typed) if typed is not None else kind(data=texts)
    if hasattr(form, "offer"):
        form.offer(queries.genres())
    return form


def _refusals(project: Project, form: StepForm, values: dict[str, Any]) -> list[FieldError]:
    """Everything that keeps the typed values from being taken over: what cannot be read, and what breaks a rule beside it."""
    unread = {problem.field for problem in form.problems}
    found = service.findings(project, values)
    return [*form.problems, *(error for error in found if error.field not in unread)]


def _render(project: Project, step: str, form: StepForm, **more: Any) -> str:
    context = {
        "project": project, "step": step, "form": form, "steps": stepper(project, step), "checklist": checklist(project),
        "blanks": {name: blank_row(form, name) for name in form.row_columns}, "advice": advice(project),
        "title": queries.title(project), "sums": _sums(form) if step == "money" else {}, "kind_names": KIND_NAMES, "names": list(STEPS), "suggestions": list(catalogue()),
    }  # fmt: skip
    if step == "visibility":
        guests = queries.invitations(actor(), project)
        taken = {project.organisation_id, *(card.id for card in guests)}
        offered = organisations_of_kinds(("investor", "fund", "studio", "park"))
        context |= {"media": media.shown_by(actor(), project), "file_url": queries.file_url}
        context |= {"guests": guests, "offered": [card for card in offered if card.id not in taken]}
    return render_template("pitches/edit.html", **(context | more))


def _sums(form: StepForm) -> dict[str, Money]:
    """What the table of funds adds up to as typed; nothing when that cannot be told."""
    values = type(form)(request.form).read() if request.method == "POST" else form.read()
    lines = [line["amount"] for line in values["use_of_funds"] if isinstance(line["amount"], dict)]
    currencies = {amount["currency"] for amount in [*lines, *([values["ask"]] if values["ask"] else [])]}
    if len(lines) != len(values["use_of_funds"]) or len(currencies) != 1:
        return {}
    currency = currencies.pop()
    whole = sum(amount["amount_minor"] for amount in lines)
    ads = sum(line["amount"]["amount_minor"] for line in values["use_of_funds"] if line["kind"] == "ad_spend")
    if whole > LIMIT:
        return {}
    sums = {"total": Money(whole, currency), "ad_spend": Money(ads, currency)}
    return sums | ({"ask": Money(**values["ask"])} if values["ask"] else {})


def _known(step: str) -> str:
    if step not in STEPS:
        abort(404)
    return step


@bp.get("/projects/<project_id>/edit/<step>")
@needs(Can.EDIT)
def edit_step(project_id: str, step: str) -> Page:
    """A step of the form: as saved, or as it was typed when that could not be taken over yet."""
    project = service.editable(actor(), project_id, None)
    kept = queries.draft(actor(), project.id, _known(step))
    if kept is None:
        return _render(project, step, _form(step, None, project))
    typed = MultiDict((name, value) for name, values in kept.typed.items() for value in values)
    form = _form(step, typed, project)
    values = form.read()
    form.show(_refusals(project, form, values))
    return _render(project, step, form, kept=kept)


@bp.post("/projects/<project_id>/edit/<step>")
@needs(Can.EDIT)
def save_step(project_id: str, step: str) -> Page:
    """Save a step and go on; a refused one is shown again with everything that was typed."""
    project = service.editable(actor(), project_id, None)
    if command := request.form.get("rows"):
        moved = move_rows(request.form, command, STEPS[_known(step)][1].row_columns)
        return _render(project, step, _form(step, moved, project))
    form = _form(_known(step), request.form, project)
    values = form.read()
    try:
        if form.problems:
            raise Invalid(errors=_refusals(project, form, values))
        project = service.update(actor(), project_id, values, version=_version(project))
    except Invalid as refusal:
        form.show(refusal.errors)
        return _render(project, step, form), 422
    except StaleVersion:
        return _conflict(project, step, form, values), 409
    service.keep_typed(actor(), project_id, step, None)
    flash(_("Saved. Investors see it now.") if project.status == "published" else _("Saved."), "success")
    following = [*STEPS][[*STEPS].index(step) + 1 :]
    if request.form.get("go") == "on" and following:
        return redirect(url_for(".edit_step", project_id=project_id, step=following[0]), 303)
    if request.form.get("go") == "preview":
        return redirect(url_for(".show_project", project_id=project_id), 303)
    return redirect(url_for(".edit_step", project_id=project_id, step=step), 303)


def _version(project: Project) -> int:
    sent = request.form.get("version", "")
    return int(sent) if sent.isdecimal() and len(sent) < 10 else project.version


def _conflict(project: Project, step: str, form: StepForm, values: dict[str, Any]) -> str:
    saved = queries.content(project)
    try:
        mine = load(ProjectIn, saved | values).model_dump(mode="json")
    except Invalid as refusal:
        form.show(refusal.errors)
        return _render(project, step, form, conflict=[])
    return _render(project, step, form, conflict=diff.changes(saved, mine, queries.genres()))


@bp.post("/projects/<project_id>/autosave/<step>")
@needs(Can.EDIT)
def autosave(project_id: str, step: str) -> Response:
    """Take over what is typed when it is valid and the pitch is a draft; keep it as typed otherwise."""
    project = service.editable(actor(), project_id, None)
    form = _form(_known(step), request.form, project)
    values = form.read()
    errors = _refusals(project, form, values) if form.problems else []
    version = _version(project)
    if version != project.version:
        raise StaleVersion(project.version)
    if not errors and project.status != "published":
        try:
            project = service.autosave(actor(), project_id, values, version=version)
            service.keep_typed(actor(), project_id, step, None)
            return jsonify(version=project.version)
        except Invalid as refusal:
            errors = list(refusal.errors)
    service.keep_typed(actor(), project_id, step, _typed())
    found = [{"field": e.field, "code": e.code, "message": e.text()} for e in errors]
    message = _("Kept here. Investors see it once you publish this change.") if not found else None
    return jsonify(version=project.version, pending=True, errors=found, message=message)


def _typed() -> dict[str, list[str]]:
    return {name: values for name, values in request.form.lists() if name not in _NOT_TYPED}


@bp.post("/projects/<project_id>/edit/<step>/discard")
@needs(Can.EDIT)
def discard(project_id: str, step: str) -> Response:
    """Throw away what was typed in a step and never taken over."""
    service.keep_typed(actor(), project_id, _known(step), None)
    return redirect(url_for(".edit_step", project_id=project_id, step=step), 303)


@bp.post("/projects/strip")
@needs(Can.CREATE)
def strip() -> str:
    """The episodes drawn from what is typed at the moment; stores nothing."""
    form = StoryForm(request.form)
    values = form.read()
    episodes = (values["format"] or {}).get("episodes")
    count = episodes if isinstance(episodes, int) and 1 <= episodes <= 500 else 0
    drawn = [h for h in values["hooks"] if isinstance(h["episode"], int) and 1 <= h["episode"] <= count]
    return render_template("pitches/_strip.html", episodes=count, hooks=drawn)
