"""The JSON API of projects."""

from __future__ import annotations

from typing import Annotated, Any

from flask import Response, request
from pydantic import Field

from dealflow.accounts.queries import organisation_cards
from dealflow.core import clock
from dealflow.core.http import actor, api_blueprint, endpoint, if_match, listing, read_body
from dealflow.core.paging import Query
from dealflow.core.schema import Ref, Schema, Text, Version, partial
from dealflow.pitches import diff, queries, service
from dealflow.pitches.models import Project, ProjectVersion
from dealflow.pitches.policy import Can
from dealflow.pitches.queries import ProjectQuery
from dealflow.pitches.schemas import ChangeOut, GenreIn, GenreOut, ProjectIn, ProjectOut, VersionOut

bp = api_blueprint("pitches")
ProjectPatch = partial(ProjectIn)


class Reason(Schema):
    """Why something is taken away."""

    reason: Text(2000) = ""  # type: ignore[valid-type]


class Guest(Schema):
    """An organisation that may see a project."""

    organisation_id: Ref("org")  # type: ignore[valid-type]


class InvitedOut(Guest):
    """An organisation that was invited, as its page names it."""

    name: str
    kind: str


class DiffQuery(Schema):
    """Two version numbers; without `from` the one before `to`."""

    to: Version | None = None
    since: Annotated[Version | None, Field(alias="from")] = None


def _one(project: Project) -> dict[str, Any]:
    card = organisation_cards([project.organisation_id]).get(project.organisation_id)
    return queries.as_dict(project, card.name if card else "")


@bp.get("/projects")
@endpoint(Can.SEE, query=ProjectQuery, returns=ProjectOut, lists=True)
def list_projects(query: ProjectQuery) -> dict[str, Any]:
    """The projects that you may see."""
    rows, total = queries.page(actor(), query)
    names = queries.organisations_of(rows)
    return listing([queries.as_dict(p, names[p.organisation_id].name) for p in rows], total, query)


@bp.post("/projects")
@endpoint(Can.CREATE, body=ProjectIn, returns=ProjectOut, status=201)
def create_project(body: ProjectIn) -> dict[str, Any]:
    """Make a draft."""
    return _one(service.create(actor(), body))


@bp.get("/projects/<project_id>")
@endpoint(Can.SEE, returns=ProjectOut)
def get_project(project_id: str) -> dict[str, Any]:
    """One project."""
    return _one(queries.get(actor(), project_id))


@bp.patch("/projects/<project_id>")
@endpoint(Can.EDIT, body=ProjectPatch, returns=ProjectOut, versioned=True)
def change_project(project_id: str, body: Schema, version: int) -> dict[str, Any]:
    """Change the fields that are sent; a field is replaced whole."""
    changes = body.model_dump(mode="json", include=body.model_fields_set)
    return _one(service.update(actor(), project_id, changes, version=version))


def _sent_version() -> int | None:
    return if_match() if "If-Match" in request.headers else None


def _reason() -> str:
    # These calls need no body; one that comes is read as strictly as any.
    return read_body(Reason).reason if request.get_data(cache=True) else ""


@bp.post("/projects/<project_id>/publish")
@endpoint(Can.PUBLISH, returns=ProjectOut)
def publish_project(project_id: str) -> dict[str, Any]:
    """Show the pitch to those its visibility names."""
    return _one(service.publish(actor(), project_id, version=_sent_version()))


@bp.post("/projects/<project_id>/withdraw")
@endpoint(Can.PUBLISH, returns=ProjectOut)
def withdraw_project(project_id: str) -> dict[str, Any]:
    """Show the pitch to nobody any more."""
    return _one(service.withdraw(actor(), project_id, version=_sent_version(), reason=_reason()))


@bp.post("/projects/<project_id>/archive")
@endpoint(Can.PUBLISH, returns=ProjectOut)
def archive_project(project_id: str) -> dict[str, Any]:
    """Put the project away for good."""
    return _one(service.archive(actor(), project_id, version=_sent_version(), reason=_reason()))


def _version(row: ProjectVersion) -> dict[str, Any]:
    return {
        "number": row.number,
        "published": row.published,
        "created_at": clock.rfc3339(row.created_at),
        "by": row.user_name,
        "data": row.data,
    }


@bp.get("/projects/<project_id>/versions")
@endpoint(Can.SEE, query=Query, returns=VersionOut, lists=True)
def list_versions(project_id: str, query: Query) -> dict[str, Any]:
    """What the project said over time, newest first."""
    rows = queries.versions(actor(), project_id)
    shown = rows[query.offset : query.offset + query.limit]
    return listing([_version(row) for row in shown], len(rows), query)


@bp.get("/projects/<project_id>/versions/<int:number>")
@endpoint(Can.SEE, returns=VersionOut)
def get_version(project_id: str, number: int) -> dict[str, Any]:
    """One version."""
    return _version(queries.version(actor(), project_id, number))


@bp.get("/projects/<project_id>/diff")
@endpoint(Can.SEE, query=DiffQuery, returns=ChangeOut, lists=True)
def get_diff(project_id: str, query: DiffQuery) -> dict[str, Any]:
    """What changed between two versions, in words."""
    old, new = queries.pair(actor(), project_id, query.since, query.to)
    found = diff.changes(old.data if old else {}, new.data, queries.genres())
    return {
        "from": old.number if old else None,
        "to": new.number,
        "items": found,
        "next_cursor": None,
        "total": len(found),
    }


@bp.get("/projects/<project_id>/invitations")
@endpoint(Can.INVITE, query=Query, returns=InvitedOut, lists=True)
def list_invitations(project_id: str, query: Query) -> dict[str, Any]:
    """The organisations that you invited to see the project."""
    found = queries.invitations(actor(), queries.own(actor(), project_id))
    shown = found[query.offset : query.offset + query.limit]
    return listing(
        [{"organisation_id": c.id, "name": c.name, "kind": c.kind} for c in shown], len(found), query
    )


@bp.post("/projects/<project_id>/invitations")
@endpoint(Can.INVITE, body=Guest, returns=Guest, status=201)
def add_invitation(project_id: str, body: Guest) -> dict[str, Any]:
    """Let an organisation see the project while it is published."""
    row = service.invite(actor(), project_id, body.organisation_id)
    return {"organisation_id": row.organisation_id}


@bp.delete("/projects/<project_id>/invitations/<organisation_id>")
@endpoint(Can.INVITE, status=204)
def remove_invitation(project_id: str, organisation_id: str) -> Response:
    """Take an invitation back."""
    service.uninvite(actor(), project_id, organisation_id)
    return Response(status=204)


@bp.get("/genres")
@endpoint(Can.SEE_GENRES, query=Query, returns=GenreOut, lists=True)
def list_genres(query: Query) -> dict[str, Any]:
    """The genre vocabulary."""
    found = list(queries.genres().values())
    shown = found[query.offset : query.offset + query.limit]
    return listing([vars(genre) for genre in shown], len(found), query)


@bp.post("/genres")
@endpoint(Can.ADD_GENRE, body=GenreIn, returns=GenreOut, status=201)
def add_genre(body: GenreIn) -> dict[str, Any]:
    """Add a genre (the park only)."""
    service.add_genre(actor(), body)
    return body.model_dump()
