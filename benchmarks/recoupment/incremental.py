"""Whether runs stay linear in receipts: 12 tiers, 50 payees, up to 1,000 receipts on as many dates, run in portions from saved
positions as runs do. Prints one JSON object; times are the best of several, in seconds.

    python -m benchmarks.recoupment.incremental
"""

from __future__ import annotations

import json
import time
from datetime import date, timedelta
from typing import Any

from benchmarks.finance import waterfall
from dealflow.recoupment import computing, order
from dealflow.recoupment.computing import Base
from dealflow.recoupment.order import Sheet
from dealflow.recoupment.sources import Input, Terms

FEW, MANY, RUNS = 100, 1_000, 10
FIRST = date(2026, 1, 1)


def _terms() -> dict[str, Any]:
    """The waterfall of the finance benchmark: 12 tiers, each with all 50 payees."""
    found: dict[str, Any] = waterfall.terms()
    return found


def receipts(count: int) -> list[Input]:
    """So many receipts, one a day, of which every seventh is a refund."""
    days = [FIRST + timedelta(days=n) for n in range(count)]
    return [
        Input("receipt", f"r{n}", on, on, -30_001 if n % 7 == 6 else 8_000_003 + n, "CNY", {})
        for n, on in enumerate(days)
    ]


def in_runs(terms: Terms, inputs: list[Input]) -> computing.Outcome:
    """All receipts in ten runs, each continued from the position before."""
    base, step = None, len(inputs) // RUNS
    for number in range(1, RUNS + 1):
        seen = inputs[: number * step]
        # A position is kept as JSON between runs.
        outcome = computing.compute(terms, seen, base)
        kept = json.loads(json.dumps(outcome.position))
        base = Base(seen[-1].on, kept, frozenset((i.kind, i.source_id) for i in seen), order.paid_of(kept))
    return outcome


def best(terms: Terms, inputs: list[Input], tries: int) -> float:
    """The shortest of several runs."""
    times = []
    for _ in range(tries):
        begun = time.perf_counter()
        in_runs(terms, inputs)
        times.append(time.perf_counter() - begun)
    return min(times)


def main() -> None:
    """Measure and print."""
    waterfall = _terms()
    names = [payee["id"] for payee in waterfall["payees"]]
    sheet = Sheet("ts_1", names[0], names[-1], 1, waterfall, {name: name for name in names})
    terms = Terms((sheet,), {}, {}, {})
    few, many = best(terms, receipts(FEW), 3), best(terms, receipts(MANY), 2)
    batch = order.paid_of(computing.replay([sheet], receipts(MANY)))
    by_runs = order.paid_of(in_runs(terms, receipts(MANY)).position)
    per_few, per_many = few / FEW, many / MANY
    print(
        json.dumps(
            {
                "tiers": len(waterfall["tiers"]), "payees": len(names), "receipts": [FEW, MANY],
                "seconds": [round(few, 4), round(many, 4)], "seconds_per_receipt": [round(per_few, 6), round(per_many, 6)],
                "ratio_per_receipt": round(per_many / per_few, 3), "same_as_batch": by_runs == batch,
            }
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()
