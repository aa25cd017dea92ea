"""Proposing a draft, and the other side's answers."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, InvalidTransition, StaleVersion
from dealflow.core.i18n import N_
from dealflow.core.outbox import emit
from dealflow.deals import service as deals
from dealflow.termsheets import queries
from dealflow.termsheets.events import TermSheetAccepted, TermSheetClosed
from dealflow.termsheets.models import TermSheet
from dealflow.termsheets.policy import Can, Tag
from dealflow.termsheets.service import base
from dealflow.termsheets.service.drafting import valid_from_today


def propose(actor: Actor, term_sheet_id: str) -> TermSheet:
    """Show a draft to the other side. What was saved before the present version stays the author's own.

    Raises NotFound, Forbidden, InvalidTransition, and Invalid when the validity date has passed.
    """
    sheet = base.locked(actor, term_sheet_id, Can.PROPOSE)
    deal = base.open_deal(actor, sheet)
    before = base.fire(sheet, "propose")
    valid_from_today(queries.version(actor, sheet).terms)
    sheet.proposed_number = sheet.current_number
    base.stand_by(actor, sheet, sheet.author_organisation_id, "proposed")
    deals.advance(actor, deal, to="negotiation")
    base.happened(actor, sheet, "proposed", Tag.PROPOSED, before=before)
    return sheet


def accept(actor: Actor, term_sheet_id: str, *, version: int | None = None) -> TermSheet:
    """Accept a version (default: the current one). Whoever proposed it accepted it by that; doing so again changes
    nothing. Both sides' acceptance of the same version is what signing starts from.

    Raises NotFound, Forbidden, InvalidTransition, and Conflict (`superseded`) when another version is current by now.
    """
    sheet = base.locked(actor, term_sheet_id, Can.ANSWER)
    if sheet.state not in ("proposed", "countered", "accepted"):
        raise InvalidTransition()
    base.in_time(sheet)
    base.open_deal(actor, sheet)
    if version is not None and version != sheet.current_number:
        raise Conflict(
            N_("Version %(version)s is no longer the current one; read version %(current)s first"),
            code="superseded", version=version, current=sheet.current_number,
        )  # fmt: skip
    side = sheet.side_of(actor)
    if side in queries.accepted_by(sheet):
        return sheet
    try:
        with session().begin_nested():
            base.stand_by(actor, sheet, actor.organisation_id or "", "accepted")
    except IntegrityError:
        # The same side's second click arrived at the same instant; the first one counts.
        return sheet
    before = base.fire(sheet, "agree")
    base.happened(actor, sheet, "accepted", Tag.ACCEPTED, before=before)
    emit(TermSheetAccepted(sheet.id, sheet.deal_id, sheet.project_id, sheet.current_number))
    return sheet


def reject(actor: Actor, term_sheet_id: str, *, reason: str = "") -> TermSheet:
    """End the talks about this term sheet. Raises NotFound, Forbidden, InvalidTransition."""
    sheet = base.locked(actor, term_sheet_id, Can.ANSWER)
    before = base.fire(sheet, "reject", reason=reason)
    base.happened(actor, sheet, "rejected", Tag.REJECTED, before=before, text=reason)
    _closed(sheet)
    return sheet


def withdraw(actor: Actor, term_sheet_id: str, *, version: int | None = None, reason: str = "") -> TermSheet:
    """Take a term sheet back, by its author. Raises NotFound, Forbidden, StaleVersion, InvalidTransition."""
    sheet = base.locked(actor, term_sheet_id, Can.WITHDRAW)
    if version is not None and version != sheet.version:
        raise StaleVersion(sheet.version)
    before = base.fire(sheet, "withdraw", reason=reason)
    base.happened(actor, sheet, "withdrawn", Tag.WITHDRAWN, before=before, text=reason)
    _closed(sheet)
    return sheet


def _closed(sheet: TermSheet) -> None:
    emit(TermSheetClosed(sheet.id, sheet.deal_id, sheet.project_id, sheet.state))
