"""`dealflow rank file`: 1,000 mandates against 10,000 and 100,000 projects of a CSV file, its speed and its memory.

    python -m benchmarks.ranking.files [--mandates 1000] [--projects 10000 100000]

Each run is the command itself in a process of its own; its peak memory is the kernel's. Beside it, in one process and
over the same number of columns, the bare float32 product of mandates and projects with the best 50 of each mandate
found: what no ranking can do without. Prints JSON; exit code 1 when the peak is above MEMORY_LIMIT, when ten times the
mandates need more memory than a tenth as many plus SLACK, or when no progress was shown.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.ranking.scoring import synthetic_projects
from ml.columns import base_genres
from ml.rank import Ranker

TOP = 50
MEMORY_LIMIT, SLACK = 1024.0, 64.0  # MB
DISTINCT = 4000


def write_projects(path: Path, count: int) -> None:
    """A CSV file of invented projects; the texts repeat, the ids and amounts do not."""
    known = synthetic_projects(min(count, DISTINCT))
    header = ("id", "title_zh", "title_en", "logline", "genres", "languages", "regions", "stage", "instruments",
              "ask", "budget", "min_ticket", "credits")  # fmt: skip
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        for number in range(count):
            project = known[number % len(known)]
            money = [
                project[name]["amount_minor"] // 100 + number for name in ("ask", "budget", "min_ticket")
            ]
            writer.writerow([
                f"p{number}", f"样例项目{number}", f"Sample {number}", project["logline"], "|".join(project["genres"]),
                "zh-CN", project["regions"][0], project["stage"], project["instruments"][0], *money, project["team"][0]["credits"],
            ])  # fmt: skip


def write_mandates(path: Path, count: int) -> None:
    """A CSV file of invented mandates: genres wanted and not, a description, a ticket, a constraint."""
    rng, genres = np.random.default_rng(5), base_genres()
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("id", "name", "genres", "genres_none", "text", "ticket", "ask_max"))
        for number in range(count):
            liked = rng.choice(genres, 3, replace=False)
            ticket = int(rng.integers(5, 500)) * 10_000
            writer.writerow((
                f"m{number}", f"基金{number}", f"{liked[0]}:1;{liked[1]}:0.5", liked[2], "女性成长 家庭 comeback",
                ticket, ticket * 30,
            ))  # fmt: skip


def run(folder: Path, projects: int, mandates: int) -> dict[str, Any]:
    """Rank in a child process: seconds, peak memory in MB, rows, and how often the progress moved."""
    write_projects(folder / "p.csv", projects)
    write_mandates(folder / "m.csv", mandates)
    code = (
        "import json, sys; from ml.offline import rank_file; told = []\n"
        "done = rank_file(*sys.argv[1:4], progress=lambda *step: told.append(step))\n"
        "print(json.dumps([done.rows, len(set(told))]))"
    )
    command = [sys.executable, "-c", code, *(str(folder / name) for name in ("p.csv", "m.csv", "out.csv"))]
    begun = time.perf_counter()
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    )
    assert child.stdout is not None
    printed = child.stdout.read()
    _pid, status, usage = os.wait4(child.pid, 0)
    assert status == 0, printed
    rows, steps = json.loads(printed)
    cpu = usage.ru_utime + usage.ru_stime
    return {
        "projects": projects, "mandates": mandates, "rows": rows, "progress_steps": steps,
        "wall_s": round(time.perf_counter() - begun, 1), "cpu_s": round(cpu, 1),
        "peak_mb": round(usage.ru_maxrss / 1024, 1), "file_mb": round((folder / "p.csv").stat().st_size / 1e6, 1),
    }  # fmt: skip


def bare(projects: int, mandates: int) -> float:
    """CPU seconds of the product and of finding the best of each mandate, 64 mandates at a time."""
    width = Ranker.shipped().model.spec.width
    rng = np.random.default_rng(1)
    matrix = rng.random((projects, width), dtype=np.float32)
    weights = rng.random((width, mandates), dtype=np.float32)
    begun = time.process_time()
    for start in range(0, mandates, 64):
        scores = matrix @ weights[:, start : start + 64]
        for column in range(scores.shape[1]):
            np.argpartition(scores[:, column], projects - TOP)
    return time.process_time() - begun


def main() -> int:
    """Print the result; 1 when a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mandates", type=int, default=1000)
    parser.add_argument("--projects", type=int, nargs="+", default=[10_000, 100_000])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runs = [run(folder, count, options.mandates) for count in options.projects]
        few = run(folder, options.projects[-1], max(1, options.mandates // 10))
    for found in runs:
        found["bare_cpu_s"] = round(bare(found["projects"], options.mandates), 1)
        found["mandates_per_cpu_s"] = round(found["mandates"] / found["cpu_s"], 1)
    grown = runs[-1]["peak_mb"] - few["peak_mb"]
    kept = max(r["peak_mb"] for r in runs) <= MEMORY_LIMIT and grown <= SLACK
    kept = kept and all(r["progress_steps"] > 10 for r in runs)
    result = {
        "benchmark": "rank file", "runs": runs, "memory_limit_mb": MEMORY_LIMIT,
        "peak_mb_with_a_tenth_of_the_mandates": few["peak_mb"], "kept": kept,
    }  # fmt: skip
    print(json.dumps(result, indent=1))
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
