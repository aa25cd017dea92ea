"""Calls for payment: made by the project once a tranche is open, with a number, a reference and a due date."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import func, select

from dealflow.core import clock, policy, workdays
from dealflow.core.actor import SYSTEM, Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, Invalid, InvalidTransition, NotFound
from dealflow.core.i18n import N_
from dealflow.core.ids import new
from dealflow.core.outbox import emit
from dealflow.settlement import papers
from dealflow.settlement.events import TrancheCalled
from dealflow.settlement.models import Commitment, PaymentCall, Tranche
from dealflow.settlement.policy import Can, Tag
from dealflow.settlement.service import base
from dealflow.settlement.states import CALL, TRANCHE

LATEST = timedelta(days=365)
REMIND_BEFORE = timedelta(days=3)
REMIND_EVERY = 7


def earliest_due(commitment: Commitment) -> date:
    """The first day a call made today may be due: the terms' payment period, in working days."""
    return workdays.add(clock.today(), commitment.payment_days)


def call(
    actor: Actor, tranche_id: str, *, due_on: date | None = None, note: str = "", account: str = ""
) -> PaymentCall:
    """Call for a tranche, to be paid into `account` (empty: as agreed in the terms). NotFound, Forbidden, InvalidTransition unless it is open, Invalid (`due_on`)."""
    commitment, tranche = base.held(actor, tranche_id, Can.CALL)
    TRANCHE.fire(tranche.state, "call", tranche)
    earliest = earliest_due(commitment)
    due = due_on or earliest
    if not earliest <= due <= clock.today() + LATEST:
        message = N_(
            "The terms give the investor until %(day)s at least; name that day or a later one within a year"
        )
        raise Invalid.field("due_on", "too_early", message, day=earliest.isoformat())
    made = _written(commitment, tranche, due, note.strip())
    made.account, made.facts = account.strip(), papers.facts(made, tranche)
    session().add(made)
    tranche.called_minor = tranche.amount_minor
    base.move(actor, tranche, "call", Tag.CALLED, call=made.reference, due_on=due.isoformat())
    emit(
        TrancheCalled(
            made.id, tranche.id, commitment.id, commitment.project_id, commitment.investor_organisation_id,
            commitment.project_organisation_id,
        )
    )  # fmt: skip
    base.tell(
        actor, made, "investor", "called", N_("Payment of %(amount)s is called for “%(project)s”"), amount=shown(made),
        text=N_("Due on %(day)s. Please write %(reference)s into the transfer."), day=due.isoformat(),
        reference=made.reference, link=path(made), key=f"called:{made.id}",
    )  # fmt: skip
    return made


def path(made: PaymentCall) -> str:
    """The address of a call's page."""
    return f"/payment-calls/{made.id}"


def shown(made: PaymentCall) -> str:
    """The amount of a call, the same in both languages."""
    return f"{made.currency} {made.amount.major:,f}"


def _written(commitment: Commitment, tranche: Tranche, due: date, note: str) -> PaymentCall:
    last = session().scalar(
        select(func.max(PaymentCall.number)).where(PaymentCall.commitment_id == commitment.id)
    )
    call_id = new("pcl")
    return PaymentCall(
        id=call_id, commitment_id=commitment.id, tranche_id=tranche.id, project_id=commitment.project_id,
        investor_organisation_id=commitment.investor_organisation_id,
        project_organisation_id=commitment.project_organisation_id, number=(last or 0) + 1,
        reference=f"DF{call_id[-8:].upper()}", amount_minor=tranche.amount_minor, currency=tranche.currency,
        called_on=clock.today(), due_on=due, late_rate_ppm=commitment.late_rate_ppm, note=note,
    )  # fmt: skip


def held(actor: Actor, call_id: str, permission: Can) -> tuple[Commitment, Tranche, PaymentCall]:
    """A call with its tranche and commitment as they are now, kept from others. NotFound, Forbidden."""
    known = session().get(PaymentCall, call_id)
    if known is None:
        raise NotFound()
    policy.require(actor, permission, known, see=Can.SEE)
    commitment = base.hold_commitment(actor, known.commitment_id)
    tranche = base.fresh(Tranche, known.tranche_id)
    return commitment, tranche, base.fresh(PaymentCall, call_id)


def withdraw(actor: Actor, call_id: str, *, reason: str) -> PaymentCall:
    """Take back a call nothing was paid on; the tranche may be called anew."""
    _commitment, tranche, found = held(actor, call_id, Can.CALL)
    if found.state != "open":
        raise InvalidTransition()
    why = base.reason_given(reason)
    if found.paid_minor or found.interest_paid_minor:
        raise Conflict(N_("Something was paid on this call; pay it back first"), code="paid_upon")
    found.state, found.reason = CALL.fire(found.state, "withdraw", found), why
    tranche.called_minor = 0
    base.move(actor, tranche, "withdraw_call", Tag.CALL_WITHDRAWN, text=why, call=found.reference)
    base.tell(
        actor, found, "investor", "call_withdrawn", N_("The call for payment for “%(project)s” was taken back"),
        text=N_("Reason: %(reason)s"), reason=why, link=path(found),
    )  # fmt: skip
    return found


def remind_due() -> int:
    """Remind of calls that are due soon, and tell both sides of those that are overdue, once a week; how many."""
    today = clock.today()
    query = select(PaymentCall).where(
        PaymentCall.state == "open", PaymentCall.due_on <= today + REMIND_BEFORE
    )
    found = list(session().scalars(query.order_by(PaymentCall.id)))
    for row in found:
        late = (today - row.due_on).days
        if late <= 0:
            base.tell(
                SYSTEM, row, "investor", "due_soon", N_("A payment for “%(project)s” is due on %(day)s"),
                day=row.due_on.isoformat(), link=path(row), key=f"due:{row.id}:{row.due_on}",
            )  # fmt: skip
            continue
        for side in ("investor", "project"):
            base.tell(
                SYSTEM, row, side, "overdue", N_("A payment for “%(project)s” is overdue since %(day)s"),
                day=row.due_on.isoformat(), link=path(row), key=f"overdue:{row.id}:{late // REMIND_EVERY}",
            )  # fmt: skip
    return len(found)
