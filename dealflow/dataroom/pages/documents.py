"""One document: reading it, arranging it, asking about it."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind

from dealflow.core import db, policy
from dealflow.core.errors import Conflict, Invalid, NotFound, TooLarge
from dealflow.core.http import actor, needs, prepared, prepares
from dealflow.core.i18n import N_
from dealflow.core.i18n import gettext as _
from dealflow.dataroom import asked, queries, seats
from dealflow.dataroom import serving as pieces
from dealflow.dataroom.forms import ACCEPT, AnswerForm, DocumentForm, QuestionForm, VersionForm
from dealflow.dataroom.pages.base import (
    bp,
    links,
    number_of,
    pages_of,
    part_answer,
    seconds_sent,
    title_of,
    told,
    viewer,
)
from dealflow.dataroom.pages.room import folder_choices
from dealflow.dataroom.policy import Can
from dealflow.dataroom.schemas import AnswerIn, QuestionIn
from dealflow.dataroom.seats import Sight
from dealflow.dataroom.service import documents, questions, reading
from dealflow.files import queries as files
from dealflow.files import serving
from dealflow.files.service import Received


def _document_page(sight: Sight, question: QuestionForm | None = None) -> str:
    access = None
    if sight.version.kind in ("pdf", "image", "video"):
        document_id = sight.document.id
        access = pieces.opened(actor(), lambda: seats.sight(actor(), document_id, hold=True), "view")
    else:
        reading.require(actor(), sight, Can.READ)
    seat = sight.seat
    return render_template(
        "dataroom/document.html", title=title_of(seat), way=queries.way_to(seat, sight.document.folder_id),
        threads=asked.of_document(actor(), sight), question=question or QuestionForm(), answer=AnswerForm(),
        may_file=policy.can(actor(), Can.FILE, seat) and seat.room.is_open,
        may_ask=policy.can(actor(), Can.ASK, sight) and seat.room.is_open,
        may_answer=policy.can(actor(), Can.FILE, seat) and seat.room.is_open,
        may_download=policy.can(actor(), Can.DOWNLOAD, sight), **viewer(sight, access, links(seat.room.project_id)),
    )  # fmt: skip


@bp.get("/documents/<document_id>")
@needs(Can.READ)
def document(document_id: str) -> str:
    """Read a document; the opening is recorded before the page is shown."""
    return _document_page(seats.sight(actor(), document_id))


@bp.get("/documents/<document_id>/pages/<int:page>")
@needs(Can.READ)
def part(document_id: str, page: int) -> Response:
    """A few pages of a PDF, marked for the reader whose opening `access` names."""
    sight = seats.sight(actor(), document_id)
    reading.require(actor(), sight, Can.READ)
    wanted = pages_of(sight, page)
    if sight.version.kind != "pdf" or not wanted:
        raise NotFound()
    access = None
    if not sight.seat.is_owner:
        access = reading.access_of(sight, request.args.get("access", ""))
        with db.edge(actor=actor()):
            reading.served(access, wanted)
    return part_answer(sight, access, page)


@bp.get("/documents/<document_id>/content")
@needs(Can.READ)
def content(document_id: str) -> Response:
    """The whole document."""
    wanted = request.args.get("download") == "1"
    return pieces.to_member(actor(), seats.sight(actor(), document_id), download=wanted)


@bp.post("/documents/<document_id>/seen")
@needs(Can.NOTE_READING)
def seen(document_id: str) -> Response:
    """For how long pages were looked at."""
    sight = seats.sight(actor(), document_id)
    reading.seen(actor(), sight, request.form.get("access", ""), seconds_sent())
    return Response(status=204)


def _managed(document_id: str) -> Sight:
    sight = seats.sight(actor(), document_id)
    policy.require(actor(), Can.FILE, sight.seat, see=Can.SEE)
    return sight


def _edit_page(sight: Sight) -> str:
    seat, row = sight.seat, sight.document
    form = DocumentForm(name=row.name, folder_id=row.folder_id or "")
    form.folder_id.choices = folder_choices(seat, _("No folder"))
    near = [s.document for s in queries.documents(seat) if s.document.folder_id == row.folder_id]
    names = [SelectChoice(d.id, _("Before “%(name)s”", name=d.name)) for d in near if d.id != row.id]
    form.before.choices = [
        SelectChoice("keep", _("Where it is")),
        *names,
        SelectChoice("", _("At the end")),
    ]
    return render_template(
        "dataroom/document_edit.html", sight=sight, seat=seat, document=row, form=form, version_form=VersionForm(),
        versions=queries.versions(seat, row), title=title_of(seat), at=links(seat.room.project_id), accept=ACCEPT,
        is_open=seat.room.is_open,
    )  # fmt: skip


@bp.get("/documents/<document_id>/edit")
@needs(Can.FILE)
def edit(document_id: str) -> str:
    """Name, place and versions of a document."""
    return _edit_page(_managed(document_id))


@bp.post("/documents/<document_id>/edit")
@needs(Can.FILE)
def change(document_id: str) -> AnyResponse:
    """Rename or move a document."""
    sight = _managed(document_id)
    sent = request.form
    values: dict[str, Any] = {}
    if sent.get("name", "").strip():
        values["name"] = sent["name"]
    if "folder_id" in sent and (sent["folder_id"] or None) != sight.document.folder_id:
        values["folder_id"] = sent["folder_id"] or None
    if "before" in sent and sent["before"] != "keep":
        values["before"] = sent["before"] or None
    version = number_of(sent.get("version"))
    told(lambda: documents.change(actor(), document_id, values, version=version), _("Saved."))
    return redirect(url_for(".show", project_id=sight.seat.room.project_id), 303)


def _new_content(document_id: str) -> Received:
    _managed(document_id)
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Invalid.field("file", "required", N_("Choose a file first"))
    with closing(sent):
        return documents.receive(actor(), sent.stream, sent.filename)


@bp.post("/documents/<document_id>/versions")
@needs(Can.FILE)
@prepares(_new_content)
def add_version(document_id: str) -> AnyResponse:
    """Give a document a new content."""
    _managed(document_id)
    try:
        documents.add_version(actor(), document_id, prepared())
        flash(_("Saved as a new version."), "success")
    except Invalid as refusal:
        flash(refusal.errors[0].text() if refusal.errors else refusal.text(), "danger")
    except TooLarge as refusal:
        flash(refusal.text(), "danger")
    return redirect(url_for(".edit", document_id=document_id), 303)


@bp.get("/documents/<document_id>/versions/<int:number>")
@needs(Can.FILE)
def take_version(document_id: str, number: int) -> Response:
    """For the owner: one version as it was uploaded."""
    sight = _managed(document_id)
    version = seats.version_of(sight.seat, sight.document, number)
    answer = serving.answer(files.get(actor(), version.file_id))
    answer.headers["Cache-Control"] = serving.NO_STORE
    return answer


@bp.post("/documents/<document_id>/remove")
@needs(Can.FILE)
def remove(document_id: str) -> AnyResponse:
    """Take a document out; its history stays."""
    sight = _managed(document_id)
    documents.remove(actor(), document_id)
    flash(_("The document was taken out; its history stays."), "success")
    return redirect(url_for(".show", project_id=sight.seat.room.project_id), 303)


@bp.post("/documents/<document_id>/questions")
@needs(Can.ASK)
def ask(document_id: str) -> Any:
    """Ask about a document."""
    sight = seats.sight(actor(), document_id)
    form = QuestionForm(request.form)
    values = form.load(QuestionIn)
    if values is None:
        reading.require(actor(), sight, Can.ASK)
        flash(_("Write your question first."), "danger")
    else:
        questions.ask(actor(), document_id, text=values.text, page=values.page)
        flash(_("Asked. You will be told of the answer."), "success")
    return redirect(url_for(".document", document_id=document_id, _anchor="questions"), 303)


@bp.post("/questions/<question_id>/answers")
@needs(Can.ANSWER)
def answer(question_id: str) -> Any:
    """Say something to a question."""
    values = AnswerForm(request.form).load(AnswerIn)
    document_id = questions.document_of(actor(), question_id)
    if values is None:
        flash(_("Write your answer first."), "danger")
    else:
        questions.answer(actor(), question_id, text=values.text, publish=values.publish)
        flash(_("Answered."), "success")
    return redirect(url_for(".document", document_id=document_id, _anchor="questions"), 303)


@bp.post("/questions/<question_id>/publish")
@needs(Can.PUBLISH)
def publish(question_id: str) -> Any:
    """Show question and answers to all readers of the document."""
    document_id = questions.document_of(actor(), question_id)
    try:
        questions.publish_answer(actor(), question_id)
        flash(_("Question and answer are shown to all readers."), "success")
    except Conflict as refusal:
        flash(refusal.text(), "danger")
    return redirect(url_for(".document", document_id=document_id, _anchor="questions"), 303)
