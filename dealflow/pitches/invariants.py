"""Named checks of projects."""

from __future__ import annotations

from sqlalchemy import func, select

from dealflow.core.db import session
from dealflow.core.invariants import invariant
from dealflow.pitches.models import Project, ProjectVersion
from dealflow.pitches.queries import content
from dealflow.pitches.schemas import missing_for_publication


@invariant("pitches: what is published is complete and adds up to the ask")
def published_is_complete() -> list[str]:
    query = select(Project).where(Project.status == "published").execution_options(yield_per=500)
    found = ((p.id, missing_for_publication(p)) for p in session().scalars(query))
    return [f"{id_}: {', '.join(e.field for e in missing)}" for id_, missing in found if missing]


@invariant("pitches: what is published says what its version says")
def published_equals_version() -> list[str]:
    query = (
        select(Project, ProjectVersion)
        .join(
            ProjectVersion,
            (ProjectVersion.project_id == Project.id) & (ProjectVersion.number == Project.published_version),
        )
        .where(Project.status == "published")
        .execution_options(yield_per=500)
    )
    return [
        f"{project.id}: differs from version {version.number}"
        for project, version in session().execute(query)
        if content(project) != version.data or not version.published
    ]


@invariant("pitches: versions are numbered without gaps")
def versions_are_numbered() -> list[str]:
    query = (
        select(ProjectVersion.project_id, func.count(), func.max(ProjectVersion.number))
        .group_by(ProjectVersion.project_id)
        .having(func.count() != func.max(ProjectVersion.number))
    )
    return [f"{id_}: {count} versions, last number {last}" for id_, count, last in session().execute(query)]
