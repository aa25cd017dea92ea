"""Reads of term sheets, scoped by the actor."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import NotFound
from dealflow.termsheets.models import TermSheet, TermSheetVersion


def get(actor: Actor, term_sheet_id: str) -> TermSheet:
    """A term sheet the actor may know of; NotFound otherwise."""
    sheet = session().get(TermSheet, term_sheet_id)
    if sheet is None:
        raise NotFound()
    return sheet


def version(actor: Actor, sheet: TermSheet, number: int | None = None) -> TermSheetVersion:
    """One version (default: the current one); NotFound when there is none of that number."""
    query = select(TermSheetVersion).where(
        TermSheetVersion.term_sheet_id == sheet.id,
        TermSheetVersion.number == (number or sheet.current_number),
    )
    found = session().scalars(query).first()
    if found is None:
        raise NotFound()
    return found


def versions(actor: Actor, sheet: TermSheet) -> list[TermSheetVersion]:
    """All versions, latest first."""
    query = select(TermSheetVersion).where(TermSheetVersion.term_sheet_id == sheet.id)
    return list(session().scalars(query.order_by(TermSheetVersion.number.desc())))


def of_deal(actor: Actor, deal_id: str) -> list[TermSheet]:
    """The term sheets of a deal that the actor may know of, latest first."""
    query = select(TermSheet).where(TermSheet.deal_id == deal_id).order_by(TermSheet.id.desc())
    return list(session().scalars(query))


def version_dict(found: TermSheetVersion) -> dict[str, Any]:
    """The interface's form of a version."""
    return {
        "number": found.number,
        "code": found.code,
        "terms": found.terms,
        "comment": found.comment,
        "by": found.user_name,
        "at": clock.rfc3339(found.at),
    }


def as_dict(sheet: TermSheet, current: TermSheetVersion) -> dict[str, Any]:
    """The interface's form of a term sheet with its current terms."""
    return {
        "id": sheet.id,
        "version": sheet.version,
        "created_at": clock.rfc3339(sheet.created_at),
        "updated_at": clock.rfc3339(sheet.updated_at),
        "deal_id": sheet.deal_id,
        "project_id": sheet.project_id,
        "template": sheet.template,
        "state": sheet.state,
        "current_version": sheet.current_number,
        "code": current.code,
        "parties": current.parties,
        "terms": current.terms,
    }
