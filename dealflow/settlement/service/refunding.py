"""Money that goes back to the investor, and entries that are taken back because they were wrong."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select

from dealflow.audit import service as audit
from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, Invalid, InvalidTransition, NotFound
from dealflow.core.i18n import N_
from dealflow.core.money import Money
from dealflow.settlement import books, queries
from dealflow.settlement.models import Commitment, PaymentCall, Tranche, Transfer
from dealflow.settlement.policy import Can, Tag
from dealflow.settlement.service import base, paying, statements
from dealflow.settlement.service.paying import Parts
from dealflow.settlement.states import CALL


def refund(
    actor: Actor, tranche_id: str, *, amount: Money, on: date, reason: str, reference: str = ""
) -> Transfer:
    """Pay back principal of a tranche, all of it or a part. When nothing is left, the tranche is paid back.

    Raises NotFound, Forbidden, InvalidTransition, Conflict (`recorded_before`), Invalid that names the field.
    """
    commitment, tranche = base.held(actor, tranche_id, Can.REFUND)
    if tranche.state not in ("paid", "part_paid"):
        raise InvalidTransition(N_("Nothing was paid on this tranche"))
    why = base.reason_given(reason)
    _check(commitment, amount, on, tranche.paid_minor)
    call, funded = queries.live_call(tranche.id), paying.is_funded(commitment)
    key = f"refund:{tranche.id}:{on}:{amount.amount_minor}:{reference.strip()[:60]}"
    made = paying.written(
        actor, commitment, "refund", Parts(principal=amount.amount_minor), key=f"{key}:{_undone(tranche.id)}", on=on,
        tranche=tranche, call=call, reference=reference.strip(), note=why,
    )  # fmt: skip
    tranche.paid_minor -= amount.amount_minor
    if tranche.paid_minor == 0:
        if call is not None and call.state == "open":
            call.state, call.reason = CALL.fire(call.state, "withdraw", call), why
        base.move(
            actor,
            tranche,
            "refund_all",
            Tag.REFUNDED,
            kind="refund",
            text=why,
            amount_minor=amount.amount_minor,
        )
    else:
        base.happened(actor, tranche, "refund", text=why, amount_minor=amount.amount_minor)
    paying.follow(actor, commitment, was=funded, why=why, undone=False)
    _told(actor, commitment, made, why)
    return made


def refund_excess(
    actor: Actor, commitment_id: str, *, amount: Money, on: date, reason: str, reference: str = ""
) -> Transfer:
    """Pay back what was paid beyond the calls, all of it or a part."""
    known = queries.get(actor, commitment_id)
    policy.require(actor, Can.REFUND, known, see=Can.SEE)
    commitment = base.hold_commitment(actor, commitment_id)
    why = base.reason_given(reason)
    _check(commitment, amount, on, commitment.excess_minor)
    undone = session().scalar(
        select(func.count()).select_from(Transfer).where(
            Transfer.commitment_id == commitment.id, Transfer.kind == "reversal"
        )
    )  # fmt: skip
    key = f"excess:{commitment.id}:{on}:{amount.amount_minor}:{reference.strip()[:60]}:{undone}"
    made = paying.written(
        actor, commitment, "refund", Parts(excess=amount.amount_minor), key=key, on=on, reference=reference.strip(), note=why
    )  # fmt: skip
    commitment.excess_minor -= amount.amount_minor
    session().flush()
    _told(actor, commitment, made, why)
    return made


def _undone(tranche_id: str) -> int:
    query = (
        select(func.count()).select_from(Transfer)
        .where(Transfer.tranche_id == tranche_id, Transfer.kind == "reversal")
    )  # fmt: skip
    return session().scalar(query) or 0


def _check(commitment: Commitment, amount: Money, on: date, most: int) -> None:
    if amount.currency != commitment.currency:
        message = N_("This commitment is in %(currency)s; enter the amount in it")
        raise Invalid.field("amount", "currency_mismatch", message, currency=commitment.currency)
    if not 0 < amount.amount_minor <= most:
        shown = f"{commitment.currency} {Money(most, commitment.currency).major:,f}"
        raise Invalid.field("amount", "too_large", N_("At most %(most)s can be paid back"), most=shown)
    if not commitment.executed_on <= on <= clock.today():
        raise Invalid.field(
            "on", "wrong_day", N_("Name the day on which the money left, not before the signing")
        )


def _told(actor: Actor, commitment: Commitment, made: Transfer, why: str) -> None:
    audit.record(
        actor, Tag.REFUNDED, made, reason=why,
        after={"amount_minor": made.amount.amount_minor, "currency": made.currency, "on": made.moved_on.isoformat()},
    )  # fmt: skip
    base.tell(
        actor, commitment, "investor", "refunded", N_("Money for “%(project)s” was paid back to you"),
        text=N_("Reason: %(reason)s"), reason=why, link=base.commitment_path(commitment.id), key=f"refunded:{made.id}",
    )  # fmt: skip


def reverse(actor: Actor, transfer_id: str, *, reason: str) -> Transfer:
    """Take back an entry that was wrong: the opposite is posted, the sums go back, a bank line is free again.

    A line that pays several calls is free when none of them has anything of it: all of its payments are taken back together.
    Raises NotFound, Forbidden, Conflict when it is taken back already or what came after stands on it.
    """
    known = session().get(Transfer, transfer_id)
    if known is None:
        raise NotFound()
    policy.require(actor, Can.REVERSE, known, see=Can.SEE)
    why = base.reason_given(reason)
    held: dict[str, Commitment] = {}
    for commitment_id in sorted({row.commitment_id for row in _together(known)}):
        held[commitment_id] = base.hold_commitment(actor, commitment_id)
    if known.kind == "reversal" or queries.reversal_of(known.id) is not None:
        raise Conflict(N_("This entry was taken back already"), code="already_reversed")
    made = {row.id: _taken_back(actor, held[row.commitment_id], row, why) for row in _together(known)}
    if known.bank_line_id is not None:
        statements.free(known.bank_line_id)
    return made[known.id]


def _together(known: Transfer) -> list[Transfer]:
    """An entry with those that stand on the same bank line."""
    if known.bank_line_id is None:
        return [known]
    others = [row for row in queries.transfers_of_lines([known.bank_line_id]) if row.id != known.id]
    return [known, *others]


def _taken_back(actor: Actor, commitment: Commitment, known: Transfer, why: str) -> Transfer:
    """Take back one entry of a held commitment."""
    tranche = base.fresh(Tranche, known.tranche_id) if known.tranche_id else None
    call = base.fresh(PaymentCall, known.call_id) if known.call_id else None
    funded = paying.is_funded(commitment)
    made = _written(actor, commitment, known, why)
    if known.kind == "refund":
        _unrefund(actor, commitment, tranche, call, known, why)
    elif tranche is not None and call is not None:
        _unpay(actor, commitment, tranche, call, known, why)
    session().flush()
    paying.follow(actor, commitment, was=funded, why=why, undone=True)
    audit.record(
        actor,
        Tag.REVERSED,
        known,
        after={"by": made.id, "amount_minor": known.amount.amount_minor},
        reason=why,
    )
    base.tell(
        actor, commitment, "investor", "reversed", N_("An entry about your money for “%(project)s” was corrected"),
        text=N_("Reason: %(reason)s"), reason=why, link=base.commitment_path(commitment.id),
    )  # fmt: skip
    return made


def _written(actor: Actor, commitment: Commitment, known: Transfer, why: str) -> Transfer:
    key = f"reversal:{known.id}"
    entry = books.reverse(
        actor, commitment, known.entry_id, on=clock.today(), key=f"settlement:{key}", reason=why
    )
    row = Transfer(
        commitment_id=known.commitment_id, tranche_id=known.tranche_id, call_id=known.call_id, project_id=known.project_id,
        investor_organisation_id=known.investor_organisation_id, project_organisation_id=known.project_organisation_id,
        kind="reversal", moved_on=clock.today(), principal_minor=known.principal_minor, interest_minor=known.interest_minor,
        excess_minor=known.excess_minor, currency=known.currency, payer=known.payer, bank_reference=known.bank_reference,
        note=why, bank_line_id=known.bank_line_id, reverses_id=known.id, key=key, entry_id=entry, user_id=actor.user_id,
        user_name=actor.user_name,
    )  # fmt: skip
    session().add(row)
    session().flush()
    return row


def _stands_on() -> Conflict:
    return Conflict(N_("What came after stands on this entry; take that back first"), code="built_upon")


def _unpay(
    actor: Actor, commitment: Commitment, tranche: Tranche, call: PaymentCall, known: Transfer, why: str
) -> None:
    excess = commitment.excess_minor + (
        known.principal_minor if known.kind == "offset" else -known.excess_minor
    )
    if excess < 0 or tranche.paid_minor < known.principal_minor or call.state == "withdrawn":
        raise _stands_on()
    commitment.excess_minor = excess
    call.interest_paid_minor -= known.interest_minor
    if known.principal_minor:
        call.paid_minor -= known.principal_minor
        tranche.paid_minor -= known.principal_minor
        if call.state == "paid":
            call.state = CALL.fire(call.state, "unpay", call)
        event = "unpay_part" if call.paid_minor else "unpay_all"
        base.move(
            actor, tranche, event, Tag.REVERSED, kind="reverse", text=why, payment=known.id, amount_minor=known.amount.amount_minor
        )  # fmt: skip


def _unrefund(
    actor: Actor,
    commitment: Commitment,
    tranche: Tranche | None,
    call: PaymentCall | None,
    known: Transfer,
    why: str,
) -> None:
    commitment.excess_minor += known.excess_minor
    if tranche is None:
        return
    if tranche.state == "refunded" and call is None:
        raise _stands_on()
    tranche.paid_minor += known.principal_minor
    if tranche.state == "refunded" and call is not None:
        if part := call.state == "withdrawn":
            call.state, call.reason = CALL.fire(call.state, "reopen", call), ""
        base.move(
            actor, tranche, "unrefund_part" if part else "unrefund", Tag.REVERSED, kind="reverse", text=why, payment=known.id,
            amount_minor=known.principal_minor,
        )  # fmt: skip
    else:
        base.happened(actor, tranche, "reverse", text=why, amount_minor=known.principal_minor)
