"""Reads of term sheets, scoped by the actor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, bindparam, func, select

from dealflow.accounts.queries import organisation_cards
from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import NotFound
from dealflow.termsheets import clauses, libraries, library
from dealflow.termsheets.clauses import Standing
from dealflow.termsheets.library import ClauseChange
from dealflow.termsheets.models import (
    Acceptance,
    ClauseAcceptance,
    ClauseComment,
    TermSheet,
    TermSheetVersion,
)
from dealflow.termsheets.states import NEGOTIATED


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


@lru_cache(maxsize=1)
def _printed() -> Any:
    # The scopes of both tables, with whoever asks as a parameter: built once and not at every request.
    own = Actor(organisation_id=bindparam("own"))  # type: ignore[arg-type]
    number = func.coalesce(bindparam("number", type_=Integer), TermSheet.current_number)
    return (
        select(TermSheet.template, TermSheet.state, TermSheetVersion.id, TermSheetVersion.number, TermSheetVersion.code)
        .join(TermSheetVersion, TermSheetVersion.term_sheet_id == TermSheet.id)
        .where(TermSheet.id == bindparam("sheet"), TermSheetVersion.number == number)
        .where(TermSheet.scope(own), TermSheetVersion.scope(own))
    )  # fmt: skip


def printed(actor: Actor, term_sheet_id: str, number: int | None = None) -> Any:
    """What names a print of a version the actor may know of (default: the current one): its template, state, id, number
    and code, in one statement. NotFound otherwise."""
    asked = {"own": actor.organisation_id, "sheet": term_sheet_id, "number": number}
    options = {"unscoped": "the scopes stand in the statement"}
    found = session().execute(_printed(), asked, execution_options=options).first()
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


def parties(sheet: TermSheet) -> dict[str, str]:
    """Side → the organisation's name."""
    cards = organisation_cards(sheet.sides)
    return dict(zip(("investor", "project"), (cards[o].name for o in sheet.sides), strict=True))


def acceptances(sheet: TermSheet, number: int | None = None) -> list[Acceptance]:
    """Who stands by a version (default: the current one), the first first."""
    query = select(Acceptance).where(
        Acceptance.term_sheet_id == sheet.id, Acceptance.number == (number or sheet.current_number)
    )
    return list(session().scalars(query.order_by(Acceptance.id)))


def accepted_by(sheet: TermSheet) -> set[str]:
    """The sides that stand by the current version."""
    return {row.side for row in acceptances(sheet)}


def clause_acceptances(sheet: TermSheet) -> list[ClauseAcceptance]:
    """Every clause that a side accepted as it read."""
    query = select(ClauseAcceptance).where(ClauseAcceptance.term_sheet_id == sheet.id)
    return list(session().scalars(query.order_by(ClauseAcceptance.id)))


def clause_acceptance(sheet: TermSheet, side: str, clause: str, digest: str) -> ClauseAcceptance | None:
    """A side's acceptance of a clause that reads like this."""
    query = select(ClauseAcceptance).where(
        ClauseAcceptance.term_sheet_id == sheet.id,
        ClauseAcceptance.side == side,
        ClauseAcceptance.clause == clause,
        ClauseAcceptance.digest == digest,
    )
    return session().scalars(query).first()


def comments(sheet: TermSheet) -> list[ClauseComment]:
    """What was said on the clauses, the first first."""
    query = select(ClauseComment).where(ClauseComment.term_sheet_id == sheet.id)
    return list(session().scalars(query.order_by(ClauseComment.id)))


def comment(sheet: TermSheet, comment_id: str) -> ClauseComment:
    """One comment of a term sheet; NotFound otherwise."""
    row = session().get(ClauseComment, comment_id)
    if row is None or row.term_sheet_id != sheet.id:
        raise NotFound()
    return row


def standings(actor: Actor, sheet: TermSheet) -> list[Standing]:
    """Where both sides stand on each clause of the current version."""
    return clauses.standings(sheet, versions(actor, sheet), clause_acceptances(sheet), comments(sheet))


@dataclass(frozen=True)
class Redline:
    """Two versions of a term sheet compared, and who wrote what differs."""

    older: TermSheetVersion
    newer: TermSheetVersion
    changes: tuple[ClauseChange, ...]
    wrote: dict[str, TermSheetVersion]

    @property
    def differing(self) -> list[tuple[ClauseChange, TermSheetVersion]]:
        """The clauses that differ, each with the version that last changed it."""
        return [(c, self.wrote.get(c.key, self.newer)) for c in self.changes if c.state != "same"]


def redline(actor: Actor, sheet: TermSheet, older: int, newer: int) -> Redline:
    """Two versions compared clause by clause; NotFound for one the actor may not know of."""
    old, new = version(actor, sheet, older), version(actor, sheet, newer)
    changes = library.redline(
        sheet.template, clauses.passages(sheet, old), clauses.passages(sheet, new), old.terms, new.terms,
        library=libraries.get(sheet.library_number),
    )  # fmt: skip
    between = sorted((older, newer))
    return Redline(old, new, changes, clauses.wrote(sheet, versions(actor, sheet), *between))


def competing(sheet: TermSheet) -> list[TermSheet]:
    """All other open term sheets of the deal, drafts of either side included: for closing them."""
    query = select(TermSheet).where(
        TermSheet.deal_id == sheet.deal_id, TermSheet.id != sheet.id, TermSheet.state.in_(("draft", *NEGOTIATED))
    )  # fmt: skip
    options = {"unscoped": "a signed term sheet closes the drafts of both sides"}
    return list(session().scalars(query.order_by(TermSheet.id), execution_options=options))


def version_dict(sheet: TermSheet, found: TermSheetVersion) -> dict[str, Any]:
    """The interface's form of a version."""
    return {
        "number": found.number,
        "code": found.code,
        "terms": found.terms,
        "comment": found.comment,
        "by": found.user_name,
        "by_side": sheet.side(found.author_organisation_id),
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
        "library_version": sheet.library_number,
        "state": sheet.state,
        "current_version": sheet.current_number,
        "code": current.code,
        "author": sheet.side(sheet.author_organisation_id),
        "valid_until": sheet.valid_until.isoformat(),
        "accepted_by": [
            {"side": row.side, "by": row.user_name, "at": clock.rfc3339(row.at)} for row in acceptances(sheet)
        ],
        "closed_at": clock.rfc3339(sheet.closed_at) if sheet.closed_at else None,
        "close_reason": sheet.close_reason,
        "parties": current.parties,
        "terms": current.terms,
    }


def executed_of_project(project_id: str) -> list[tuple[TermSheet, TermSheetVersion]]:
    """The executed term sheets of a project with the version in force, by the day of execution, whoever asks: for rooms
    that pay by them and judge the reader themselves."""
    query = (
        select(TermSheet, TermSheetVersion)
        .join(TermSheetVersion, TermSheetVersion.term_sheet_id == TermSheet.id)
        .where(TermSheet.project_id == project_id, TermSheet.state == "executed")
        .where(TermSheetVersion.number == TermSheet.current_number)
        .order_by(TermSheet.closed_at, TermSheet.id)
    )
    options = {"unscoped": "money is paid by all terms in force, whoever runs it"}
    return [(row[0], row[1]) for row in session().execute(query, execution_options=options)]


def executed_on(sheet: TermSheet) -> date:
    """The day on which the last signature put an executed term sheet in force, as its documents count days."""
    if sheet.state != "executed" or sheet.closed_at is None:
        raise ValueError("a term sheet that is not signed has no day of signing")
    return clock.day_of(sheet.closed_at)


def investors_of(project_id: str) -> frozenset[str]:
    """The organisations that hold an executed term sheet of a project, whoever asks."""
    query = select(TermSheet.investor_organisation_id).where(
        TermSheet.project_id == project_id, TermSheet.state == "executed"
    )
    options = {"unscoped": "rooms that pay by terms in force judge their readers by them"}
    return frozenset(session().scalars(query, execution_options=options))


def is_superseded(code: str) -> bool:
    """Whether a version with this code is known and another one of its term sheet came after it, whoever asks."""
    query = (
        select(TermSheetVersion.number, TermSheet.current_number)
        .join(TermSheet, TermSheet.id == TermSheetVersion.term_sheet_id)
        .where(TermSheetVersion.code == code)
    )
    options = {"unscoped": "whoever holds a print may ask whether it is the last one"}
    row = session().execute(query, execution_options=options).first()
    return row is not None and row.number < row.current_number


def executed_but(known: Any) -> list[tuple[str, int]]:
    """(id, version) of executed term sheets, whoever asks, but for those that a higher room knows: a SELECT of their ids."""
    query = select(TermSheet.id, TermSheet.current_number).where(
        TermSheet.state == "executed", TermSheet.id.not_in(known)
    )
    options = {"unscoped": "a higher room of the platform catches up"}
    return [
        (key, number)
        for key, number in session().execute(query.order_by(TermSheet.id), execution_options=options)
    ]
