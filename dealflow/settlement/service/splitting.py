"""One line of a bank statement that pays several claims of the same account, to the minor unit, and all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dealflow.audit import service as audit
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import FieldError, Invalid
from dealflow.core.i18n import N_
from dealflow.core.money import Money
from dealflow.settlement import bank_queries
from dealflow.settlement.models import BankLine
from dealflow.settlement.policy import Tag
from dealflow.settlement.service import claims, statements
from dealflow.settlement.service.claims import Paid, Share
from dealflow.settlement.states import LINE

MOST_PARTS = 50


@dataclass(frozen=True)
class Part:
    """What of a line is for a claim; without an amount, what the other parts leave."""

    claim_id: str
    amount: Money | None = None


def split(actor: Actor, line_id: str, parts: Sequence[Part], *, rate: str | None = None) -> list[Paid]:
    """A person says which claims a line pays, and how much of it each; all are recorded, in the order given.

    The parts come to the line exactly. What a part leaves of its claim stays open; what it brings beyond the claim and its
    late interest is held as overpaid by who owed it. Raises NotFound, Forbidden, InvalidTransition, Invalid that names the
    part, and what recording a payment of the claims' kinds raises.
    """
    line = statements.held(actor, line_id)
    state = LINE.fire(line.state, "match", line)
    shares = _shares(line, parts)
    account = bank_queries.accounts([line])[line.statement_id]
    made: dict[str, Paid] = {}
    before = 0
    for place, claim_id in enumerate(_in_order(actor, list(shares))):
        share = Share(shares[claim_id], place, before)
        try:
            made[claim_id] = claims.pay(actor, claim_id, line, account=account, rate=rate, share=share)
        except Invalid as refusal:
            raise _of_part(refusal, list(shares).index(claim_id)) from None
        before += share.amount.amount_minor
    line.state = state
    session().flush()
    found = [made[claim_id] for claim_id in shares]
    after = {"state": "matched", "kind": found[0].kind, "payments": [paid.id for paid in found]}
    audit.record(actor, Tag.MATCHED, line, before={"state": "new"}, after=after)
    return found


def _in_order(actor: Actor, claim_ids: list[str]) -> list[str]:
    try:
        return claims.held(actor, claim_ids)
    except Invalid as refusal:
        raise Invalid(errors=[replace(error, field="parts") for error in refusal.errors]) from None


def _of_part(refusal: Invalid, index: int) -> Invalid:
    """The refusal with the part that it is about; a rate is that of the whole line."""
    return Invalid(
        errors=[
            error if error.field == "rate" else replace(error, field=f"parts.{index}.{error.field}")
            for error in refusal.errors
        ]
    )


def _shares(line: BankLine, parts: Sequence[Part]) -> dict[str, Money]:
    """Claim → its amount of the line, in the order given. Invalid (`parts` and its rows)."""
    if not 2 <= len(parts) <= MOST_PARTS:
        message = N_("Name 2 to %(most)s calls; a line that pays one call is confirmed for it")
        raise Invalid.field("parts", "wrong_number", message, most=MOST_PARTS)
    if errors := list(_faults(line, parts)):
        raise Invalid(errors=errors)
    given = sum(part.amount.amount_minor for part in parts if part.amount is not None)
    rest = line.amount_minor - given
    open_ended = any(part.amount is None for part in parts)
    if open_ended and rest <= 0:
        message = N_("The amounts leave nothing of the line for the call without one")
        raise Invalid.field("parts", "nothing_left", message)
    if rest and not open_ended:
        message = N_(
            "The parts come to %(sum)s and the line to %(line)s. Put the difference of %(rest)s where it belongs: what a call does "
            "not need is held as overpaid"
        )
        raise Invalid.field("parts", "sum_differs", message, sum=_shown(line, given), line=_shown(line, line.amount_minor), rest=_shown(line, abs(rest)))  # fmt: skip
    return {part.claim_id: part.amount or Money(rest, line.currency) for part in parts}


def _faults(line: BankLine, parts: Sequence[Part]) -> Iterator[FieldError]:
    seen: set[str] = set()
    open_ended = False
    for index, part in enumerate(parts):
        if part.claim_id in seen:
            yield FieldError(
                f"parts.{index}.call_id", "twice", N_("This call is named twice; put its parts together")
            )
        seen.add(part.claim_id)
        if part.amount is None:
            if open_ended:
                yield FieldError(
                    f"parts.{index}.amount",
                    "required",
                    N_("Only one call can take what is left; enter an amount"),
                )
            open_ended = True
        elif part.amount.currency != line.currency:
            message = N_("The line is in %(currency)s; enter the amount in it")
            yield FieldError(
                f"parts.{index}.amount", "currency_mismatch", message, {"currency": line.currency}
            )
        elif part.amount.amount_minor <= 0:
            yield FieldError(f"parts.{index}.amount", "not_positive", N_("Enter an amount above zero"))


def _shown(line: BankLine, minor: int) -> str:
    return f"{line.currency} {Money(minor, line.currency).major:,f}"
