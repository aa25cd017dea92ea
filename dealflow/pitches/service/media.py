"""Poster, stills and an uploaded sample episode."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

from sqlalchemy import func, select

from dealflow.audit import service as audit
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Invalid, NotFound
from dealflow.core.i18n import N_
from dealflow.files import service as files
from dealflow.files.service import Received
from dealflow.pitches.models import Project, ProjectMedia
from dealflow.pitches.policy import Tag
from dealflow.pitches.service.editing import editable

STILLS = 12
POSTER = "pitches.poster"


def receive(actor: Actor, project_id: str, kind: str, stream: IO[bytes], filename: str | None) -> Received:
    """Take in a "poster", "still" or "episode" of a pitch that the actor may change, for the function that uses it.

    Draws a picture anew for up to half a minute, so it is called before a writing transaction. Raises TooLarge, WrongType
    (415), Invalid of `file`.
    """
    editable(actor, project_id, None)
    take_in = files.receive_video if kind == "episode" else files.receive_image
    return take_in(actor, stream, filename, purpose=f"pitches.{kind}")


def set_poster(actor: Actor, project_id: str, received: Received) -> ProjectMedia:
    """Take a picture as the poster, in place of the one before."""
    project = editable(actor, project_id, None)
    return _use_poster(actor, project, files.keep(actor, received))


def set_carried_poster(
    actor: Actor, project_id: str, source: Path, *, width: int, height: int
) -> ProjectMedia:
    """Take a WebP picture that comes with the code as the poster; samples have these."""
    project = editable(actor, project_id, None)
    stored = files.store_carried_image(actor, source, purpose=POSTER, width=width, height=height)
    return _use_poster(actor, project, stored)


def _use_poster(actor: Actor, project: Project, stored: Any) -> ProjectMedia:
    _forget(project, "poster")
    project.poster_id = stored.id
    return _keep(actor, project, "poster", stored.id, stored.name)


def add_still(actor: Actor, project_id: str, received: Received) -> ProjectMedia:
    """Add a still; at most twelve."""
    project = editable(actor, project_id, None)
    query = select(func.count()).where(ProjectMedia.project_id == project.id, ProjectMedia.kind == "still")
    if (session().scalar(query) or 0) >= STILLS:
        raise Invalid.field("file", "too_many", N_("A pitch shows at most twelve stills; remove one first"))
    stored = files.keep(actor, received)
    return _keep(actor, project, "still", stored.id, stored.name)


def set_sample_episode(actor: Actor, project_id: str, received: Received) -> ProjectMedia:
    """Take a video as the sample episode, in place of the one before."""
    project = editable(actor, project_id, None)
    stored = files.keep(actor, received)
    _forget(project, "episode")
    return _keep(actor, project, "episode", stored.id, stored.name)


def remove_media(actor: Actor, project_id: str, file_id: str) -> None:
    """Take a picture or the sample episode away; NotFound when the project has no such file."""
    project = editable(actor, project_id, None)
    row = session().scalars(
        select(ProjectMedia).where(ProjectMedia.project_id == project.id, ProjectMedia.file_id == file_id)
    ).first()  # fmt: skip
    if row is None:
        raise NotFound()
    if project.poster_id == file_id:
        project.poster_id = None
    session().delete(row)
    session().flush()
    audit.record(actor, Tag.MEDIA_REMOVED, project, before={"kind": row.kind, "file_id": file_id}, after=None)


def _forget(project: Project, kind: str) -> None:
    query = select(ProjectMedia).where(ProjectMedia.project_id == project.id, ProjectMedia.kind == kind)
    for row in session().scalars(query):
        session().delete(row)
    session().flush()


def _keep(actor: Actor, project: Project, kind: str, file_id: str, name: str) -> ProjectMedia:
    row = ProjectMedia(
        project_id=project.id, organisation_id=project.organisation_id, kind=kind, file_id=file_id
    )
    session().add(row)
    session().flush()
    audit.record(
        actor, Tag.MEDIA_ADDED, project, after={"kind": kind, "file_id": file_id, "name": name},
        organisation_id=project.organisation_id,
    )  # fmt: skip
    return row
