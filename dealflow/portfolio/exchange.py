"""Holdings in other currencies than that of what holds them: flows at the rate of their day, values at that of the day asked for.

A holding for which the house's table has no rate is left out of all totals and named with the pair and the day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from dealflow.core.db import session
from dealflow.finance.batch_metrics import HoldingFlows
from dealflow.ledger.rates import Rate, find_rate, in_quote
from dealflow.portfolio import columns
from dealflow.portfolio.columns import Columns
from dealflow.portfolio.models import Holding
from dealflow.portfolio.queries import Vehicle
from dealflow.portfolio.worth import Standing


@dataclass(frozen=True)
class Missing:
    """A holding that is in no total, where it stands in its own currency, and the first rate that is not there."""

    row: Holding
    standing: Standing
    base: str
    quote: str
    day: date


@dataclass(frozen=True)
class Used:
    """A rate that something of `on` was converted at."""

    on: date
    rate: Rate


@dataclass(frozen=True)
class Reading:
    """Holdings at the end of a day in one currency: `held` and `standings` leave out what is `missing`.

    `natives` has where each stands in its own currency, by id, for those in another than the reading's.
    """

    held: Columns
    standings: Sequence[Standing]
    used: Sequence[Used] = ()
    missing: Sequence[Missing] = ()
    natives: dict[str, Standing] | None = None

    def native(self, holding_id: str) -> Standing | None:
        """Where a holding of another currency stands in its own."""
        return (self.natives or {}).get(holding_id)

    def rate(self, base: str, on: date) -> Rate | None:
        """The rate that was used for something of a day."""
        return next((used.rate for used in self.used if used.rate.base == base and used.on == on), None)

    def as_dict(self) -> dict[str, Any]:
        """What the API says of it."""
        return {
            "rates": [
                {
                    "on": used.on.isoformat(), "base": used.rate.base, "quote": used.rate.quote, "rate": used.rate.text,
                    "day": used.rate.day.isoformat(), "source": used.rate.source, "way": used.rate.way,
                }
                for used in self.used
            ],
            "without_rate": [
                {"holding_id": row.row.id, "base": row.base, "quote": row.quote, "day": row.day.isoformat()}
                for row in self.missing
            ],
        }  # fmt: skip


def convert(minor: int, rate: Rate) -> int:
    """Minor units of the rate's base in minor units of its quote; the opposite amount gives the opposite."""
    return in_quote(minor, rate.base, rate.quote, rate.rate)


def read(vehicle: Vehicle, rows: Sequence[Holding], as_of: date) -> Reading:
    """Holdings of a vehicle at the end of a day, in the vehicle's currency."""
    held = columns.read(rows, as_of)
    standings = held.standings()
    if all(row.currency == vehicle.currency for row in rows):
        return Reading(held, standings)
    return _converted(vehicle, held, standings)


class _Rates:
    """The rates to one currency, each looked up once."""

    def __init__(self, vehicle: Vehicle) -> None:
        self.vehicle = vehicle
        self.found: dict[tuple[str, date], Rate | None] = {}

    def on(self, base: str, day: date) -> Rate | None:
        key = (base, day)
        if key not in self.found:
            house, quote = self.vehicle.organisation_id, self.vehicle.currency
            self.found[key] = find_rate(session(), house, base, quote, day)
        return self.found[key]


def _converted(vehicle: Vehicle, held: Columns, natives: Sequence[Standing]) -> Reading:
    rates, amount = _Rates(vehicle), held.flows.amount.copy()
    standings: list[Standing] = []
    missing: dict[int, Missing] = {}
    for place, (row, native) in enumerate(zip(held.rows, natives, strict=True)):
        if row.currency == vehicle.currency:
            standings.append(native)
            continue
        mine = np.flatnonzero(held.flows.owner == place)
        days = [date.fromordinal(day) for day in held.flows.day[mine].tolist()]
        wanted = sorted({*days, *([held.as_of] if native.value else [])})
        lacking = next((day for day in wanted if rates.on(row.currency, day) is None), None)
        if lacking is not None:
            missing[place] = Missing(row, native, row.currency, vehicle.currency, lacking)
            standings.append(Standing())
            continue
        for flow, day in zip(mine.tolist(), days, strict=True):
            amount[flow] = _at(rates, row.currency, day, int(amount[flow]))
        cost = int(amount[mine[held.flows.cost[mine]]].sum())
        back = int(amount[mine[~held.flows.cost[mine]]].sum())
        value = _at(rates, row.currency, held.as_of, native.value) if native.value else 0
        standings.append(
            _standing(cost, back, value, row.closed_on is not None and row.closed_on <= held.as_of)
        )
    flows = replace(held.flows, amount=amount)
    used = [Used(day, rate) for (base, day), rate in sorted(rates.found.items()) if rate is not None]
    kept = [place for place in range(len(held.rows)) if place not in missing]
    return Reading(
        _only(replace(held, flows=flows), kept), [standings[place] for place in kept], used, list(missing.values()),
        {row.id: native for row, native in zip(held.rows, natives, strict=True) if row.currency != vehicle.currency},
    )  # fmt: skip


def _at(rates: _Rates, base: str, day: date, minor: int) -> int:
    rate = rates.on(base, day)
    if rate is None:
        raise AssertionError("asked for before")
    return convert(minor, rate)


def _standing(cost: int, back: int, value: int, ended: bool) -> Standing:
    """By the rules of `worth`, on what is converted: what the exchange moved is part of the gain."""
    if ended:
        return Standing(cost, back, 0, 0, back - cost)
    return Standing(cost, back, max(cost - back, 0), value, max(back - cost, 0))


def _only(held: Columns, kept: Sequence[int]) -> Columns:
    """The columns of some of the holdings."""
    if len(kept) == len(held.rows):
        return held
    place = np.full(len(held.rows), -1)
    place[list(kept)] = np.arange(len(kept))
    owner = place[held.flows.owner]
    stays = owner >= 0
    flows = HoldingFlows(
        owner[stays], held.flows.day[stays], held.flows.cost[stays], held.flows.amount[stays]
    )
    return Columns(
        [held.rows[number] for number in kept],
        held.as_of,
        flows,
        held.last[list(kept)],
        held.appraised[list(kept)],
    )
