"""Runs every benchmarks/<topic>/<name>.py that defines main(), one after the other, and says where results went.

Usage: python bin/run_benchmarks.py [TOPIC...]. A benchmark writes its own JSON into benchmarks/results/ and fails by
its exit code when a promised ratio is missed; the exit code here is 1 when one of them failed.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def has_main(file: Path) -> bool:
    """Whether the file defines a function main() at its top level."""
    tree = ast.parse(file.read_text("utf-8"), str(file))
    return any(isinstance(node, ast.FunctionDef) and node.name == "main" for node in tree.body)


def find_benchmarks(root: Path, topics: list[str]) -> list[Path]:
    """The benchmark files below `root`/benchmarks in a fixed order, of the named topics or of all."""
    files = sorted((root / "benchmarks").glob("*/*.py"))
    return [file for file in files if (not topics or file.parent.name in topics) and has_main(file)]


def main(topics: list[str]) -> int:
    """Run the benchmarks and return the exit code."""
    files = find_benchmarks(ROOT, topics)
    if not files:
        print("no benchmark was found", file=sys.stderr)
        return 1
    (ROOT / "benchmarks" / "results").mkdir(exist_ok=True)
    failed = []
    for file in files:
        module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        print(f"\n== {module}", flush=True)
        started = time.monotonic()
        code = subprocess.run(
            [sys.executable, "-m", module], cwd=ROOT, stdin=subprocess.DEVNULL, check=False
        ).returncode
        print(f"{module}: exit {code} in {time.monotonic() - started:.0f} s", flush=True)
        if code:
            failed.append(module)
    print("\nResults are in benchmarks/results/.", *(f"failed: {module}" for module in failed), sep="\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
