"""The table of the matching benchmark from its kept result: every ranker on every headline, with intervals.

    python -m benchmarks.ranking.table [benchmarks/results/ranking-quality.json]

Below it the paired differences of what ranks the benchmark (`blend`) to each other ranker. Exit code 1 without a result.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

RESULT = Path(__file__).resolve().parents[1] / "results" / "ranking-quality.json"
HEADLINE = (
    ("warm", "all"),
    ("warm", "cold_projects"),
    ("light", "all"),
    ("declared", "all"),
    ("cold", "all"),
    ("warm", "reverse_all"),
)
NAMES = {
    "blend": "blend (ours)",
    "additive": "blend distilled, additive (ours)",
    "linear": "logistic, all features (ours)",
    "logistic_pairs": "logistic, pair features",
    "hist_boosting_pairs": "HistGradientBoosting, pair features",
    "lambda_rank_pairs": "LightGBM LambdaRank, pair features",
    "random": "random",
    "popularity": "popularity",
    "tfidf_cosine": "TF-IDF cosine",
    "rule_fit": "mandate-rule fit",
    "user_neighbours": "user-kNN",
    "item_neighbours": "item-kNN",
    "als": "ALS",
    "bpr": "BPR",
}


def lines(report: dict[str, Any]) -> Iterator[str]:
    """The table, line by line: NDCG@10 with its 95% interval, then paired differences of the blend."""
    wide = max(map(len, NAMES.values()))
    heads = [f"{set_name} / {part.replace('_', ' ')}" for set_name, part in HEADLINE]
    yield f"NDCG@10, split {report['split']}, means of {len(report['seeds'])} seeds, 95% intervals over queries"
    yield " " * wide + "".join(f"  {head:>22}" for head in heads)
    for name, sets in report["models"].items():
        cells = (sets.get(set_name, {}).get(part, {}).get("ndcg@10") for set_name, part in HEADLINE)
        yield f"{NAMES[name]:<{wide}}" + "".join(f"  {_told(cell):>22}" for cell in cells)
    yield "paired difference of the blend to"
    paired = report["paired"]["blend"]
    for name in report["models"]:
        if name != "blend":
            cells = (paired.get(set_name, {}).get(part, {}).get(name) for set_name, part in HEADLINE)
            yield f"{NAMES[name]:<{wide}}" + "".join(f"  {_told(cell, '+'):>22}" for cell in cells)


def _told(figure: dict[str, Any] | None, sign: str = "") -> str:
    if figure is None:
        return "–"
    low, high = figure["ci95"]
    return f"{figure['mean']:{sign}.3f} [{low:{sign}.3f}, {high:{sign}.3f}]"


def main() -> int:
    """Print the table of a kept result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("result", type=Path, nargs="?", default=RESULT)
    options = parser.parse_args()
    if not options.result.is_file():
        print(f"{options.result} is not there: run python -m benchmarks.ranking.quality", file=sys.stderr)
        return 1
    print("\n".join(lines(json.loads(options.result.read_text("utf-8")))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
