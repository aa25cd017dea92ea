"""The room: what it shows, adding and arranging, closing it, and its NDA."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind

from dealflow.core import policy
from dealflow.core.addresses import local_target
from dealflow.core.errors import Conflict, DomainError, NotFound
from dealflow.core.http import actor, needs, prepared, prepares
from dealflow.core.i18n import gettext as _
from dealflow.dataroom import asked, queries, seats
from dealflow.dataroom.forms import ACCEPT, FolderForm, NdaForm, UploadForm
from dealflow.dataroom.pages.base import bp, labels, links, number_of, title_of, told
from dealflow.dataroom.policy import Can
from dealflow.dataroom.schemas import NdaText
from dealflow.dataroom.seats import Seat
from dealflow.dataroom.service import documents, folders, ndas, rooms
from dealflow.files import queries as files
from dealflow.files import serving
from dealflow.files.service import Received

MOST_FILES = 50


def folder_choices(seat: Seat, top: str) -> list[Any]:
    """The folders of a room for a select, indented as they lie; `top` names the place outside all."""
    found = [SelectChoice("", top)]
    for branch in queries.tree(seat):
        if branch.folder is not None:
            found.append(SelectChoice(branch.folder.id, "\u2003" * (branch.depth - 1) + branch.folder.name))
    return found


@bp.get("/projects/<project_id>/data-room")
@needs(Can.SEE)
def show(project_id: str) -> str:
    """The documents, as far as the reader may see them."""
    seat = seats.of_actor(actor(), project_id)
    upload, folder = UploadForm(), FolderForm()
    upload.folder_id.choices = folder.parent_id.choices = folder_choices(seat, _("No folder"))
    return render_template(
        "dataroom/room.html", seat=seat, title=title_of(seat), branches=queries.tree(seat), at=links(project_id),
        upload=upload, folder=folder, accept=ACCEPT, may_file=policy.can(actor(), Can.FILE, seat) and seat.room.is_open,
        may_close=policy.can(actor(), Can.CLOSE, seat) and seat.room.is_open and bool(seat.room.id),
        counts=queries.counts(seat.room), questions=asked.open_ones(seat) if seat.is_owner else [],
        removed=queries.removed(seat) if seat.is_owner else [], **labels(),
    )  # fmt: skip


def _received(project_id: str) -> list[tuple[str, Received | DomainError]]:
    """The chosen files, each taken in or refused."""
    policy.require(actor(), Can.FILE, seats.of_actor(actor(), project_id), see=Can.SEE)
    found: list[tuple[str, Received | DomainError]] = []
    for file in [file for file in request.files.getlist("file") if file.filename][:MOST_FILES]:
        with closing(file):
            try:
                found.append((file.filename or "", documents.receive(actor(), file.stream, file.filename)))
            except DomainError as refusal:
                found.append((file.filename or "", refusal))
    return found


@bp.post("/projects/<project_id>/documents")
@needs(Can.FILE)
@prepares(_received)
def upload(project_id: str) -> Response:
    """Add one or several files; each refused one is told with its reason."""
    seat = seats.of_actor(actor(), project_id)
    policy.require(actor(), Can.FILE, seat, see=Can.SEE)
    folder_id = request.form.get("folder_id") or None

    def add(received: Received | DomainError) -> None:
        if isinstance(received, DomainError):
            raise received
        documents.add(actor(), project_id, received, folder_id=folder_id)

    for name, received in prepared():
        told(lambda received=received: add(received), _("Added: %(name)s", name=name))  # type: ignore[misc]
    if not prepared():
        flash(_("Choose a file first"), "danger")
    return redirect(url_for(".show", project_id=project_id), 303)


@bp.post("/projects/<project_id>/folders")
@needs(Can.FILE)
def add_folder(project_id: str) -> Response:
    """Make a folder."""
    form = FolderForm(request.form)
    told(
        lambda: folders.make(actor(), project_id, name=form.name.data or "", parent_id=form.parent_id.data),
        _("The folder is there."),
    )
    return redirect(url_for(".show", project_id=project_id), 303)


@bp.post("/folders/<folder_id>")
@needs(Can.FILE)
def change_folder(folder_id: str) -> Response:
    """Rename a folder."""
    seat, row = folders.own(actor(), folder_id)
    version = number_of(request.form.get("version")) or row.version
    values = {"name": request.form.get("name", "")}
    told(lambda: folders.change(actor(), folder_id, values, version=version), _("Saved."))
    return redirect(url_for(".show", project_id=seat.room.project_id), 303)


@bp.post("/folders/<folder_id>/remove")
@needs(Can.FILE)
def remove_folder(folder_id: str) -> Response:
    """Take a folder out with all it holds."""
    seat, _row = folders.own(actor(), folder_id)
    folders.remove(actor(), folder_id)
    flash(_("The folder was taken out; its history stays."), "success")
    return redirect(url_for(".show", project_id=seat.room.project_id), 303)


@bp.post("/projects/<project_id>/data-room/close")
@needs(Can.CLOSE)
def close(project_id: str) -> Response:
    """Close the room for good."""
    rooms.close(actor(), project_id)
    flash(_("The data room is closed. Its archive is being made."), "success")
    return redirect(url_for(".show", project_id=project_id), 303)


@bp.get("/projects/<project_id>/data-room/archive")
@needs(Can.TAKE_ARCHIVE)
def take_archive(project_id: str) -> Any:
    """The archive of a closed room."""
    seat = seats.of_actor(actor(), project_id)
    policy.require(actor(), Can.TAKE_ARCHIVE, seat, see=Can.SEE)
    if seat.room.archive_file_id is None:
        raise NotFound()
    answer = serving.answer(files.get(actor(), seat.room.archive_file_id))
    answer.headers["Cache-Control"] = serving.NO_STORE
    return answer


def _nda_page(seat: Seat, form: NdaForm | None = None) -> str:
    current = queries.nda(seat)
    if form is None:
        form = NdaForm(
            source=current.source, text_zh=current.text_zh, text_en=current.text_en, required=seat.room.nda_required
        )  # fmt: skip
    return render_template(
        "dataroom/nda.html", seat=seat, title=title_of(seat), nda=current, text=queries.nda_text(current), form=form,
        ndas=queries.ndas(seat) if seat.is_owner else [], at=links(seat.room.project_id),
        may_write=policy.can(actor(), Can.WRITE_NDA, seat) and seat.room.is_open,
        may_accept=policy.can(actor(), Can.ACCEPT_NDA, seat), next=local_target(request.values.get("next"), ""),
    )  # fmt: skip


@bp.get("/projects/<project_id>/data-room/nda")
@needs(Can.SEE_NDA)
def nda(project_id: str) -> str:
    """The NDA: to read and accept, or for the owner to write."""
    return _nda_page(seats.of_actor(actor(), project_id))


@bp.post("/projects/<project_id>/data-room/nda")
@needs(Can.ACCEPT_NDA)
def accept_nda(project_id: str) -> Response:
    """Accept the wording that was read."""
    seat = seats.of_actor(actor(), project_id)
    try:
        ndas.accept(actor(), seat, number=number_of(request.form.get("number")) or None)
    except Conflict as refusal:
        flash(refusal.text(), "warning")
        return redirect(url_for(".nda", project_id=project_id), 303)
    flash(_("Accepted. What you open from now on is recorded and carries your name."), "success")
    return redirect(
        local_target(request.form.get("next"), url_for(".show", project_id=project_id)), 303
    )  # fmt: skip


@bp.post("/projects/<project_id>/data-room/nda/texts")
@needs(Can.WRITE_NDA)
def write_nda(project_id: str) -> Any:
    """Put another wording in force."""
    seat = seats.of_actor(actor(), project_id)
    policy.require(actor(), Can.WRITE_NDA, seat, see=Can.SEE)
    form = NdaForm(request.form)
    values = form.load(NdaText)
    if values is None or not told(
        lambda: ndas.write(actor(), project_id, **values.model_dump()), _("Saved.")
    ):
        return _nda_page(seat, form), 422
    return redirect(url_for(".nda", project_id=project_id), 303)
