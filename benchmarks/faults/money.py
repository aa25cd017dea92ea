"""Kills the whole server 200 times while it posts; the books hold what it acknowledged, once.

    python -m benchmarks.faults.money [--rounds 200] [--whole 10] [--minutes N] [--database URL]

All rounds use one instance. In each, four people work over HTTP: one posts expenses of a fund, one records receipts of a
project, shares them with the approval of a second person and pays the platform what it is owed, two call capital of a fund
of their own, enter the payments (one of each call out of a bank statement), and distribute the money, again with a second person; everything is sent twice. After a number of acknowledgements that the round chooses SIGKILL goes to
all processes that answer requests at once, and in every `--whole`th round to the whole server, worker and all, which then
starts anew. `--minutes` ends the rounds early, and so does SIGTERM; what was done is checked. `--database` names an empty PostgreSQL
database. Prints JSON; exit code 1 for anything that is lost or doubled and
for a complaint of `check`, `audit verify` or `ledger verify`.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from tests.faults import killing, payouts
from tests.faults.processes import free_port


def main() -> int:
    """Print the result; 1 when the promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--whole", type=int, default=10)
    parser.add_argument("--minutes", type=float, default=0.0)
    parser.add_argument("--database", default="")
    options = parser.parse_args()
    more = {"DEALFLOW_DATABASE_URL": options.database} if options.database else {}
    outcome, begun = killing.Outcome(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        instance, port, log = Path(folder) / "instance", free_port(), Path(folder) / "server.log"
        instance.mkdir()
        payouts.prepare(instance, port, log, **more)
        rounds, whole, asked = 0, 0, threading.Event()
        signal.signal(signal.SIGTERM, lambda *_signal: asked.set())

        def ended() -> bool:
            return asked.is_set() or bool(options.minutes and time.monotonic() - begun > options.minutes * 60)

        while rounds < options.rounds and not ended():
            seeds = range(rounds, min(rounds + options.whole, options.rounds))
            rounds += payouts.several(instance, port, log, seeds, outcome, ended, **more)
            whole, spent = whole + 1, time.monotonic() - begun
            print(f"round {rounds}: {len(outcome.written)} acknowledged, {spent:.0f} s", file=sys.stderr)
        faults = payouts.faults(instance, port, log, outcome.written, **more)
    kinds = Counter(getattr(said, "kind", "expense") for said in outcome.written.values())
    result = {
        "benchmark": "kills while posting", "database": "postgresql" if options.database else "sqlite",
        "rounds": rounds, "of_the_whole_server": whole, "acknowledged": dict(sorted(kinds.items())),
        **{name: len(lines) for name, lines in faults.items()}, "first": [line for lines in faults.values() for line in lines[:1]],
        "seconds": round(time.monotonic() - begun),
    }  # fmt: skip
    print(json.dumps(result, ensure_ascii=False))
    return int(any(faults.values()))


if __name__ == "__main__":
    sys.exit(main())
