"""What follows the scores, measured on the matching benchmark: a second stage, variety and exploration.

    python -m benchmarks.ranking.stages [--data ../shared/data/matching] [--split validation]

Second stage: the best 500 candidates of an additive ranker (`linear`) are scored again by one that is not (`blend`). Told
are its recall loss (NDCG@10 and the first ten places against scoring every candidate by the second), what it gains over
the first stage alone, and its time (finding the 500, gathering their features, scoring and ordering them) to that of the
bare model call on the same 500 rows. Then the effect of arranging: the first 200 candidates of each asked investor are
placed by the product's own rule (`ml.arrange`), places 10, 20 … for newcomers (projects without a known investor) drawn
by Thompson sampling, and maximal marginal relevance with the cosine of TF-IDF bags as likeness. One seed; differences
are paired by query, intervals 95% bootstrap. Prints one JSON object; exit code 1 when the second stage takes more than 1.5
times its bare model call, loses more than 0.001 in NDCG@10, or when the usual variety costs more than 0.005.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from ml.arrange import DIVERSITY, EXPLORATION_EVERY, Head, arrange, thompson
from ml.benchmark.data import SPLITS, Data, load, read_rows
from ml.benchmark.features import HistoryFeatures
from ml.benchmark.models import fit
from ml.benchmark.pairs import PairModel
from ml.benchmark.run import BLOCK, WARM, history_samples
from ml.benchmark.view import View, name_counts
from ml.measure import list_likeness, ndcg, paired_interval

BEST = 500
LIMIT, MOST_LOST, MOST_COST = 1.5, 0.001, 0.005
POOL, SHOWN, SHORTLIST = 200, 20, 500
ARRANGED = {
    "plain": (0.0, False),
    **{f"diversity_{part * DIVERSITY:g}": (part * DIVERSITY, False) for part in (1, 2, 3, 8, 16)},
    "exploration": (0.0, True),
    "as_shown": (DIVERSITY, True),
}
DEVIATION = 0.5


class Queries:
    """The investors that are asked for, what they have and what they want."""

    def __init__(self, data: Data, view: View, options: argparse.Namespace) -> None:
        self.data, self.view = data, view
        investors = {name: number for number, name in enumerate(data.investor_ids)}
        places = {data.project_ids[p]: place for place, p in enumerate(data.candidates.project.tolist())}
        wanted: dict[int, set[int]] = {}
        path = (options.truth or options.data) / f"truth_{SPLITS[options.split].window}.csv.gz"
        for row in read_rows(path):
            wanted.setdefault(investors[row["investor_id"]], set()).add(places[row["project_id"]])
        known = np.diff(view.bipartite.indptr)
        self.wanted = {
            number: left
            for number, all_wanted in sorted(wanted.items())
            if known[number] and (left := all_wanted - set(view.backers[number].indices.tolist()))
        }
        self.rows = np.array(list(self.wanted), dtype=np.int64)
        self.warm = known[self.rows] >= WARM

    def without_own(self, scores: np.ndarray) -> np.ndarray:
        """Scores [investors, candidates] with -inf where an investor is in already."""
        found = scores.astype(np.float64)
        for at, number in enumerate(self.rows.tolist()):
            found[at, self.view.backers[number].indices] = -np.inf
        return found


def second_stage(
    queries: Queries, first: np.ndarray, second: np.ndarray, chosen: np.ndarray
) -> dict[str, Any]:
    """What is lost by scoring only the best of the first stage again, and what is gained over the first alone."""
    figures: dict[str, list[float]] = {
        "first": [],
        "both": [],
        "second": [],
        "wanted_kept": [],
        "ten_kept": [],
    }
    for at in np.flatnonzero(chosen):
        wanted = sorted(queries.wanted[int(queries.rows[at])])
        best = np.argsort(-first[at], kind="stable")[:BEST]
        both = np.full(first.shape[1], -np.inf)
        both[best] = second[at][best]
        figures["first"].append(ndcg(_places(first[at])[wanted], 10))
        figures["second"].append(ndcg(_places(second[at])[wanted], 10))
        figures["both"].append(ndcg(_places(both)[wanted], 10))
        figures["wanted_kept"].append(float(np.isin(wanted, best).mean()))
        figures["ten_kept"].append(float(np.isin(np.argsort(-second[at], kind="stable")[:10], best).mean()))
    tables = {name: np.array(values) for name, values in figures.items()}
    return {
        "queries": len(tables["both"]),
        "ndcg@10": {name: round(float(tables[name].mean()), 5) for name in ("first", "both", "second")},
        "gain_over_first": _interval(tables["both"], tables["first"]),
        "loss_to_second_alone": _interval(tables["second"], tables["both"]),
        "wanted_in_best_500": round(float(tables["wanted_kept"].mean()), 4),
        "first_ten_of_second_in_best_500": round(float(tables["ten_kept"].mean()), 5),
    }


def _interval(ours: np.ndarray, theirs: np.ndarray) -> dict[str, float]:
    return {name: round(value, 5) for name, value in vars(paired_interval(ours, theirs)).items()}


def _places(scores: np.ndarray) -> np.ndarray:
    found = np.empty(len(scores), dtype=np.int64)
    found[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
    return found


def timed(model: PairModel, features: np.ndarray, first: np.ndarray, repeats: int = 3) -> dict[str, float]:
    """Milliseconds of the bare model call on 500 rows and of the whole second stage, interleaved."""
    bare = whole = 0.0
    for block, scores in list(zip(features, first, strict=True)) * repeats:
        rows = block[np.argpartition(-scores, BEST)[:BEST]]
        begun = time.perf_counter()
        model.score(rows[None])
        bare += time.perf_counter() - begun
        begun = time.perf_counter()
        best = np.argpartition(-scores, BEST)[:BEST]
        again = model.score(block[best][None])[0]
        best[np.argsort(-again, kind="stable")]
        whole += time.perf_counter() - begun
    calls = len(features) * repeats
    return {
        "bare_ms": round(1000 * bare / calls, 2),
        "whole_ms": round(1000 * whole / calls, 2),
        "ratio": round(whole / bare, 3),
    }


def arranged(queries: Queries, scores: np.ndarray) -> dict[str, Any]:
    """Per way of arranging: paired differences of NDCG@10 and NDCG@20 to the plain list, likeness of the first ten, and
    the share of newcomers among the first twenty places."""
    unit = queries.view.bags.targets.T.tocsr()
    cold = queries.view.project_facts["backers"] == 0
    numbers: dict[str, list[list[float]]] = {name: [] for name in ARRANGED}
    for at in np.flatnonzero(queries.warm):
        wanted = queries.wanted[int(queries.rows[at])]
        for name, (diversity, explore) in ARRANGED.items():
            placed = np.array(_list(queries.data, scores[at], unit, cold, diversity, explore))
            numbers[name].append(_figures(placed, wanted, unit, cold))
    plain = np.array(numbers["plain"])
    tables = {name: np.array(rows) for name, rows in numbers.items()}
    return {
        name: {
            "ndcg@10": round(float(found[:, 0].mean()), 5),
            "ndcg@10_difference": _interval(found[:, 0], plain[:, 0]),
            "ndcg@20_difference": _interval(found[:, 1], plain[:, 1]),
            "likeness_first_ten": round(float(found[:, 2].mean()), 4),
            "newcomers_first_twenty": round(float(found[:, 3].mean()), 4),
        }
        for name, found in tables.items()
    } | {"explores_every": EXPLORATION_EVERY, "queries": len(plain)}


def _list(
    data: Data, logits: np.ndarray, unit: Any, cold: np.ndarray, diversity: float, explore: bool
) -> list[int]:
    order = np.argsort(-logits, kind="stable")[:POOL]
    order = order[logits[order] > -np.inf]
    likeness = unit[order].toarray() if diversity else None
    newcomers: tuple[int, ...] = ()
    if explore:
        eligible = np.flatnonzero(cold & (logits > -np.inf))
        eligible = eligible[np.argsort(-logits[eligible], kind="stable")][:SHORTLIST]
        names = np.array([data.project_ids[data.candidates.project[place]].encode() for place in eligible])
        drawn = thompson(names, logits[eligible], np.full(len(eligible), DEVIATION), seed=0)
        newcomers = tuple(eligible[drawn].tolist())
    return [row for row, _ in arrange(Head(order, logits[order], likeness, newcomers), SHOWN, diversity)]


def _figures(placed: np.ndarray, wanted: set[int], unit: Any, cold: np.ndarray) -> list[float]:
    ranks = np.flatnonzero(np.isin(placed, sorted(wanted))) + 1
    # All that is wanted counts in the ideal list; what was not shown stands behind.
    full = np.concatenate([ranks, np.full(len(wanted) - len(ranks), 10_000)])
    return [
        ndcg(full, 10),
        ndcg(full, 20),
        list_likeness(unit[placed[:10]].toarray()),
        float(cold[placed].mean()),
    ]


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """All figures."""
    data = load(options.data, SPLITS[options.split])
    counts = name_counts(data.names)
    view = View(data, counts)
    queries = Queries(data, view, options)
    sample = history_samples(data, counts, [0])[0]
    models = {name: fit(name, sample, 0) for name in ("linear", "blend")}
    features = HistoryFeatures(view)
    parts: dict[str, list[np.ndarray]] = {name: [] for name in models}
    for start in range(0, len(queries.rows), BLOCK):
        block = features.block(queries.rows[start : start + BLOCK])
        for name, model in models.items():
            parts[name].append(model.score(block))
    first, second = (queries.without_own(np.concatenate(parts[name])) for name in ("linear", "blend"))
    few = features.block(queries.rows[:8])
    return {
        "split": options.split,
        "candidates": len(data.candidates.project),
        "second_stage": {
            "best": BEST,
            "warm": second_stage(queries, first, second, queries.warm),
            "light": second_stage(queries, first, second, ~queries.warm),
            "time": timed(models["blend"], few, models["linear"].score(few)),
        },
        "arranging": arranged(queries, second),
    }


def kept(report: dict[str, Any]) -> bool:
    """Whether every promise holds."""
    stage = report["second_stage"]
    lost = max(stage[name]["loss_to_second_alone"]["mean"] for name in ("warm", "light"))
    cost = -report["arranging"]["as_shown"]["ndcg@10_difference"]["mean"]
    return stage["time"]["ratio"] <= LIMIT and lost <= MOST_LOST and cost <= MOST_COST


def main() -> int:
    """Print the report; 1 when a promise is not kept."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    shared = Path(__file__).resolve().parents[3] / "shared/data/matching"
    parser.add_argument("--data", type=Path, default=shared)
    parser.add_argument("--truth", type=Path)
    parser.add_argument("--split", choices=sorted(SPLITS), default="validation")
    report = measure(parser.parse_args())
    print(json.dumps(report, indent=1))
    return 0 if kept(report) else 1


if __name__ == "__main__":
    sys.exit(main())
