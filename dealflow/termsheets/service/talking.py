"""Clause by clause: accepting, taking back, commenting, settling."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from dealflow.audit import service as audit
from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, InvalidTransition, NotFound
from dealflow.core.i18n import N_
from dealflow.core.ids import new
from dealflow.termsheets import clauses, queries
from dealflow.termsheets.library import Passage
from dealflow.termsheets.models import ClauseAcceptance, ClauseComment, TermSheet
from dealflow.termsheets.policy import Can, Tag
from dealflow.termsheets.service import base
from dealflow.termsheets.states import NEGOTIATED


def _talked_about(actor: Actor, term_sheet_id: str) -> TermSheet:
    sheet = base.locked(actor, term_sheet_id, Can.ANSWER)
    if sheet.state not in NEGOTIATED:
        raise InvalidTransition()
    return sheet


def _passage(actor: Actor, sheet: TermSheet, clause: str) -> Passage:
    for passage in clauses.passages(sheet, queries.version(actor, sheet)):
        if passage.key == clause:
            return passage
    raise NotFound()


def accept_clause(actor: Actor, term_sheet_id: str, clause: str, *, version: int | None = None) -> None:
    """Accept a clause as it reads in the current version; doing so again changes nothing.

    Raises NotFound, Forbidden, InvalidTransition, and Conflict (`superseded`) when the clause reads differently by now.
    """
    sheet = _talked_about(actor, term_sheet_id)
    passage = _passage(actor, sheet, clause)
    if version is not None and version != sheet.current_number:
        seen = clauses.passages(sheet, queries.version(actor, sheet, version))
        if passage.digest not in {p.digest for p in seen if p.key == clause}:
            raise Conflict(N_("This clause reads differently by now; read it again"), code="superseded")
    side = sheet.side_of(actor) or ""
    row = ClauseAcceptance(
        id=new("tca"), term_sheet_id=sheet.id, side=side, clause=clause, digest=passage.digest,
        number=sheet.current_number, user_id=actor.user_id, user_name=actor.user_name,
    )  # fmt: skip
    try:
        with session().begin_nested():
            session().add(row)
    except IntegrityError:
        # Accepted already, by this click's twin or by a colleague.
        return
    audit.record(actor, Tag.CLAUSE_ACCEPTED, sheet, after={"clause": clause, "version": sheet.current_number})


def reopen_clause(actor: Actor, term_sheet_id: str, clause: str) -> None:
    """Take back one's side's acceptance of a clause as it reads."""
    sheet = _talked_about(actor, term_sheet_id)
    passage = _passage(actor, sheet, clause)
    row = queries.clause_acceptance(sheet, sheet.side_of(actor) or "", clause, passage.digest)
    if row is None:
        return
    session().delete(row)
    session().flush()
    audit.record(actor, Tag.CLAUSE_REOPENED, sheet, before={"clause": clause, "version": row.number})


def comment(
    actor: Actor, term_sheet_id: str, *, clause: str, text: str, parent_id: str | None = None
) -> ClauseComment:
    """Say something on a clause of the current version, or answer what was said on it.

    Raises NotFound, Forbidden, InvalidTransition.
    """
    sheet = _talked_about(actor, term_sheet_id)
    if parent_id is not None:
        head = queries.comment(sheet, parent_id)
        # Answers stand one step in: an answer to an answer joins the same thread.
        parent_id, clause = head.parent_id or head.id, head.clause
    else:
        _passage(actor, sheet, clause)
    row = ClauseComment(
        id=new("tsc"), term_sheet_id=sheet.id, parent_id=parent_id, number=sheet.current_number, clause=clause,
        side=sheet.side_of(actor) or "", text=text, user_id=actor.user_id, user_name=actor.user_name,
    )  # fmt: skip
    session().add(row)
    session().flush()
    audit.record(actor, Tag.COMMENTED, sheet, after={"comment_id": row.id, "clause": clause})
    for organisation_id in sheet.sides:
        if organisation_id != actor.organisation_id:
            base.tell(actor, sheet, organisation_id, "commented", base.TITLES["commented"], text[:200])
    return row


def resolve(actor: Actor, term_sheet_id: str, comment_id: str) -> ClauseComment:
    """Mark a thread as settled; again changes nothing. Raises NotFound, Forbidden, InvalidTransition."""
    sheet = _talked_about(actor, term_sheet_id)
    head = queries.comment(sheet, comment_id)
    if head.parent_id is not None:
        raise NotFound()
    if head.resolved_at is None:
        head.resolved_at, head.resolved_by = clock.now(), actor.user_name
        session().flush()
        audit.record(actor, Tag.RESOLVED, sheet, after={"comment_id": head.id, "clause": head.clause})
    return head
