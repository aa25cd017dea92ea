"""Keeps the stored matrix up to date and tells owners of wishes to be introduced."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dealflow.core import db
from dealflow.core.i18n import N_
from dealflow.core.jobs import enqueue, job
from dealflow.core.outbox import subscribe
from dealflow.mandates.events import IntroRequested
from dealflow.matching import live
from dealflow.notify import service as notify
from dealflow.pitches import queries as pitches
from dealflow.pitches.events import ProjectChanged, ProjectPublished, ProjectWithdrawn


@job("matching.rebuild", transactional=False, lease_s=600, every=timedelta(days=1))
def rebuild(full: bool = True) -> dict[str, Any]:
    """Bring the matrix up to date; once a day every row anew, since ages and attention move."""
    with db.system_edge(write=False):
        return live.refresh(full=full)


def _changed(event: ProjectChanged | ProjectPublished | ProjectWithdrawn) -> None:
    # Many changes at once need one refresh: the first enqueued one sees them all.
    enqueue("matching.refresh", {}, delay=timedelta(seconds=2))


@job("matching.refresh", transactional=False, lease_s=300)
def refresh() -> dict[str, Any]:
    """Take changed projects into the stored matrix."""
    with db.system_edge(write=False):
        return live.refresh()


subscribe(ProjectPublished, "matching.published")(_changed)
subscribe(ProjectChanged, "matching.changed")(_changed)
subscribe(ProjectWithdrawn, "matching.withdrawn")(_changed)


@subscribe(IntroRequested, "matching.tell_owner")
def tell_owner(event: IntroRequested) -> None:
    """Tell the project's owner that an investor wants to be introduced."""
    brief = pitches.briefs([event.project_id]).get(event.project_id)
    if brief is not None:
        notify.tell(
            organisation_id=brief["organisation_id"], code="intro_requested", link=f"/projects/{event.project_id}",
            title=N_("An investor asks to be introduced: %(title)s"), params={"title": brief["titles"]},
            key=f"intro:{event.mandate_id}:{event.project_id}",
        )  # fmt: skip
