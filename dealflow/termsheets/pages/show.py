"""Reading: the negotiation view, what changed, the PDF."""

from __future__ import annotations

from typing import Any

from flask import render_template, request
from werkzeug.wrappers import Response

from dealflow.core import i18n, policy
from dealflow.core.doors import costly
from dealflow.core.errors import NotFound
from dealflow.core.http import actor, instance_folder, needs, read_query
from dealflow.core.i18n import gettext as _
from dealflow.deals import queries as deals
from dealflow.termsheets import documents, libraries, library, queries
from dealflow.termsheets.forms import PdfQuery
from dealflow.termsheets.models import TermSheet, TermSheetVersion
from dealflow.termsheets.pages.base import bp, number_of, sheet_and_version
from dealflow.termsheets.policy import Can
from dealflow.termsheets.present import figures_view, summary
from dealflow.termsheets.states import FINAL, LABELS, NEGOTIATED


def negotiation(sheet: TermSheet, version: TermSheetVersion) -> dict[str, Any]:
    """What the clauses of the page need: where both sides stand, and what the reader may do."""
    side = sheet.side_of(actor())
    current = version.number == sheet.current_number
    may = sheet.state in NEGOTIATED and current and policy.can(actor(), Can.ANSWER, sheet)
    standings = queries.standings(actor(), sheet) if current else []
    return {
        "sheet": sheet, "version": version, "side": side, "parties": queries.parties(sheet), "lang_key": i18n.language(),
        "may_answer": may, "standings": standings, "left": [s for s in standings if s.is_open],
        "mine": [s for s in standings if side not in s.agreed], "labels": LABELS,
    }  # fmt: skip


@bp.get("/term-sheets/<term_sheet_id>")
@needs(Can.SEE)
def show(term_sheet_id: str) -> str:
    """A term sheet: what to do next, every clause and where both sides stand on it, what everybody gets."""
    sheet, version = sheet_and_version(term_sheet_id)
    document = library.build_document(
        sheet.template, version.project, version.parties, version.terms, version_code=version.code, state=sheet.state,
        lang=i18n.language(), generated_on=version.at.date(), library=libraries.get(sheet.library_number),
    )  # fmt: skip
    versions = queries.versions(actor(), sheet)
    context = negotiation(sheet, version)
    previous = _previous(sheet, version, versions)
    changes: tuple[library.ClauseChange, ...] = ()
    if previous and context["standings"] and request.args.get("marks") != "0":
        changes = queries.redline(actor(), sheet, previous, version.number).changes
    open_now = sheet.state == "draft" or sheet.state in NEGOTIATED
    return render_template(
        "termsheets/show.html", **context, versions=versions, document=document, deal=deals.get(actor(), sheet.deal_id),
        summary=summary(document), figures=figures_view(sheet.template, version.terms, known=libraries.get(sheet.library_number)), accepted=queries.accepted_by(sheet),
        proposer=sheet.side(versions[0].author_organisation_id), final=sheet.state in FINAL,
        may_edit=open_now and policy.can(actor(), Can.EDIT, sheet),
        may_propose=sheet.state == "draft" and policy.can(actor(), Can.PROPOSE, sheet),
        may_withdraw=open_now and policy.can(actor(), Can.WITHDRAW, sheet),
        previous=previous, marks={c.key: c for c in changes if c.state in ("changed", "added")},
        removed=[c for c in changes if c.state == "removed"],
    )  # fmt: skip


def _previous(sheet: TermSheet, version: TermSheetVersion, versions: list[TermSheetVersion]) -> int | None:
    """The version to compare with: the reader's own last one before, else the one before."""
    earlier = [v for v in versions if v.number < version.number]
    own = [v for v in earlier if v.author_organisation_id == actor().organisation_id]
    return (own or earlier)[0].number if earlier else None


@bp.get("/term-sheets/<term_sheet_id>/diff")
@needs(Can.SEE)
@costly
def diff(term_sheet_id: str) -> str:
    """What changed between two versions, clause by clause."""
    sheet = queries.get(actor(), term_sheet_id)
    older, newer = number_of(request.args.get("from")), number_of(request.args.get("to"))
    if older is None or newer is None:
        raise NotFound()
    found = queries.redline(actor(), sheet, older, newer)
    names, versions = queries.parties(sheet), queries.versions(actor(), sheet)
    options = [
        (str(v.number), f"{_('version %(number)s', number=v.number)} · {names[sheet.side(v.author_organisation_id) or '']}")
        for v in versions
    ]  # fmt: skip
    return render_template(
        "termsheets/diff.html", sheet=sheet, redline=found, versions=versions, parties=names, options=options,
        lang_key=i18n.language(),
    )  # fmt: skip


@bp.get("/term-sheets/<term_sheet_id>.pdf")
@needs(Can.SEE)
@costly
def pdf(term_sheet_id: str) -> Response:
    """The printed term sheet, or the print of what changed."""
    query = read_query(PdfQuery, request.args.copy())
    return documents.answer(actor(), term_sheet_id, query, instance_folder() / "cache" / "pdf")
