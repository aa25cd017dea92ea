"""Fund metrics from columns of flows: the answer of `fund_metrics.compute`, for funds with tens of thousands of rows.

Source: shared finance schema, section 4. The figures are the same; rates come from `batch.rates`, which proves what it
finds or asks `xirr`, and are stated with their periods (`short`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from dealflow.finance.batch import Flags, Ints, day_numbers, sums_by
from dealflow.finance.fund_metrics import FLOW_KINDS
from dealflow.finance.short import rates_of

_PLUS = {"distribution", "distribution_recallable", "call_refund"}


@dataclass(frozen=True)
class HoldingFlows:
    """Flows of all holdings, one entry per flow: the holding's place in the list of ids, the day's number, minor units.

    `cost` tells cost from proceeds; a correction is a row of the same kind with a negative amount.
    """

    owner: Ints
    day: Ints
    cost: Flags
    amount: Ints


def multiple(numerator: int, denominator: int) -> str | None:
    """numerator/denominator with 6 decimals, half up (away from zero); None when the denominator is 0."""
    if not denominator:
        return None
    size = abs(denominator)
    units = (2 * abs(numerator) * 1_000_000 + size) // (2 * size)
    sign = "-" if units and (numerator < 0) != (denominator < 0) else ""
    return f"{sign}{units // 1_000_000}.{units % 1_000_000:06d}"


def metrics(
    *,
    commitment_minor: int,
    as_of: date,
    flows: Sequence[tuple[date, str, int]],
    nav_minor: int,
    ids: Sequence[str],
    held: HoldingFlows,
    values: Sequence[int],
) -> dict[str, Any]:
    """All figures at `as_of`, in the form of `fund_metrics.compute`, rates as `short.stated` gives them.

    `flows` are (day, kind of FLOW_KINDS, minor units), `values` the value of each holding; nothing is dated after `as_of`.
    """
    sums = dict.fromkeys(FLOW_KINDS, 0)
    for _on, kind, minor in flows:
        sums[kind] += minor
    paid_in = sums["call"] + sums["call_outside"] - sums["call_refund"]
    distributed = sums["distribution"] + sums["distribution_recallable"]
    holdings, gross = _holdings(as_of, ids, held, values)
    own = [minor if kind in _PLUS else -minor for _on, kind, minor in flows]
    net = _single([*(on for on, _kind, _minor in flows), as_of], [*own, nav_minor])
    returned = sum(one["proceeds_minor"] + one["value_minor"] for one in holdings.values())
    return {
        "paid_in_minor": paid_in,
        "distributed_minor": distributed,
        "nav_minor": nav_minor,
        "unfunded_minor": commitment_minor
        - sums["call"]
        + sums["call_refund"]
        + sums["distribution_recallable"],
        "tvpi": multiple(distributed + nav_minor, paid_in),
        "dpi": multiple(distributed, paid_in),
        "rvpi": multiple(nav_minor, paid_in),
        "pic": multiple(paid_in, commitment_minor),
        "irr": net,
        "gross_irr": gross,
        "moic": multiple(returned, sum(one["cost_minor"] for one in holdings.values())),
        "holdings": holdings,
    }


def _single(days: Sequence[date], amounts: Sequence[int]) -> dict[str, Any]:
    values = np.array(amounts, np.int64)
    return rates_of(1, np.zeros(len(values), np.int64), day_numbers(days), values)[0]


def _ascending(owner: Ints) -> bool:
    return bool((owner[1:] >= owner[:-1]).all())


def _with_values(as_of: date, held: HoldingFlows, values: Sequence[int]) -> tuple[Ints, Ints, Ints]:
    """Owner, day and signed amount of all flows and of each holding's value at the end."""
    count = len(values)
    signed = np.where(held.cost, -held.amount, held.amount)
    # Where the flows stand by holding and day, the values are put where they belong, and nothing need be sorted again.
    ends = np.searchsorted(held.owner, np.arange(count), side="right") if _ascending(held.owner) else np.full(
        count, len(held.owner)
    )  # fmt: skip
    owner = np.insert(held.owner, ends, np.arange(count))
    day = np.insert(held.day, ends, as_of.toordinal())
    return owner, day, np.insert(signed, ends, np.array(values, np.int64))


def _holdings(
    as_of: date, ids: Sequence[str], held: HoldingFlows, values: Sequence[int]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Figures of each holding, and the rate over all of them."""
    count = len(ids)
    owner, day, amount = _with_values(as_of, held, values)
    single = rates_of(count, owner, day, amount)
    costs = sums_by(held.owner, np.where(held.cost, held.amount, 0), count)
    proceeds = sums_by(held.owner, np.where(held.cost, 0, held.amount), count)
    found = {
        name: {
            "cost_minor": cost,
            "proceeds_minor": back,
            "value_minor": value,
            "moic": multiple(back + value, cost),
            "irr": rate,
        }
        for name, cost, back, value, rate in zip(
            ids, costs.tolist(), proceeds.tolist(), values, single, strict=True
        )
    }
    return found, rates_of(1, np.zeros(len(owner), np.int64), day, amount)[0]
