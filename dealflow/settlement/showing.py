"""Objects of settlement as the API gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.i18n import gettext
from dealflow.core.money import Money
from dealflow.settlement import lines, queries, service
from dealflow.settlement.models import (
    BankLine,
    BankStatement,
    Commitment,
    InterestWaiver,
    MilestoneProof,
    PaymentCall,
    Tranche,
    Transfer,
)
from dealflow.settlement.policy import Can
from dealflow.settlement.service import Claim, Paid
from dealflow.settlement.suggesting import REASONS, SplitSuggestion, Suggestion

# What can be done with a tranche, by its state and whom the table allows.
ACTIONS = {
    "release": (Can.RELEASE, ("waiting", "missed", "held")),
    "hold": (Can.HOLD, ("waiting", "open")),
    "extend": (Can.DECIDE, ("missed",)),
    "end": (Can.DECIDE, ("missed",)),
    "prove": (Can.PROVE, ("waiting", "held")),
    "call": (Can.CALL, ("open",)),
    "refund": (Can.REFUND, ("paid", "part_paid")),
}


def may(actor: Actor, tranche: Tranche) -> list[str]:
    """What the actor can do with a tranche now."""
    return [
        name
        for name, (permission, states) in ACTIONS.items()
        if tranche.state in states
        and policy.can(actor, permission, tranche)
        and not (name == "prove" and (tranche.milestone == "signing" or tranche.held_from == "open"))
    ]


def _row(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "version": row.version,
        "created_at": clock.rfc3339(row.created_at),
        "updated_at": clock.rfc3339(row.updated_at),
    }


def _minor(row: Any, minor: int) -> dict[str, Any]:
    return Money(minor, row.currency).json()


def tranche_dict(actor: Actor, row: Tranche, call: PaymentCall | None) -> dict[str, Any]:
    """A tranche with its live call, if it has one."""
    return _row(row) | {
        "commitment_id": row.commitment_id, "project_id": row.project_id, "number": row.number, "code": row.code,
        "amount": row.amount.json(), "milestone": row.milestone, "note": row.note, "long_stop": row.long_stop.isoformat(),
        "on_miss": row.on_miss, "extensions": row.extensions, "state": row.state, "reason": row.reason,
        "opened_by": row.opened_by, "opened_on": row.opened_on.isoformat() if row.opened_on else None,
        "called": _minor(row, row.called_minor), "paid": row.paid.json(), "call_id": call.id if call else None,
        "due_on": call.due_on.isoformat() if call else None, "may": may(actor, row),
    }  # fmt: skip


def tranche_dicts(actor: Actor, rows: Sequence[Tranche]) -> list[dict[str, Any]]:
    """Tranches with their live calls. One statement."""
    calls = queries.live_calls(row.id for row in rows)
    return [tranche_dict(actor, row, calls.get(row.id)) for row in rows]


def one_tranche(actor: Actor, row: Tranche) -> dict[str, Any]:
    """A single tranche."""
    return tranche_dicts(actor, [row])[0]


def commitment_dicts(actor: Actor, rows: Sequence[Commitment]) -> list[dict[str, Any]]:
    """Commitments with their tranches."""
    tranches = queries.tranches_of(row.id for row in rows)
    calls = queries.live_calls(tranche.id for found in tranches.values() for tranche in found)
    return [_commitment(actor, row, tranches[row.id], calls) for row in rows]


def _commitment(
    actor: Actor, row: Commitment, tranches: list[Tranche], calls: Mapping[str, PaymentCall]
) -> dict[str, Any]:
    return _row(row) | {
        "term_sheet_id": row.term_sheet_id, "terms_version": row.terms_number, "deal_id": row.deal_id,
        "project_id": row.project_id, "investor_organisation_id": row.investor_organisation_id,
        "project_organisation_id": row.project_organisation_id, "template": row.template, "amount": row.amount.json(),
        "called": _minor(row, sum(t.called_minor for t in tranches)),
        "paid": _minor(row, sum(t.paid_minor for t in tranches)), "overpaid": row.excess.json(),
        "payment_days": row.payment_days, "late_rate_ppm": row.late_rate_ppm, "executed_on": row.executed_on.isoformat(),
        "tranches": [tranche_dict(actor, t, calls.get(t.id)) for t in tranches],
    }  # fmt: skip


def call_dict(row: PaymentCall) -> dict[str, Any]:
    """A call with the late interest of today."""
    return _row(row) | {
        "commitment_id": row.commitment_id, "tranche_id": row.tranche_id, "project_id": row.project_id, "number": row.number,
        "reference": row.reference, "amount": row.amount.json(), "outstanding": row.outstanding.json(),
        "called_on": row.called_on.isoformat(), "due_on": row.due_on.isoformat(), "late_rate_ppm": row.late_rate_ppm,
        "state": row.state, "overdue": queries.overdue(row), "account": row.account,
        "interest_owed": _minor(row, interest_owed(row)),
        "interest_paid": _minor(row, row.interest_paid_minor), "interest_waived": _minor(row, row.interest_waived_minor), "note": row.note, "reason": row.reason,
    }  # fmt: skip


def interest_owed(row: PaymentCall) -> int:
    """Late interest in minor units owed today; a call that was taken back bears none."""
    return 0 if row.state == "withdrawn" else service.owed_interest(row, clock.today())


def waiver_dict(row: InterestWaiver) -> dict[str, Any]:
    """Late interest that was given up, or that is owed again."""
    return {
        "id": row.id, "created_at": clock.rfc3339(row.at), "call_id": row.call_id, "amount": row.amount.json(),
        "reason": row.reason, "reverses_id": row.reverses_id, "by": row.user_name,
    }  # fmt: skip


def payment_dict(row: Transfer) -> dict[str, Any]:
    """Money that moved."""
    return {
        "id": row.id, "created_at": clock.rfc3339(row.at), "commitment_id": row.commitment_id, "tranche_id": row.tranche_id,
        "call_id": row.call_id, "project_id": row.project_id, "kind": row.kind, "on": row.moved_on.isoformat(),
        "amount": row.amount.json(), "principal": _minor(row, row.principal_minor),
        "interest": _minor(row, row.interest_minor), "excess": _minor(row, row.excess_minor), "payer": row.payer,
        "reference": row.bank_reference, "note": row.note, "bank_line_id": row.bank_line_id, "reverses_id": row.reverses_id,
        "entry_id": row.entry_id, "by": row.user_name,
    }  # fmt: skip


def proof_dict(row: MilestoneProof) -> dict[str, Any]:
    """A proof."""
    return _row(row) | {
        "tranche_id": row.tranche_id, "file_id": row.file_id, "file_name": row.file_name, "note": row.note,
        "state": row.state, "by": row.user_name, "answered_by": row.answered_by,
        "answered_at": clock.rfc3339(row.answered_at) if row.answered_at else None, "answer": row.answer,
    }  # fmt: skip


def statement_dict(row: BankStatement, *, again: bool = False) -> dict[str, Any]:
    """A statement."""
    return {
        "id": row.id, "created_at": clock.rfc3339(row.at), "name": row.name, "preset": row.preset, "sha256": row.sha256,
        "rows": row.rows, "fund_id": row.fund_id, "outgoing": row.outgoing, "fresh": row.fresh, "known": row.known, "by": row.user_name, "again": again,
    }  # fmt: skip


def line_payment_dict(line_id: str, paid: Paid) -> dict[str, Any]:
    """What was recorded from a bank line."""
    names = ("commitment_id", "tranche_id", "project_id", "fund_id", "lp_id")
    parts = {name: paid.of(getattr(paid, name)).json() for name in ("principal", "interest", "excess")}
    return {
        "id": paid.id, "kind": paid.kind, "call_id": paid.call_id, "bank_line_id": line_id, "on": paid.on.isoformat(),
        "amount": paid.amount.json(), **parts, "entry_id": paid.entry_id, **{name: paid.ids.get(name) for name in names},
    }  # fmt: skip


def line_dicts(actor: Actor, rows: Sequence[BankLine]) -> list[dict[str, Any]]:
    """Bank lines with the calls they may pay, or what they paid."""
    found = lines.matches(actor, rows)
    return [_line(row, found) for row in rows]


def one_line(actor: Actor, row: BankLine) -> dict[str, Any]:
    """A single bank line."""
    return line_dicts(actor, [row])[0]


def _line(row: BankLine, found: lines.Matches) -> dict[str, Any]:
    claims = {claim.id: claim for claim in found.choices.get(row.id, ())}
    paid = [line_payment_dict(row.id, each) for each in found.paid.get(row.id, ())]
    together = found.splits.get(row.id)
    return _row(row) | {
        "statement_id": row.statement_id, "row": row.place, "on": row.booked_on.isoformat(), "amount": row.amount.json(),
        "payer": row.payer, "payer_account": row.payer_account, "text": row.text, "serial": row.serial, "state": row.state,
        "reason": row.reason, "payment": paid[0] if len(paid) == 1 else None, "payments": paid,
        "split": _split(row, together, claims) if together else None,
        "suggestions": [_suggestion(s, claims[s.call_id]) for s in found.suggestions.get(row.id, ())],
    }  # fmt: skip


def _claim(claim: Claim) -> dict[str, Any]:
    return {
        "call_id": claim.id, "reference": claim.reference, "outstanding": claim.outstanding.json(), "title": claim.title,
        "party": claim.party,
    }  # fmt: skip


def _why(reasons: Sequence[str]) -> list[dict[str, Any]]:
    return [{"code": r, "points": REASONS[r][0], "label": gettext(REASONS[r][1])} for r in reasons]


def _suggestion(found: Suggestion, claim: Claim) -> dict[str, Any]:
    return _claim(claim) | {"score": found.score, "reasons": _why(found.reasons)}


def _split(row: BankLine, found: SplitSuggestion, claims: Mapping[str, Claim]) -> dict[str, Any]:
    parts = [
        _claim(claims[call_id]) | {"amount": Money(minor, row.currency).json()}
        for call_id, minor in found.parts
    ]
    return {"parts": parts, "score": found.score, "reasons": _why(found.reasons)}
