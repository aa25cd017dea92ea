"""Reading what a request carries, before any transaction begins: however slowly it comes, no other writer waits for it."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, current_app, g, request
from werkzeug.exceptions import RequestEntityTooLarge

from dealflow.core import db
from dealflow.core.actor import ANONYMOUS
from dealflow.core.errors import Unauthenticated
from dealflow.core.http import JSON_LIMIT, PUBLIC, SAFE, note_upload, settings
from dealflow.web import once


def install(app: Flask, recognise: Callable[[], None]) -> None:
    """Read the body ahead of everything else that a request does; `recognise` says, inside an edge, who sends it."""

    @app.before_request
    def receive() -> None:
        if request.method in SAFE or request.routing_exception is not None or request.endpoint == "static":
            return
        if request.mimetype != "multipart/form-data":
            _read()
            return
        if getattr(app.view_functions[str(request.endpoint)], "permission", None) == PUBLIC:
            # Who has not said who they are may send a document and no video.
            request.max_content_length = settings().upload_limit + JSON_LIMIT
        else:
            with db.edge(write=False, actor=ANONYMOUS):
                recognise()
            if not g.actor.is_authenticated:
                raise Unauthenticated()
        if "Idempotency-Key" in request.headers or once.FIELD in request.form:
            note_upload()


def _read() -> None:
    """Read a body that is no upload and keep it. 413 for more than a form or JSON ever holds, however it is sent."""
    is_form = request.mimetype == "application/x-www-form-urlencoded"
    limit: int = current_app.config["MAX_FORM_MEMORY_SIZE"] if is_form else JSON_LIMIT
    # A body that does not tell its length is cut off at the limit, so that one more byte tells whether it went on.
    request.max_content_length = limit + 1
    data = request.get_data(cache=True)
    if len(data) > limit or (is_form and data.count(b"&") >= current_app.config["MAX_FORM_PARTS"]):
        raise RequestEntityTooLarge()
