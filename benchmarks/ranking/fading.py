"""Whether what an investor did long ago should count less, on real investments, in the product's own pair features.

    python -m benchmarks.ranking.fading [--data ../shared/data/matching]

Moments are the start of the validation window and of the six half-years before it. At each moment the pair model that
the product's coefficients come from (`ml.transfer`) is fitted on the four half-years before, and ranks the candidates of
the half-year that follows for every investor with a past. Compared are ways to count past deals: all alike (`never`);
fading against each other by a half-life of four, two (shipped) and one years while their number alone says how much they
count together (`ml.weights.history_profile`); and fading by two years, their sum with them, so that an old past shrinks
towards none (`shrinking`). Told are NDCG@10 and the log likelihood of the real pairs against all others, each with its paired
difference to `never`, 95% bootstrap intervals over whole investors: on validation, on the half-years before it, for warm
(5 deals and more) and light investors. Prints one JSON object; exit code 1 when the shipped way loses by an interval below
zero anywhere.
"""

import argparse
import json
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ml import transfer
from ml.benchmark.data import SPLITS, Data, as_of, load, read_rows
from ml.benchmark.run import WARM
from ml.measure import ndcg
from ml.statistics import clustered_interval
from ml.weights import SHRINKAGE, fading

PAST_MOMENTS = 6
MEASURES = ("ndcg@10", "log_likelihood")


class Shrinking(transfer.Profiles):
    """Deals fade by the day, and what they count together fades with them."""

    def weights(self, rows: np.ndarray) -> np.ndarray:
        """What each past deal of one investor counts."""
        faded = fading(self.past.start - self.past.events.day[rows], self.half_life)
        counted: np.ndarray = faded / (faded.sum() + SHRINKAGE)
        return counted


WAYS: dict[str, Callable[[Data], transfer.Profiles]] = {
    "never": partial(transfer.Profiles, half_life=math.inf),
    "four_years": partial(transfer.Profiles, half_life=1460.0),
    "shipped": transfer.Profiles,
    "one_year": partial(transfer.Profiles, half_life=365.0),
    "shrinking": Shrinking,
}


@dataclass
class Found:
    """Per query (an investor at a moment): who, how many deals before, and [ways, measures]."""

    investor: list[int] = field(default_factory=list)
    deals: list[int] = field(default_factory=list)
    figures: list[list[tuple[float, float]]] = field(default_factory=list)

    def add(self, other: "Found") -> None:
        """Take over the queries of another moment."""
        self.investor += other.investor
        self.deals += other.deals
        self.figures += other.figures


def past_moments(data: Data) -> list[tuple[Data, dict[int, list[int]]]]:
    """What was known at each, and investor → positions of the candidates it then backed."""
    found = []
    for start, end in transfer.past_windows(data.start, PAST_MOMENTS):
        past, pairs = as_of(data, start, end)
        wanted: dict[int, list[int]] = {}
        for investor, project in pairs.tolist():
            wanted.setdefault(investor, []).append(int(np.searchsorted(past.candidates.project, project)))
        found.append((past, wanted))
    return found


def truth(data: Data, folder: Path) -> dict[int, list[int]]:
    """Investor → positions of the candidates it backed in the validation window."""
    places = {data.project_ids[p]: at for at, p in enumerate(data.candidates.project.tolist())}
    investors = {name: number for number, name in enumerate(data.investor_ids)}
    wanted: dict[int, list[int]] = {}
    for row in read_rows(folder / "truth_val.csv.gz"):
        wanted.setdefault(investors[row["investor_id"]], []).append(places[row["project_id"]])
    return wanted


def measure(known: Data, wanted: dict[int, list[int]]) -> Found:
    """One moment, each way fitted on the same past pairs."""
    ways = [(make(known), transfer.fit(transfer.sample(known, make=make)[0])) for make in WAYS.values()]
    found = Found()
    everybody = np.arange(len(known.candidates.project))
    for investor, positions in sorted(wanted.items()):
        rows = ways[0][0].rows.get(investor)
        if rows is None:
            continue
        own = np.isin(known.candidates.project, known.events.project[rows])
        left = [at for at in positions if not own[at]]
        if left:
            found.investor.append(investor)
            found.deals.append(len(rows))
            found.figures.append([
                _figures(profiles.history(investor, everybody) @ fit.coefficients[:-1] + fit.coefficients[-1], left, own)
                for profiles, fit in ways
            ])  # fmt: skip
    return found


def _figures(scores: np.ndarray, left: list[int], own: np.ndarray) -> tuple[float, float]:
    """NDCG@10 of the candidates that were backed, and their log likelihood, balanced as the fit is."""
    ranks = np.empty(len(scores), dtype=np.int64)
    ranks[np.argsort(-np.where(own, -np.inf, scores), kind="stable")] = np.arange(1, len(scores) + 1)
    others = ~own
    others[left] = False
    came, stayed = np.logaddexp(0, -scores[left]).mean(), np.logaddexp(0, scores[others]).mean()
    return ndcg(ranks[left], 10), float(-(came + stayed) / 2)


def compared(found: Found, chosen: Callable[[np.ndarray], np.ndarray]) -> dict[str, Any]:
    """Figures of the queries whose number of deals is chosen."""
    inside = chosen(np.array(found.deals))
    names = np.array(found.investor)[inside].tolist()
    table = np.array(found.figures)[inside]
    told: dict[str, Any] = {"queries": int(inside.sum())}
    for number, measured in enumerate(MEASURES):
        told[measured] = {way: round(float(table[:, at, number].mean()), 5) for at, way in enumerate(WAYS)}
        told[f"{measured}_gain"] = {
            way: clustered_interval(table[:, at, number] - table[:, 0, number], clusters=names).as_dict()
            for at, way in enumerate(WAYS)
            if at
        }
    return told


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    top = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    top.add_argument("--data", type=Path, default=Path("../shared/data/matching"))
    options = top.parse_args(arguments)
    data = load(options.data, SPLITS["validation"])
    earlier = Found()
    for known, wanted in past_moments(data):
        earlier.add(measure(known, wanted))
    told = {
        f"{moment}/{group}": compared(found, chosen)
        for moment, found in (("validation", measure(data, truth(data, options.data))), ("earlier", earlier))
        for group, chosen in (
            ("all", lambda deals: deals > 0),
            ("warm", lambda deals: deals >= WARM),
            ("light", lambda deals: deals < WARM),
        )
    }
    print(json.dumps(told, indent=1))
    gains = [entry[f"{measured}_gain"]["shipped"] for entry in told.values() for measured in MEASURES]
    return 1 if any(gain["high"] < 0 for gain in gains) else 0


if __name__ == "__main__":
    sys.exit(main())
