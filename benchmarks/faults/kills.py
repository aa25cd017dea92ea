"""Kills the whole server 200 times in the middle of writing; nothing that it acknowledged may be lost.

    python -m benchmarks.faults.kills [--rounds 200]

Each round starts `dealflow serve`, lets four writers make, change and publish pitches over HTTP, and sends SIGKILL to
all its processes at once after a number of acknowledgements that the round's seed chooses. Prints JSON; exit code 1
for anything lost, for half an effect, for a complaint of `dealflow check` or `audit verify`, for fewer than 25
acknowledgements a round, and for a median restart above ten seconds.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

from tests.faults import killing
from tests.faults.processes import free_port

RESTART_LIMIT = 10.0


def main() -> int:
    """Print the result; 1 when a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    outcome = killing.Outcome()
    with tempfile.TemporaryDirectory() as folder:
        instance, port, log = Path(folder) / "instance", free_port(), Path(folder) / "server.log"
        instance.mkdir()
        killing.prepare(instance)
        for seed in range(options.rounds):
            killing.one_round(instance, port, log, seed, outcome)
            print(f"round {seed + 1}: {len(outcome.written)} pitches acknowledged", file=sys.stderr)
        found = {
            "lost": killing.lost(instance, port, log, outcome.written),
            "half_effects": killing.halves(instance),
            "complaints": killing.complaints(instance),
        }
    said = sum(1 + said.text.endswith(" changed") + said.published for said in outcome.written.values())
    restart = statistics.median(outcome.starts[1:] or outcome.starts)
    result = {
        "benchmark": "kills", "rounds": options.rounds, "acknowledged": said,
        **{name: len(lines) for name, lines in found.items()}, "first": [lines[0] for lines in found.values() if lines],
        "restart_p50_s": round(restart, 1), "restart_max_s": round(max(outcome.starts), 1), "restart_limit_s": RESTART_LIMIT,
    }  # fmt: skip
    print(json.dumps(result, ensure_ascii=False))
    return int(any(found.values()) or said < 25 * options.rounds or restart > RESTART_LIMIT)


if __name__ == "__main__":
    sys.exit(main())
