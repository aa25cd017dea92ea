"""Named checks of the room."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from dealflow.core.db import session
from dealflow.core.invariants import invariant
from dealflow.funds import claims as fund_claims
from dealflow.ledger import verification
from dealflow.settlement import books, waivers
from dealflow.settlement.models import BankLine, Commitment, InterestWaiver, PaymentCall, Tranche, Transfer
from dealflow.settlement.queries import standing
from dealflow.settlement.stranded import stranded


def _by_commitment(model: Any) -> dict[str, list[Any]]:
    """Commitment id → its rows of a table."""
    found: dict[str, list[Any]] = defaultdict(list)
    for row in session().scalars(select(model).order_by(model.id)):
        found[row.commitment_id].append(row)
    return found


def _moved(rows: list[Transfer]) -> tuple[int, int]:
    """(principal, excess) that stand, net of what was paid back."""
    principal = excess = 0
    for row in rows:
        if row.kind == "refund":
            principal, excess = principal - row.principal_minor, excess - row.excess_minor
        elif row.kind == "offset":
            principal, excess = principal + row.principal_minor, excess - row.principal_minor
        else:
            principal, excess = principal + row.principal_minor, excess + row.excess_minor
    return principal, excess


@invariant("settlement: tranches add up to their commitment, calls and payments to their tranche")
def sums() -> list[str]:
    """Sums that are kept beside the rows they sum."""
    tranches, calls, moved = (_by_commitment(model) for model in (Tranche, PaymentCall, Transfer))
    return [
        f"commitment {commitment.id}: {problem}"
        for commitment in session().scalars(select(Commitment).order_by(Commitment.id))
        for problem in _sums(commitment, tranches[commitment.id], calls[commitment.id], moved[commitment.id])
    ]


def _sums(
    commitment: Commitment, tranches: list[Tranche], calls: list[PaymentCall], moved: list[Transfer]
) -> Iterator[str]:
    if sum(t.amount_minor for t in tranches) != commitment.amount_minor:
        yield "its tranches do not add up to it"
    rows = standing(moved)
    if _moved(rows)[1] != commitment.excess_minor:
        yield "what was overpaid is not what its payments say"
    for tranche in tranches:
        live = [c for c in calls if c.tranche_id == tranche.id and c.state != "withdrawn"]
        called = sum(c.amount_minor for c in live)
        if called != tranche.called_minor and tranche.state != "refunded":
            yield f"tranche {tranche.number}: called is not what its calls say"
        if _moved([r for r in rows if r.tranche_id == tranche.id])[0] != tranche.paid_minor:
            yield f"tranche {tranche.number}: paid is not what its payments say"
    for call in calls:
        mine = [r for r in rows if r.call_id == call.id and r.kind in ("payment", "offset")]
        paid, interest = sum(r.principal_minor for r in mine), sum(r.interest_minor for r in mine)
        if (paid, interest) != (call.paid_minor, call.interest_paid_minor):
            yield f"call {call.reference}: paid is not what its payments say"


@invariant("settlement: what was waived of a call's late interest is what its waivers say")
def waived() -> list[str]:
    """The sum kept with a call, against the rows that stand."""
    rows: dict[str, list[InterestWaiver]] = defaultdict(list)
    for row in session().scalars(select(InterestWaiver)):
        rows[row.call_id].append(row)
    found = []
    for call in session().scalars(select(PaymentCall).order_by(PaymentCall.id)):
        mine = rows.get(call.id, [])
        stands = waivers.standing(mine)
        if sum(row.amount_minor for row in mine if row.id in stands) != call.interest_waived_minor:
            found.append(f"call {call.reference}: waived is not what its waivers say")
    return found


@invariant("settlement: a bank line is matched exactly when payments stand on it, and they come to it")
def matched() -> list[str]:
    """Lines and payments agree, to the minor unit; a line that pays several calls has its amount in parts."""
    paying: Counter[str] = Counter()
    for row in standing(list(session().scalars(select(Transfer)))):
        if row.bank_line_id:
            paying[row.bank_line_id] += row.amount.amount_minor
    for found in fund_claims.of_bank_lines():
        paying[str(found.payment.bank_line_id)] += found.payment.came_minor
    lines = {row.id: row for row in session().scalars(select(BankLine))}
    wrong = [
        f"line {key}: {row.state}"
        for key, row in lines.items()
        if (row.state == "matched") != (key in paying)
    ]
    wrong += [f"line {key}: no such line" for key in sorted(paying.keys() - lines.keys())]
    return wrong + [
        f"line {key}: payments of {minor}, it is {lines[key].amount_minor}"
        for key, minor in paying.items()
        if key in lines and lines[key].amount_minor != minor
    ]


@invariant("settlement: no deal is funded by money that went back")
def followed() -> list[str]:
    """Deals that a payment made funded, and that payment was taken back or paid back."""
    return [
        f"deal {row.deal_id}: funded by commitment {row.id}, whose money went back"
        for row, _gone in stranded()
    ]


@verification.check("settlement: money of commitments")
def derived() -> Iterator[str]:
    """Paid less paid back is the balance of the commitment's account; overpaid that of its own."""
    moved = _by_commitment(Transfer)
    by_project = defaultdict(list)
    for commitment in session().scalars(select(Commitment).order_by(Commitment.id)):
        by_project[commitment.project_id].append(commitment)
    for commitments in by_project.values():
        balances = books.balances(commitments)
        for commitment in commitments:
            if balances[commitment.id] != _moved(standing(moved[commitment.id])):
                yield f"commitment {commitment.id}: the book says otherwise than its payments"
