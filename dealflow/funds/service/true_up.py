"""The management fee of partners who join later: from the first closing on, as if they had been there, where the terms say so.

What was called for fees is then not shared anew: newcomers bring in their own part of those calls beside what the others
paid (`fee_part`), the fee of the periods that are posted is charged to them at the closing (`owed`), and periods that are not
are charged from the first closing on (`charges.fee`). So each partner bears the fee of its own commitment, no other's.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from dealflow.audit import service as audit
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.finance.allocation import PPM, half_up
from dealflow.funds import chart, queries
from dealflow.funds.models import Fund, FundCall, FundCharge, FundClosing, FundLp
from dealflow.funds.periods import span
from dealflow.funds.policy import Tag
from dealflow.funds.service.base import merged, open_book
from dealflow.ledger import service as ledger
from dealflow.ledger.service import Draft

YEAR = 365
# Endings of a call's id under which the part of it that was for fees is kept apart.
FEE, FEE_OUTSIDE = ":fee", ":fee_outside"
Owed = dict[str, dict[str, dict[str, int]]]


def applies(fund: Fund) -> bool:
    """Whether later partners bear the fee from the first closing on: only a fee on commitments grows with them."""
    return fund.fee_late != "none" and fund.fee_base == "commitment"


def fee_part(call: FundCall, minor: int, *, outside: bool) -> int:
    """What of an amount paid within (or outside) the commitments was for fees, by the purposes of the call."""
    rows = [row for row in call.purposes if bool(row["outside"]) is outside]
    whole = sum(row["amount_minor"] for row in rows)
    fees = sum(row["amount_minor"] for row in rows if row["kind"] == "fee")
    return half_up(Fraction(minor * fees, whole)) if whole else 0


def first_closing(fund: Fund) -> date | None:
    """The day of the fund's first closing."""
    held = queries.closings(fund.id)
    return held[0].closed_on if held else None


def owed(fund: Fund, on: date, rate_ppm: int, new: dict[str, int]) -> Owed:
    """Partner → period of a fee that is posted → the fee on its new commitment, and interest since it was charged."""
    first = first_closing(fund)
    if first is None or not applies(fund):
        return {}
    found: Owed = {lp_id: {} for lp_id in new}
    for charge in sorted(queries.charges(fund.id), key=lambda row: row.charged_on):
        if not charge.key.startswith("fee:"):
            continue
        since, through = span(charge.key.removeprefix("fee:"))
        days = (through - max(since, fund.started_on, first)).days + 1
        late = max(0, (on - charge.charged_on).days) if fund.fee_late == "fee_and_interest" else 0
        for lp_id, minor in new.items():
            fee = half_up(minor * fund.fee_rate_ppm * max(0, days), YEAR * PPM)
            interest = half_up(fee * rate_ppm * late, YEAR * PPM)
            if fee:
                found[lp_id][charge.key.removeprefix("fee:")] = {"fee_minor": fee, "interest_minor": interest}
    return {lp_id: periods for lp_id, periods in found.items() if periods}


def sums(found: Owed) -> dict[str, tuple[int, int]]:
    """Partner → fee and interest over all periods."""
    return {
        lp_id: (sum(p["fee_minor"] for p in rows.values()), sum(p["interest_minor"] for p in rows.values()))
        for lp_id, rows in found.items()
    }


def charge(
    actor: Actor, fund: Fund, rows: dict[str, FundLp], closing: FundClosing, found: Owed
) -> FundCharge | None:
    """Post what later partners owe of earlier fees: a charge of its own, owed to the manager; interest is paid in at once."""
    if not found:
        return None
    lines: list[Any] = []
    for lp_id, (fee, interest) in sums(found).items():
        lines += [
            (chart.expense(rows[lp_id], "fee"), fund.money(fee)),
            (chart.expense(rows[lp_id], "fee_interest"), fund.money(interest)),
            (chart.BANK, fund.money(interest)),
            (chart.equity(rows[lp_id], "contribution_outside"), fund.money(-interest)),
            (chart.FEES_PAYABLE, fund.money(-fee - interest)),
        ]
    whole = sum(fee + interest for fee, interest in sums(found).values())
    key, text = (
        f"true-up:{closing.id}",
        f"{closing.number}: {', '.join(sorted({p for r in found.values() for p in r}))}",
    )
    draft = Draft(
        closing.closed_on,
        "fund_fee_true_up",
        key,
        merged(lines),
        text=text,
        source=closing.id,
        data={"owed": found},
    )
    entry = ledger.post(actor, open_book(actor, fund), draft)
    row = FundCharge(
        fund_id=fund.id, organisation_id=fund.organisation_id, kind="fee", key=key, charged_on=closing.closed_on, text=text,
        amount_minor=whole, entry_id=entry.id, created_by_id=actor.user_id,
    )  # fmt: skip
    session().add(row)
    session().flush()
    audit.record(
        actor, Tag.CHARGED, row, after={"kind": "fee", "amount_minor": whole, "on": closing.closed_on.isoformat(), "closing_id": closing.id},
        organisation_id=fund.organisation_id,
    )  # fmt: skip
    return row
