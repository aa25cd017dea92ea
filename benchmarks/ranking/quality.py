"""Quality of the ranker and its peers on the matching benchmark, in one run.

    python -m benchmarks.ranking.quality [--data ../shared/data/matching] [--split validation] [--model blend linear]

Prints one JSON object, and the headline on stderr; exit code 1 unless the first model is ahead of both
peers on the headline sets, on warm/all with an interval above zero.
Runs the benchmark's own evaluator (evaluate.py in the data folder; it needs pandas) on ours, popularity and TF-IDF
cosine, and adds the paired difference per query with its 95% bootstrap interval. `--truth` names the folder of the
truth file when it is kept apart.
"""

import argparse
import importlib.util
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from ml.benchmark import peers
from ml.benchmark.data import SPLITS, load
from ml.benchmark.run import rank_benchmark

SETS = ("warm", "light", "cold", "declared")
HEADLINE = (("warm", "all"), ("warm", "cold_projects"), ("declared", "all"))
LICENCE = "Contains information from Crunchbase (crunchbase.com), October 2013 export, CC BY; modified."


def load_evaluator(folder: Path) -> Any:
    """The benchmark's evaluate.py, whose `summary` also keeps the figures of each query."""
    spec = importlib.util.spec_from_file_location("matching_evaluate", folder / "evaluate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    plain = module.summary

    def summary(rows: list[tuple[float, ...]], shown: set[int], size: int, boot: int) -> dict[str, Any]:
        return plain(rows, shown, size, boot) | {"per_query": [row[0] for row in rows]}

    module.summary = summary
    return module


def peer_scores(folder: Path, split: str) -> dict[str, dict[str, tuple[list[str], list[str], np.ndarray]]]:
    """Scores (investor ids, project ids, matrix) of each peer by kind of query."""
    data = load(folder, SPLITS[split])
    hidden = np.array([m.investor for m in data.mandates if m.source == "history"])
    blind = data.without_investors(hidden)
    projects = [data.project_ids[project] for project in data.candidates.project]
    result = {}
    for name, peer in (("popularity", peers.popularity), ("tfidf_cosine", peers.tfidf_cosine)):
        both = peer(data, blind)
        result[name] = {}
        for kind, rows in (("history", list(both.history)), ("mandate", list(both.mandate))):
            investors = [data.investor_ids[investor] for investor, _ in rows]
            result[name][kind] = (
                investors,
                projects,
                np.array([scores for _, scores in rows], dtype=np.float32),
            )
    return result


def paired(ours: list[float], theirs: list[float], draws: int = 1000) -> dict[str, Any]:
    """Mean difference per query and its bootstrap interval over queries."""
    difference = np.array(ours) - np.array(theirs)
    chosen = np.random.default_rng(0).integers(0, len(difference), (draws, len(difference)))
    low, high = np.percentile(difference[chosen].mean(axis=1), [2.5, 97.5])
    return {
        "difference": round(float(difference.mean()), 5),
        "ci95": [round(float(low), 5), round(float(high), 5)],
    }


def compare(options: argparse.Namespace) -> dict[str, Any]:
    """The table of all rankers, sets and slices with paired differences of ours to each peer."""
    evaluator, window = load_evaluator(options.data), SPLITS[options.split].window
    report: dict[str, Any] = {
        "source": LICENCE,
        "split": options.split,
        "seed": options.seed,
        "models": {},
        "paired": {},
    }
    with tempfile.TemporaryDirectory() as folder:
        sources: dict[str, Any] = dict(peer_scores(options.data, options.split))
        for model in options.model:
            path = Path(folder) / f"{model}.csv.gz"
            times = rank_benchmark(options.data, options.split, path, model, options.seed)
            report["models"][model] = {"seconds": {key: round(value, 1) for key, value in times.items()}}
            sources[model] = str(path)
        for set_name in SETS:
            kind = "history" if set_name in ("warm", "light") else "mandate"
            tables = {}
            for name, source in sources.items():
                scores = source if isinstance(source, str) else source[kind]
                tables[name] = evaluator.evaluate(
                    str(options.data),
                    window,
                    scores,
                    set_name,
                    options.boot,
                    truth=str(options.truth or options.data),
                )
            for name in options.model:
                report["paired"].setdefault(name, {})[set_name] = {
                    slice_name: {
                        peer: paired(figures["per_query"], tables[peer][slice_name]["per_query"])
                        for peer in tables
                        if peer not in options.model
                    }
                    for slice_name, figures in tables[name].items()
                    if isinstance(figures, dict) and figures["queries"]
                }
            for name, table in tables.items():
                for figures in table.values():
                    if isinstance(figures, dict):
                        figures.pop("per_query", None)
                report["models"].setdefault(name, {})[set_name] = table
    return report


def main() -> int:
    """Print the report; 1 when a peer is not beaten."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", type=Path, default=Path(__file__).resolve().parents[3] / "shared/data/matching"
    )
    parser.add_argument("--truth", type=Path)
    parser.add_argument("--split", choices=sorted(SPLITS), default="validation")
    parser.add_argument(
        "--model", nargs="+", default=["blend", "linear"], choices=["blend", "linear", "boosted", "listwise"]
    )
    parser.add_argument("--boot", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    report = compare(options)
    print(json.dumps(report))
    for name, sets in report["models"].items():
        cells = [f"{set_name}/{part} {sets[set_name][part]['ndcg@10']:.3f}" for set_name, part in HEADLINE]
        print(f"{name:>14}  " + "  ".join(cells), file=sys.stderr)
    ours = report["paired"][options.model[0]]
    compared = [ours[set_name][part] for set_name, part in HEADLINE]
    ahead = all(peer["difference"] > 0 for cell in compared for peer in cell.values())
    certain = all(peer["ci95"][0] > 0 for peer in ours["warm"]["all"].values())
    return 0 if ahead and certain else 1


if __name__ == "__main__":
    sys.exit(main())
