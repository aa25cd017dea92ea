"""What the waterfall of a fund is computed from, and how a distribution falls through it.

The rules are those of `finance.fund_distribution`; here only the fund's events are brought together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from typing import Any

from dealflow.finance import fund_distribution
from dealflow.finance.allocation import cumulative, largest_remainder
from dealflow.funds import queries
from dealflow.funds.models import Fund, FundDistribution

WriteOffs = Callable[[str, date], list[tuple[date, str]]]
_write_offs: dict[str, WriteOffs] = {}
TIERS = (
    "roc_minor", "pref_minor", "catch_up_gp_minor", "catch_up_lp_minor", "split_gp_minor", "split_lp_minor",
)  # fmt: skip
OF_MANAGER = tuple(tier for tier in TIERS if "_gp_" in tier)
OF_PARTNERS = tuple(tier for tier in TIERS if tier not in OF_MANAGER)


def register_write_offs(name: str, find: WriteOffs) -> None:
    """Let a higher room tell which deals of a fund were written off: `find(fund_id, through)` gives (day, deal)."""
    _write_offs[name] = find


def contributions(fund: Fund, through: date) -> list[dict[str, Any]]:
    """What partners paid in for calls, by day; in a fund whose carry goes deal by deal, by deal."""
    paid: dict[str, int] = defaultdict(int)
    found = []
    for payment in queries.paid_of_calls(fund.id):
        if payment.paid_on > through:
            continue
        deals = [(row["deal"], row["amount_minor"]) for row in payment.purposes]
        if fund.carry_mode == "european":
            deals = [(None, payment.call_minor)]
        weights = [minor for _deal, minor in deals]
        before = paid[payment.call_id]
        old, new = (cumulative(before + more, weights) for more in (0, payment.amount_minor))
        paid[payment.call_id] += payment.amount_minor
        for (deal, _whole), was, now in zip(deals, old, new, strict=True):
            if now > was:
                event = {"on": payment.paid_on.isoformat(), "kind": "contribution", "amount_minor": now - was}
                found.append(event | ({"deal": deal} if deal else {}))
    return found


def _terms(fund: Fund, through: date) -> dict[str, Any]:
    events = contributions(fund, through)
    for find in _write_offs.values():
        events += [
            {"on": on.isoformat(), "kind": "write_off", "deal": deal} for on, deal in find(fund.id, through)
        ]
    posted = queries.posted_distributions(fund.id)
    events += [_event(row.paid_on, row.amount_minor, row.deal) for row in posted]
    return {
        "mode": fund.carry_mode, "pref_rate_ppm": fund.pref_rate_ppm, "carry_ppm": fund.carry_ppm, "catch_up_ppm": fund.catch_up_ppm,
        "events": events,
    }  # fmt: skip


def _event(on: date, minor: int, deal: str | None) -> dict[str, Any]:
    event = {"on": on.isoformat(), "kind": "distribution", "amount_minor": minor}
    return event | ({"deal": deal} if deal else {})


def standing(fund: Fund, on: date, tax_ppm: int = 0) -> dict[str, Any]:
    """The waterfall as it stands at the end of a day: totals, capital not returned, hurdle, and the clawback if it ended."""
    terms = _terms(fund, on)
    terms["events"] = [event for event in terms["events"] if event["on"] <= on.isoformat()]
    return fund_distribution.compute(terms | {"end": {"on": on.isoformat(), "tax_ppm": tax_ppm}})


def accrued(fund: Fund, as_of: date, before_carry_minor: int) -> int:
    """The carry the manager would get were the fund wound up at its net asset value on a day, in minor units, 0 or more. In
    a fund by deals all deals have ended by then."""
    if before_carry_minor <= 0 or not fund.carry_ppm:
        return 0
    day = as_of.isoformat()
    events = list(contributions(fund, as_of))
    for row in queries.posted_distributions(fund.id):
        if row.paid_on <= as_of:
            events.append(_event(row.paid_on, row.amount_minor, row.deal))
    deals = dict.fromkeys(event["deal"] for event in events if event.get("deal"))
    if fund.carry_mode == "american":
        events += [{"on": day, "kind": "write_off", "deal": deal} for deal in deals]
    events.append(_event(as_of, before_carry_minor, None))
    terms = {
        "mode": fund.carry_mode, "pref_rate_ppm": fund.pref_rate_ppm, "carry_ppm": fund.carry_ppm,
        "catch_up_ppm": fund.catch_up_ppm, "events": events,
    }  # fmt: skip
    step = fund_distribution.compute(terms)["steps"][-1]
    return int(step["catch_up_gp_minor"] + step["split_gp_minor"])


def accrued_shares(fund: Fund, as_of: date, before_carry_minor: int) -> dict[str, int]:
    """Each partner's part of `accrued`, by what each has committed on the day, as a distribution would be shared."""
    minor = accrued(fund, as_of, before_carry_minor)
    weights = {lp_id: part for lp_id, part in queries.commitments_on(fund.id, as_of).items() if part}
    parts = largest_remainder(minor, list(weights.values())) if minor else [0] * len(weights)
    return dict(zip(weights, parts, strict=True))


def plan(fund: Fund, on: date, minor: int, deal: str | None, recallable: int) -> dict[str, Any]:
    """How an amount paid out on a day falls: the tiers, the manager's carry, and each partner's part.

    {step, gp_minor, lp_minor, weights: {lp: committed}, lps: {lp: {amount_minor, recallable_minor, carry_minor}}}
    """
    terms = _terms(fund, on)
    terms["events"].append(_event(on, minor, deal))
    step = fund_distribution.compute(terms)["steps"][-1]
    gp = step["catch_up_gp_minor"] + step["split_gp_minor"]
    weights = {k: v for k, v in queries.commitments_on(fund.id, on).items() if v}
    before = _since_the_last_change(fund, weights)
    amounts = _further(weights, sum(row.plan["lp_minor"] for row in before), minor - gp)
    carries = _further(weights, sum(row.plan["gp_minor"] for row in before), gp)
    recalled = dict(
        zip(amounts, largest_remainder(min(recallable, minor - gp), list(amounts.values())), strict=True)
    )
    return {
        "step": {tier: step[tier] for tier in TIERS}, "gp_minor": gp, "lp_minor": minor - gp, "weights": weights,
        "lps": {
            lp_id: {"amount_minor": amounts[lp_id], "recallable_minor": recalled[lp_id], "carry_minor": carries[lp_id]}
            for lp_id in weights
        },
    }  # fmt: skip


def shares(plan: dict[str, Any]) -> dict[str, dict[str, int]]:
    """Each partner's part of each tier: over the tiers it sums to its amount and its carry, over partners to the tier."""
    found: dict[str, dict[str, int]] = {lp_id: {} for lp_id in plan["lps"]}
    for name, own in (("amount_minor", OF_PARTNERS), ("carry_minor", OF_MANAGER)):
        left = {lp_id: part[name] for lp_id, part in plan["lps"].items()}
        for tier in own if plan["step"] else ():
            # A part of what is left never exceeds it, so the last tier takes exactly what remains.
            minor = plan["step"][tier]
            parts = largest_remainder(minor, list(left.values())) if minor else [0] * len(left)
            for lp_id, part in zip(left, parts, strict=True):
                found[lp_id][tier] = part
                left[lp_id] -= part
    return found


def _since_the_last_change(fund: Fund, weights: dict[str, int]) -> list[FundDistribution]:
    """The last distributions that were shared by the same commitments: they are continued to the fen."""
    found = []
    for row in queries.distributions(fund.id):
        if row.state != "posted" or row.kind != "distribution":
            continue
        if row.plan["weights"] != weights:
            break
        found.append(row)
    return found


def _further(weights: dict[str, int], before: int, more: int) -> dict[str, int]:
    """Each partner's part of a further amount, so that all amounts together are shared exactly."""
    old, new = (cumulative(total, list(weights.values())) for total in (before, before + more))
    return {lp_id: b - a for lp_id, a, b in zip(weights, old, new, strict=True)}


def clawback_plan(fund: Fund, on: date, tax_ppm: int) -> dict[str, Any]:
    """What the manager gives back at the end, by partner: shared as the carry was borne."""
    minor = standing(fund, on, tax_ppm)["clawback_minor"]
    borne = {k: p.carry.amount.amount_minor for k, p in queries.positions(fund).items()}
    weights = {k: v for k, v in borne.items() if v > 0}
    parts = largest_remainder(minor, list(weights.values())) if minor else [0] * len(weights)
    return {
        "amount_minor": minor, "gp_minor": -minor, "lp_minor": minor, "weights": weights, "step": {},
        "lps": {
            lp_id: {"amount_minor": part, "recallable_minor": 0, "carry_minor": -part}
            for lp_id, part in zip(weights, parts, strict=True)
        },
    }  # fmt: skip
