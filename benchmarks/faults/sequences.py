"""Kills the site during and after each step of every sequence of up to three money operations: 399 sequences.

    python -m benchmarks.faults.sequences [--longest 3] [--minutes N] [--seed 1]

The operations are those of `tests.faults.sequences`: commit, call, release, receipt, reverse, distribute, sign. Each step is
one request that is killed at one of its writes, before its commit, at any moment, after its commit, and after its answer,
and sent again under its key each time. After every death the database must hold the state before the step or the one after
it, and at the end what a run without kills leaves; `check` and `ledger verify` are asked too. `--minutes` ends early, in a
shuffled order, and says how many were played. Prints JSON; exit code 1 for any fault.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.faults import sequences


def main() -> int:
    """Print the result; 1 when the promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--longest", type=int, default=sequences.LONGEST, choices=range(1, sequences.LONGEST + 1)
    )
    parser.add_argument("--minutes", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chosen = list(sequences.every(options.longest))
    random.Random(options.seed).shuffle(chosen)  # noqa: S311 - an order, no secret
    begun = time.monotonic()

    def ended() -> bool:
        return bool(options.minutes and time.monotonic() - begun > options.minutes * 60)

    with tempfile.TemporaryDirectory() as folder:
        stage = sequences.prepare(Path(folder))
        found = sequences.play(stage, chosen, options.seed, ended)
    result = {
        "benchmark": "sequences", "seed": options.seed, "of": len(chosen), "sequences": found.sequences,
        "steps_refused": found.refused, "kills": found.kills, "faults": len(found.faults), "first": found.faults[:5],
        "seconds": round(time.monotonic() - begun),
    }  # fmt: skip
    print(json.dumps(result, ensure_ascii=False))
    return int(bool(found.faults))


if __name__ == "__main__":
    sys.exit(main())
