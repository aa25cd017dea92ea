"""What notices of closings and distributions say to each partner, kept with them: names and figures as they stood."""

from __future__ import annotations

from typing import Any

from dealflow.core.money import Money
from dealflow.funds import queries, waterfall
from dealflow.funds.models import Fund, FundClosing, FundDistribution, FundLp
from dealflow.funds.service.base import manager_names

Facts = dict[str, dict[str, Any]]
# What a notice of a distribution says of the partner's place in the fund, with it counted in.
_STANDING = (
    "commitment",
    "contributed",
    "outside",
    "refunded",
    "distributed",
    "recallable",
    "carry",
    "unfunded",
)


def facts(
    fund: Fund, rows: dict[str, FundLp], closing: FundClosing, moved: dict[str, dict[str, int]]
) -> Facts:
    """Partner → what it is told: everybody who has a commitment after the closing. `moved` is its sum by partner."""
    after = queries.commitments_on(fund.id)
    new = {
        row.lp_id: row.amount_minor for row in queries.commitments(fund.id) if row.closing_id == closing.id
    }
    return {
        lp_id: {
            "fund": fund.name, "manager": manager_names(fund), "lp": rows[lp_id].name, "payment_details": fund.payment_details,
            "new_minor": new.get(lp_id, 0), "commitment_minor": minor, "whole_minor": sum(after.values()),
            "moved": moved.get(lp_id, {}), "calls": _calls(fund, closing, lp_id),
            "fees": [{"period": period} | parts for period, parts in sorted(closing.true_up.get(lp_id, {}).items())],
        }
        for lp_id, minor in after.items() if minor
    }  # fmt: skip


def _calls(fund: Fund, closing: FundClosing, lp_id: str) -> list[dict[str, Any]]:
    """By earlier call: what the partner pays in for it, or gets back of it (below zero), each with interest."""
    found: dict[str, dict[str, Any]] = {}
    known = {call.id: call for call in queries.calls(fund.id)}
    for slice_id, sides in closing.equalised.items():
        call = known[slice_id.partition(":")[0]]
        pays, gets = sides["new"].get(lp_id, {}), sides["existing"].get(lp_id, {})
        amount = pays.get("contribution_minor", 0) - gets.get("refund_minor", 0)
        interest = pays.get("interest_minor", 0) - gets.get("interest_minor", 0)
        if amount or interest:
            row = found.setdefault(
                call.id,
                {
                    "number": call.number,
                    "due_on": call.due_on.isoformat(),
                    "amount_minor": 0,
                    "interest_minor": 0,
                },
            )
            row["amount_minor"] += amount
            row["interest_minor"] += interest
    return sorted(found.values(), key=lambda row: row["number"])


def of_distribution(fund: Fund, row: FundDistribution) -> Facts:
    """Partner → what it is told of a distribution that was posted just now."""
    manager, tiers = manager_names(fund), waterfall.shares(row.plan)
    return {
        lp_id: {
            "fund": fund.name, "manager": manager, "lp": place.lp.name if place.lp else "",
            "payment_details": place.lp.payment_details if place.lp else "",
            "carry_minor": row.plan["lps"][lp_id]["carry_minor"], "tiers": tiers[lp_id],
            "position": {name: _minor(getattr(place, name)) for name in _STANDING},
        }
        for lp_id, place in queries.positions(fund).items()
        if lp_id in row.plan["lps"]
    }  # fmt: skip


def _minor(value: queries.Figure | Money) -> int:
    return value.amount_minor if isinstance(value, Money) else value.amount.amount_minor
