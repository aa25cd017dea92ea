"""Writing many rows of a file in the background: a batch per transaction, progress shown, nothing twice after a crash."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from dealflow.core import jobs
from dealflow.core.actor import Actor
from dealflow.core.db import edge

SIZE = 50


def write(
    actor: Actor,
    rows: Sequence[Any],
    write_row: Callable[[Actor, Any], object],
    tell: Callable[[Any], str],
    *,
    done: int = 0,
    counts: dict[str, int] | None = None,
    errors: list[list[Any]] | None = None,
) -> dict[str, Any]:
    """Write the rows from `done` on: {counts, errors: [[row number, reasons]]}.

    Each batch commits together with the note of how far the job is, so that a worker that takes over goes on there.
    """
    sums, refused = Counter(counts or {}), list(errors or [])
    for start in range(done, len(rows), SIZE):
        batch = rows[start : start + SIZE]
        with edge(actor=actor):
            for row in batch:
                write_row(actor, row)
                sums[row.action] += 1
                if row.action == "error":
                    refused.append([row.number, tell(row)])
            end = start + len(batch)
            jobs.checkpoint(end / len(rows), done=end, counts=dict(sums), errors=refused)
    return {"counts": {name: sums[name] for name in ("create", "update", "same", "error")}, "errors": refused}
