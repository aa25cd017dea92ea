"""The JSON API of term sheets and the simulator."""

from __future__ import annotations

from typing import Any

from flask import Response

from dealflow import finance
from dealflow.core.errors import FieldError, Invalid
from dealflow.core.http import actor, api_blueprint, download, endpoint, instance_folder
from dealflow.core.i18n import N_
from dealflow.termsheets import documents, queries, service
from dealflow.termsheets.diff import compare
from dealflow.termsheets.forms import (
    DiffOut,
    DiffQuery,
    PdfQuery,
    SimulationIn,
    SimulationOut,
    TermSheetIn,
    TermSheetOut,
    VersionIn,
    VersionOut,
)
from dealflow.termsheets.policy import Can

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
    return queries.version_dict(row)


@bp.get("/term-sheets/<term_sheet_id>/versions/<int:number>")
@endpoint(Can.SEE, returns=VersionOut)
def version(term_sheet_id: str, number: int) -> dict[str, Any]:
    """One version."""
    return queries.version_dict(queries.version(actor(), queries.get(actor(), term_sheet_id), number))


@bp.get("/term-sheets/<term_sheet_id>/diff")
@endpoint(Can.SEE, query=DiffQuery, returns=DiffOut)
def diff(term_sheet_id: str, query: DiffQuery) -> dict[str, Any]:
    """What changed between two versions."""
    sheet = queries.get(actor(), term_sheet_id)
    older, newer = (queries.version(actor(), sheet, n) for n in (query.from_, query.to))
    return {
        "from_version": older.number,
        "to_version": newer.number,
        "changes": compare(older.terms, newer.terms),
    }


@bp.post("/term-sheets/<term_sheet_id>/withdraw")
@endpoint(Can.WITHDRAW, returns=TermSheetOut)
def withdraw(term_sheet_id: str) -> dict[str, Any]:
    """Withdraw a term sheet."""
    return _shown(service.withdraw(actor(), term_sheet_id).id)


@bp.get("/term-sheets/<term_sheet_id>.pdf")
@endpoint(Can.SEE, query=PdfQuery)
def pdf(term_sheet_id: str, query: PdfQuery) -> Response:
    """The printed term sheet."""
    sheet = queries.get(actor(), term_sheet_id)
    found = queries.version(actor(), sheet, query.version)
    path = documents.pdf_path(instance_folder() / "cache" / "pdf", sheet, found, query.lang)
    name = documents.file_name(sheet, found, query.lang)
    return download(path.read_bytes(), name=name, mimetype="application/pdf", etag=path.stem, inline=True)


@bp.post("/waterfalls/simulate")
@endpoint(Can.SIMULATE, body=SimulationIn, returns=SimulationOut)
def simulate(body: SimulationIn) -> dict[str, Any]:
    """What each payee gets; stores nothing."""
    try:
        result = finance.simulate(body.model_dump(exclude_unset=True))
    except finance.FinanceInputError as error:
        # Terms of the wrong shape are invalid terms to whoever asked; the field's own code says what is wrong.
        code = "invalid_terms" if error.field.startswith("terms") else error.code
        raise Invalid(
            N_("These terms cannot be computed"),
            code=code,
            errors=[FieldError(error.field, error.code, N_("This is not in the expected form"))],
        ) from None
    if "error" in result:
        reasons = finance.validate_terms(body.terms) if result["error"] == "invalid_terms" else []
        errors = [FieldError(f"terms.{r['path']}", r["code"], r["message"]) for r in reasons]
        raise Invalid(
            N_("These terms cannot be computed"), code=result["error"],
            errors=errors or [FieldError("terms", result["error"], N_("These terms cannot be computed"))],
        )  # fmt: skip
    return result
