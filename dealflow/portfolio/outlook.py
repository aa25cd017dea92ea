"""What may come: the J-curve so far, the forecast of the slate with its back-test, pacing, market equivalents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from dealflow.core.actor import Actor
from dealflow.core.errors import Invalid
from dealflow.core.i18n import N_, show_day
from dealflow.finance import pacing, pme, slate, spread
from dealflow.finance.errors import Refused
from dealflow.funds import queries as funds
from dealflow.funds import waterfall
from dealflow.portfolio import exchange, planning, queries
from dealflow.portfolio.figures import State
from dealflow.portfolio.models import Benchmark

SLATE = 20
"""Most projects of a period that the back-test looks at as one slate."""


def quarter_ends(first: date, last: date) -> list[date]:
    """The last days of the quarters from the one of `first` to the day `last`, which closes the list."""
    found: list[date] = []
    year, month = first.year, (first.month - 1) // 3 * 3 + 3
    while True:
        after = date(year + (month == 12), month % 12 + 1, 1)
        end = date.fromordinal(after.toordinal() - 1)
        if end >= last:
            return [*found, last]
        found.append(end)
        year, month = (year + 1, 3) if month == 12 else (year, month + 3)


def j_curve(found: State) -> dict[str, list[Any]]:
    """Cumulative net cash of the partners (of the organisation, without a fund), and with what is left to them, by quarter."""
    flows = [(flow.on, flow.signed) for flow in found.flows]
    if found.vehicle.fund is None:
        held = found.held.flows
        for day, cost, minor in zip(held.day.tolist(), held.cost.tolist(), held.amount.tolist(), strict=True):
            flows.append((date.fromordinal(day), -minor if cost else minor))
    if not flows:
        return {"labels": [], "cash": [], "total": []}
    ends = quarter_ends(min(on for on, _minor in flows), found.as_of)
    cash = [sum(minor for on, minor in flows if on <= end) for end in ends]
    total = [money + value for money, value in zip(cash, _values(found, ends), strict=True)]
    return {"labels": [end.isoformat() for end in ends], "cash": cash, "total": total}


def _values(found: State, ends: Sequence[date]) -> list[int]:
    """A fund's net asset value after accrued carry at each of these days; without a fund the value of the holdings."""
    fund = found.vehicle.fund
    if fund is not None:
        before = funds.net_assets(fund, ends[:-1])
        after = [
            minor - waterfall.accrued(fund, end, minor) for end, minor in zip(ends[:-1], before, strict=True)
        ]
        return [*after, found.nav_minor]
    values = []
    for end in ends[:-1]:
        read = exchange.read(found.vehicle, found.held.rows, end)
        values.append(sum(standing.value for standing in read.standings))
    return [*values, found.nav_minor]


def _age(found: State, place: int) -> int:
    """Quarters since the first cost of a holding."""
    mine = found.held.flows.day[(found.held.flows.owner == place) & found.held.flows.cost]
    return (found.as_of.toordinal() - int(mine.min())) // 91 if len(mine) else 0


def outcomes(found: State) -> list[tuple[date, float]]:
    """Known multiples of holdings that have ended, with the day, the earliest first."""
    rows = zip(found.held.rows, found.standings, strict=True)
    ended = [
        (row.closed_on, standing.proceeds / standing.cost)
        for row, standing in rows
        if row.closed_on is not None and row.closed_on <= found.as_of and standing.cost
    ]
    return sorted(ended)


def forecast(found: State, *, quarters: int, half_life: int) -> dict[str, Any]:
    """`slate.simulate` for the holdings still held, with tail and spread fitted to the vehicle's own outcomes.

    `tested`: how wrong the model would have been about the vehicle's own ended holdings, by half-year.
    """
    tail = slate.fit([multiple for _on, multiple in outcomes(found)])
    history = _periods(found)
    told = spread.back_test(history, slate=SLATE)
    wide = spread.estimate(history, scores=told["scores"])
    chosen = [
        (place, standing)
        for place, (row, standing) in enumerate(zip(found.held.rows, found.standings, strict=True))
        if (row.closed_on is None or row.closed_on > found.as_of) and standing.cost
    ]
    answer = slate.simulate(
        [standing.cost for _place, standing in chosen], [standing.proceeds for _place, standing in chosen],
        [_age(found, place) for place, _standing in chosen], tail, spread=wide, quarters=quarters, half_life=float(half_life),
    ) if chosen else {"quarters": [{"p10": 0, "p50": 0, "p90": 0}] * quarters, "total": {"p10": 0, "p50": 0, "p90": 0}, "loss": 0.0}  # fmt: skip
    return answer | {
        "tail_index": tail.index,
        "known": tail.known,
        "shock": wide.shock,
        "stretch": wide.stretch,
        "tested": told,
        "mean": tail.mean,
        "projects": len(chosen),
    }


def _periods(found: State) -> list[list[float]]:
    """Multiples of ended holdings by half-year, the earliest first."""
    periods: dict[tuple[int, int], list[float]] = {}
    for on, multiple in outcomes(found):
        periods.setdefault((on.year, (on.month - 1) // 6), []).append(multiple)
    return [periods[key] for key in sorted(periods)]


def paced(found: State) -> dict[str, Any]:
    """Calls, distributions and value by year to the end of the fund's term, by Takahashi and Alexander."""
    fund = found.vehicle.fund
    age = max(0, (found.as_of - fund.started_on).days // 91)
    unfunded = found.commitment_minor + sum(
        flow.signed if flow.kind == "call" else flow.minor
        for flow in found.flows
        if flow.kind in ("call", "call_refund", "distribution_recallable")
    )
    steps = pacing.project(max(unfunded, 0), max(found.nav_minor, 0), age, pacing.Pace(life=fund.term_years))
    years: dict[int, list[float]] = {}
    for number, step in enumerate(steps):
        year = years.setdefault(
            found.as_of.year + (found.as_of.month - 1 + 3 * (number + 1)) // 12, [0.0, 0.0, 0.0]
        )
        year[0] += step.called
        year[1] += step.distributed
        year[2] = step.value
    return {
        "labels": [str(year) for year in years],
        "called": [int(row[0]) for row in years.values()],
        "distributed": [int(row[1]) for row in years.values()],
        "value": [int(row[2]) for row in years.values()],
    }


def equivalents(found: State, benchmark: Benchmark) -> dict[str, Any]:
    """`pme.equivalents` for a vehicle. Raises Invalid when the index begins too late."""
    flows = [(flow.on, flow.signed) for flow in found.flows]
    if found.vehicle.fund is None:
        held = found.held.flows
        rows = zip(held.day.tolist(), held.cost.tolist(), held.amount.tolist(), strict=True)
        flows = [(date.fromordinal(day), -minor if cost else minor) for day, cost, minor in rows]
    try:
        return pme.equivalents(flows, found.nav_minor, found.as_of, planning.index_of(benchmark))
    except Refused:
        first = min((on for on, _minor in flows), default=found.as_of)
        message = N_("The index begins after %(day)s, when the first money moved; import earlier levels")
        raise Invalid.field("benchmark_id", "index_too_short", message, day=show_day(first)) from None


def timeline(actor: Actor, found: Sequence[State], until: date) -> list[dict[str, Any]]:
    """Cash due in and out, by day: calls that partners owe, rights to follow on."""
    names = {row.id: row for state in found for row in state.held.rows}
    return [
        {"on": right.due_on, "holding": names[right.holding_id], "minor": -right.amount_minor, "text": right.text, "right": right}
        for right in queries.rights(actor, until=until)
        if right.holding_id in names
    ]  # fmt: skip
