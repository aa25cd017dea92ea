"""What the pages of this room share."""

from __future__ import annotations

from flask import Blueprint, request

from dealflow.core.errors import NotFound
from dealflow.core.http import actor
from dealflow.termsheets import queries
from dealflow.termsheets.models import TermSheet, TermSheetVersion

bp = Blueprint("termsheets", __name__)


def number_of(text: str | None) -> int | None:
    """A version's number as an address or a form carries it; None when left out. NotFound for anything else."""
    if not text:
        return None
    if not text.isdecimal() or len(text) > 6:
        raise NotFound()
    return int(text)


def sheet_and_version(term_sheet_id: str) -> tuple[TermSheet, TermSheetVersion]:
    """The term sheet and the version that the address asks for, else the current one."""
    sheet = queries.get(actor(), term_sheet_id)
    return sheet, queries.version(actor(), sheet, number_of(request.args.get("version")))
