"""The flows and values of many holdings as columns, read with two statements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import select, type_coerce
from sqlalchemy.types import NULLTYPE

from dealflow.core.db import database, session
from dealflow.core.ids import decode
from dealflow.finance.batch import Flags, Ints, rates
from dealflow.finance.batch_metrics import HoldingFlows, multiple
from dealflow.portfolio.models import Holding, HoldingFlow, Valuation
from dealflow.portfolio.worth import Standing


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
        found = np.zeros(len(self.rows), np.int64)
        np.add.at(found, self.flows.owner[chosen], self.flows.amount[chosen])
        return found

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
        found = rates(
            count,
            np.concatenate((group[flows.owner], group)),
            np.concatenate((flows.day, np.full(len(group), self.as_of.toordinal()))),
            np.concatenate((signed, worth)),
        )
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
    vehicles = {row.vehicle_id for row in rows}
    mine = select(Holding.id).where(Holding.vehicle_id.in_(vehicles)).scalar_subquery()
    # The ids of twenty thousand rows are left as they are stored: turning each into text would cost more than reading it.
    flows = session().execute(
        select(
            type_coerce(HoldingFlow.holding_id, NULLTYPE), HoldingFlow.happened_on, HoldingFlow.kind, HoldingFlow.amount_minor
        ).where(HoldingFlow.holding_id.in_(mine), HoldingFlow.happened_on <= as_of)
        .order_by(HoldingFlow.holding_id, HoldingFlow.happened_on)
    ).all()  # fmt: skip
    known = [row for row in flows if row[0] in place]
    size = len(known)
    held = HoldingFlows(
        np.fromiter((place[row[0]] for row in known), np.int64, size),
        np.fromiter((row[1].toordinal() for row in known), np.int64, size),
        np.fromiter((row[2] == "cost" for row in known), np.bool_, size),
        np.fromiter((row[3] for row in known), np.int64, size),
    )
    last, appraised = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    for holding_id, on, minor in _appraisals(mine, as_of):
        where = place.get(holding_id)
        if where is not None:
            last[where], appraised[where] = on.toordinal(), minor
    return Columns(rows, as_of, held, last, appraised)


def _appraisals(mine: Any, as_of: date) -> list[Any]:
    """(holding id, day, value) of the last valuation of each holding."""
    query = select(
        type_coerce(Valuation.holding_id, NULLTYPE), Valuation.valued_on, Valuation.value_minor
    ).where(Valuation.holding_id.in_(mine), Valuation.valued_on <= as_of)
    return list(session().execute(query.order_by(Valuation.valued_on, Valuation.id)))


def _stored() -> Callable[[str], Any]:
    """How the database hands out an id that is not turned into text: digits on SQLite, a UUID on PostgreSQL."""
    if database().dialect == "sqlite":
        return lambda text: getattr(decode("hld", text), "hex", "")
    return lambda text: decode("hld", text)
