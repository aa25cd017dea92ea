"""Fund metrics: paid-in, distributions, multiples (TVPI, DPI, RVPI, PIC, MOIC) and rates of return.

Source: shared finance schema, section 4. Multiples are decimal strings with 6 decimals, each rounded from
exact values, so that rounded RVPI + DPI may miss TVPI by one in the last place.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from dealflow.finance import reading
from dealflow.finance.allocation import decimal_string
from dealflow.finance.xirr import Flow, xirr

FLOW_KINDS = ("call", "call_outside", "call_refund", "distribution", "distribution_recallable")
HOLDING_KINDS = ("cost", "proceeds")
PLACES = 6


def ratio(numerator: int, denominator: int) -> str | None:
    """numerator/denominator with 6 decimals, half up; None when the denominator is 0."""
    return decimal_string(numerator, denominator, PLACES) if denominator else None


def _flows(
    data: dict[str, Any], path: str, kinds: tuple[str, ...], as_of: date
) -> list[tuple[date, str, int]]:
    """Date, kind and amount (minor units, 0 or more) of the flows on or before `as_of`."""
    read = [
        (
            reading.day(item, "on", where),
            reading.choice(item, "kind", where, kinds),
            reading.minor(item, "amount_minor", where),
        )
        for item, where in reading.objects(data, "flows", path)
    ]
    return [flow for flow in read if flow[0] <= as_of]


def _latest(data: dict[str, Any], path: str, key: str, as_of: date) -> int:
    """The last valuation (minor units) on or before `as_of`, of one date the later listed; 0 if none."""
    read = [
        (reading.day(item, "on", where), reading.integer(item, key, where))
        for item, where in reading.objects(data, "valuations", path)
    ]
    known = sorted(
        (valuation for valuation in read if valuation[0] <= as_of), key=lambda valuation: valuation[0]
    )
    return known[-1][1] if known else 0


def _sums(flows: list[tuple[date, str, int]], kinds: tuple[str, ...]) -> dict[str, int]:
    """The total per kind (minor units)."""
    sums = dict.fromkeys(kinds, 0)
    for _, kind, amount in flows:
        sums[kind] += amount
    return sums


def _holding(data: dict[str, Any], path: str, as_of: date) -> tuple[dict[str, Any], list[Flow]]:
    """One holding's figures and its flows with its value at `as_of`."""
    flows = _flows(data, path, HOLDING_KINDS, as_of)
    value = _latest(data, path, "value_minor", as_of)
    sums = _sums(flows, HOLDING_KINDS)
    signed = [(on, -amount if kind == "cost" else amount) for on, kind, amount in flows]
    signed.append((as_of, value))
    figures = {
        "cost_minor": sums["cost"],
        "proceeds_minor": sums["proceeds"],
        "value_minor": value,
        "moic": ratio(sums["proceeds"] + value, sums["cost"]),
        "irr": xirr(signed),
    }
    return figures, signed


def compute(data: dict[str, Any]) -> dict[str, Any]:
    """Family `fund_metrics`: commitment, flows, valuations and holdings to all figures at `as_of`.

    Only what lies on or before `as_of` counts. Raises FinanceInputError for a malformed input.
    """
    as_of = reading.day(data, "as_of", "")
    commitment = reading.minor(data, "commitment_minor", "")
    flows = _flows(data, "", FLOW_KINDS, as_of)
    nav = _latest(data, "", "nav_minor", as_of)
    sums = _sums(flows, FLOW_KINDS)
    paid_in = sums["call"] + sums["call_outside"] - sums["call_refund"]
    distributed = sums["distribution"] + sums["distribution_recallable"]
    signed = [(on, -amount if kind in ("call", "call_outside") else amount) for on, kind, amount in flows]
    items = reading.objects(data, "holdings", "")
    names = reading.identifiers(items)
    holdings, all_flows = {}, []
    for name, (item, path) in zip(names, items, strict=True):
        holdings[name], holding_flows = _holding(item, path, as_of)
        all_flows.extend(holding_flows)
    returned = sum(holding["proceeds_minor"] + holding["value_minor"] for holding in holdings.values())
    return {
        "paid_in_minor": paid_in,
        "distributed_minor": distributed,
        "nav_minor": nav,
        "unfunded_minor": commitment - sums["call"] + sums["call_refund"] + sums["distribution_recallable"],
        "tvpi": ratio(distributed + nav, paid_in),
        "dpi": ratio(distributed, paid_in),
        "rvpi": ratio(nav, paid_in),
        "pic": ratio(paid_in, commitment),
        "irr": xirr([*signed, (as_of, nav)]),
        "gross_irr": xirr(all_flows),
        "moic": ratio(returned, sum(holding["cost_minor"] for holding in holdings.values())),
        "holdings": holdings,
    }
