"""A payee's objection to its statement, the answer to it, and how it ended."""

from __future__ import annotations

from typing import Any

from sqlalchemy.exc import IntegrityError

from dealflow.audit import service as audit
from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import hold, session
from dealflow.core.errors import Conflict, StaleVersion
from dealflow.core.i18n import N_, show_day
from dealflow.core.ids import new
from dealflow.notify import service as notify
from dealflow.recoupment import queries
from dealflow.recoupment.models import Dispute
from dealflow.recoupment.policy import Can, Tag
from dealflow.recoupment.states import DISPUTE, DISPUTE_LABELS


def dispute(actor: Actor, statement_id: str, *, reason: str) -> Dispute:
    """Object to a statement within its window.

    Raises NotFound, Forbidden, Conflict (`window_closed`, `dispute_open`).
    """
    statement = queries.statement(actor, statement_id)
    policy.require(actor, Can.DISPUTE, statement, see=Can.SEE_STATEMENT)
    if clock.today() > statement.dispute_until:
        raise Conflict(
            N_("Statements can be disputed through %(day)s; write to the issuer instead"), code="window_closed",
            day=show_day(statement.dispute_until),
        )  # fmt: skip
    row = Dispute(
        id=new("dsp"), statement_id=statement.id, organisation_id=statement.organisation_id,
        payee_organisation_id=statement.payee_organisation_id, reason=reason, user_id=actor.user_id, user_name=actor.user_name,
    )  # fmt: skip
    try:
        with session().begin_nested():
            session().add(row)
            session().flush()
    except IntegrityError:
        raise Conflict(
            N_("A dispute of this statement is open already; add to that one"), code="dispute_open"
        ) from None
    audit.record(
        actor, Tag.DISPUTED, row, after={"statement_id": statement.id}, reason=reason, organisation_id=actor.organisation_id
    )  # fmt: skip
    _tell(actor, row, statement.organisation_id, N_("A payee disputes its distribution statement"), reason)
    return row


def answer(actor: Actor, dispute_id: str, *, text: str, version: int | None = None) -> Dispute:
    """Answer a dispute. Raises NotFound, Forbidden, StaleVersion, InvalidTransition."""
    row = _locked(actor, dispute_id, Can.ANSWER, version)
    before = _fire(row, "answer")
    row.answer, row.answered_by, row.answered_at = text, actor.user_name, clock.now()
    _happened(actor, row, Tag.ANSWERED, before, text)
    _tell(actor, row, row.payee_organisation_id, N_("Your dispute was answered"), text)
    return row


def close(
    actor: Actor, dispute_id: str, *, upheld: bool, outcome: str, version: int | None = None
) -> Dispute:
    """End a dispute: upheld (a corrected receipt and a restatement follow), or settled without a change.

    Raises NotFound, Forbidden, StaleVersion, InvalidTransition.
    """
    row = _locked(actor, dispute_id, Can.ANSWER, version)
    before = _fire(row, "uphold" if upheld else "settle")
    row.outcome, row.closed_at = outcome, clock.now()
    _happened(actor, row, Tag.CLOSED, before, outcome)
    _tell(actor, row, row.payee_organisation_id, DISPUTE_LABELS[row.state], outcome)
    return row


def withdraw(actor: Actor, dispute_id: str, *, version: int | None = None) -> Dispute:
    """Take a dispute back, by the payee. Raises NotFound, Forbidden, StaleVersion, InvalidTransition."""
    row = _locked(actor, dispute_id, Can.DISPUTE, version)
    before = _fire(row, "withdraw")
    row.closed_at = clock.now()
    _happened(actor, row, Tag.CLOSED, before, "")
    _tell(actor, row, row.organisation_id, DISPUTE_LABELS["withdrawn"], row.reason)
    return row


def _locked(actor: Actor, dispute_id: str, permission: str, version: int | None) -> Dispute:
    row = queries.dispute(actor, dispute_id)
    policy.require(actor, permission, row, see=Can.SEE_STATEMENT)
    row = hold(Dispute, row.id)
    if version is not None and version != row.version:
        raise StaleVersion(row.version)
    return row


def _fire(row: Dispute, event: str) -> str:
    before = row.state
    row.state = DISPUTE.fire(before, event, row)
    return before


def _happened(actor: Actor, row: Dispute, tag: str, before: str, text: str) -> None:
    session().flush()
    after: dict[str, Any] = {"state": row.state}
    if before == row.state:
        after["text"] = text
    audit.record(
        actor,
        tag,
        row,
        before={"state": before},
        after=after,
        reason=text,
        organisation_id=actor.organisation_id,
    )


def _tell(actor: Actor, row: Dispute, organisation_id: str, title: str, text: str) -> None:
    notify.tell(
        code="recoupment.dispute", title=title, text=N_("%(who)s: %(text)s"), organisation_id=organisation_id, by_mail=True,
        link=f"/distribution-statements/{row.statement_id}", params={"who": actor.user_name, "text": text or "—"},
        but=actor.user_id,
    )  # fmt: skip
