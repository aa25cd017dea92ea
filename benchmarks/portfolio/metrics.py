"""How fast the figures of a large fund are, beside the bare calls: prints one JSON object.

A fund of 200 holdings and 20,000 cash flows: all figures from arrays in memory against one `pyxirr` call a holding and one
for all of them; the same out of the database against the bare SELECT and those calls; 10,000 portfolios of 40 flows in one
batch against a loop over `pyxirr`. Times are the shortest of several runs, in seconds.

Run: python benchmarks/portfolio/metrics.py [HOLDINGS] [FLOWS]
"""

from __future__ import annotations

import itertools
import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyxirr
from sqlalchemy import insert

from dealflow.accounts.models import Organisation
from dealflow.core import clock, db, ids
from dealflow.core.actor import SYSTEM
from dealflow.core.money import Money
from dealflow.finance import batch
from dealflow.finance.batch_metrics import HoldingFlows, metrics
from dealflow.ledger import service as ledger
from dealflow.ledger.service import Draft, Line, Side
from dealflow.portfolio import columns
from dealflow.portfolio.models import Holding, HoldingFlow
from dealflow.web import rooms

RUNS = 15
AS_OF = date(2026, 6, 30)
START = date(2018, 1, 1).toordinal()


def best(*works: Callable[[], Any]) -> list[float]:
    """The shortest time of each, in seconds: run in turn, so that what else the machine does falls on all alike."""
    times: list[list[float]] = [[] for _work in works]
    for turn in range(RUNS + 1):
        for place, work in enumerate(works):
            begin = time.perf_counter()
            work()
            if turn:
                times[place].append(time.perf_counter() - begin)
    return [min(found) for found in times]


def drawn(holdings: int, flows: int, seed: int = 1) -> HoldingFlows:
    """Each holding pays in during its first third and gets back afterwards, in random amounts on random days."""
    random = np.random.default_rng(seed)
    each = flows // holdings
    day = np.sort(random.integers(0, 2500, (holdings, each)), axis=1) + START
    cost = np.tile(np.arange(each) < each // 3 + 1, (holdings, 1))
    amount = random.integers(10_000, 20_000_000, (holdings, each))
    owner = np.repeat(np.arange(holdings), each)
    return HoldingFlows(owner, day.ravel(), cost.ravel(), amount.ravel())


def bare(held: HoldingFlows, holdings: int) -> Callable[[], Any]:
    """One call of `pyxirr` a holding and one for all, on arrays that are ready."""
    signed = np.where(held.cost, -held.amount, held.amount).astype(np.float64)
    days = (held.day - date(1970, 1, 1).toordinal()).astype("datetime64[D]")
    bounds = np.searchsorted(held.owner, np.arange(holdings + 1))
    parts = [(days[a:b], signed[a:b]) for a, b in itertools.pairwise(bounds)]

    def work() -> Any:
        return [pyxirr.xirr(*part) for part in parts], pyxirr.xirr(days, signed)

    return work


def in_memory(holdings: int, flows: int) -> dict[str, Any]:
    """Figures from arrays against the bare calls."""
    held, names = drawn(holdings, flows), [f"h{number}" for number in range(holdings)]
    partners = [(date.fromordinal(START), "call", 10**11), (AS_OF, "distribution", 2 * 10**11)]

    def ours() -> Any:
        return metrics(
            commitment_minor=10**12,
            as_of=AS_OF,
            flows=partners,
            nav_minor=0,
            ids=names,
            held=held,
            values=[0] * holdings,
        )

    theirs = bare(held, holdings)
    rates, whole = theirs()
    answer = ours()
    worst = max(
        abs(float(found["irr"]["rate"]) - rate) / max(1, abs(rate))
        for found, rate in zip(answer["holdings"].values(), rates, strict=True)
    )
    base, own = best(theirs, ours)
    return {
        "pyxirr_s": base, "ours_s": own, "ratio": own / base, "limit": 2.0, "worst_difference": worst,
        "gross": [whole, answer["gross_irr"]["rate"]],
    }  # fmt: skip


def fill(held: HoldingFlows, holdings: int) -> list[Holding]:
    """The same flows in a database; one entry stands for all of them."""
    with db.system_edge() as session:
        organisation = Organisation(id=ids.new("org"), name="bench", kind="fund")
        session.add(organisation)
        session.flush()
        book = ledger.open_book(
            SYSTEM,
            kind="portfolio",
            object_id=organisation.id,
            organisation_id=organisation.id,
            name="b",
            currency="CNY",
        )
        lines = (
            Line(Side("assets:a", "asset", "a"), Money(1)),
            Line(Side("equity:b", "equity", "b"), Money(-1)),
        )
        entry = ledger.post(SYSTEM, book, Draft(date(2018, 1, 1), "x", "x", lines)).id
        rows = [
            Holding(
                id=ids.new("hld"),
                organisation_id=organisation.id,
                vehicle_id=organisation.id,
                name=f"h{n}",
                currency="CNY",
            )
            for n in range(holdings)
        ]
        session.add_all(rows)
        session.flush()
        session.execute(
            insert(HoldingFlow),
            [
                {
                    "id": ids.new("hfl"), "holding_id": rows[owner].id, "organisation_id": organisation.id,
                    "happened_on": date.fromordinal(day), "kind": "cost" if cost else "proceeds", "amount_minor": amount,
                    "source": "own", "source_id": str(number), "entry_id": entry, "text": "", "created_at": clock.now(),
                }
                for number, (owner, day, cost, amount) in enumerate(
                    zip(held.owner.tolist(), held.day.tolist(), held.cost.tolist(), held.amount.tolist(), strict=True)
                )
            ],
        )  # fmt: skip
        return rows


def from_database(holdings: int, flows: int) -> dict[str, Any]:
    """Reading and computing against the bare SELECT, into arrays, and the bare calls."""
    held = drawn(holdings, flows)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.db"
        rooms.load_models()
        made = db.configure(f"sqlite:///{path}")
        db.Base.metadata.create_all(made.engine)
        rows = fill(held, holdings)
        select = "SELECT holding_id, happened_on, kind, amount_minor FROM holding_flow ORDER BY holding_id, happened_on"
        plain = sqlite3.connect(path)
        names = [row.id for row in rows]

        def ours() -> Any:
            with db.system_edge(write=False):
                found = columns.read(rows, AS_OF)
            return metrics(
                commitment_minor=10**12, as_of=AS_OF, flows=[], nav_minor=0, ids=names, held=found.flows,
                values=[standing.value for standing in found.standings()],
            )  # fmt: skip

        def sqlalchemy_select() -> Any:
            with made.reading.connect() as connection:
                return connection.exec_driver_sql(select).fetchall()

        reading, driver, own, base = best(
            sqlalchemy_select, lambda: plain.execute(select).fetchall(), ours, bare(held, holdings)
        )
        plain.close()
        made.engine.dispose()
    return {
        "select_s": reading, "select_by_sqlite3_s": driver, "pyxirr_s": base, "ours_s": own,
        "ratio": own / (reading + base), "ratio_to_sqlite3": own / (driver + base), "limit": 1.5,
    }  # fmt: skip


def in_one_batch(portfolios: int = 10_000, each: int = 40) -> dict[str, Any]:
    """Many small portfolios at once against a loop."""
    held = drawn(portfolios, portfolios * each, seed=2)
    signed = np.where(held.cost, -held.amount, held.amount)
    days = (held.day - date(1970, 1, 1).toordinal()).astype("datetime64[D]").reshape(portfolios, each)
    amounts = signed.astype(np.float64).reshape(portfolios, each)
    loop, own = best(
        lambda: [pyxirr.xirr(days[n], amounts[n]) for n in range(portfolios)],
        lambda: batch.rates(portfolios, held.owner, held.day, signed),
    )
    return {"portfolios": portfolios, "loop_s": loop, "ours_s": own, "ratio": own / loop, "limit": 1.0}


def main() -> None:
    """Measure and print."""
    holdings = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    flows = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    result: dict[str, Any] = {
        "holdings": holdings, "flows": flows, "in_memory": in_memory(holdings, flows),
        "from_database": from_database(holdings, flows), "batch": in_one_batch(),
    }  # fmt: skip
    print(json.dumps(result, indent=1))
    # What was promised of a large fund; of a small one the fixed costs would be judged.
    kept = all(
        part["ratio"] <= part["limit"]
        for part in (result["in_memory"], result["from_database"], result["batch"])
    )
    sys.exit(0 if kept or flows < 20_000 else 1)


if __name__ == "__main__":
    main()
