"""Tranches of a round called or released one by one, and allotment when a round is oversubscribed.

Source: shared finance schema, section 8.
"""

from __future__ import annotations

from typing import Any

from dealflow.finance import reading
from dealflow.finance.allocation import PPM, cumulative, half_up, largest_remainder
from dealflow.finance.errors import Refused

STATUS = {"open": "opened", "cancel": "cancelled"}


def _amounts(items: list[tuple[dict[str, Any], str]], whole: int) -> dict[str, int]:
    """Each tranche's amount (minor units), given as amounts or as shares (ppm) of `whole`, to which they sum.

    Raises Refused("invalid_tranches").
    """
    names = [reading.text(item, "id", path) for item, path in items]
    kinds = {tuple(key for key in ("amount_minor", "ppm") if key in item) for item, _ in items}
    if len(set(names)) < len(names) or not kinds <= {("amount_minor",), ("ppm",)} or len(kinds) > 1:
        raise Refused("invalid_tranches")
    unit = "ppm" if ("ppm",) in kinds else "amount_minor"
    values = [reading.integer(item, unit, path) for item, path in items]
    if any(value < 0 for value in values) or sum(values) != (PPM if unit == "ppm" else whole):
        raise Refused("invalid_tranches")
    if unit == "amount_minor":
        return dict(zip(names, values, strict=True))
    ends = [half_up(whole * sum(values[: position + 1]), PPM) for position in range(len(values))]
    return {name: end - start for name, start, end in zip(names, [0, *ends], ends, strict=False)}


def _schedule(data: dict[str, Any]) -> dict[str, Any]:
    """Operation `schedule`: who has been called and released after the events, rows and columns exact."""
    investors = reading.objects(data, "investors", "")
    names = [reading.text(item, "id", path) for item, path in investors]
    commitments = [reading.minor(item, "commitment_minor", path) for item, path in investors]
    if len(set(names)) < len(names):
        raise Refused("invalid_tranches")
    amounts = _amounts(reading.objects(data, "tranches", ""), sum(commitments))
    zeros = dict.fromkeys(names, 0)
    tranches: dict[str, dict[str, Any]] = {
        name: {"status": "waiting", "amount_minor": amount, "by_investor": dict(zeros)}
        for name, amount in amounts.items()
    }
    sums = {"opened": dict(zeros), "cancelled": dict(zeros)}
    settled, before = 0, [0] * len(names)
    for item, path in reading.objects(data, "events", ""):
        tranche = tranches.get(reading.text(item, "tranche", path))
        status = STATUS.get(reading.text(item, "kind", path))
        if tranche is None or status is None or tranche["status"] != "waiting":
            raise Refused("invalid_event")
        settled += tranche["amount_minor"]
        after = cumulative(settled, commitments)
        tranche["status"] = status
        for name, now, was in zip(names, after, before, strict=True):
            tranche["by_investor"][name] = now - was
            sums[status][name] += now - was
        before = after
    unfunded = {
        name: commitment - sums["opened"][name] - sums["cancelled"][name]
        for name, commitment in zip(names, commitments, strict=True)
    }
    return {
        "tranches": tranches,
        "called": sums["opened"],
        "released": sums["cancelled"],
        "unfunded": unfunded,
    }


def _allot(data: dict[str, Any]) -> dict[str, Any]:
    """Operation `allot`: first by right, then what is left by largest remainder over the asks still open."""
    amount = reading.minor(data, "amount_minor", "")
    items = reading.objects(data, "asks", "")
    names = reading.identifiers(items)
    asks = [reading.minor(item, "ask_minor", path) for item, path in items]
    rights = [reading.minor(item, "right_ppm", path) if "right_ppm" in item else 0 for item, path in items]
    if sum(rights) > PPM:
        raise Refused("invalid_rights")
    by_right = [min(ask, amount * right // PPM) for ask, right in zip(asks, rights, strict=True)]
    open_asks = [ask - part for ask, part in zip(asks, by_right, strict=True)]
    left = amount - sum(by_right)
    by_ask = largest_remainder(min(left, sum(open_asks)), open_asks)
    allotments = {
        name: {"by_right_minor": right, "by_ask_minor": ask, "total_minor": right + ask}
        for name, right, ask in zip(names, by_right, by_ask, strict=True)
    }
    return {"allotments": allotments, "unplaced_minor": left - sum(by_ask)}


def compute(data: dict[str, Any]) -> dict[str, Any]:
    """Family `prorata_tranches`: `{"op": "schedule" | "allot", ...}` to its output, or `{"error"}`.

    Raises FinanceInputError for a malformed input.
    """
    operations = {"schedule": _schedule, "allot": _allot}
    try:
        return operations[reading.choice(data, "op", "", operations)](data)
    except Refused as refusal:
        return refusal.as_output()
