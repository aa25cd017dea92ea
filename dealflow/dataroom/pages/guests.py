"""Pages of guests: a link, a code that proves the address, then viewing."""

from __future__ import annotations

from typing import Any

import flask
from flask import Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from dealflow.core import db
from dealflow.core.errors import Conflict, NotFound, TooMany
from dealflow.core.http import actor, public
from dealflow.core.i18n import gettext as _
from dealflow.dataroom import queries, serving
from dealflow.dataroom.pages.base import (
    bp,
    guest_links,
    labels,
    number_of,
    pages_of,
    part_answer,
    seconds_sent,
    title_of,
    viewer,
)
from dealflow.dataroom.seats import NdaRequired, Seat, Sight
from dealflow.dataroom.service import guests, ndas, reading
from dealflow.files import queries as files


def _key(link_id: str) -> str:
    return f"guest:{link_id}"


def _seat(link_id: str, *, hold: bool = False) -> Seat:
    """The seat of this browser; NotFound without a proven address."""
    token = str(flask.session.get(_key(link_id), ""))
    return guests.seat_of(link_id, token, address=request.remote_addr or "", hold=hold)


@bp.get("/rooms/<secret>")
@public
def guest_enter(secret: str) -> str:
    """What the link opens, and the button that mails the code."""
    return render_template(
        "dataroom/guest_enter.html", link=guests.by_secret(secret), secret=secret, sent=False
    )  # fmt: skip


@bp.post("/rooms/<secret>")
@public
def guest_send_code(secret: str) -> Any:
    """Mail a code to the address of the link."""
    try:
        link = guests.send_code(secret)
    except TooMany as refusal:
        link = guests.by_secret(secret)
        flash(refusal.text(), "info")
    return render_template("dataroom/guest_enter.html", link=link, secret=secret, sent=True)


@bp.post("/rooms/<secret>/code")
@public
def guest_verify(secret: str) -> Any:
    """Take the code; the browser that sent it is the reader from now on."""
    proven = guests.verify(secret, request.form.get("code", ""), address=request.remote_addr or "")
    if proven is None:
        flash(_("This code is wrong or no longer valid."), "danger")
        link = guests.by_secret(secret)
        return render_template("dataroom/guest_enter.html", link=link, secret=secret, sent=True)
    link, token = proven
    flask.session[_key(link.id)] = token
    return redirect(url_for(".guest_room", link_id=link.id), 303)


@bp.get("/guest/<link_id>")
@public
def guest_room(link_id: str) -> Any:
    """The documents that the link covers."""
    seat = _seat(link_id)
    if seat.nda_due:
        return redirect(url_for(".guest_nda", link_id=link_id), 303)
    return render_template(
        "dataroom/guest_room.html", seat=seat, title=title_of(seat), branches=queries.tree(seat), at=guest_links(link_id),
        may_file=False, **labels(),
    )  # fmt: skip


@bp.get("/guest/<link_id>/nda")
@public
def guest_nda(link_id: str) -> str:
    """The NDA to read and accept."""
    seat = _seat(link_id)
    nda = queries.nda(seat)
    return render_template(
        "dataroom/guest_nda.html", seat=seat, title=title_of(seat), nda=nda, text=queries.nda_text(nda), at=guest_links(link_id)
    )  # fmt: skip


@bp.post("/guest/<link_id>/nda")
@public
def guest_accept(link_id: str) -> AnyResponse:
    """Accept the NDA."""
    try:
        ndas.accept(actor(), _seat(link_id), number=number_of(request.form.get("number")) or None)
    except Conflict as refusal:
        flash(refusal.text(), "warning")
        return redirect(url_for(".guest_nda", link_id=link_id), 303)
    return redirect(url_for(".guest_room", link_id=link_id), 303)


@bp.get("/guest/<link_id>/documents/<document_id>")
@public
def guest_document(link_id: str, document_id: str) -> Any:
    """Read a document."""
    sight = guests.sight(_seat(link_id), document_id)
    urls = guest_links(link_id)
    try:
        access = None
        if sight.version.kind in ("pdf", "image", "video"):
            access = serving.opened(
                actor(), lambda: guests.sight(_seat(link_id, hold=True), document_id), "view"
            )
    except NdaRequired:
        return redirect(urls.nda, 303)
    return render_template(
        "dataroom/guest_document.html", title=title_of(sight.seat), may_download=False, **viewer(sight, access, urls)
    )  # fmt: skip


@bp.get("/guest/<link_id>/documents/<document_id>/pages/<int:page>")
@public
def guest_part(link_id: str, document_id: str, page: int) -> Response:
    """A few pages of a PDF, marked for the guest."""
    sight = _readable(link_id, document_id)
    wanted = pages_of(sight, page)
    if sight.version.kind != "pdf" or not wanted:
        raise NotFound()
    access = reading.access_of(sight, request.args.get("access", ""))
    with db.edge(actor=actor()):
        reading.served(access, wanted)
    return part_answer(sight, access, page)


def _readable(link_id: str, document_id: str) -> Sight:
    sight = guests.sight(_seat(link_id), document_id)
    if sight.nda_due or sight.version.kind not in ("pdf", "image", "video"):
        raise NotFound()
    return sight


@bp.get("/guest/<link_id>/documents/<document_id>/content")
@public
def guest_content(link_id: str, document_id: str) -> Response:
    """A picture or a video, or a whole PDF to look at."""
    sight = _readable(link_id, document_id)
    access = serving.opened(actor(), lambda: guests.sight(_seat(link_id, hold=True), document_id), "view")
    token, number = str(flask.session.get(_key(link_id), "")), sight.version.number
    stored = files.of_room(sight.version.file_id)
    return serving.content(
        sight, stored, access, lambda: guests.still_reads(link_id, token, document_id, number)
    )  # fmt: skip


@bp.post("/guest/<link_id>/documents/<document_id>/seen")
@public
def guest_seen(link_id: str, document_id: str) -> Response:
    """For how long pages were looked at."""
    reading.seen(actor(), _readable(link_id, document_id), request.form.get("access", ""), seconds_sent())
    return Response(status=204)
