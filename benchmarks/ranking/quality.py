"""Quality of the ranker and its references on the matching benchmark, in one run.

    python -m benchmarks.ranking.quality [--data ../shared/data/matching] [--split validation] [--seeds 3]

Prints one JSON object, and the table on stderr; exit code 1 unless ours (`blend`) is above every declared floor and
behind no reference on the headline. The benchmark's own evaluator (evaluate.py in the data folder; it needs pandas)
measures all; figures are means over the seeds, intervals 95% bootstrap over queries, differences paired by query.
`--truth` names the folder of the truth file when it is kept apart. Scores are those of `python -m ml rank-benchmark`,
kept in memory so that all share one computation of the features.
"""

import argparse
import importlib.util
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.ranking import references, table
from ml.benchmark.data import SPLITS, Data, Mandate, load, read_rows
from ml.benchmark.distil import distil
from ml.benchmark.features import HistoryFeatures
from ml.benchmark.mandates import MandateFeatures
from ml.benchmark.models import fit
from ml.benchmark.pairs import Sample
from ml.benchmark.run import (
    BLOCK,
    fit_stated,
    history_samples,
    mandate_samples,
    newcomer_sample,
    without_declared,
)
from ml.benchmark.view import View, name_counts

SETS = {"warm": "history", "light": "history", "cold": "mandate", "declared": "mandate"}
OURS = ("blend", "additive", "linear")
FLOORS = {
    ("warm", "all"): 0.120,
    ("warm", "cold_projects"): 0.150,
    ("declared", "all"): 0.100,
    ("light", "all"): 0.0,
    ("cold", "all"): 0.0,
    ("warm", "reverse_all"): 0.18,
}
LICENCE = "Contains information from Crunchbase (crunchbase.com), October 2013 export, CC BY; modified."

Scorer = Callable[[np.ndarray], np.ndarray]
Scores = dict[str, list[np.ndarray]]  # name -> [investors, candidates] for each seed


def load_evaluator(folder: Path) -> Any:
    """The benchmark's evaluate.py, whose `summary` also keeps the figures of each query."""
    spec = importlib.util.spec_from_file_location("matching_evaluate", folder / "evaluate.py")
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    plain = module.summary

    def summary(rows: list[tuple[float, ...]], shown: set[int], size: int, boot: int) -> dict[str, Any]:
        return plain(rows, shown, size, boot) | {"per_query": [row[0] for row in rows]}

    module.summary = summary
    return module


def scorers(
    samples: list[Sample], seeds: list[int], interactions: list[list[str]]
) -> dict[str, list[Scorer]]:
    """Ours for histories, and the references that learn from the features of plain matching, once per seed. The pairs
    that the additive one of the first seed looks at together are put into `interactions`."""
    result: dict[str, list[Scorer]] = {}
    for sample, seed in zip(samples, seeds, strict=True):
        blend = fit("blend", sample, seed)
        distilled = distil(blend, sample, seed)
        if seed == seeds[0]:
            interactions.extend(list(pair) for pair in distilled.pairs)
        for name, model in zip(OURS, (blend, distilled, fit("linear", sample, seed)), strict=True):
            result.setdefault(name, []).append(model.score)
        for name, scorer in _references(sample, seed).items():
            result.setdefault(name, []).append(scorer)
    return result


def stated_scorers(
    samples: list[Sample], newcomers: Sample, seeds: list[int]
) -> dict[str, dict[str, list[Scorer]]]:
    """The same for mandates, by their source."""
    result: dict[str, dict[str, list[Scorer]]] = {}
    for sample, seed in zip(samples, seeds, strict=True):
        learnt = _references(sample, seed)
        for name in OURS:
            for source, model in fit_stated(name, sample, newcomers, seed).items():
                result.setdefault(source, {}).setdefault(name, []).append(model.score)
        for scored in result.values():
            for name, scorer in learnt.items():
                scored.setdefault(name, []).append(scorer)
    return result


def _references(sample: Sample, seed: int) -> dict[str, Scorer]:
    plain = sample.plain()
    return {
        "logistic_pairs": _narrowed(fit("linear", plain, seed), plain.core),
        "hist_boosting_pairs": _narrowed(fit("boosted", plain, seed), plain.core),
        "lambda_rank_pairs": _narrowed(references.LambdaRank.fit(plain, seed), plain.core),
    }


def _narrowed(model: Any, width: int) -> Scorer:
    return lambda features: model.score(features[..., :width])


def _apply(learnt: dict[str, list[Scorer]], blocks: Iterator[np.ndarray]) -> Scores:
    found: dict[str, list[list[np.ndarray]]] = {name: [[] for _ in each] for name, each in learnt.items()}
    for block in blocks:
        for name, each in learnt.items():
            for seed, scorer in enumerate(each):
                found[name][seed].append(scorer(block).astype(np.float32))
    return {name: [np.concatenate(parts) for parts in each] for name, each in found.items()}


def history_scores(
    data: Data, counts: Any, rows: np.ndarray, seeds: list[int], interactions: list[list[str]]
) -> Scores:
    """Scores of investors with a past; `interactions` is filled as by `scorers`."""
    learnt = scorers(history_samples(data, counts, seeds), seeds, interactions)
    view = View(data, counts)
    features = HistoryFeatures(view)
    blocks = (features.block(rows[start : start + BLOCK]) for start in range(0, len(rows), BLOCK))
    result = _apply(learnt, blocks)
    size = (len(rows), len(data.candidates.project))
    result["random"] = [references.random_scores(*size, seed) for seed in seeds]
    result["popularity"] = [np.broadcast_to(references.popularity(data), size)]
    result["tfidf_cosine"] = [references.history_cosine(view, rows)]
    result["rule_fit"] = [references.rule_fit(data, references.stated_by_history(view, rows))]
    result["user_neighbours"] = [references.user_neighbours(view, rows)]
    result["item_neighbours"] = [references.item_neighbours(view, rows)]
    for kind in ("als", "bpr"):
        result[kind] = [references.factors(view, rows, kind, seed) for seed in seeds]
    return result


def mandate_scores(blind: Data, counts: Any, seeds: list[int]) -> tuple[list[str], Scores]:
    """Investors and scores of stated mandates; `blind` holds no row of the declared investors."""
    view = View(blind, counts)
    features = MandateFeatures(view, HistoryFeatures(view))
    stated: list[Mandate] = []
    parts: list[Scores] = []
    for source, learnt in stated_scorers(
        mandate_samples(blind, counts, seeds), newcomer_sample(blind, counts), seeds
    ).items():
        mine = [mandate for mandate in blind.mandates if mandate.source == source]
        starts = range(0, len(mine), BLOCK)
        parts.append(_apply(learnt, (features.block(mine[start : start + BLOCK]) for start in starts)))
        stated += mine
    result = {
        name: [np.concatenate([part[name][number] for part in parts]) for number in range(len(seeds))]
        for name in parts[0]
    }
    size = (len(stated), len(blind.candidates.project))
    result["random"] = [references.random_scores(*size, seed) for seed in seeds]
    result["popularity"] = [np.broadcast_to(references.popularity(blind), size)]
    result["tfidf_cosine"] = [view.bags.mandate_cosine(stated)]
    result["rule_fit"] = [references.rule_fit(blind, stated)]
    return [blind.investor_ids[mandate.investor] for mandate in stated], result


def interval(values: np.ndarray, draws: int = 1000) -> dict[str, Any]:
    """Mean over queries with its bootstrap interval."""
    chosen = np.random.default_rng(0).integers(0, len(values), (draws, len(values)))
    low, high = np.percentile(values[chosen].mean(axis=1), [2.5, 97.5])
    return {"mean": round(float(values.mean()), 5), "ci95": [round(float(low), 5), round(float(high), 5)]}


def tables(
    evaluator: Any,
    options: argparse.Namespace,
    investors: list[str],
    projects: list[str],
    scores: Scores,
    set_name: str,
) -> dict[str, Any]:
    """Per model and slice: NDCG@10 of each query as a mean over seeds, and the other metrics of the first seed."""
    result: dict[str, Any] = {}
    for name, each in scores.items():
        runs = [
            evaluator.evaluate(
                str(options.data), SPLITS[options.split].window, (investors, projects, matrix), set_name, 0,
                truth=str(options.truth or options.data),
            )
            for matrix in each
        ]  # fmt: skip
        result[name] = {
            part: {key: value for key, value in figures.items() if key != "per_query"}
            | {"per_query": np.mean([run[part]["per_query"] for run in runs], axis=0)}
            for part, figures in runs[0].items()
            if isinstance(figures, dict) and figures["queries"]
        }
    return result


def compare(options: argparse.Namespace) -> dict[str, Any]:
    """The table of all rankers, sets and slices with paired differences of ours to each reference."""
    evaluator, split = load_evaluator(options.data), SPLITS[options.split]
    started, seeds = time.perf_counter(), list(range(options.seeds))
    data = load(options.data, split)
    counts, blind = name_counts(data.names), without_declared(data)
    asked = {
        row["investor_id"]
        for row in read_rows((options.truth or options.data) / f"truth_{split.window}.csv.gz")
    }
    projects = np.diff(View(data, counts).bipartite.indptr)
    named = np.isin(np.array(data.investor_ids), sorted(asked))
    rows = np.flatnonzero((projects >= 3) | (named & (projects > 0)))
    ids = {"history": [data.investor_ids[row] for row in rows]}
    interactions: list[list[str]] = []
    by_query = {"history": history_scores(data, counts, rows, seeds, interactions)}
    ids["mandate"], by_query["mandate"] = mandate_scores(blind, counts, seeds)
    candidates = [data.project_ids[project] for project in data.candidates.project]
    report: dict[str, Any] = {
        "source": LICENCE,
        "split": split.name,
        "seeds": seeds,
        "interactions": interactions,
        "models": {},
        "paired": {},
    }
    for set_name, query in SETS.items():
        found = tables(evaluator, options, ids[query], candidates, by_query[query], set_name)
        for name, parts in found.items():
            report["models"].setdefault(name, {})[set_name] = {
                part: figures | {"ndcg@10": interval(figures["per_query"]), "per_query": None}
                for part, figures in parts.items()
            }
        for name in OURS:
            report["paired"].setdefault(name, {})[set_name] = {
                part: {
                    other: interval(figures["per_query"] - found[other][part]["per_query"])
                    for other in found
                    if other != name
                }
                for part, figures in found[name].items()
            }
    report["seconds"] = round(time.perf_counter() - started, 1)
    return report


def headline(report: dict[str, Any]) -> bool:
    """Print the table; True when ours is above the floors and behind no reference."""
    print("\n".join(table.lines(report)), file=sys.stderr)
    good = True
    for (set_name, part), floor in FLOORS.items():
        mean = report["models"]["blend"][set_name][part]["ndcg@10"]["mean"]
        behind = {
            other: difference["mean"]
            for other, difference in report["paired"]["blend"][set_name][part].items()
            if difference["mean"] < 0 and other not in OURS
        }
        if mean < floor or behind:
            print(f"short: {set_name}/{part} {mean:.3f}, floor {floor}, behind {behind}", file=sys.stderr)
            good = False
    return good


def main() -> int:
    """Print the report; 1 when a floor or a reference is not reached."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", type=Path, default=Path(__file__).resolve().parents[3] / "shared/data/matching"
    )
    parser.add_argument("--truth", type=Path)
    parser.add_argument("--split", choices=sorted(SPLITS), default="validation")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    report = compare(options)
    print(json.dumps(report))
    return 0 if headline(report) else 1


if __name__ == "__main__":
    sys.exit(main())
