"""Publishing, withdrawing, archiving."""

from __future__ import annotations

from dealflow.audit import service as audit
from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Invalid, StaleVersion
from dealflow.core.i18n import N_
from dealflow.core.outbox import emit
from dealflow.pitches import queries
from dealflow.pitches.events import ProjectPublished, ProjectWithdrawn
from dealflow.pitches.models import Project
from dealflow.pitches.policy import Can, Tag
from dealflow.pitches.schemas import missing_for_publication
from dealflow.pitches.service.editing import record_version
from dealflow.pitches.states import PROJECT


def _fire(actor: Actor, project_id: str, event: str, version: int | None) -> tuple[Project, str, str]:
    project = queries.get(actor, project_id)
    policy.require(actor, Can.PUBLISH, project, see=Can.SEE)
    if version is not None and project.version != version:
        raise StaleVersion(project.version)
    return project, project.status, PROJECT.fire(project.status, event, project)


def publish(actor: Actor, project_id: str, *, version: int | None = None) -> Project:
    """Show a pitch to those its visibility names.

    Raises Invalid naming each thing that is missing, InvalidTransition, StaleVersion, Forbidden, NotFound.
    """
    project, before, after = _fire(actor, project_id, "publish", version)
    if missing := missing_for_publication(project):
        raise Invalid(N_("This pitch is not complete yet"), errors=missing)
    # Taking a pitch back and publishing it again makes it no newer.
    project.status, project.published_at = after, project.published_at or clock.now()
    row = record_version(actor, project, published=True)
    audit.record(
        actor, Tag.PUBLISHED, project, before={"status": before}, after={"status": after, "number": row.number},
        organisation_id=project.organisation_id,
    )  # fmt: skip
    emit(ProjectPublished(project.id))
    return project


def withdraw(actor: Actor, project_id: str, *, version: int | None = None, reason: str = "") -> Project:
    """Show a published pitch to nobody any more. It can be published again."""
    return _end(actor, project_id, "withdraw", Tag.WITHDRAWN, version, reason)


def archive(actor: Actor, project_id: str, *, version: int | None = None, reason: str = "") -> Project:
    """Put a project away for good: it can be read by its owner, not changed."""
    return _end(actor, project_id, "archive", Tag.ARCHIVED, version, reason)


def _end(actor: Actor, project_id: str, event: str, tag: Tag, version: int | None, reason: str) -> Project:
    project, before, after = _fire(actor, project_id, event, version)
    project.status = after
    session().flush()
    audit.record(
        actor, tag, project, before={"status": before}, after={"status": after}, reason=reason,
        organisation_id=project.organisation_id,
    )  # fmt: skip
    if before == "published":
        emit(ProjectWithdrawn(project.id))
    return project
