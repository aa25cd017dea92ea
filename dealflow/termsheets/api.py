"""The JSON API of term sheets and the simulator."""

from __future__ import annotations

import json
from typing import Any

from flask import Response

from dealflow import finance
from dealflow.core.doors import computes, costly
from dealflow.core.errors import FieldError, Invalid
from dealflow.core.http import actor, api_blueprint, endpoint, instance_folder
from dealflow.core.i18n import N_
from dealflow.core.paging import Query, listing
from dealflow.termsheets import documents, library, queries, service
from dealflow.termsheets.diff import compare
from dealflow.termsheets.forms import (
    AcceptIn,
    ClauseOut,
    CommentIn,
    CommentOut,
    DiffOut,
    DiffQuery,
    FiguresOut,
    FiguresQuery,
    PdfQuery,
    ReasonIn,
    SimulationIn,
    SimulationOut,
    TermSheetIn,
    TermSheetOut,
    VersionIn,
    VersionOut,
)
from dealflow.termsheets.policy import Can
from dealflow.termsheets.shapes import change_dict, clause_dict, comment_dict, figures_dict

bp = api_blueprint("termsheets")


def _shown(term_sheet_id: str) -> dict[str, Any]:
    sheet = queries.get(actor(), term_sheet_id)
    return queries.as_dict(sheet, queries.version(actor(), sheet))


@bp.post("/deals/<deal_id>/term-sheets")
@endpoint(Can.DRAFT, body=TermSheetIn, returns=TermSheetOut, status=201)
def draft(deal_id: str, body: TermSheetIn) -> dict[str, Any]:
    """Draft a term sheet; what `terms` leaves out takes the template's defaults."""
    return _shown(service.draft(actor(), deal_id, template=body.template, terms=body.terms).id)


@bp.get("/term-sheets/<term_sheet_id>")
@endpoint(Can.SEE, returns=TermSheetOut)
def term_sheet(term_sheet_id: str) -> dict[str, Any]:
    """A term sheet with its current terms."""
    return _shown(term_sheet_id)


@bp.post("/term-sheets/<term_sheet_id>/versions")
@endpoint(Can.EDIT, body=VersionIn, returns=VersionOut, status=201)
def add_version(term_sheet_id: str, body: VersionIn) -> dict[str, Any]:
    """Save a new version."""
    row = service.add_version(
        actor(), term_sheet_id, terms=body.terms, base_version=body.base_version, comment=body.comment or ""
    )
    return queries.version_dict(queries.get(actor(), term_sheet_id), row)


@bp.get("/term-sheets/<term_sheet_id>/versions/<int:number>")
@endpoint(Can.SEE, returns=VersionOut)
def version(term_sheet_id: str, number: int) -> dict[str, Any]:
    """One version."""
    sheet = queries.get(actor(), term_sheet_id)
    return queries.version_dict(sheet, queries.version(actor(), sheet, number))


@bp.get("/term-sheets/<term_sheet_id>/diff")
@endpoint(Can.SEE, query=DiffQuery, returns=DiffOut)
@costly
def diff(term_sheet_id: str, query: DiffQuery) -> dict[str, Any]:
    """What changed between two versions."""
    sheet = queries.get(actor(), term_sheet_id)
    found = queries.redline(actor(), sheet, query.from_, query.to)
    return {
        "from_version": found.older.number,
        "to_version": found.newer.number,
        "changes": compare(found.older.terms, found.newer.terms),
        "clauses": [change_dict(sheet, change, wrote) for change, wrote in found.differing],
    }


@bp.get("/term-sheets/<term_sheet_id>/clauses")
@endpoint(Can.SEE, query=Query, returns=ClauseOut, lists=True)
def clauses(term_sheet_id: str, query: Query) -> dict[str, Any]:
    """The clauses of the current version and where both sides stand on each."""
    sheet = queries.get(actor(), term_sheet_id)
    items = [clause_dict(sheet, standing) for standing in queries.standings(actor(), sheet)]
    return listing(items[query.offset : query.offset + query.limit], len(items), query)


@bp.post("/term-sheets/<term_sheet_id>/clauses/<clause>/accept")
@endpoint(Can.ANSWER, body=AcceptIn, returns=ClauseOut)
def accept_clause(term_sheet_id: str, clause: str, body: AcceptIn) -> dict[str, Any]:
    """Accept a clause as it reads."""
    service.accept_clause(actor(), term_sheet_id, clause, version=body.version)
    return _clause(term_sheet_id, clause)


def _clause(term_sheet_id: str, clause: str) -> dict[str, Any]:
    sheet = queries.get(actor(), term_sheet_id)
    found = queries.standings(actor(), sheet)
    return next(clause_dict(sheet, standing) for standing in found if standing.passage.key == clause)


@bp.post("/term-sheets/<term_sheet_id>/clauses/<clause>/reopen")
@endpoint(Can.ANSWER, returns=ClauseOut)
def reopen_clause(term_sheet_id: str, clause: str) -> dict[str, Any]:
    """Take back the acceptance of a clause."""
    service.reopen_clause(actor(), term_sheet_id, clause)
    return _clause(term_sheet_id, clause)


@bp.post("/term-sheets/<term_sheet_id>/comments")
@endpoint(Can.ANSWER, body=CommentIn, returns=CommentOut, status=201)
def comment(term_sheet_id: str, body: CommentIn) -> dict[str, Any]:
    """Comment on a clause, or answer a comment."""
    row = service.comment(
        actor(), term_sheet_id, clause=body.clause, text=body.text, parent_id=body.parent_id
    )
    return comment_dict(row)


@bp.post("/term-sheets/<term_sheet_id>/comments/<comment_id>/resolve")
@endpoint(Can.ANSWER, returns=CommentOut)
def resolve(term_sheet_id: str, comment_id: str) -> dict[str, Any]:
    """Mark what was asked as settled."""
    return comment_dict(service.resolve(actor(), term_sheet_id, comment_id))


@bp.post("/term-sheets/<term_sheet_id>/propose")
@endpoint(Can.PROPOSE, returns=TermSheetOut)
def propose(term_sheet_id: str) -> dict[str, Any]:
    """Show a draft to the other side."""
    return _shown(service.propose(actor(), term_sheet_id).id)


@bp.post("/term-sheets/<term_sheet_id>/accept")
@endpoint(Can.ANSWER, body=AcceptIn, returns=TermSheetOut)
def accept(term_sheet_id: str, body: AcceptIn) -> dict[str, Any]:
    """Accept a version; when both sides did, the term sheet is accepted."""
    return _shown(service.accept(actor(), term_sheet_id, version=body.version).id)


@bp.post("/term-sheets/<term_sheet_id>/reject")
@endpoint(Can.ANSWER, body=ReasonIn, returns=TermSheetOut)
def reject(term_sheet_id: str, body: ReasonIn) -> dict[str, Any]:
    """End the talks about a term sheet."""
    return _shown(service.reject(actor(), term_sheet_id, reason=body.reason or "").id)


@bp.post("/term-sheets/<term_sheet_id>/withdraw")
@endpoint(Can.WITHDRAW, body=ReasonIn, returns=TermSheetOut)
def withdraw(term_sheet_id: str, body: ReasonIn) -> dict[str, Any]:
    """Take a term sheet back."""
    return _shown(service.withdraw(actor(), term_sheet_id, reason=body.reason or "").id)


@bp.get("/term-sheets/<term_sheet_id>.pdf")
@endpoint(Can.SEE, query=PdfQuery)
@costly
def pdf(term_sheet_id: str, query: PdfQuery) -> Response:
    """The printed term sheet, or with `against` the print of what changed."""
    return documents.answer(actor(), term_sheet_id, query, instance_folder() / "cache" / "pdf")


@bp.get("/term-sheets/<term_sheet_id>/figures")
@endpoint(Can.SEE, query=FiguresQuery, returns=FiguresOut)
def figures(term_sheet_id: str, query: FiguresQuery) -> dict[str, Any]:
    """What a version is worth to each side, by gross and over time."""
    sheet = queries.get(actor(), term_sheet_id)
    found = queries.version(actor(), sheet, query.version)
    terms = found.terms
    if query.pari_passu:
        terms = terms | {"waterfall": library.pari_passu(terms["waterfall"])}
    gross = query.gross_minor or library.usual(terms).gross_minor
    assumed = library.Assumptions(gross, query.months, query.spend_ppm)
    return figures_dict(found.number, library.figures(terms, assumed))


_TOO_LARGE = {
    "too_many": N_("This is more than one request may hold or ask for; send fewer at once"),
    "too_deep": N_("This is nested too deeply"),
}


@bp.post("/waterfalls/simulate")
@endpoint(Can.SIMULATE, body=SimulationIn, returns=SimulationOut)
@costly
@computes
def simulate(body: SimulationIn) -> Response:
    """What each payee gets; stores nothing."""
    try:
        result = finance.simulate(body.model_dump(exclude_unset=True))
    except finance.FinanceInputError as error:
        # Terms of the wrong shape are invalid terms to whoever asked; the field's own code says what is wrong.
        code = "invalid_terms" if error.field.startswith("terms") else error.code
        raise Invalid(
            N_("These terms cannot be computed"),
            code=code,
            errors=[
                FieldError(
                    error.field,
                    error.code,
                    _TOO_LARGE.get(error.code, N_("This is not in the expected form")),
                )
            ],
        ) from None
    if "error" in result:
        reasons = finance.validate_terms(body.terms) if result["error"] == "invalid_terms" else []
        errors = [FieldError(f"terms.{r['path']}", r["code"], r["message"]) for r in reasons]
        raise Invalid(
            N_("These terms cannot be computed"), code=result["error"],
            errors=errors or [FieldError("terms", result["error"], N_("These terms cannot be computed"))],
        )  # fmt: skip
    # Two hundred levels for fifty payees are many figures; keeping their order saves a third of the time.
    return Response(json.dumps(result, separators=(",", ":")), mimetype="application/json")
