"""Funds as plain values, for the API and the pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.money import Money
from dealflow.funds import queries
from dealflow.funds.models import (
    Fund,
    FundCall,
    FundCallLine,
    FundCharge,
    FundClosing,
    FundCommitment,
    FundDistribution,
    FundLp,
    FundPayment,
    FundTransfer,
)
from dealflow.funds.performance import Performance
from dealflow.funds.policy import Can
from dealflow.funds.queries import Position
from dealflow.funds.service.closings import MOVED, Equalisation
from dealflow.funds.service.payments import late_interest


def stamps(row: Any) -> dict[str, Any]:
    """Id, version and times."""
    return {
        "id": row.id,
        "version": row.version,
        "created_at": clock.rfc3339(row.created_at),
        "updated_at": clock.rfc3339(row.updated_at),
    }


def position(found: Position) -> dict[str, Any]:
    """Where a partner stands."""
    names = (
        "commitment", "called", "contributed", "outside", "refunded", "interest", "due", "distributed", "recallable", "carry",
        "unfunded",
    )  # fmt: skip
    return {name: getattr(found, name).json() for name in names}


def terms(fund: Fund) -> dict[str, Any]:
    """What was agreed, as FundIn takes it."""
    limits = ("holding_ppm", "genre_ppm", "stage_ppm", "platform_ppm")
    return {
        "name": fund.name, "currency": fund.currency, "vintage": fund.vintage, "started_on": fund.started_on.isoformat(),
        "term_years": fund.term_years, "target": fund.target.json(), "parent_id": fund.parent_id,
        "fee": {"rate_ppm": fund.fee_rate_ppm, "base": fund.fee_base, "outside": fund.fee_outside, "late": fund.fee_late},
        "carry": {
            "mode": fund.carry_mode, "pref_rate_ppm": fund.pref_rate_ppm, "catch_up_ppm": fund.catch_up_ppm,
            "carry_ppm": fund.carry_ppm,
        },
        "equalisation_rate_ppm": fund.equalisation_rate_ppm, "late_rate_ppm": fund.late_rate_ppm, "payment_details": fund.payment_details,
        "limits": {name: fund.limits.get(name) for name in limits},
    }  # fmt: skip


def fund(actor: Actor, row: Fund, own: FundLp | None, *, whole: bool = False) -> dict[str, Any]:
    """A fund as its manager or a partner sees it; `whole` adds the manager's sums."""
    manages = policy.can(actor, Can.MANAGE, row)
    book = queries.book_of_fund(row) if manages else None
    found = stamps(row) | terms(row) | {
        "organisation_id": row.organisation_id, "role": "manager" if manages else "partner", "lp_id": own.id if own else None,
        "book_id": book.id if book else None,
    }  # fmt: skip
    if whole and manages:
        summed = queries.fund_position(row, queries.positions(row).values())
        found |= {"cash": queries.cash(row).json(), "position": position(summed)}
    return found


def lp(row: FundLp, found: Position, brought: Performance) -> dict[str, Any]:
    """A partner, where it stands and what its commitment brought."""
    return stamps(row) | {
        "fund_id": row.fund_id, "organisation_id": row.lp_organisation_id, "name": row.name, "email": row.email,
        "payment_details": row.payment_details, "invited_at": clock.rfc3339(row.invited_at) if row.invited_at else None, "position": position(found),
        "performance": brought.json(),
    }  # fmt: skip


def commitment(row: FundCommitment, names: dict[str, str], currency: str) -> dict[str, Any]:
    """A change of a commitment."""
    return {
        "id": row.id, "lp_id": row.lp_id, "name": names.get(row.lp_id, ""), "on": row.since.isoformat(),
        "amount": Money(row.amount_minor, currency).json(), "closing_id": row.closing_id, "transfer_id": row.transfer_id,
        "created_at": clock.rfc3339(row.created_at),
    }  # fmt: skip


def closing(of: Fund, row: FundClosing, names: dict[str, str]) -> dict[str, Any]:
    """A closing with what it moved."""
    rows = [c for c in queries.commitments(of.id) if c.closing_id == row.id]
    return {
        "id": row.id, "number": row.number, "on": row.closed_on.isoformat(), "equalisation_rate_ppm": row.rate_ppm,
        "entry_id": row.entry_id, "created_at": clock.rfc3339(row.created_at),
        "commitments": [commitment(c, names, of.currency) for c in rows],
        "equalisation": [
            {"lp_id": lp_id} | {name: of.money(minor).json() for name, minor in parts.items()}
            for lp_id, parts in Equalisation(row.equalised, row.true_up).summed().items()
        ],
    }  # fmt: skip


def closing_rows(of: Fund) -> list[dict[str, Any]]:
    """What each closing meant for each partner, the latest closing first: its new commitment, what it paid and got."""
    found, commitments = [], queries.commitments(of.id)
    for row in reversed(queries.closings(of.id)):
        new = {c.lp_id: c.amount_minor for c in commitments if c.closing_id == row.id}
        moved = Equalisation(row.equalised, row.true_up).summed()
        for lp_id in {**new, **moved}:
            parts = moved.get(lp_id, dict.fromkeys(MOVED, 0))
            interest = parts["interest_paid"] + parts["fee_interest"]
            sums = {
                "new": new.get(lp_id, 0), "pays": parts["contribution"] + parts["contribution_outside"] + interest,
                "pays_interest": interest, "gets": parts["refund"] + parts["interest_received"],
                "gets_interest": parts["interest_received"],
            }  # fmt: skip
            found.append(
                {"closing": row, "lp_id": lp_id} | {name: of.money(minor) for name, minor in sums.items()}
            )
    return found


def transfer(of: Fund, row: FundTransfer) -> dict[str, Any]:
    """A transfer."""
    return {
        "id": row.id, "from_lp_id": row.from_lp_id, "to_lp_id": row.to_lp_id, "on": row.moved_on.isoformat(),
        "amount": of.money(row.amount_minor).json(), "entry_id": row.entry_id, "created_at": clock.rfc3339(row.created_at),
    }  # fmt: skip


def line_state(call: FundCall, line: FundCallLine) -> str:
    """`paid`, `overdue` or `due`."""
    if not line.open_minor:
        return "paid"
    return "overdue" if call.due_on < clock.today() else "due"


def call_line(of: Fund, call: FundCall, line: FundCallLine, names: dict[str, str]) -> dict[str, Any]:
    """What a call asks of one partner, with late interest as of today."""
    today = clock.today()
    is_late = call.state == "issued" and call.due_on < today and of.late_rate_ppm
    late = late_interest(of, call, line, today) if is_late else 0
    parts = {
        "amount": line.amount_minor, "inside": line.inside_minor, "outside": line.outside_minor, "paid": line.paid_minor,
        "open": line.open_minor, "late_interest": late,
    }  # fmt: skip
    found = {name: of.money(minor).json() for name, minor in parts.items()}
    return {
        "id": line.id,
        "reference": line.reference,
        "lp_id": line.lp_id,
        "name": names.get(line.lp_id, ""),
        **found,
        "state": line_state(call, line),
    }


def call(
    of: Fund, row: FundCall, lines: Iterable[FundCallLine], names: dict[str, str], *, manages: bool
) -> dict[str, Any]:
    """A call; a partner is not told what all are asked for, nor who is excused."""
    purposes = [
        {"kind": p["kind"], "amount": of.money(p["amount_minor"]).json(), "outside": p["outside"], "deal": p["deal"], "text": p["text"]}
        for p in row.purposes
    ]  # fmt: skip
    return stamps(row) | {
        "fund_id": row.fund_id, "number": row.number, "state": row.state, "due_on": row.due_on.isoformat(),
        "issued_on": row.issued_on.isoformat() if row.issued_on else None,
        "amount": of.money(row.amount_minor).json() if manages else None,
        "purposes": purposes if manages else [], "excused": row.excused if manages else [], "text": row.text,
        "entry_id": row.entry_id, "lines": [call_line(of, row, line, names) for line in lines],
    }  # fmt: skip


def _given(row: FundPayment | FundCharge) -> dict[str, Any] | None:
    if row.given_minor is None or row.given_currency is None:
        return None
    return Money(row.given_minor, row.given_currency).json()


def payment(of: Fund, row: FundPayment, call_id: str | None, *, manages: bool = True) -> dict[str, Any]:
    """Money about a call; which line of a bank statement it stands on is told to the manager."""
    parts = {"amount": row.amount_minor, "interest": row.interest_minor, "excess": row.excess_minor}
    return {
        "id": row.id, "kind": row.kind, "call_id": call_id, "lp_id": row.lp_id, "on": row.paid_on.isoformat(),
        **{name: of.money(minor).json() for name, minor in parts.items()}, "given": _given(row), "rate": row.rate,
        "reference": row.reference, "payer": row.payer, "note": row.note, "typed": row.kind == "payment" and row.bank_line_id is None,
        "bank_line_id": row.bank_line_id if manages else None, "reverses_id": row.reverses_id,
        "entry_id": row.entry_id, "created_at": clock.rfc3339(row.created_at),
    }  # fmt: skip


def payments(of: Fund, rows: Iterable[FundPayment], *, manages: bool) -> list[dict[str, Any]]:
    """All that was entered about calls, the latest first, with the call of each."""
    found = list(rows)
    lines = queries.lines_by_id(row.call_line_id for row in found if row.call_line_id)
    return [
        payment(of, row, lines[row.call_line_id].call_id if row.call_line_id else None, manages=manages)
        for row in reversed(found)
    ]


def charge(of: Fund, row: FundCharge) -> dict[str, Any]:
    """A fee, an expense or other income."""
    return stamps(row) | {
        "kind": row.kind, "reference": row.key.partition(":")[2], "on": row.charged_on.isoformat(), "text": row.text,
        "amount": of.money(row.amount_minor).json(), "given": _given(row), "rate": row.rate, "entry_id": row.entry_id,
        "paid_on": row.paid_on.isoformat() if row.paid_on else None, "paid_entry_id": row.paid_entry_id,
    }  # fmt: skip


def distribution(
    of: Fund, row: FundDistribution, names: dict[str, str], told: Mapping[tuple[str, str], queries.Noticed], *,
    own: FundLp | None, manages: bool,
) -> dict[str, Any]:  # fmt: skip
    """A distribution; a partner sees its own part and neither the tiers nor the others. `told`: notices of the fund."""
    later = [
        notice.issued_on for (known, _lp), notice in told.items() if known == row.id and notice.issued_on
    ]
    shares = [
        {
            "lp_id": lp_id, "name": names.get(lp_id, ""), "amount": of.money(part["amount_minor"]).json(),
            "recallable": of.money(part["recallable_minor"]).json(),
            "carry": of.money(part["carry_minor"]).json(), "notice": (row.id, lp_id) in told,
        }
        for lp_id, part in row.plan["lps"].items()
        if manages or (own is not None and own.id == lp_id)
    ]  # fmt: skip
    return stamps(row) | {
        "fund_id": row.fund_id, "number": row.number, "kind": row.kind, "state": row.state, "on": row.paid_on.isoformat(),
        "amount": of.money(row.amount_minor).json() if manages else None,
        "recallable": of.money(row.recallable_minor).json() if manages else None, "deal": row.deal if manages else None,
        "text": row.text, "steps": row.plan["step"] if manages else None,
        "carry": of.money(row.plan["gp_minor"]).json() if manages else None,
        "prepared_by": row.prepared_by_name if manages else None, "approved_by": (row.approved_by_name or None) if manages else None,
        "entry_id": row.entry_id, "notices_issued_on": max(later).isoformat() if later else None, "shares": shares,
    }  # fmt: skip


def flow(row: queries.Flow) -> dict[str, Any]:
    """A cash flow."""
    return {
        "on": row.on.isoformat(),
        "kind": row.kind,
        "amount": row.amount.json(),
        "entry_id": row.entry_id,
        "lp_id": row.lp_id,
    }
