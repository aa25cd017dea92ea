"""Capital calls among limited partners, and equalisation when others join later.

Source: shared finance schema, section 5.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from dealflow.finance import reading
from dealflow.finance.allocation import PPM, half_up, largest_remainder
from dealflow.finance.errors import FinanceInputError, Refused

YEAR = 365


def call(amount: int, commitments: dict[str, int], unfunded: dict[str, int]) -> dict[str, int]:
    """Each LP's part (minor units) of a call, by commitment, nobody above its unfunded.

    Whoever's exact quota exceeds its unfunded pays that and drops out; the rest is spread again among those
    left, then split by largest remainder. Raises Refused (`exceeds_unfunded` with `shortfall_minor`;
    `no_weight` if those left have no commitments).
    """
    room = sum(unfunded.values())
    if amount > room:
        raise Refused("exceeds_unfunded", shortfall_minor=amount - room)
    calls = dict.fromkeys(commitments, 0)
    left = list(commitments)
    while True:
        whole = sum(commitments[lp] for lp in left)
        full = [lp for lp in left if amount * commitments[lp] > unfunded[lp] * whole]
        if not full:
            break
        for lp in full:
            calls[lp] = unfunded[lp]
        amount -= sum(unfunded[lp] for lp in full)
        left = [lp for lp in left if lp not in full]
    parts = largest_remainder(amount, [commitments[lp] for lp in left])
    return {**calls, **dict(zip(left, parts, strict=True))}


def _call(data: dict[str, Any]) -> dict[str, Any]:
    """Operation `call`; excused LPs pay 0."""
    amount = reading.minor(data, "amount_minor", "")
    items = reading.objects(data, "lps", "")
    names = reading.identifiers(items)
    commitments, unfunded, excused = {}, {}, set()
    for name, (item, path) in zip(names, items, strict=True):
        commitments[name] = reading.minor(item, "commitment_minor", path)
        unfunded[name] = reading.minor(item, "unfunded_minor", path)
        if "excused" in item and reading.flag(item, "excused", path):
            excused.add(name)
    asked = [name for name in names if name not in excused]
    paid = call(amount, {lp: commitments[lp] for lp in asked}, {lp: unfunded[lp] for lp in asked})
    calls = {lp: paid.get(lp, 0) for lp in names}
    return {"calls": calls, "unfunded_after": {lp: unfunded[lp] - calls[lp] for lp in names}}


def _commitments(data: dict[str, Any], key: str) -> dict[str, int]:
    """Commitments (minor units) by LP, in the order of the list."""
    items = reading.objects(data, key, "")
    names = reading.identifiers(items)
    return {
        name: reading.minor(item, "commitment_minor", path)
        for name, (item, path) in zip(names, items, strict=True)
    }


def _paid(item: dict[str, Any], path: str, existing: dict[str, int]) -> dict[str, int]:
    """What each existing LP paid in a past call (minor units), in the order of the existing LPs."""
    where = reading.join(path, "paid")
    paid = reading.mapping(reading.member(item, "paid", path), where)
    if not set(paid) <= set(existing):
        raise FinanceInputError(where, "unknown_lp", "names an LP who is not among the existing ones")
    return {lp: reading.as_integer(paid.get(lp, 0), reading.join(where, lp), low=0) for lp in existing}


def _equalise(data: dict[str, Any]) -> dict[str, Any]:
    """Operation `equalise`: what newcomers bring in for each past call, and who gets it."""
    closing = reading.day(data, "closing", "")
    rate = reading.minor(data, "rate_ppm", "")
    existing, new = _commitments(data, "existing"), _commitments(data, "new")
    if set(existing) & set(new):
        raise FinanceInputError("new", "duplicate", "names an LP who is already there")
    brought = {lp: {"contribution_minor": 0, "interest_minor": 0} for lp in new}
    given = {lp: {"refund_minor": 0, "interest_minor": 0} for lp in existing}
    for item, path in reading.objects(data, "calls", ""):
        amount = reading.minor(item, "amount_minor", path)
        days = _days(reading.day(item, "on", path), closing, path)
        paid = _paid(item, path, existing)
        payers = sum(commitment for lp, commitment in existing.items() if paid[lp] > 0)
        contributions = largest_remainder(amount, [payers, *new.values()])[1:]
        interest = [half_up(part * rate * days, YEAR * PPM) for part in contributions]
        for lp, part, due in zip(new, contributions, interest, strict=True):
            brought[lp]["contribution_minor"] += part
            brought[lp]["interest_minor"] += due
        refunds = largest_remainder(sum(contributions), list(paid.values()))
        earned = largest_remainder(sum(interest), list(paid.values()))
        for lp, part, due in zip(existing, refunds, earned, strict=True):
            given[lp]["refund_minor"] += part
            given[lp]["interest_minor"] += due
    return {"new": brought, "existing": given}


def _days(on: date, closing: date, path: str) -> int:
    """Days from a call to the closing, which must not come before it."""
    if on > closing:
        raise FinanceInputError(reading.join(path, "on"), "after_closing", "must not be after the closing")
    return (closing - on).days


def compute(data: dict[str, Any]) -> dict[str, Any]:
    """Family `capital_calls`: `{"op": "call" | "equalise", ...}` to its output, or `{"error"}`.

    Raises FinanceInputError for a malformed input.
    """
    operations = {"call": _call, "equalise": _equalise}
    try:
        return operations[reading.choice(data, "op", "", operations)](data)
    except Refused as refusal:
        return refusal.as_output()
