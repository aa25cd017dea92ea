"""Which organisations may be told of what happens to projects: those whose scope holds it at that moment."""

from __future__ import annotations

from collections.abc import Iterable

from dealflow.accounts.directory import who_see
from dealflow.core.i18n import N_
from dealflow.core.outbox import publish
from dealflow.pitches.events import ProjectChanged, ProjectPublished, ProjectWithdrawn
from dealflow.pitches.models import Project


def _known_to(
    event: ProjectPublished | ProjectChanged | ProjectWithdrawn, candidates: frozenset[str]
) -> Iterable[str]:
    return who_see(candidates, Project, event.project_id)


publish(
    ProjectPublished, "project.published", label=N_("A project was published"), thing="project_id", values=("project_id",),
    known_to=_known_to,
)  # fmt: skip
publish(
    ProjectChanged, "project.changed", label=N_("A published project changed"), thing="project_id", values=("project_id",),
    known_to=_known_to,
)  # fmt: skip
publish(
    ProjectWithdrawn, "project.withdrawn", label=N_("A project of ours is no longer shown"), thing="project_id",
    values=("project_id",), known_to=_known_to,
)  # fmt: skip
