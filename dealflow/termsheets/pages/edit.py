"""Writing: starting a draft, changing its parameters, countering."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from dealflow.core import i18n, policy
from dealflow.core.errors import Conflict, Invalid
from dealflow.core.http import actor, needs
from dealflow.core.i18n import N_
from dealflow.core.i18n import gettext as _
from dealflow.deals.policy import Can as CanDeal
from dealflow.pitches import queries as pitches
from dealflow.pitches.typed import move_rows
from dealflow.termsheets import editor, library, order_form, present, queries, service
from dealflow.termsheets.models import TermSheet, TermSheetVersion
from dealflow.termsheets.pages.base import bp, number_of
from dealflow.termsheets.policy import Can
from dealflow.termsheets.present import template_for


@bp.get("/term-sheets/new")
@needs(Can.DRAFT)
def draft() -> str:
    """Choose the template of a new term sheet for a project."""
    project = pitches.as_dict(pitches.get(actor(), request.args.get("project_id", "")))
    policy.require(actor(), CanDeal.OPEN)
    offered = [template_for(i) for i in project["instruments"]]
    return render_template(
        "termsheets/draft.html", project=project, templates=library.TEMPLATES, offered=offered,
        mandate_id=request.args.get("mandate_id", ""), lang_key=i18n.language(),
    )  # fmt: skip


@bp.post("/term-sheets")
@needs(Can.DRAFT)
def create() -> Response:
    """Draft the term sheet; the deal is opened when there is none yet."""
    template = request.form.get("template", "")
    if template not in library.TEMPLATES:
        raise Invalid.field("template", "not_a_choice", N_("Choose one of the templates"))
    if deal_id := request.form.get("deal_id"):
        sheet = service.draft(actor(), deal_id, template=template, terms={})
    else:
        sheet = service.draft_for_project(
            actor(), project_id=request.form.get("project_id", ""), mandate_id=request.form.get("mandate_id") or None,
            template=template, terms={},
        )  # fmt: skip
    flash(_("The draft is ready. Check the terms, then propose it."), "success")
    return redirect(url_for("termsheets.show", term_sheet_id=sheet.id), 303)


def _edit_page(
    sheet: TermSheet,
    base: TermSheetVersion,
    form: Any = None,
    errors: dict[str, str] | None = None,
    terms: dict[str, Any] | None = None,
) -> str:
    """The form: as stored, or as typed, with the figures of what it says."""
    shown = terms or base.terms
    return render_template(
        "termsheets/edit.html", sheet=sheet, base=base, errors=errors or {}, countering=sheet.state != "draft",
        sections=editor.sections(sheet.template, base.terms, form, errors), comment=(form or {}).get("comment", ""),
        rows=editor.all_rows(base.terms, form), choices=editor.row_choices(), currency=shown["waterfall"]["currency"],
        figures=present.figures_view(sheet.template, shown) if not errors else None, lang_key=i18n.language(),
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
    edited = editor.read(sheet.template, base.terms, form)
    if edited.errors:
        return _edit_page(sheet, base, form, edited.errors), 422
    if form.get("pari_passu"):
        edited.terms["waterfall"] = library.pari_passu(edited.terms["waterfall"])
        return _edit_page(sheet, base, _with_order(form, edited.terms["waterfall"]), terms=edited.terms)
    if form.get("preview"):
        return _edit_page(sheet, base, form, terms=edited.terms)
    comment = form.get("comment", "").strip()[:2000]
    try:
        service.add_version(actor(), sheet.id, terms=edited.terms, base_version=base.number, comment=comment)
    except Invalid as refusal:
        return _edit_page(sheet, base, form, _beside(refusal)), 422
    except Conflict as refusal:
        if refusal.code not in ("stale_base", "unchanged"):
            raise
        return _edit_page(sheet, base, form, {"": refusal.text()}), 409
    if sheet.proposed_number is None:
        flash(_("Saved as a new version."), "success")
    else:
        flash(_("Your counter-proposal is with the other side."), "success")
    return redirect(url_for("termsheets.show", term_sheet_id=sheet.id), 303)


def _beside(refusal: Invalid) -> dict[str, str]:
    """Refusals by the part of the form they concern."""
    found: dict[str, str] = {}
    for error in refusal.errors:
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
    edited = editor.read(sheet.template, base.terms, request.form)
    view = None if edited.errors else present.figures_view(sheet.template, edited.terms)
    return render_template(
        "termsheets/_figures_short.html", figures=view, typed=True, lang_key=i18n.language(), sheet=sheet
    )
