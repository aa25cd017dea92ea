"""Money that came in: recorded by hand or from a line of a bank statement, and overpayments used for a call.

A payment goes to the principal of its call first, then to late interest, then stands as overpaid; whoever records it may
name the part that is interest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from dealflow.audit import service as audit
from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, Invalid, InvalidTransition
from dealflow.core.i18n import N_
from dealflow.core.money import Money
from dealflow.core.outbox import emit
from dealflow.deals import queries as deals
from dealflow.deals import service as dealing
from dealflow.settlement import books, queries
from dealflow.settlement.events import TranchePaid
from dealflow.settlement.models import BankLine, Commitment, PaymentCall, Tranche, Transfer
from dealflow.settlement.policy import Can, Tag
from dealflow.settlement.service import base, calling
from dealflow.settlement.states import CALL
from dealflow.settlement.stranded import stranded


@dataclass(frozen=True)
class Parts:
    """How a payment is split, in minor units."""

    principal: int = 0
    interest: int = 0
    excess: int = 0

    def as_dict(self) -> dict[str, int]:
        return {
            "principal_minor": self.principal,
            "interest_minor": self.interest,
            "excess_minor": self.excess,
        }


def record(
    actor: Actor,
    call_id: str,
    *,
    amount: Money,
    on: date,
    interest: Money | None = None,
    payer: str = "",
    reference: str = "",
    note: str = "",
    beyond: bool = False,
    line: BankLine | None = None,
    place: int = 0,
) -> Transfer:
    """Record that money came in for a call; the payment.

    `beyond`: it came although the call is paid already, as money from a statement (`line`) may; `place` counts the payments
    among which the line is split. Raises NotFound,
    Forbidden, InvalidTransition (withdrawn), Conflict (`already_paid`, `recorded_before`), Invalid that names the field.
    """
    commitment, tranche, call = calling.held(actor, call_id, Can.RECORD)
    _check(commitment, call, amount, on)
    _refuse_twin(call, amount, on, reference, line)
    parts = _split(call, amount, on, interest, beyond=beyond or line is not None)
    key = _line_key(line, place) if line is not None else _key(call, amount, on, reference)
    made = written(
        actor, commitment, "payment", parts, key=key, on=on, tranche=tranche, call=call, note=note, line=line,
        payer=payer.strip(), reference=reference.strip(),
    )  # fmt: skip
    _arrived(actor, commitment, tranche, call, parts, made)
    audit.record(
        actor, Tag.PAID, made, after={"call": call.reference, "on": on.isoformat(), "currency": amount.currency, **parts.as_dict()}
    )  # fmt: skip
    base.tell(
        actor, call, "investor", "received", N_("Your payment for “%(project)s” was received"),
        text=N_("%(amount)s, received on %(day)s."), amount=f"{amount.currency} {amount.major:,f}", day=on.isoformat(),
        link=calling.path(call), key=f"received:{made.id}",
    )  # fmt: skip
    return made


def offset(actor: Actor, call_id: str, *, amount: Money | None = None) -> Transfer:
    """Use what was overpaid for a call: `amount`, or as much as there is and the call needs."""
    commitment, tranche, call = calling.held(actor, call_id, Can.RECORD)
    if call.state != "open":
        raise InvalidTransition()
    most = min(commitment.excess_minor, call.outstanding.amount_minor)
    wanted = most if amount is None else amount.amount_minor
    if amount is not None and amount.currency != commitment.currency:
        raise _other_currency(commitment)
    if not 0 < wanted <= most:
        raise Invalid.field(
            "amount", "too_large", N_("At most %(most)s can be used"), most=_plain(most, commitment)
        )
    parts = Parts(principal=wanted)
    key = f"offset:{call.id}:{_count(Transfer.call_id == call.id, Transfer.kind == 'offset')}"
    made = written(actor, commitment, "offset", parts, key=key, on=clock.today(), tranche=tranche, call=call)
    commitment.excess_minor -= wanted
    _arrived(actor, commitment, tranche, call, parts, made)
    audit.record(actor, Tag.OFFSET, made, after={"call": call.reference, "amount_minor": wanted})
    return made


def owed_interest(call: PaymentCall, on: date, paid: Sequence[tuple[date, int]] | None = None) -> int:
    """Late interest in minor units that has run up by the end of `on` and is neither paid nor waived."""
    settled = call.interest_paid_minor + call.interest_waived_minor
    return max(0, queries.accrued_interest(call, on, paid) - settled)


def _check(commitment: Commitment, call: PaymentCall, amount: Money, on: date) -> None:
    if call.state == "withdrawn":
        raise InvalidTransition(N_("This call was taken back"))
    if amount.currency != commitment.currency:
        raise _other_currency(commitment)
    if amount.amount_minor <= 0:
        raise Invalid.field("amount", "not_positive", N_("Enter an amount above zero"))
    if on > clock.today():
        raise Invalid.field("on", "in_the_future", N_("Name the day on which the money came in"))
    if on < commitment.executed_on:
        raise Invalid.field("on", "too_early", N_("The terms were not signed yet on that day"))


def _other_currency(commitment: Commitment) -> Invalid:
    message = N_("This commitment is in %(currency)s; enter the amount in it")
    return Invalid.field("amount", "currency_mismatch", message, currency=commitment.currency)


def _plain(minor: int, commitment: Commitment) -> str:
    return f"{commitment.currency} {Money(minor, commitment.currency).major:,f}"


def _split(call: PaymentCall, amount: Money, on: date, named: Money | None, *, beyond: bool) -> Parts:
    outstanding, owed = call.outstanding.amount_minor, owed_interest(call, on)
    whole = amount.amount_minor
    if named is not None and (named.currency != amount.currency or named.amount_minor > min(owed, whole)):
        message = N_("At most %(most)s of late interest is owed")
        raise Invalid.field("interest", "too_large", message, most=f"{Money(owed, amount.currency).major:,f}")
    if outstanding == 0 and whole > owed and not beyond:
        message = N_("This call is paid; tick “beyond the call” if the money really came in once more")
        raise Conflict(message, code="already_paid")
    if named is not None:
        principal = min(whole - named.amount_minor, outstanding)
        return Parts(principal, named.amount_minor, whole - named.amount_minor - principal)
    principal = min(whole, outstanding)
    late = min(whole - principal, owed)
    return Parts(principal, late, whole - principal - late)


def _count(*conditions: object) -> int:
    return session().scalar(select(func.count()).select_from(Transfer).where(*conditions)) or 0  # type: ignore[arg-type]


def _key(call: PaymentCall, amount: Money, on: date, reference: str) -> str:
    """The same call, day, amount and bank reference is the same payment, unless an earlier one was taken back."""
    undone = _count(Transfer.call_id == call.id, Transfer.kind == "reversal")
    return f"hand:{call.id}:{on}:{amount.amount_minor}:{reference.strip()[:60]}:{undone}"


def _refuse_twin(call: PaymentCall, amount: Money, on: date, reference: str, line: BankLine | None) -> None:
    """What was typed in is not recorded again from a statement, nor the other way round: same call, day and amount, unless
    what was typed in has a bank reference of its own. Raises Conflict (`recorded_before`)."""
    for row in queries.standing(queries.transfers(call_id=call.id)):
        if row.kind != "payment" or (row.moved_on, row.amount) != (on, amount):
            continue
        if (row.bank_line_id is None) == (line is None):
            continue
        mine = reference.strip()[:100]
        typed = row.bank_reference if line is not None else mine
        if typed and row.bank_reference != mine:
            continue
        if line is None:
            raise _before()
        message = N_("This payment was typed in already; take that entry back, then match the line")
        raise Conflict(message, code="recorded_before")


def _line_key(line: BankLine, place: int) -> str:
    """The same for the first payment of a line, whatever call it is for, so that a line is not matched twice at once."""
    undone = _count(Transfer.bank_line_id == line.id, Transfer.kind == "reversal")
    return f"line:{line.id}:{undone}" + (f":{place}" if place else "")


def written(
    actor: Actor,
    commitment: Commitment,
    kind: str,
    parts: Parts,
    *,
    key: str,
    on: date,
    tranche: Tranche | None = None,
    call: PaymentCall | None = None,
    payer: str = "",
    reference: str = "",
    note: str = "",
    line: BankLine | None = None,
) -> Transfer:
    """Post money and write it down, once for each key: Conflict (`recorded_before`) for the second."""
    if _count(Transfer.key == key):
        raise _before()
    entry = books.post(
        actor, commitment, kind, key=f"settlement:{key}", on=on, principal=parts.principal, interest=parts.interest,
        excess=parts.excess, text=" ".join(filter(None, (call.reference if call else "", payer, reference)))[:500],
        source=call.id if call else commitment.id,
    )  # fmt: skip
    row = Transfer(
        commitment_id=commitment.id, tranche_id=tranche.id if tranche else None, call_id=call.id if call else None,
        project_id=commitment.project_id, investor_organisation_id=commitment.investor_organisation_id,
        project_organisation_id=commitment.project_organisation_id, kind=kind, moved_on=on, currency=commitment.currency,
        payer=payer[:200], bank_reference=reference[:100], note=note.strip(), bank_line_id=line.id if line else None,
        key=key, entry_id=entry, user_id=actor.user_id, user_name=actor.user_name, **parts.as_dict(),
    )  # fmt: skip
    try:
        with session().begin_nested():
            session().add(row)
            session().flush()
    except IntegrityError:
        raise _before() from None
    return row


def _before() -> Conflict:
    message = N_("This payment is recorded already; give its bank reference if it is another one")
    return Conflict(message, code="recorded_before")


def _arrived(
    actor: Actor, commitment: Commitment, tranche: Tranche, call: PaymentCall, parts: Parts, made: Transfer
) -> None:
    """Add a payment to the sums of its call and tranche; tell when the tranche is paid."""
    call.interest_paid_minor += parts.interest
    commitment.excess_minor += parts.excess
    if parts.principal:
        call.paid_minor += parts.principal
        tranche.paid_minor += parts.principal
        whole = call.outstanding.amount_minor == 0
        if whole:
            call.state = CALL.fire(call.state, "pay", call)
        base.move(
            actor, tranche, "pay_all" if whole else "pay_part", Tag.PAID, kind="pay", payment=made.id,
            amount_minor=made.amount.amount_minor,
        )  # fmt: skip
        if whole:
            _paid(actor, commitment, tranche, made)
    session().flush()


def _paid(actor: Actor, commitment: Commitment, tranche: Tranche, made: Transfer) -> None:
    emit(
        TranchePaid(
            tranche.id, commitment.id, commitment.project_id, made.id, commitment.investor_organisation_id,
            commitment.project_organisation_id,
        )
    )  # fmt: skip
    if is_funded(commitment):
        dealing.advance(actor, deals.get(actor, commitment.deal_id), to="funded")


def is_funded(commitment: Commitment) -> bool:
    """Whether what makes the deal of a held commitment funded is paid."""
    return all(t.state == "paid" for t in queries.due_at_closing(base.tranches_of(commitment)))


def follow(actor: Actor, commitment: Commitment, *, was: bool, why: str, undone: bool) -> None:
    """Let the deal follow money that went back: `was` it funded before; `undone`, the entry had been wrong."""
    now = is_funded(commitment)
    if was == now:
        return
    deal = deals.get(actor, commitment.deal_id)
    if now:
        dealing.advance(actor, deal, to="funded", reason=why)
        return
    dealing.unfund(actor, deal, reason=why, undone=undone)
    for side in ("investor", "project"):
        base.tell(
            actor, commitment, side, "unfunded", N_("The deal about “%(project)s” is no longer funded"),
            text=N_("Reason: %(reason)s"), reason=why, link=f"/deals/{deal.id}",
        )  # fmt: skip


def follow_late(actor: Actor) -> int:
    """Let deals follow money that went back before they did so by themselves; the reason is the one that was given then.
    How many."""
    found = stranded()
    for known, gone in found:
        commitment = base.hold_commitment(actor, known.id)
        follow(actor, commitment, was=True, why=gone.note, undone=gone.kind == "reversal")
    return len(found)
