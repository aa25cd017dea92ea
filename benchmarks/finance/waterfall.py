"""How fast the waterfall is: prints one JSON object; times are the best of several runs, in seconds.

Run: python benchmarks/finance/waterfall.py
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from dealflow.finance import simulate

TIERS, PAYEES, POINTS = 12, 50, 200
WHOLE = 1_000_000
FIRST = date(2026, 1, 1)


def terms() -> dict[str, Any]:
    """A waterfall of 12 tiers, each with all 50 payees."""
    names = [f"payee {number}" for number in range(PAYEES)]
    shares = [{"payee": name, "ppm": WHOLE // PAYEES} for name in names]
    principals = [
        {"payee": name, "principal_minor": 1_000_003 * (number + 1)} for number, name in enumerate(names)
    ]
    tiers: list[dict[str, Any]] = [
        {"id": "fee", "kind": "percentage", "basis": "gross", "share_ppm": 150_000, "shares": shares},
        {
            "id": "agent",
            "kind": "percentage",
            "share_ppm": 200_000,
            "cap_minor": 6_000_000_000,
            "shares": shares,
        },
        {
            "id": "corridor",
            "kind": "corridor",
            "share_ppm": 50_000,
            "until_tier": "recoup 7",
            "shares": shares,
        },
    ]
    for number in range(TIERS - 4):
        share = 700_000 if number % 2 else WHOLE
        tiers.append(
            {
                "id": f"recoup {number}",
                "kind": "recoup",
                "share_ppm": share,
                "target_ppm": 1_150_000,
                "principals": principals,
            }
        )
    escalators = [{"above_recoup_ppm": 20_000_000, "tier": "recoup 7", "shares": list(reversed(shares))}]
    tiers.append({"id": "net", "kind": "split", "shares": shares, "escalators": escalators})
    payees = [{"id": name, "name": name, "kind": "other"} for name in names]
    return {"currency": "CNY", "payees": payees, "tiers": tiers}


def best(work: Callable[[], Any], runs: int = 3) -> float:
    """The shortest of several runs, in seconds."""
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return round(min(times), 4)


def receipts(count: int) -> dict[str, Any]:
    """An input with one receipt a day."""
    return {
        "terms": terms(),
        "receipts": [
            {"on": (FIRST + timedelta(days=number)).isoformat(), "amount_minor": 12_345_678}
            for number in range(count)
        ],
    }


def main() -> None:
    """Time the grid against one request per point, and 100 against 1,000 receipts."""
    grid = [number * 100_000_000 for number in range(1, POINTS + 1)]
    request = {"terms": terms(), "on": "2026-12-31"}
    together = simulate({**request, "gross_grid": grid})["grid"]
    apart = [simulate({**request, "gross_grid": [gross]})["grid"][0] for gross in grid]
    assert together == apart, "a grid must equal its points"
    walk = best(lambda: simulate({**request, "gross_grid": grid}))
    points = best(lambda: [simulate({**request, "gross_grid": [gross]}) for gross in grid], runs=1)
    few, many = receipts(100), receipts(1000)
    hundred, thousand = best(lambda: simulate(few)), best(lambda: simulate(many))
    report = {
        "tiers": TIERS,
        "payees": PAYEES,
        "grid_points": POINTS,
        "grid_s": walk,
        "point_by_point_s": points,
        "grid_speedup": round(points / walk, 1),
        "receipts_100_s": hundred,
        "receipts_1000_s": thousand,
        "receipts_growth": round(thousand / hundred, 2),
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
