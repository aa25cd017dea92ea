"""What all use cases of term sheets share: one writer at a time, and telling everybody concerned."""

from __future__ import annotations

from typing import Any

from dealflow.audit import service as audit
from dealflow.core import clock, db, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict
from dealflow.core.i18n import N_
from dealflow.core.ids import new
from dealflow.deals import queries as deal_queries
from dealflow.deals import service as deals
from dealflow.deals.queries import Deal
from dealflow.notify import service as notify
from dealflow.pitches import queries as pitches
from dealflow.termsheets import queries
from dealflow.termsheets.models import Acceptance, TermSheet
from dealflow.termsheets.policy import Can
from dealflow.termsheets.states import LIVE, TERM_SHEET

# A competing term sheet may be a draft of the other side, which the actor must not see but the platform closes.
# What the other side and the deal's timeline read when something happened.
TITLES = {
    "proposed": N_("A term sheet was proposed"),
    "countered": N_("A counter-proposal was made"),
    "accepted": N_("Both sides accepted the term sheet"),
    "rejected": N_("The term sheet was rejected"),
    "withdrawn": N_("The term sheet was withdrawn"),
    "expired": N_("The term sheet expired"),
    "signing": N_("Signing of the term sheet has begun"),
    "signing_stopped": N_("Signing of the term sheet was stopped"),
    "executed": N_("The term sheet is signed by both sides"),
    "commented": N_("A comment on a clause of the term sheet"),
}


def locked(actor: Actor, term_sheet_id: str, permission: str) -> TermSheet:
    """The term sheet for a change: known to the actor, allowed, and held until the transaction ends."""
    sheet = queries.get(actor, term_sheet_id)
    policy.require(actor, permission, sheet, see=Can.SEE)
    return hold(sheet)


def hold(sheet: TermSheet) -> TermSheet:
    """The row as it stands now; whoever else wants to change it waits."""
    return db.hold(TermSheet, sheet.id, unscoped="whoever holds the row has found it in scope before")


def open_deal(actor: Actor, sheet: TermSheet) -> Deal:
    """The deal; Conflict when it was closed."""
    deal = deal_queries.get(actor, sheet.deal_id)
    if not deal.is_open:
        raise Conflict(N_("This deal is closed; open a new one first"), code="invalid_transition")
    return deal


def in_time(sheet: TermSheet) -> None:
    """Refuse what comes after the validity date, also when nobody has marked the term sheet as expired yet."""
    if sheet.state in LIVE and sheet.valid_until < clock.today():
        raise Conflict(N_("The term sheet has expired"), code="expired")


def fire(sheet: TermSheet, event: str, *, reason: str = "") -> str:
    """Move the term sheet; the state before. InvalidTransition when it cannot be."""
    before = sheet.state
    sheet.state = TERM_SHEET.fire(before, event, sheet)
    if sheet.state in TERM_SHEET.final:
        sheet.closed_at, sheet.close_reason = clock.now(), reason.strip()
    session().flush()
    return before


def stand_by(actor: Actor, sheet: TermSheet, organisation_id: str, kind: str) -> None:
    """Record that a side stands by the current version."""
    side = sheet.side(organisation_id) or ""
    session().add(
        Acceptance(
            id=new("tsa"), term_sheet_id=sheet.id, number=sheet.current_number, side=side, kind=kind,
            user_id=actor.user_id, user_name=actor.user_name,
        )
    )  # fmt: skip
    session().flush()


def happened(
    actor: Actor,
    sheet: TermSheet,
    what: str,
    tag: str,
    *,
    before: str,
    text: str = "",
    by_mail: bool = False,
    key: str | None = None,
) -> None:
    """Tell the deal's timeline, the other side (both, when the platform acts) and the audit what happened.

    Of a draft that was never shown, only the audit of its author's organisation learns.
    """
    own = actor.organisation_id
    if sheet.proposed_number is not None:
        deal = deal_queries.get(actor, sheet.deal_id)
        title = TITLES[what]
        deals.happened(
            actor, deal, f"term_sheet_{what}", text=text, title=title, term_sheet_id=sheet.id,
            version=sheet.current_number,
        )  # fmt: skip
        for organisation_id in sheet.sides:
            if organisation_id != own:
                tell(actor, sheet, organisation_id, what, title, text, by_mail=by_mail, key=key)
    audit.record(
        actor, tag, sheet, before={"state": before},
        after={"state": sheet.state, "version": sheet.current_number}, reason=text,
        organisation_id=own or sheet.author_organisation_id,
    )  # fmt: skip


def tell(
    actor: Actor,
    sheet: TermSheet,
    organisation_id: str,
    what: str,
    title: str,
    text: str = "",
    *,
    by_mail: bool = False,
    key: str | None = None,
) -> None:
    """Notify one side, with the project's title."""
    project: Any = pitches.briefs([sheet.project_id]).get(sheet.project_id, {})
    params = {
        "project": project.get("titles") or "", "version": sheet.current_number, "text": text or "—", "who": actor.user_name,
    }  # fmt: skip
    message = (
        N_("%(project)s, version %(version)s. %(who)s: %(text)s")
        if actor.user_id
        else N_("%(project)s, version %(version)s.")
    )
    notify.tell(
        code=f"termsheets.{what}", title=title, text=message, params=params, link=f"/term-sheets/{sheet.id}",
        organisation_id=organisation_id, but=actor.user_id, by_mail=by_mail, key=key,
    )  # fmt: skip
