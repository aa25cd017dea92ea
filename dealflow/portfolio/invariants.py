"""Named checks of the room: the figures of holdings derive from the books."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from dealflow.core import clock
from dealflow.core.db import session
from dealflow.core.invariants import invariant
from dealflow.funds import chart
from dealflow.ledger import queries as books
from dealflow.ledger.verification import check
from dealflow.portfolio import columns
from dealflow.portfolio.models import Holding
from dealflow.portfolio.posting import OWN_BOOK


@check("portfolio: cost and value of holdings")
def derived() -> Iterator[str]:
    """Each holding's cost not recovered and value above cost are what stands on its accounts."""
    rows = list(session().scalars(select(Holding).order_by(Holding.vehicle_id, Holding.id)))
    by_vehicle: dict[str, list[Holding]] = {}
    for row in rows:
        by_vehicle.setdefault(row.vehicle_id, []).append(row)
    for vehicle_id, mine in by_vehicle.items():
        book = books.book_for(chart.BOOK if mine[0].fund_id else OWN_BOOK, vehicle_id)
        sums = {b.account.code: b.amount.amount_minor for b in books.trial_balance(book)} if book else {}
        for row, standing in zip(mine, columns.read(mine, clock.today()).standings(), strict=True):
            cost = sums.get(chart.investment(row.id, "").code, 0)
            above = sums.get(chart.revaluation(row.id, "").code, 0)
            if (cost, above) != (standing.book, standing.unrealised):
                yield f"holding {row.id}: {standing.book} and {standing.unrealised} in its rows, {cost} and {above} in the book"


@invariant("portfolio: holdings agree with their books")
def whole() -> list[str]:
    """What `dealflow ledger verify` finds of holdings."""
    return list(derived())
