"""How wrong the forecast of a slate would have been on past data: prints one JSON object.

Published figures of micro-dramas are too few to judge by (eighteen of the most frequent metric). The data with a tail
like theirs at hand are financing rounds: how many times the amount of its first round a company raised in its next
one ("Contains information from Crunchbase (crunchbase.com), October 2013 export, CC BY; modified."). These are no
paybacks; they show whether a range fitted to earlier periods holds the next one. The same is done with a lognormal
distribution, which most forecasts assume. 0.8 of the periods inside p10 … p90 would be right.

Run: python benchmarks/portfolio/backtest.py [FOLDER with rounds_train.csv.gz]
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from dealflow.finance import slate, spread

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "matching"
SLATES = (5, 20, 60)


def history(file: Path) -> list[list[float]]:
    """Multiples of the next round to the first, by half-year of the next."""
    rounds: dict[str, list[tuple[str, float]]] = defaultdict(list)
    with gzip.open(file, "rt", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if row["amount_usd"]:
                rounds[row["project_id"]].append((row["date"], float(row["amount_usd"])))
    periods: dict[tuple[int, int], list[float]] = defaultdict(list)
    for found in rounds.values():
        found.sort()
        if len(found) > 1 and found[0][1] > 0:
            day, amount = found[1]
            periods[int(day[:4]), (int(day[5:7]) - 1) // 6].append(amount / found[0][1])
    return [periods[key] for key in sorted(periods) if len(periods[key]) >= SLATES[0]]


def lognormal(found: list[list[float]], size: int, rounds: int = 2000) -> dict[str, Any]:
    """The same test with a lognormal distribution fitted to the earlier periods."""
    seen: list[float] = []
    over: list[float] = []
    random, inside = np.random.default_rng(1), 0
    for outcomes in found:
        if len(seen) >= slate.ENOUGH:
            logs = np.log(np.maximum(np.array(seen), 1e-6))
            count = min(len(outcomes), size)
            drawn = random.lognormal(logs.mean(), logs.std(), (rounds, count)).mean(axis=1)
            low, middle, high = np.percentile(drawn, slate.LEVELS)
            actual = float(np.mean(outcomes[:count]))
            inside += bool(low <= actual <= high)
            over.append(actual / middle - 1)
        seen.extend(outcomes)
    return {"periods": len(over), "inside": inside / len(over), "bias": float(np.mean(over))}


def main() -> None:
    """Measure and print."""
    file = Path(sys.argv[1] if len(sys.argv) > 1 else FOLDER) / "rounds_train.csv.gz"
    if not file.exists():
        print(json.dumps({"left_out": f"{file} is not there"}))
        return
    found = history(file)
    answer: dict[str, Any] = {"periods": len(found), "outcomes": sum(map(len, found)), "slates": {}}
    tail = slate.fit([value for outcomes in found for value in outcomes])
    answer["tail"] = {"index": tail.index, "scale": tail.scale, "mean": tail.mean}
    for size in SLATES:
        heavy = spread.back_test(found, slate=size)
        answer["slates"][str(size)] = {
            "pareto": {
                "periods": len(heavy["periods"]),
                "inside": heavy["inside"],
                "inside_before": heavy["inside_before"],
                "below": heavy["below"],
                "above": heavy["above"],
                "bias": heavy["bias"],
            },
            "lognormal": lognormal(found, size),
        }
    print(json.dumps(answer, indent=1))


if __name__ == "__main__":
    main()
