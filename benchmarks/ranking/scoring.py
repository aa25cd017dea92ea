"""Speed of scoring one mandate against many projects, beside the bare float32 product over the same arrays.

    python -m benchmarks.ranking.scoring [--sizes 10000 100000 1000000]

Prints one JSON object; exit code 1 when scoring with the mask takes more than three times the bare product. Arrays are memory-mapped from disk as in production. Timed (median of `--repeats`, interleaved): the bare product
`X @ w`; the constraint mask plus the scores; the same with the first 50 places arranged. A second process maps the same
files and scores; its proportional set size (Linux) shows that the matrix is not copied.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ml import constraints
from ml.columns import INSTRUMENTS, STAGES, base_genres
from ml.matrix import ProjectMatrix, build_matrix
from ml.rank import Ranker

DISTINCT = 2000
LIMIT = 3.0
MANDATE = {
    "constraints": {
        "genres_none": ["horror", "mafia"],
        "regions_any": ["CN"],
        "stages_any": ["development", "financing", "pre_production"],
        "ask": {"max": {"amount_minor": 800_000_000, "currency": "CNY"}},
    },
    "preferences": {
        "genres": {"female_growth": 1.0, "revenge": 0.6, "ceo": -0.8},
        "text": "女性成长 家庭 revenge and comeback",
        "ticket": {"amount_minor": 100_000_000, "currency": "CNY"},
    },
}


def synthetic_projects(count: int, seed: int = 3) -> list[dict[str, Any]]:
    """Invented projects with the fields of the public interface."""
    rng, genres = np.random.default_rng(seed), base_genres()
    projects = []
    for number in range(count):
        ask = int(rng.integers(20, 2000)) * 1_000_000
        chosen = rng.choice(len(genres), int(rng.integers(1, 5)), replace=False)
        terms = [genres[term] for term in chosen]
        projects.append(
            {
                "id": f"prj_{number:08d}",
                "title": {"zh": f"样例项目{number}", "en": f"Sample {number}"},
                "logline": "一个关于" + "、".join(terms) + "的故事",
                "genres": terms,
                "languages": ["zh-CN"],
                "regions": [str(rng.choice(["CN-ZJ", "CN-SH", "CN-GD", "US"]))],
                "stage": str(rng.choice(STAGES)),
                "instruments": [str(rng.choice(INSTRUMENTS))],
                "ask": {"amount_minor": ask, "currency": "CNY"},
                "budget": {"amount_minor": 2 * ask, "currency": "CNY"},
                "min_ticket": {"amount_minor": ask // 20, "currency": "CNY"},
                "team": [{"name": "A", "role": "director", "credits": int(rng.integers(0, 12))}],
                "signals": {"interactions": int(rng.integers(0, 3)), "age_days": float(rng.integers(0, 200))},
            }
        )
    return projects


def enlarged(small: ProjectMatrix, size: int) -> ProjectMatrix:
    """`size` rows that repeat the small matrix with their own ids (building a million texts is not what is timed)."""
    rows = np.arange(size) % len(small)
    columns = small.columns.take(np.arange(len(small)))
    lengths = np.diff(np.concatenate([[0], columns.text_ends]))[rows]
    repeated = {
        name: getattr(columns, name)[rows]
        for name in columns.array_names()
        if name not in ("text", "text_ends")
    }
    text = np.tile(columns.text, -(-size // len(small)))[: int(lengths.sum())]
    return replace(
        small,
        x=small.x[rows],
        ids=np.array([f"prj_{number:08d}".encode() for number in range(size)]),
        cold=small.cold[rows],
        columns=replace(columns, **repeated, text=text, text_ends=np.cumsum(lengths)),
        version=f"synthetic-{size}",
    )


def timed(work: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Median seconds of each piece of work, taken in turns so that all meet the same load."""
    samples: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(repeats + 1):
        for name, function in work.items():
            started = time.perf_counter()
            function()
            samples[name].append(time.perf_counter() - started)
    return {name: statistics.median(values[1:]) for name, values in samples.items()}


def measure(ranker: Ranker, folder: Path, repeats: int) -> dict[str, Any]:
    """Times and ratios for the matrix saved in `folder`."""
    matrix = ProjectMatrix.load(folder)
    weights = ranker.mandate_weights(MANDATE)
    many = [weights] * 16

    def scored() -> np.ndarray:
        return ranker.score(matrix, weights, constraints.mask(MANDATE, matrix.columns))

    times = timed(
        {
            "bare": lambda: matrix.x @ weights.vector,
            "scored": scored,
            "mask": lambda: constraints.mask(MANDATE, matrix.columns),
            "top_50": lambda: ranker.place(matrix, weights, scored(), 50),
            "sixteen_mandates": lambda: ranker.score_many(matrix, many),
        },
        repeats,
    )
    return {
        "projects": len(matrix),
        "columns": matrix.spec.width,
        "milliseconds": {name: round(1000 * value, 3) for name, value in times.items()},
        "ratio_scored_to_bare": round(times["scored"] / times["bare"], 3),
        "ratio_top_50_to_bare": round(times["top_50"] / times["bare"], 3),
        "each_of_sixteen_to_bare": round(times["sixteen_mandates"] / 16 / times["bare"], 3),
        "memory": second_process(folder),
    }


_CHILD = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
import json
from benchmarks.ranking.scoring import MANDATE
from ml import constraints
from ml.matrix import ProjectMatrix
from ml.rank import Ranker
matrix = ProjectMatrix.load(sys.argv[2])
ranker = Ranker.shipped()
ranker.score(matrix, ranker.mandate_weights(MANDATE), constraints.mask(MANDATE, matrix.columns))
rollup = Path("/proc/self/smaps_rollup")
fields = dict(line.split(":") for line in rollup.read_text().splitlines()[1:]) if rollup.exists() else {}
print(json.dumps({k: int(v.split()[0]) * 1024 for k, v in fields.items() if k in ("Rss", "Pss", "Private_Dirty")}))
"""


def second_process(folder: Path) -> dict[str, int]:
    """Rss, Pss and private dirty bytes of another process that has scored the same files."""
    root = str(Path(__file__).resolve().parents[2])
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, root, str(folder)], check=True, capture_output=True, text=True
    )
    matrix_bytes = sum(path.stat().st_size for path in folder.rglob("x.npy"))
    return json.loads(done.stdout) | {"matrix_bytes": matrix_bytes}


def main() -> int:
    """Measure every size and print the JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    ranker = Ranker.shipped()
    small = build_matrix(synthetic_projects(DISTINCT), ranker.model)
    report = []
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            enlarged(small, size).save(folder)
            report.append(measure(ranker, Path(folder), options.repeats))
    print(json.dumps({"limit": LIMIT, "sizes": report}))
    return 0 if all(row["ratio_scored_to_bare"] <= LIMIT for row in report) else 1


if __name__ == "__main__":
    sys.exit(main())
