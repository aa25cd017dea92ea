"""How wrong the forecast of a slate would have been on past data: prints one JSON object.

Published figures of micro-dramas are too few to judge by (eighteen of the most frequent metric). The data with a tail
like theirs at hand are financing rounds: how many times the amount of its first round a company raised in its next
one ("Contains information from Crunchbase (crunchbase.com), October 2013 export, CC BY; modified."). These are no
paybacks; they show whether a range fitted to earlier periods holds the next one. The same is done with a lognormal
distribution, which most forecasts assume. 0.8 of the periods inside p10 … p90 would be right.

What widens the ranges was chosen by looking at these very half-years (second rounds to first ones), so how it does there says
little. `fresh` judges it where nothing was chosen: third rounds to second ones and fourth to third (later rounds of the same
companies, in the same years), and the first half-year of 2013, which was kept back, in slates that share no project.

Run: python benchmarks/portfolio/backtest.py [FOLDER with rounds_train.csv.gz, rounds_val.csv.gz]
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


Rounds = dict[str, list[tuple[str, float]]]


def rounds_of(*files: Path) -> Rounds:
    """Day and amount of each company's rounds, the earliest first."""
    rounds: Rounds = defaultdict(list)
    for file in files:
        with gzip.open(file, "rt", encoding="utf-8") as stream:
            for row in csv.DictReader(stream):
                if row["amount_usd"]:
                    rounds[row["project_id"]].append((row["date"], float(row["amount_usd"])))
    return {company: sorted(found) for company, found in rounds.items()}


def history(rounds: Rounds, place: int = 1) -> list[list[float]]:
    """Multiples of the round at `place` (0 is a company's first) to the one before it, by half-year."""
    periods: dict[tuple[int, int], list[float]] = defaultdict(list)
    for found in rounds.values():
        if len(found) > place and found[place - 1][1] > 0:
            day, amount = found[place]
            periods[int(day[:4]), (int(day[5:7]) - 1) // 6].append(amount / found[place - 1][1])
    return [periods[key] for key in sorted(periods) if len(periods[key]) >= SLATES[0]]


def fresh(rounds: Rounds, longer: Rounds, size: int) -> dict[str, Any]:
    """How many ranges held what came where nothing was chosen by it: `[inside, inside with one fitted tail, of]`."""
    found = {}
    for name, place in (("third_to_second", 2), ("fourth_to_third", 3)):
        rows = spread.back_test(history(rounds, place), slate=size)["periods"]
        found[name] = [
            sum(row["inside"] for row in rows),
            sum(row["inside_before"] for row in rows),
            len(rows),
        ]
    found["slates_of_the_half_year_kept_back"] = kept_back(history(longer), size)
    return found


def kept_back(found: list[list[float]], size: int, draws: int = 2000) -> list[int]:
    """The last period in slates that share no project, against the range that all before it give."""
    *earlier, last = found
    random = np.random.default_rng(1)
    wide = spread.estimate(earlier, scores=spread.back_test(earlier, slate=size)["scores"])
    low, middle, high = map(float, np.percentile(wide.draw(random, draws, size).mean(axis=1), slate.LEVELS))
    low, middle, high = wide.widened(low, middle, high)
    one = (
        slate.fit([value for period in earlier for value in period]).draw(random, (draws, size)).mean(axis=1)
    )
    before = np.percentile(one, slate.LEVELS)
    came = [float(np.mean(last[at : at + size])) for at in range(0, len(last) - size + 1, size)]
    return [
        sum(low <= value <= high for value in came), sum(bool(before[0] <= value <= before[2]) for value in came), len(came)
    ]  # fmt: skip


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
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else FOLDER)
    files = [folder / f"rounds_{name}.csv.gz" for name in ("train", "val")]
    if not all(file.exists() for file in files):
        print(json.dumps({"left_out": f"{files[0]} and {files[1].name} are not there"}))
        return
    rounds, longer = rounds_of(files[0]), rounds_of(*files)
    found = history(rounds)
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
            "fresh": fresh(rounds, longer, size),
        }
    print(json.dumps(answer, indent=1))


if __name__ == "__main__":
    main()
