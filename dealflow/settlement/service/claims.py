"""What a line of a bank statement may pay. One entry of KINDS for each kind of claim; a claim's id tells its kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from dealflow.accounts.queries import organisation_cards
from dealflow.core import clock, ids
from dealflow.core.actor import Actor
from dealflow.core.errors import Invalid
from dealflow.core.i18n import N_, gettext
from dealflow.core.money import Money
from dealflow.funds import claims as fund_claims
from dealflow.funds import service as funds
from dealflow.pitches.queries import briefs
from dealflow.settlement import queries
from dealflow.settlement.models import BankLine, Transfer
from dealflow.settlement.service import base, calling, paying


@dataclass(frozen=True)
class Claim:
    """Money that is called for and not paid, as a payment is compared with it and a person reads it.

    `fund_id`: the fund on whose account it must come in; None: on an account of the house. `owed`: late interest in minor
    units owed at the end of a day. `converts`: it may be paid in another currency, at a rate. `payer_id`: who owes it.
    """

    id: str
    reference: str
    outstanding: Money
    due_on: date
    payers: Sequence[str]
    subjects: Sequence[str]
    title: str
    party: str
    payer_id: str
    link: str
    owed: Callable[[date], int]
    fund_id: str | None = None
    converts: bool = False

    def may_be_paid_by(self, line: BankLine, account: str | None) -> bool:
        """Whether a line of an account can be for this at all."""
        return self.fund_id == account and (self.converts or self.outstanding.currency == line.currency)


@dataclass(frozen=True)
class Share:
    """What of a line pays a claim: the amount, how many claims it paid before, and how many minor units they took."""

    amount: Money
    place: int = 0
    before: int = 0


@dataclass(frozen=True)
class Paid:
    """What was recorded from a line; amounts in minor units of `amount`'s currency. `ids`: what it belongs to."""

    id: str
    kind: str
    call_id: str
    amount: Money
    principal: int
    interest: int
    excess: int
    on: date
    entry_id: str
    link: str
    ids: dict[str, str | None]

    def of(self, minor: int) -> Money:
        """So many minor units of the payment's currency."""
        return Money(minor, self.amount.currency)


@dataclass(frozen=True)
class Kind:
    """A kind of claim: the prefix of its ids, those that are open, how one is paid, and what stands on lines. `held`: several
    as they are taken together, so that two that take some of the same never wait for each other; their ids in the order in
    which they are paid."""

    key: str
    prefix: str
    open: Callable[[Actor], list[Claim]]
    pay: Callable[[Actor, str, BankLine, str | None, str | None, Share], Paid]
    of_lines: Callable[[Iterable[str]], list[tuple[str, Paid]]]
    held: Callable[[Actor, Sequence[str]], list[str]]


def open_claims(actor: Actor) -> list[Claim]:
    """All that the actor's organisation waits for, by due date."""
    found = [claim for kind in KINDS for claim in kind.open(actor)]
    return sorted(found, key=lambda claim: (claim.due_on, claim.id))


def pay(
    actor: Actor, claim_id: str, line: BankLine, *, account: str | None, rate: str | None = None, share: Share | None = None
) -> Paid:  # fmt: skip
    """Record that a line of an account, or a share of it, pays a claim. Invalid (`call_id`), NotFound, and what the kind
    raises."""
    return _kind(claim_id).pay(actor, claim_id, line, account, rate, share or Share(line.amount))


def held(actor: Actor, claim_ids: Sequence[str]) -> list[str]:
    """Several claims kept from others until the transaction ends, in the order in which they are to be paid."""
    kinds = {claim_id: _kind(claim_id) for claim_id in claim_ids}
    return [
        key for kind in KINDS for key in kind.held(actor, [key for key in claim_ids if kinds[key] is kind])
    ]


def _kind(claim_id: str) -> Kind:
    kind = next((kind for kind in KINDS if ids.decode(kind.prefix, claim_id) is not None), None)
    if kind is None:
        raise Invalid.field("call_id", "required", N_("Choose the call that this payment is for"))
    return kind


def paid_by(lines: Iterable[BankLine]) -> dict[str, list[Paid]]:
    """Line id → the payments that stand on it, for those that are matched. One statement for each kind."""
    wanted = [line.id for line in lines if line.state == "matched"]
    found: dict[str, list[Paid]] = {}
    for kind in KINDS if wanted else ():
        for key, paid in kind.of_lines(wanted):
            found.setdefault(key, []).append(paid)
    return found


def _other_account() -> Invalid:
    message = N_("This came in on another account than the call asks for; choose a call of this account")
    return Invalid.field("call_id", "other_account", message)


def _tranches(actor: Actor) -> list[Claim]:
    known = queries.owing_calls(actor)
    paid = queries.principal_paid(call.id for call in known)
    today = clock.today()
    calls = [
        call
        for call in known
        if call.outstanding.amount_minor or paying.owed_interest(call, today, paid[call.id])
    ]
    cards = organisation_cards(call.investor_organisation_id for call in calls)
    projects = briefs(call.project_id for call in calls)
    return [
        Claim(
            call.id, call.reference, call.outstanding, call.due_on, cards[call.investor_organisation_id].names,
            [title for title in projects[call.project_id]["titles"].values() if title], projects[call.project_id]["title"],
            cards[call.investor_organisation_id].name, call.investor_organisation_id, calling.path(call), partial(paying.owed_interest, call, paid=paid[call.id]),
        )
        for call in calls
    ]  # fmt: skip


def _pay_tranche(
    actor: Actor, claim_id: str, line: BankLine, account: str | None, rate: str | None, share: Share
) -> Paid:
    if account is not None:
        raise _other_account()
    made = paying.record(
        actor, claim_id, amount=share.amount, on=line.booked_on, payer=line.payer, reference=line.serial or line.text[:60],
        line=line, place=share.place,
    )  # fmt: skip
    return _of_tranche(made)


def _of_tranche(row: Transfer) -> Paid:
    belongs = {
        "commitment_id": row.commitment_id,
        "tranche_id": row.tranche_id,
        "project_id": row.project_id,
    }
    return Paid(
        row.id, "tranche", str(row.call_id), row.amount, row.principal_minor, row.interest_minor, row.excess_minor, row.moved_on,
        row.entry_id, f"/payment-calls/{row.call_id}", belongs,
    )  # fmt: skip


def _tranches_of_lines(line_ids: Iterable[str]) -> list[tuple[str, Paid]]:
    return [(str(row.bank_line_id), _of_tranche(row)) for row in queries.transfers_of_lines(line_ids)]


def _held_tranches(actor: Actor, claim_ids: Sequence[str]) -> list[str]:
    calls = [queries.call(actor, claim_id) for claim_id in claim_ids]
    for commitment_id in sorted({call.commitment_id for call in calls}):
        base.hold_commitment(actor, commitment_id)
    return [
        call.id for call in sorted(calls, key=lambda call: (call.project_id, call.commitment_id, call.id))
    ]


def _fund_calls(actor: Actor) -> list[Claim]:
    return [
        Claim(
            row.line.id, row.line.reference, row.fund.money(row.line.open_minor), row.call.due_on, row.payers, [row.fund.name],
            gettext(N_("Capital call %(number)s of %(fund)s")) % {"number": row.call.number, "fund": row.fund.name}, row.lp.name,
            row.lp.id, row.link, row.owed, row.fund.id, converts=True,
        )
        for row in fund_claims.open_lines(actor)
    ]  # fmt: skip


def _pay_fund_call(
    actor: Actor, claim_id: str, line: BankLine, account: str | None, rate: str | None, share: Share
) -> Paid:
    asked = funds.line_of(claim_id)
    if asked.fund_id != account:
        raise _other_account()
    # A bank that numbers its lines gives the reference; else the day and the end of the line's id are one.
    reference = line.serial or f"{line.booked_on.isoformat()}-{line.id[-8:]}"
    made = funds.pay(
        actor, asked.fund_id, asked.call_id, lp_id=asked.lp_id, amount=share.amount, on=line.booked_on, reference=reference,
        rate=rate, statement=funds.Statement(line.id, line.payer, share.before),
    )  # fmt: skip
    return _of_fund(fund_claims.settled([made])[0])


def _of_fund(found: fund_claims.Settled) -> Paid:
    row, of = found.payment, found.fund
    return Paid(
        row.id, "fund", str(row.call_line_id), of.money(row.whole_minor), row.amount_minor, row.interest_minor, row.excess_minor,
        row.paid_on, row.entry_id, found.link, {"fund_id": of.id, "lp_id": row.lp_id},
    )  # fmt: skip


def _fund_calls_of_lines(line_ids: Iterable[str]) -> list[tuple[str, Paid]]:
    return [
        (str(found.payment.bank_line_id), _of_fund(found)) for found in fund_claims.of_bank_lines(line_ids)
    ]


def _held_fund_calls(actor: Actor, claim_ids: Sequence[str]) -> list[str]:
    """All are of the fund whose account it is, which is held with the first."""
    return sorted(claim_ids)


KINDS = (
    Kind("tranche", "pcl", _tranches, _pay_tranche, _tranches_of_lines, _held_tranches),
    Kind("fund", "fli", _fund_calls, _pay_fund_call, _fund_calls_of_lines, _held_fund_calls),
)
