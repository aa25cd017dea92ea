"""The files that pitches show: reads, and what the storing of files needs to know of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.files import access
from dealflow.pitches.models import Project, ProjectMedia

PURPOSES = ("pitches.poster", "pitches.still", "pitches.episode")


def shown_by(actor: Actor, project: Project) -> dict[str, list[str]]:
    """The files that a pitch shows, oldest first: kind (poster, still, episode) → file ids."""
    query = select(ProjectMedia).where(ProjectMedia.project_id == project.id).order_by(ProjectMedia.id)
    found: dict[str, list[str]] = {"poster": [], "still": [], "episode": []}
    for row in session().scalars(query):
        found[row.kind].append(row.file_id)
    return found


def readable(actor: Actor, stored: Any) -> bool:
    """Whether a project that this actor may see shows the file."""
    query = select(ProjectMedia.id).where(ProjectMedia.file_id == stored.id)
    return session().scalar(query) is not None


def in_use(ids: Iterable[str]) -> set[str]:
    """Those of the file ids that a project shows, whoever's it is."""
    wanted, found = sorted(set(ids)), set()
    for start in range(0, len(wanted), 500):
        query = select(ProjectMedia.file_id).where(ProjectMedia.file_id.in_(wanted[start : start + 500]))
        found |= set(session().scalars(query, execution_options={"unscoped": "the sweep serves all tenants"}))
    return found


def install() -> None:
    """Register the purposes of this room's files."""
    for purpose in PURPOSES:
        access.allow(purpose, readable, in_use)
