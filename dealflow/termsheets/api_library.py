"""The JSON API of the clause library."""

from __future__ import annotations

from typing import Any

from dealflow.core.errors import NotFound
from dealflow.core.http import actor, api_blueprint, endpoint
from dealflow.termsheets import libraries, service
from dealflow.termsheets.forms import (
    DiffQuery,
    LibraryDiffOut,
    LibraryIn,
    LibraryOut,
    LibraryQuery,
    PreviewIn,
    PreviewOut,
)
from dealflow.termsheets.library.stored import compare, compare_parameters, preview
from dealflow.termsheets.policy import Can

bp = api_blueprint("termsheets_library")


def _shown(number: int) -> dict[str, Any]:
    current = libraries.current_number()
    return {"number": number, "current": number == current, "library": libraries.data(number)}


@bp.get("/clause-library")
@endpoint(Can.READ_LIBRARY, query=LibraryQuery, returns=LibraryOut)
def clause_library(query: LibraryQuery) -> dict[str, Any]:
    """A version of the clause library, the one in force by default."""
    return _shown(query.version or libraries.current_number())


@bp.post("/clause-library")
@endpoint(Can.EDIT_LIBRARY, body=LibraryIn, returns=LibraryOut, status=201)
def save(body: LibraryIn) -> dict[str, Any]:
    """Save a new version of the clause library; it is checked as a whole first."""
    row = service.save_library(
        actor(), body.library, base_version=body.base_version, comment=body.comment or ""
    )
    return _shown(row.number)


@bp.post("/clause-library/preview")
@endpoint(Can.EDIT_LIBRARY, body=PreviewIn, returns=PreviewOut)
def show_clause(body: PreviewIn) -> dict[str, Any]:
    """A clause as it would read with sample terms; stores nothing."""
    made = service.checked(actor(), body.library, libraries.current_number() + 1)
    passage = preview(made, body.template, body.clause)
    if passage is None:
        raise NotFound()
    both = [{"zh": text.zh, "en": text.en} for text in (passage.heading, *passage.lines)]
    return {"heading": both[0], "lines": both[1:]}


@bp.get("/clause-library/diff")
@endpoint(Can.READ_LIBRARY, query=DiffQuery, returns=LibraryDiffOut)
def diff(query: DiffQuery) -> dict[str, Any]:
    """The clauses that differ between two versions of the library."""
    older, newer = libraries.get(query.from_), libraries.get(query.to)

    def plain(woven: dict[str, Any]) -> dict[str, Any]:
        return {lang: [vars(segment) for segment in segments] for lang, segments in woven.items()}

    changes = [
        change | {"heading": plain(change["heading"]), "paragraphs": [plain(p) for p in change["paragraphs"]]}
        for change in compare(older, newer)
    ]
    return {
        "from_version": query.from_,
        "to_version": query.to,
        "clauses": changes,
        "parameters": compare_parameters(older, newer),
    }
