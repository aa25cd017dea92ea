"""The JSON API of data rooms."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from flask import Response, request

from dealflow.core import clock, policy
from dealflow.core.errors import BadRequest, Invalid
from dealflow.core.http import actor, api_blueprint, endpoint, prepared, prepares, read_body
from dealflow.core.i18n import N_
from dealflow.core.paging import Query, listing
from dealflow.core.schema import load
from dealflow.dataroom import asked, heat, queries, seats, serving
from dealflow.dataroom.policy import Can
from dealflow.dataroom.schemas import (
    AcceptanceOut,
    AnswerIn,
    AnswerOut,
    ContentQuery,
    DocumentOut,
    DocumentPatch,
    FolderIn,
    FolderOut,
    FolderPatch,
    GrantEnd,
    GrantIn,
    GrantOut,
    NdaIn,
    NdaOut,
    NdaText,
    QuestionIn,
    QuestionOut,
    RoomOut,
    UploadIn,
    ViewOut,
    ViewsQuery,
)
from dealflow.dataroom.seats import Sight
from dealflow.dataroom.service import documents, folders, grants, ndas, questions, reading, rooms
from dealflow.files.service import Received

bp = api_blueprint("dataroom")


def _document(sight: Sight) -> dict[str, Any]:
    return queries.document_dict(sight.document, sight.version, sight.level)


@bp.get("/projects/<project_id>/data-room")
@endpoint(Can.SEE, returns=RoomOut)
def get_room(project_id: str) -> dict[str, Any]:
    """The data room of a project, as far as you may see it."""
    return queries.room_dict(seats.of_actor(actor(), project_id))


@bp.post("/projects/<project_id>/data-room/close")
@endpoint(Can.CLOSE, returns=RoomOut)
def close_room(project_id: str) -> dict[str, Any]:
    """Close the room for good; its archive is made in the background."""
    rooms.close(actor(), project_id)
    return queries.room_dict(seats.of_actor(actor(), project_id))


def _upload(fields: bool) -> tuple[Any, UploadIn]:
    """The file of a multipart body and the fields beside it."""
    sent = request.files.get("file")
    unknown = [name for name in request.files if name != "file"]
    if unknown:
        raise Invalid.field(unknown[0], "unknown_field", N_("There is no such field; remove it"))
    values = load(UploadIn, {name: value for name, value in request.form.items() if value} if fields else {})
    if sent is None or not sent.filename:
        raise Invalid.field("file", "required", N_("Choose a file first"))
    return sent, values


def _for_room(project_id: str) -> tuple[Received, UploadIn]:
    policy.require(actor(), Can.FILE, seats.of_actor(actor(), project_id), see=Can.SEE)
    sent, values = _upload(fields=True)
    with closing(sent):
        return documents.receive(actor(), sent.stream, sent.filename), values


@bp.post("/projects/<project_id>/documents")
@endpoint(Can.FILE, returns=DocumentOut, status=201, upload=UploadIn)
@prepares(_for_room)
def add_document(project_id: str) -> dict[str, Any]:
    """Add a document (multipart: file, folder_id?, name?)."""
    received, values = prepared()
    return _document(
        documents.add(actor(), project_id, received, folder_id=values.folder_id, name=values.name)
    )


def _for_document(document_id: str) -> Received:
    policy.require(actor(), Can.FILE, seats.sight(actor(), document_id), see=Can.SEE)
    sent, _values = _upload(fields=False)
    with closing(sent):
        return documents.receive(actor(), sent.stream, sent.filename)


@bp.post("/documents/<document_id>/versions")
@endpoint(Can.FILE, returns=DocumentOut, status=201, upload=UploadIn)
@prepares(_for_document)
def add_version(document_id: str) -> dict[str, Any]:
    """Give a document a new content (multipart: file)."""
    return _document(documents.add_version(actor(), document_id, prepared()))


@bp.patch("/documents/<document_id>")
@endpoint(Can.FILE, body=DocumentPatch, returns=DocumentOut, versioned=True)
def change_document(document_id: str, body: DocumentPatch, version: int) -> dict[str, Any]:
    """Rename or move a document."""
    values = body.model_dump(include=body.model_fields_set)
    return _document(documents.change(actor(), document_id, values, version=version))


@bp.delete("/documents/<document_id>")
@endpoint(Can.FILE, status=204)
def remove_document(document_id: str) -> Response:
    """Take a document out; its history stays."""
    documents.remove(actor(), document_id)
    return Response(status=204)


@bp.get("/documents/<document_id>/content")
@endpoint(Can.READ, query=ContentQuery)
def get_content(document_id: str, query: ContentQuery) -> Response:
    """The document, marked with your name where that is possible. The NDA comes first."""
    return serving.to_member(actor(), seats.sight(actor(), document_id), download=query.download)


@bp.post("/projects/<project_id>/folders")
@endpoint(Can.FILE, body=FolderIn, returns=FolderOut, status=201)
def add_folder(project_id: str, body: FolderIn) -> dict[str, Any]:
    """Make a folder."""
    row = folders.make(actor(), project_id, name=body.name, parent_id=body.parent_id)
    return queries.folder_dict(row, seats.of_actor(actor(), project_id))


@bp.patch("/folders/<folder_id>")
@endpoint(Can.FILE, body=FolderPatch, returns=FolderOut, versioned=True)
def change_folder(folder_id: str, body: FolderPatch, version: int) -> dict[str, Any]:
    """Rename or move a folder."""
    values = body.model_dump(include=body.model_fields_set)
    row = folders.change(actor(), folder_id, values, version=version)
    return queries.folder_dict(row, folders.own(actor(), folder_id)[0])


@bp.delete("/folders/<folder_id>")
@endpoint(Can.FILE, status=204)
def remove_folder(folder_id: str) -> Response:
    """Take a folder out with all it holds; the history stays."""
    folders.remove(actor(), folder_id)
    return Response(status=204)


def _nda(project_id: str) -> dict[str, Any]:
    seat = seats.of_actor(actor(), project_id)
    return queries.nda_dict(queries.nda(seat), seat)


@bp.get("/projects/<project_id>/nda")
@endpoint(Can.SEE_NDA, returns=NdaOut)
def get_nda(project_id: str) -> dict[str, Any]:
    """The NDA in force and whether you accepted it."""
    return _nda(project_id)


@bp.post("/projects/<project_id>/nda")
@endpoint(Can.ACCEPT_NDA, returns=AcceptanceOut, status=201)
def accept_nda(project_id: str) -> dict[str, Any]:
    """Accept the NDA in force; who, for whom, when and from where is kept."""
    seat = seats.of_actor(actor(), project_id)
    body = read_body(NdaIn) if request.get_data(cache=True) else NdaIn()
    row = ndas.accept(actor(), seat, number=body.number, lang=body.language)
    return {
        "id": row.id, "number": row.number, "user": row.reader_name, "organisation": row.reader_organisation,
        "at": clock.rfc3339(row.at),
    }  # fmt: skip


@bp.post("/projects/<project_id>/nda/texts")
@endpoint(Can.WRITE_NDA, body=NdaText, returns=NdaOut, status=201)
def write_nda(project_id: str, body: NdaText) -> dict[str, Any]:
    """Put another wording of the NDA in force, or say that none is asked for."""
    ndas.write(actor(), project_id, **body.model_dump())
    return _nda(project_id)


@bp.get("/projects/<project_id>/grants")
@endpoint(Can.SEE_GRANTS, query=Query, returns=GrantOut, lists=True)
def list_grants(project_id: str, query: Query) -> dict[str, Any]:
    """All grants of the room, for its owner."""
    found = queries.grants(actor(), seats.of_actor(actor(), project_id))
    part = found[query.offset : query.offset + query.limit]
    return listing([queries.grant_dict(g) for g in part], len(found), query)


@bp.post("/projects/<project_id>/grants")
@endpoint(Can.GRANT, body=GrantIn, returns=GrantOut, status=201)
def give_grant(project_id: str, body: GrantIn) -> dict[str, Any]:
    """Let an organisation in: the whole room or one folder, for a time, to view or to download."""
    return queries.grant_dict(grants.give(actor(), project_id, **body.model_dump()))


@bp.delete("/projects/<project_id>/grants")
@endpoint(Can.GRANT, query=GrantEnd, status=204)
def end_grants(project_id: str, query: GrantEnd) -> Response:
    """Take a grant back, or all of an organisation, at once. Named in the query or in a JSON body."""
    sent = bool(request.get_data(cache=True))
    if sent and request.args:
        raise BadRequest(N_("Name the grant in the query or in the body, not in both"), code="given_twice")
    named = read_body(GrantEnd) if sent else query
    grants.revoke(
        actor(), project_id, grant_id=named.grant_id, organisation_id=named.organisation_id
    )  # fmt: skip
    return Response(status=204)


@bp.delete("/projects/<project_id>/grants/<grant_id>")
@endpoint(Can.GRANT, status=204)
def end_grant(project_id: str, grant_id: str) -> Response:
    """Take one grant back at once."""
    grants.revoke(actor(), project_id, grant_id=grant_id)
    return Response(status=204)


@bp.get("/projects/<project_id>/data-room/views")
@endpoint(Can.SEE_VIEWS, query=ViewsQuery, returns=ViewOut, lists=True)
def list_views(project_id: str, query: ViewsQuery) -> dict[str, Any]:
    """Who opened or downloaded what, with the seconds spent on each page; for the owner."""
    seat = seats.of_actor(actor(), project_id)
    rows, total = heat.accesses(
        actor(), seat, document_id=query.document_id, offset=query.offset, limit=query.limit
    )
    names, spent = heat.documents_of(seat), heat.page_seconds(row.id for row in rows)
    items = [heat.access_dict(row, names[row.document_id][0], spent.get(row.id, {})) for row in rows]
    return listing(items, total, query)


@bp.get("/documents/<document_id>/questions")
@endpoint(Can.SEE_QUESTIONS, query=Query, returns=QuestionOut, lists=True)
def list_questions(document_id: str, query: Query) -> dict[str, Any]:
    """Your questions about a document, and those whose answer the owner published."""
    sight = seats.sight(actor(), document_id)
    reading.require(actor(), sight, Can.SEE_QUESTIONS)
    found = asked.of_document(actor(), sight)
    part = found[query.offset : query.offset + query.limit]
    return listing([asked.thread_dict(t) for t in part], len(found), query)


@bp.post("/documents/<document_id>/questions")
@endpoint(Can.ASK, body=QuestionIn, returns=QuestionOut, status=201)
def ask(document_id: str, body: QuestionIn) -> dict[str, Any]:
    """Ask the owner about a document; other readers do not see it."""
    row = questions.ask(actor(), document_id, text=body.text, page=body.page)
    found = asked.of_document(actor(), seats.sight(actor(), document_id))
    return asked.thread_dict(next(t for t in found if t.question.id == row.id))


@bp.post("/questions/<question_id>/answers")
@endpoint(Can.ANSWER, body=AnswerIn, returns=AnswerOut, status=201)
def answer(question_id: str, body: AnswerIn) -> dict[str, Any]:
    """Say something to a question, as the owner or as the one who asked."""
    row = questions.answer(actor(), question_id, text=body.text, publish=body.publish)
    return {
        "id": row.id,
        "side": row.side,
        "by": row.user_name,
        "text": row.text,
        "at": clock.rfc3339(row.at),
    }
