"""Keeps the stored matrix up to date."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dealflow.core import db
from dealflow.core.jobs import enqueue_unless_waiting, job
from dealflow.core.outbox import subscribe
from dealflow.matching import live, service
from dealflow.pitches.events import ProjectChanged, ProjectPublished, ProjectWithdrawn


@job("matching.rebuild", transactional=False, lease_s=600, every=timedelta(days=1))
def rebuild() -> dict[str, Any]:
    """Once a day every row anew, since ages and attention move."""
    return service.rebuild()


@job("matching.refresh", transactional=False, lease_s=300)
def refresh() -> dict[str, Any]:
    """Take changed projects into the stored matrix."""
    with db.system_edge(write=False):
        return live.refresh()


def _changed(event: ProjectChanged | ProjectPublished | ProjectWithdrawn) -> None:
    enqueue_unless_waiting("matching.refresh")


# The refresh reads the events itself, so it needs to be told only once that there are some.
subscribe(ProjectPublished, "matching.published", merged=True)(_changed)
subscribe(ProjectChanged, "matching.changed", merged=True)(_changed)
subscribe(ProjectWithdrawn, "matching.withdrawn", merged=True)(_changed)
