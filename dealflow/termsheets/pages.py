"""Pages of term sheets: start one from a match, read it, change it, print it."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dealflow.core import i18n, policy
from dealflow.core.errors import Conflict, Invalid, NotFound
from dealflow.core.http import actor, download, instance_folder, needs, read_query
from dealflow.core.i18n import N_
from dealflow.core.i18n import gettext as _
from dealflow.deals import queries as deals
from dealflow.deals.policy import Can as CanDeal
from dealflow.pitches import queries as pitches
from dealflow.termsheets import documents, editor, library, queries, service
from dealflow.termsheets.diff import compare
from dealflow.termsheets.forms import PdfQuery
from dealflow.termsheets.models import TermSheet, TermSheetVersion
from dealflow.termsheets.policy import Can
from dealflow.termsheets.present import payout_view, summary, template_for
from dealflow.termsheets.states import LABELS

bp = Blueprint("termsheets", __name__)


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
    flash(_("The draft is ready. Check the terms, then open the PDF."), "success")
    return redirect(url_for("termsheets.show", term_sheet_id=sheet.id), 303)


def _sheet(term_sheet_id: str) -> tuple[TermSheet, TermSheetVersion]:
    sheet = queries.get(actor(), term_sheet_id)
    number = request.args.get("version", "")
    if number and not number.isdecimal():
        raise NotFound()
    return sheet, queries.version(actor(), sheet, int(number) if number else None)


@bp.get("/term-sheets/<term_sheet_id>")
@needs(Can.SEE)
def show(term_sheet_id: str) -> str:
    """A term sheet: its main terms, what everybody gets, every clause, its versions."""
    sheet, version = _sheet(term_sheet_id)
    document = library.build_document(
        sheet.template, version.project, version.parties, version.terms, version_code=version.code, state=sheet.state,
        lang=i18n.language(), generated_on=version.at.date(),
    )  # fmt: skip
    return render_template(
        "termsheets/show.html", sheet=sheet, version=version, versions=queries.versions(actor(), sheet), document=document,
        deal=deals.get(actor(), sheet.deal_id), summary=summary(document), payouts=payout_view(document), labels=LABELS,
        lang_key=i18n.language(), may_edit=policy.can(actor(), Can.EDIT, sheet) and sheet.state == "draft",
    )  # fmt: skip


@bp.get("/term-sheets/<term_sheet_id>.pdf")
@needs(Can.SEE)
def pdf(term_sheet_id: str) -> Response:
    """The printed term sheet."""
    args = request.args.copy()
    query = read_query(PdfQuery, args)
    sheet = queries.get(actor(), term_sheet_id)
    version = queries.version(actor(), sheet, query.version)
    path = documents.pdf_path(instance_folder() / "cache" / "pdf", sheet, version, query.lang)
    name = documents.file_name(sheet, version, query.lang)
    return download(path.read_bytes(), name=name, mimetype="application/pdf", etag=path.stem, inline=True)


def _edit_page(
    sheet: TermSheet, base: TermSheetVersion, form: Any = None, errors: dict[str, str] | None = None
) -> str:
    return render_template(
        "termsheets/edit.html", sheet=sheet, base=base, errors=errors or {},
        sections=editor.sections(sheet.template, base.terms, form, errors), comment=(form or {}).get("comment", ""),
        use_rows=editor.typed_rows(base.terms, form, "use_of_funds", editor.USE_COLUMNS),
        tranche_rows=editor.typed_rows(base.terms, form, "tranches", editor.TRANCHE_COLUMNS),
        waterfall=(form or {}).get("waterfall") or json.dumps(base.terms["waterfall"], ensure_ascii=False, indent=1),
        choices=editor.row_choices(),
    )  # fmt: skip


@bp.get("/term-sheets/<term_sheet_id>/edit")
@needs(Can.EDIT)
def edit(term_sheet_id: str) -> str:
    """Change the parameters."""
    sheet, _version = _sheet(term_sheet_id)
    policy.require(actor(), Can.EDIT, sheet, see=Can.SEE)
    return _edit_page(sheet, queries.version(actor(), sheet))


@bp.post("/term-sheets/<term_sheet_id>/versions")
@needs(Can.EDIT)
def save(term_sheet_id: str) -> Any:
    """Save the changed parameters as a new version."""
    sheet = queries.get(actor(), term_sheet_id)
    form = request.form
    number = form.get("base_version", "")
    base = queries.version(actor(), sheet, int(number) if number.isdecimal() else None)
    edited = editor.read(sheet.template, base.terms, form)
    if edited.errors:
        return _edit_page(sheet, base, form, edited.errors), 422
    try:
        service.add_version(
            actor(),
            sheet.id,
            terms=edited.terms,
            base_version=base.number,
            comment=form.get("comment", "").strip()[:2000],
        )
    except Invalid as refusal:
        errors = {e.field.removeprefix("terms.").partition("[")[0]: e.text() for e in refusal.errors}
        return _edit_page(sheet, base, form, errors), 422
    except Conflict as refusal:
        if refusal.code not in ("stale_base", "unchanged"):
            raise
        return _edit_page(sheet, base, form, {"": refusal.text()}), 409
    flash(_("Saved as a new version."), "success")
    return redirect(url_for("termsheets.show", term_sheet_id=sheet.id), 303)


@bp.get("/term-sheets/<term_sheet_id>/diff")
@needs(Can.SEE)
def diff(term_sheet_id: str) -> str:
    """What changed between two versions."""
    sheet = queries.get(actor(), term_sheet_id)
    numbers = [request.args.get(name, "") for name in ("from", "to")]
    if not all(n.isdecimal() and len(n) < 6 for n in numbers):
        raise NotFound()
    older, newer = (queries.version(actor(), sheet, int(n)) for n in numbers)
    changes = [
        {
            "label": c["field"],
            "before": editor.show(c["before"]),
            "after": editor.show(c["after"]),
            "by": newer.user_name,
        }
        for c in compare(older.terms, newer.terms)
    ]
    return render_template("termsheets/diff.html", sheet=sheet, older=older, newer=newer, changes=changes)


@bp.post("/term-sheets/<term_sheet_id>/withdraw")
@needs(Can.WITHDRAW)
def withdraw(term_sheet_id: str) -> Response:
    """Withdraw a term sheet."""
    sheet = service.withdraw(actor(), term_sheet_id)
    flash(_("The term sheet is withdrawn."), "success")
    return redirect(url_for("deals.show", deal_id=sheet.deal_id), 303)
