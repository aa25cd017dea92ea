"""Writing: starting a draft, changing its parameters, countering."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from dealflow.core import i18n, policy
from dealflow.core.errors import Conflict, FieldError, Invalid
from dealflow.core.http import actor, needs
from dealflow.core.i18n import N_
from dealflow.core.i18n import gettext as _
from dealflow.deals import queries as deals
from dealflow.deals.policy import Can as CanDeal
from dealflow.pitches import queries as pitches
from dealflow.pitches.typed import move_rows
from dealflow.termsheets import editor, libraries, library, order_form, present, queries, service
from dealflow.termsheets.models import TermSheet, TermSheetVersion
from dealflow.termsheets.pages.base import bp, number_of
from dealflow.termsheets.policy import Can
from dealflow.termsheets.present import template_for


@bp.get("/term-sheets/new")
@needs(Can.DRAFT)
def draft() -> str:
    """Choose the template of a new term sheet for a project."""
    project_id = request.args.get("project_id", "")
    # Of a project that one may not see there is nothing to be refused.
    pitches.get(actor(), project_id)
    policy.require(actor(), CanDeal.OPEN)
    return _draft_page(project_id, request.args)


def _draft_page(project_id: str, typed: Any, chosen: str = "", errors: dict[str, str] | None = None) -> str:
    """The templates to choose from, each with what the library wants to know before there can be a draft."""
    project, known = (
        pitches.as_dict(pitches.get(actor(), project_id)),
        libraries.get(libraries.current_number()),
    )
    asked = {
        key: editor.to_be_given(
            key, known, typed if key == chosen else {}, (errors or {}) if key == chosen else {}
        )
        for key in library.TEMPLATES
    }
    return render_template(
        "termsheets/draft.html", project=project, templates=library.TEMPLATES, lang_key=i18n.language(), asked=asked,
        offered=[template_for(i) for i in project["instruments"]], mandate_id=typed.get("mandate_id", ""),
        deal_id=typed.get("deal_id", ""), chosen=chosen, errors=errors or {},
    )  # fmt: skip


@bp.post("/term-sheets")
@needs(Can.DRAFT)
def create() -> Any:
    """Draft the term sheet; the deal is opened when there is none yet. What is still needed is asked for."""
    template, form = request.form.get("template", ""), request.form
    if template not in library.TEMPLATES:
        raise Invalid.field("template", "not_a_choice", N_("Choose one of the templates"))
    deal_id = form.get("deal_id") or None
    project_id = deals.get(actor(), deal_id).project_id if deal_id else form.get("project_id", "")
    known = libraries.get(libraries.current_number())
    currency = (pitches.as_dict(pitches.get(actor(), project_id))["ask"] or {}).get("currency", "CNY")
    edited = editor.given(template, known, form, currency)
    if edited.errors:
        return _draft_page(project_id, form, template, edited.errors), 422
    try:
        sheet = _drafted(deal_id, project_id, template, edited.terms)
    except Invalid as refusal:
        found = {e.field.removeprefix("terms."): e.text() for e in refusal.errors}
        if not any(name.startswith("declared.") for name in found):
            raise
        return _draft_page(project_id, form, template, found), 422
    flash(_("The draft is ready. Check the terms, then propose it."), "success")
    return redirect(url_for("termsheets.show", term_sheet_id=sheet.id), 303)


def _drafted(deal_id: str | None, project_id: str, template: str, terms: dict[str, Any]) -> TermSheet:
    if deal_id:
        return service.draft(actor(), deal_id, template=template, terms=terms)
    mandate = request.form.get("mandate_id") or None
    return service.draft_for_project(
        actor(), project_id=project_id, mandate_id=mandate, template=template, terms=terms
    )


def _edit_page(
    sheet: TermSheet,
    base: TermSheetVersion,
    form: Any = None,
    errors: dict[str, str] | None = None,
    terms: dict[str, Any] | None = None,
) -> str:
    """The form: as stored, or as typed, with the figures of what it says."""
    shown, known = terms or base.terms, libraries.get(sheet.library_number)
    sections = editor.sections(sheet.template, base.terms, known, form, errors)
    wrong = {i.path: i.errors[0] for section in sections for i in section.inputs if i.errors}
    return render_template(
        "termsheets/edit.html", sheet=sheet, base=base, errors=wrong | (errors or {}), countering=sheet.state != "draft",
        sections=sections, comment=(form or {}).get("comment", ""),
        rows=editor.all_rows(base.terms, form), choices=editor.row_choices(), currency=shown["waterfall"]["currency"],
        figures=present.figures_view(sheet.template, shown, known=known) if not errors else None, lang_key=i18n.language(),
    )  # fmt: skip


@bp.get("/term-sheets/<term_sheet_id>/edit")
@needs(Can.EDIT)
def edit(term_sheet_id: str) -> str:
    """Change the parameters."""
    sheet = queries.get(actor(), term_sheet_id)
    policy.require(actor(), Can.EDIT, sheet, see=Can.SEE)
    return _edit_page(sheet, queries.version(actor(), sheet))


def _base(sheet: TermSheet) -> TermSheetVersion:
    return queries.version(actor(), sheet, number_of(request.form.get("base_version")))


@bp.post("/term-sheets/<term_sheet_id>/versions")
@needs(Can.EDIT)
def save(term_sheet_id: str) -> Any:
    """Save the changed parameters as a new version: of a draft in private, else as a counter-proposal.

    Without scripts the buttons of rows, of the figures and of the pari passu order come here too and save nothing.
    """
    sheet = queries.get(actor(), term_sheet_id)
    form, base = request.form, _base(sheet)
    if command := form.get("rows"):
        moved = move_rows(form, command, editor.ROWS)
        for prefix in editor.ROWS:
            if f"{prefix}-present" in form:
                moved[f"{prefix}-present"] = "1"
        return _edit_page(sheet, base, moved)
    edited = editor.read(sheet.template, base.terms, form, libraries.get(sheet.library_number))
    if edited.errors:
        return _edit_page(sheet, base, form, _refusals(sheet, edited)), 422
    if form.get("pari_passu"):
        edited.terms["waterfall"] = library.pari_passu(edited.terms["waterfall"])
        return _edit_page(sheet, base, _with_order(form, edited.terms["waterfall"]), terms=edited.terms)
    if form.get("preview"):
        return _edit_page(sheet, base, form, terms=edited.terms)
    comment = form.get("comment", "").strip()[:2000]
    try:
        service.add_version(actor(), sheet.id, terms=edited.terms, base_version=base.number, comment=comment)
    except Invalid as refusal:
        return _edit_page(sheet, base, form, _refusals(sheet, edited) | _beside(refusal.errors)), 422
    except Conflict as refusal:
        if refusal.code not in ("stale_base", "unchanged"):
            raise
        return _edit_page(sheet, base, form, {"": refusal.text()}), 409
    if sheet.proposed_number is None:
        flash(_("Saved as a new version."), "success")
    else:
        flash(_("Your counter-proposal is with the other side."), "success")
    return redirect(url_for("termsheets.show", term_sheet_id=sheet.id), 303)


def _refusals(sheet: TermSheet, edited: editor.Edited) -> dict[str, str]:
    """What cannot be read and the rules that the rest breaks, by the part of the form they concern."""
    unread = frozenset(path.partition(".")[0] for path in edited.errors)
    if unread:
        # The order of recoupment follows the terms only once all of them are read.
        unread |= {"waterfall"}
    return _beside(service.findings(actor(), sheet, edited.terms, unread)) | edited.errors


def _beside(errors: Iterable[FieldError]) -> dict[str, str]:
    """Refusals by the part of the form they concern."""
    found: dict[str, str] = {}
    for error in errors:
        name = error.field.removeprefix("terms.").partition("[")[0]
        place = {"waterfall.tiers": "tiers", "waterfall.payees": "payees", "waterfall": "tiers"}.get(
            name, name
        )
        row = error.field.removeprefix(f"terms.{name}[").partition("]")[0]
        found.setdefault(place, f"{int(row) + 1}: {error.text()}" if row.isdecimal() else error.text())
    return found


def _with_order(form: Any, waterfall: dict[str, Any]) -> Any:
    """What was typed, with other rows of tiers."""
    typed = MultiDict((k, v) for k, v in form.items(multi=True) if not k.startswith("tiers-"))
    typed["tiers-present"] = "1"
    for number, row in enumerate(order_form.tier_rows(waterfall)):
        for column, value in row.items():
            typed[f"tiers-{number}-{column}"] = value
    return typed


@bp.post("/term-sheets/<term_sheet_id>/figures")
@needs(Can.EDIT)
def typed_figures(term_sheet_id: str) -> str:
    """The figures of what is typed, beside the form; stores nothing."""
    sheet = queries.get(actor(), term_sheet_id)
    policy.require(actor(), Can.EDIT, sheet, see=Can.SEE)
    base = _base(sheet)
    known = libraries.get(sheet.library_number)
    edited = editor.read(sheet.template, base.terms, request.form, known)
    view = None if edited.errors else present.figures_view(sheet.template, edited.terms, known=known)
    return render_template(
        "termsheets/_figures_short.html", figures=view, typed=True, lang_key=i18n.language(), sheet=sheet
    )
