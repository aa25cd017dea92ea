"""What exploration and diversity cost and give, measured on the benchmark's warm investors.

The first 200 candidates of each asked investor are arranged by the product's own rule (`ml.arrange`): places 10, 20 …
for newcomers (projects without a known investor) drawn by Thompson sampling, and maximal marginal relevance with the
cosine of TF-IDF bags as likeness. Scores are put on the scale of logits by their spread, so that the declared
strengths mean the same as in the product.
"""

import argparse
from typing import Any

import numpy as np

from ml.arrange import EXPLORATION_EVERY, Head, arrange, thompson
from ml.benchmark.data import SPLITS, Data, read_rows
from ml.benchmark.view import View
from ml.measure import list_likeness, ndcg, paired_interval

POOL, SHOWN, SHORTLIST = 200, 20, 500
SETTINGS = {
    "diversity_0.15": (0.15, False),
    "diversity_0.5": (0.5, False),
    "diversity_1": (1.0, False),
    "exploration": (0.0, True),
    "both": (0.15, True),
}
DEVIATION = 0.5


def effects(
    data: Data, counts: Any, rows: np.ndarray, scores: np.ndarray, options: argparse.Namespace
) -> dict[str, Any]:
    """Per setting: paired differences of NDCG@10 and NDCG@20 to the plain list, likeness of the first ten, and the
    share of newcomers among the first twenty places."""
    view = View(data, counts)
    truth = _truth(data, options)
    unit = view.bags.targets.T.tocsr()
    cold = view.project_facts["backers"] == 0
    numbers: dict[str, list[list[float]]] = {}
    for row, investor in enumerate(rows.tolist()):
        wanted = truth.get(investor, set()) - set(view.backers[investor].indices.tolist())
        if not wanted or view.bipartite.indptr[investor + 1] - view.bipartite.indptr[investor] < 3:
            continue
        logits = scores[row].astype(np.float64)
        logits[view.backers[investor].indices] = -np.inf
        for name, setting in ({"plain": (0.0, False)} | SETTINGS).items():
            placed = np.array(_list(logits, unit, cold, data.project_ids, data.candidates.project, *setting))
            numbers.setdefault(name, []).append(_figures(placed, wanted, unit, cold))
    plain = np.array(numbers["plain"])
    return {
        name: {
            "ndcg@10": round(float(found[:, 0].mean()), 5),
            "ndcg@10_difference": vars(paired_interval(found[:, 0], plain[:, 0])),
            "ndcg@20_difference": vars(paired_interval(found[:, 1], plain[:, 1])),
            "likeness_first_ten": round(float(found[:, 2].mean()), 4),
            "newcomers_first_twenty": round(float(found[:, 3].mean()), 4),
        }
        for name, found in ((name, np.array(rows)) for name, rows in numbers.items())
    } | {"every": EXPLORATION_EVERY, "queries": len(plain)}


def _truth(data: Data, options: argparse.Namespace) -> dict[int, set[int]]:
    investors = {name: number for number, name in enumerate(data.investor_ids)}
    places = {
        data.project_ids[project]: place for place, project in enumerate(data.candidates.project.tolist())
    }
    found: dict[int, set[int]] = {}
    path = (options.truth or options.data) / f"truth_{SPLITS[options.split].window}.csv.gz"
    for row in read_rows(path):
        found.setdefault(investors[row["investor_id"]], set()).add(places[row["project_id"]])
    return found


def _list(
    logits: np.ndarray,
    unit: Any,
    cold: np.ndarray,
    ids: list[str],
    projects: np.ndarray,
    diversity: float,
    explore: bool,
) -> list[int]:
    order = np.argsort(-logits, kind="stable")[:POOL]
    order = order[logits[order] > -np.inf]
    likeness = unit[order].toarray() if diversity else None
    newcomers: tuple[int, ...] = ()
    if explore:
        eligible = np.flatnonzero(cold & (logits > -np.inf))
        eligible = eligible[np.argsort(-logits[eligible], kind="stable")][:SHORTLIST]
        names = np.array([ids[projects[place]].encode() for place in eligible])
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
