"""The flows and values of many holdings as columns, read with two statements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import Integer, String, case, cast, func, literal_column, select, type_coerce
from sqlalchemy.types import NULLTYPE

from dealflow.core.db import database, session
from dealflow.core.ids import decode
from dealflow.finance.batch import Flags, Ints, sums_by
from dealflow.finance.batch_metrics import HoldingFlows, multiple
from dealflow.finance.short import rates_of
from dealflow.portfolio.models import Holding, HoldingFlow, Valuation
from dealflow.portfolio.worth import Standing

_JUDGED = {"unscoped": "the holdings whose rows are read were found in the reader's own scope"}


@dataclass(frozen=True)
class Columns:
    """Holdings in a fixed order; `flows.owner` is a place in it. `last` is the day of the last valuation (0: none)."""

    rows: Sequence[Holding]
    as_of: date
    flows: HoldingFlows
    last: Ints
    appraised: Ints

    @property
    def ids(self) -> list[str]:
        """The holdings' ids in order."""
        return [row.id for row in self.rows]

    def sums(self, chosen: Flags) -> Ints:
        """Minor units of the chosen flows by holding."""
        return sums_by(self.flows.owner, np.where(chosen, self.flows.amount, 0), len(self.rows))

    def standings(self) -> list[Standing]:
        """Where each holding stands, by the rules of `worth`."""
        flows = self.flows
        cost, back = self.sums(flows.cost), self.sums(~flows.cost)
        later = flows.day > self.last[flows.owner]
        grown = self.sums(flows.cost & later) - self.sums(~flows.cost & later)
        value = np.maximum(self.appraised + grown, 0)
        closed = np.array(
            [row.closed_on is not None and row.closed_on <= self.as_of for row in self.rows], np.bool_
        )
        value = np.where(closed, 0, value)
        book = np.where(closed, 0, np.maximum(cost - back, 0))
        realised = np.where(closed, back - cost, np.maximum(back - cost, 0))
        parts = (cost, back, book, value, realised)
        return [Standing(*row) for row in zip(*(part.tolist() for part in parts), strict=True)]

    def grouped(
        self, name_of: Callable[[Holding, int | None], str], values: Sequence[int]
    ) -> list[dict[str, Any]]:
        """Figures of groups of holdings; `name_of(holding, year of its first cost)`. One row a group, by name."""
        first = self.first_years()
        names = [name_of(row, first.get(place)) for place, row in enumerate(self.rows)]
        order = sorted(set(names))
        place_of = {name: place for place, name in enumerate(order)}
        group = np.array([place_of[name] for name in names], np.int64)
        flows, count = self.flows, len(order)
        signed = np.where(flows.cost, -flows.amount, flows.amount)
        worth = np.array(values, np.int64)
        columns = (
            np.concatenate((group[flows.owner], group)),
            np.concatenate((flows.day, np.full(len(group), self.as_of.toordinal()))),
            np.concatenate((signed, worth)),
        )
        found = rates_of(count, *columns)
        cost, back = np.zeros(count, np.int64), np.zeros(count, np.int64)
        total, number = np.zeros(count, np.int64), np.zeros(count, np.int64)
        np.add.at(cost, group, self.sums(flows.cost))
        np.add.at(back, group, self.sums(~flows.cost))
        np.add.at(total, group, worth)
        np.add.at(number, group, 1)
        return [
            {
                "name": name, "holdings": int(number[place]), "cost_minor": int(cost[place]),
                "proceeds_minor": int(back[place]), "value_minor": int(total[place]),
                "moic": multiple(int(back[place] + total[place]), int(cost[place])), "irr": found[place],
            }
            for place, name in enumerate(order)
        ]  # fmt: skip

    def first_years(self) -> dict[int, int]:
        """Place of a holding → year of its first cost."""
        days = np.full(len(self.rows), np.iinfo(np.int64).max)
        np.minimum.at(days, self.flows.owner[self.flows.cost], self.flows.day[self.flows.cost])
        return {
            place: date.fromordinal(day).year
            for place, day in enumerate(days.tolist())
            if day < np.iinfo(np.int64).max
        }


def read(rows: Sequence[Holding], as_of: date) -> Columns:
    """The columns of these holdings at the end of a day."""
    stored = _stored()
    place = {stored(row.id): number for number, row in enumerate(rows)}
    holdings = Holding.__table__.c
    mine = select(holdings.id).where(holdings.vehicle_id.in_({row.vehicle_id for row in rows}))
    last, appraised = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    for holding_id, on, minor in _appraisals(mine, as_of):
        where = place.get(holding_id)
        if where is not None:
            last[where], appraised[where] = on.toordinal(), minor
    return Columns(rows, as_of, _flows(mine, as_of, place), last, appraised)


def _flows(mine: Any, as_of: date, place: dict[Any, int]) -> HoldingFlows:
    """The flows of these holdings, each holding's as one text of numbers.

    Tens of thousands of rows as Python objects would cost several times the computing; numpy reads such a text at once.
    """
    rows = HoldingFlow.__table__.c
    triple = (
        cast(_day_number(rows.happened_on), String)
        + ","
        + cast(case((rows.kind == "cost", 1), else_=0), String)
        + ","
        + cast(rows.amount_minor, String)
    )
    query = (
        select(type_coerce(rows.holding_id, NULLTYPE), func.count(), func.aggregate_strings(triple, ","))
        .where(rows.holding_id.in_(mine), rows.happened_on <= as_of)
        .group_by(rows.holding_id)
    )
    found = [
        (place[row[0]], row[1], row[2])
        for row in session().execute(query, execution_options=_JUDGED)
        if row[0] in place
    ]
    numbers = np.fromstring(",".join(text for _place, _count, text in found), np.int64, sep=",").reshape(
        -1, 3
    )
    owner = np.repeat(
        np.array([row[0] for row in found], np.int64), np.array([row[1] for row in found], np.int64)
    )
    return HoldingFlows(owner, numbers[:, 0].copy(), numbers[:, 1] == 1, numbers[:, 2].copy())


def _appraisals(mine: Any, as_of: date) -> list[Any]:
    """(stored holding id, day, value) of all valuations up to a day, the last of a holding last."""
    rows = Valuation.__table__.c
    query = (
        select(type_coerce(rows.holding_id, NULLTYPE), rows.valued_on, rows.value_minor)
        .where(rows.holding_id.in_(mine), rows.valued_on <= as_of)
        .order_by(rows.valued_on, rows.id)
    )
    return list(session().execute(query, execution_options=_JUDGED))


def _day_number(column: Any) -> Any:
    """Days since the year 1, counted by the database."""
    if database().dialect == "sqlite":
        return cast(func.julianday(column) - 1721424.5, Integer)
    return column - literal_column("DATE '0001-01-01'") + 1


def _stored() -> Callable[[str], Any]:
    """How the database hands out an id that is not turned into text: digits on SQLite, a UUID on PostgreSQL."""
    if database().dialect == "sqlite":
        return lambda text: getattr(decode("hld", text), "hex", "")
    return lambda text: decode("hld", text)
