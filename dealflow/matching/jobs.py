"""Keeps the stored matrix up to date."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dealflow.core import clock, db
from dealflow.core.actor import SYSTEM
from dealflow.core.jobs import enqueue, enqueue_unless_waiting, job
from dealflow.core.outbox import subscribe
from dealflow.matching import copying, lifecycle, live, measured, service
from dealflow.pitches.events import ProjectChanged, ProjectPublished, ProjectWithdrawn

_COPIES_AFTER = timedelta(minutes=3)


@job("matching.rebuild", transactional=False, lease_s=600, every=timedelta(days=1))
def rebuild() -> dict[str, Any]:
    """Once a day every row anew, since ages and attention move."""
    return service.rebuild()


@job("matching.copies", transactional=False, lease_s=900, every=timedelta(days=1))
def copies() -> dict[str, Any]:
    """Look for pitches that nearly repeat an earlier one; a few minutes after a change, and once a day."""
    return copying.find()


@job("matching.refresh", transactional=False, lease_s=300)
def refresh() -> dict[str, Any]:
    """Take changed projects into the stored matrix."""
    with db.system_edge(write=False):
        return live.refresh()


@job("matching.retrain", transactional=False, lease_s=900, every=timedelta(days=7))
def retrain() -> dict[str, Any]:
    """Once a week a candidate from the answers so far, examined at the gates; promotion stays with people."""
    return lifecycle.retrain()


@job("matching.train", transactional=False, lease_s=900)
def train() -> dict[str, Any]:
    """A candidate now, because somebody asked for it."""
    row = lifecycle.train(SYSTEM)
    return {"trained": row.model_version if row else None}


@job("matching.watch", transactional=False, lease_s=900, every=timedelta(days=1))
def watch() -> dict[str, Any]:
    """Once a day: figures of the model in service, and alarms when the world has moved away from it."""
    return measured.watch()


@job("matching.examine", transactional=False, lease_s=900)
def examine(version: str) -> dict[str, Any]:
    """Put a model through the gates."""
    row = lifecycle.examine(SYSTEM, version)
    return {"version": row.model_version, "passed": all(gate["passed"] for gate in row.gates or [])}


def _changed(event: ProjectChanged | ProjectPublished | ProjectWithdrawn) -> None:
    enqueue_unless_waiting("matching.refresh")
    slot = int(clock.now().timestamp() // _COPIES_AFTER.total_seconds())
    enqueue("matching.copies", {}, key=f"matching.copies:{slot}", delay=_COPIES_AFTER)


# The refresh reads the events itself, so it needs to be told only once that there are some.
subscribe(ProjectPublished, "matching.published", merged=True)(_changed)
subscribe(ProjectChanged, "matching.changed", merged=True)(_changed)
subscribe(ProjectWithdrawn, "matching.withdrawn", merged=True)(_changed)
