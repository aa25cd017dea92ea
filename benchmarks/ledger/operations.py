"""A million random operations on a ledger against a model in memory: prints one JSON object.

    python -m benchmarks.ledger.operations [--operations 1000000] [--database URL] [--seed 1]

Operations, as `tests.ledger.stream` says, interleaved over five books in two currencies: each entry that is posted (bursts
of up to 39 in one `post_many`), an entry sent again, a burst refused whole, a reversal, a second reversal refused, a balance
or a trial balance at a date, a period closed or opened again; some 500 in a transaction. Each answer is compared with the
model when it is given; after the last every day's sum of every account, trial balances every thirty days, balances,
chains and seals are. `--database` names an empty PostgreSQL database. The first disagreement ends the run with exit code 1.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import tempfile
import time
from pathlib import Path

from dealflow.accounts.models import Organisation
from dealflow.core import db, ids
from dealflow.core.actor import SYSTEM
from dealflow.ledger import service
from dealflow.web import rooms
from tests.ledger import stream

BOOKS = 5


def books() -> list[str]:
    """Five empty books of one house."""
    with db.system_edge() as session:
        house = Organisation(id=ids.new("org"), name="bench", kind="fund")
        session.add(house)
        session.flush()
        return [
            service.open_book(
                SYSTEM, kind="bench", object_id=f"bench {n}", organisation_id=house.id, name="bench", currency="CNY"
            ).id
            for n in range(BOOKS)
        ]  # fmt: skip


def main() -> int:
    """Run, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operations", type=int, default=1_000_000)
    parser.add_argument("--database", default="")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rooms.load_models()
    with tempfile.TemporaryDirectory() as folder:
        made = db.configure(options.database or f"sqlite:///{Path(folder) / 'bench.db'}")
        db.Base.metadata.create_all(made.engine)
        gc.freeze()
        operations, begun, told = stream.Stream(books(), options.seed), time.monotonic(), 0
        for done in operations.run(options.operations):
            if done - told >= 20_000:
                told = done
                print(f"{done} operations, {time.monotonic() - begun:.0f} s", file=sys.stderr)
        spent = time.monotonic() - begun
        compared = stream.compare_all(operations)
        made.engine.dispose()
    result = {
        "benchmark": "random operations on a ledger", "database": "postgresql" if options.database else "sqlite",
        "operations": operations.done.total(), "by_kind": dict(sorted(operations.done.items())), "seconds": round(spent),
        "per_second": round(operations.done.total() / spent), "disagreements": 0, "compared_at_the_end": compared,
    }  # fmt: skip
    print(json.dumps(result, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
