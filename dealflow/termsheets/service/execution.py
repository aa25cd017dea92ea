"""The door for signing: it starts from what both sides accepted and ends with a term sheet in force."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, InvalidTransition
from dealflow.core.i18n import N_
from dealflow.core.outbox import emit
from dealflow.deals import service as deals
from dealflow.termsheets import queries
from dealflow.termsheets.events import TermSheetClosed, TermSheetExecuted
from dealflow.termsheets.models import TermSheet
from dealflow.termsheets.policy import Can, Tag
from dealflow.termsheets.service import base


def start_signing(actor: Actor, term_sheet_id: str, *, version: int | None = None) -> TermSheet:
    """Begin to sign the version both sides accepted; from now on it cannot be countered.

    Raises NotFound, Forbidden, InvalidTransition, and Conflict: `superseded` when `version` is no longer the current
    one, `conflict` when another term sheet of the deal is being signed.
    """
    sheet = base.locked(actor, term_sheet_id, Can.ANSWER)
    base.in_time(sheet)
    base.open_deal(actor, sheet)
    if version is not None and version != sheet.current_number:
        raise Conflict(
            N_("Version %(version)s is no longer the current one; read version %(current)s first"),
            code="superseded", version=version, current=sheet.current_number,
        )  # fmt: skip
    if queries.accepted_by(sheet) != {"investor", "project"}:
        raise InvalidTransition(N_("Both sides must accept the same version before it is signed"))
    try:
        with session().begin_nested():
            before = base.fire(sheet, "start_signing")
    except IntegrityError:
        raise Conflict(N_("Another term sheet of this deal is being signed")) from None
    base.happened(actor, sheet, "signing", Tag.SIGNING, before=before)
    return sheet


def stop_signing(actor: Actor, term_sheet_id: str, *, reason: str = "") -> TermSheet:
    """Go back to the accepted version, which may then be countered or signed anew."""
    sheet = base.locked(actor, term_sheet_id, Can.ANSWER)
    before = base.fire(sheet, "stop_signing")
    base.happened(actor, sheet, "signing_stopped", Tag.SIGNING_STOPPED, before=before, text=reason)
    return sheet


def complete(actor: Actor, term_sheet_id: str) -> TermSheet:
    """Everybody has signed: the terms are in force, the deal is signed, other term sheets of the deal are closed."""
    sheet = base.locked(actor, term_sheet_id, Can.ANSWER)
    before = base.fire(sheet, "execute")
    deals.advance(actor, base.open_deal(actor, sheet), to="signed")
    base.happened(actor, sheet, "executed", Tag.EXECUTED, before=before)
    for other in queries.competing(sheet):
        _supersede(actor, other)
    emit(TermSheetExecuted(sheet.id, sheet.deal_id, sheet.project_id, sheet.current_number))
    return sheet


def _supersede(actor: Actor, sheet: TermSheet) -> None:
    """Close a competing term sheet; a draft of the other side closes without a word about it to this one."""
    held = base.hold(sheet)
    before = base.fire(held, "supersede", reason="superseded")
    held.closed_at = clock.now()
    base.happened(actor, held, "withdrawn", Tag.SUPERSEDED, before=before, by_mail=False)
    emit(TermSheetClosed(held.id, held.deal_id, held.project_id, held.state))
