"""Kills the whole server 200 times while it posts; the books hold what it acknowledged, once.

    python -m benchmarks.faults.money [--rounds 200] [--database URL]

Each round starts `dealflow serve`, lets four people post expenses of a fund over HTTP, each with a reference that is
posted twice, and sends SIGKILL to all its processes at once. `--database` names an empty PostgreSQL database. Prints
JSON; exit code 1 for a posting that is lost or doubled and for a complaint of `check`, `audit verify` or `ledger verify`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.faults import killing, money
from tests.faults.processes import free_port


def main() -> int:
    """Print the result; 1 when the promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--database", default="")
    options = parser.parse_args()
    more = {"DEALFLOW_DATABASE_URL": options.database} if options.database else {}
    outcome = killing.Outcome()
    with tempfile.TemporaryDirectory() as folder:
        instance, port, log = Path(folder) / "instance", free_port(), Path(folder) / "server.log"
        instance.mkdir()
        money.prepare(instance, port, log, **more)
        for seed in range(options.rounds):
            killing.one_round(instance, port, log, seed, outcome, money.Poster, **more)
            print(f"round {seed + 1}: {len(outcome.written)} postings acknowledged", file=sys.stderr)
        faults = money.faults(instance, port, log, outcome.written, **more)
    result = {
        "benchmark": "kills while posting", "database": "postgresql" if options.database else "sqlite",
        "rounds": options.rounds, "acknowledged": len(outcome.written), "faults": len(faults), "first": faults[:1],
    }  # fmt: skip
    print(json.dumps(result, ensure_ascii=False))
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
