"""Runs every benchmarks/<topic>/<name>.py that defines main(), one after the other.

Usage: python bin/run_benchmarks.py [TOPIC...]. What a benchmark prints as JSON is kept in
benchmarks/results/<topic>-<name>.json; a benchmark fails by its exit code when a promised ratio is missed, and the
exit code here is 1 when one of them failed.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MOST_SHOWN = 20_000  # characters of JSON; what is longer is read in its file


def has_main(file: Path) -> bool:
    """Whether the file defines a function main() at its top level."""
    tree = ast.parse(file.read_text("utf-8"), str(file))
    return any(isinstance(node, ast.FunctionDef) and node.name == "main" for node in tree.body)


def find_benchmarks(root: Path, topics: list[str]) -> list[Path]:
    """The benchmark files below `root`/benchmarks in a fixed order, of the named topics or of all."""
    files = sorted((root / "benchmarks").glob("*/*.py"))
    return [file for file in files if (not topics or file.parent.name in topics) and has_main(file)]


def keep_result(file: Path, printed: str, root: Path) -> Path | None:
    """Write what a benchmark printed to its result file when it is JSON; the path, or None."""
    try:
        result = json.loads(printed)
    except ValueError:
        return None
    path = root / "benchmarks" / "results" / f"{file.parent.name}-{file.stem}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return path


def run(file: Path) -> int:
    """Run one benchmark in a process of its own, show what it prints unless it is long, keep its result; the exit code."""
    module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
    print(f"\n== {module}", flush=True)
    started = time.monotonic()
    command = [sys.executable, "-m", module]
    done = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False
    )
    kept = keep_result(file, done.stdout, ROOT)
    if kept is None or len(done.stdout) <= MOST_SHOWN:
        print(done.stdout, end="")
    where = f", result in {kept.relative_to(ROOT)}" if kept else ""
    print(f"{module}: exit {done.returncode} in {time.monotonic() - started:.0f} s{where}", flush=True)
    return done.returncode


def main(topics: list[str]) -> int:
    """Run the benchmarks and return the exit code."""
    files = find_benchmarks(ROOT, topics)
    if not files:
        print("no benchmark was found", file=sys.stderr)
        return 1
    failed = [file for file in files if run(file)]
    print(f"\n{len(files) - len(failed)} of {len(files)} benchmarks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
