"""Refusals as answers: problem+json for the API, a page for people. Never a traceback."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, Response, current_app, g, jsonify, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from dealflow.core import db, i18n
from dealflow.core.actor import ANONYMOUS
from dealflow.core.errors import (
    BadRequest,
    Conflict,
    DomainError,
    NotFound,
    StaleVersion,
    TooLarge,
    TooMany,
    Unauthenticated,
)
from dealflow.core.i18n import N_
from dealflow.core.shortage import shortage
from dealflow.web import context

log = logging.getLogger(__name__)


def wants_json() -> bool:
    """Whether this request is the API's."""
    return request.path.startswith("/api/")


def problem(error: DomainError) -> Response:
    """The error as application/problem+json in the caller's language."""
    body: dict[str, Any] = {
        "type": f"/problems/{error.code}",
        "title": i18n.gettext(error.title),
        "status": error.status,
        "detail": error.text(),
        "code": error.code,
        "errors": [{"field": e.field, "code": e.code, "message": e.text()} for e in error.errors],
    }
    if isinstance(error, StaleVersion) and error.current is not None:
        body["current_version"] = error.current
    response = jsonify(body)
    response.status_code, response.mimetype = error.status, "application/problem+json"
    return response


def answer(error: DomainError) -> Response:
    """The answer to a refusal: JSON, a redirect to the login page, or an error page."""
    if "actor" not in g:
        _address_in_their_language(error)
    if error.status in (401, 403):
        _note_refusal(error)
    if wants_json():
        response = problem(error)
    elif (
        isinstance(error, Unauthenticated) and request.method == "GET" and "HX-Request" not in request.headers
    ):
        response = redirect(url_for("accounts.login", next=request.full_path.rstrip("?")))  # type: ignore[assignment]
    else:
        response = Response(_page(error), status=error.status, mimetype="text/html")
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    if error.status == 503:
        response.headers.setdefault("Retry-After", "2")
    if error.status == 401 and wants_json():
        response.headers["WWW-Authenticate"] = 'Bearer realm="dealflow"'
    return response


def _address_in_their_language(error: DomainError) -> None:
    """Whom a request was refused that nobody asked yet who makes it: one that comes too fast is still somebody's."""
    if not isinstance(error, TooMany):
        context.choose_language()
        return
    with db.edge(write=False, actor=ANONYMOUS):
        _recognise()


def _page(error: DomainError) -> str:
    """The page of a refusal, inside the frame of whoever asks."""
    if error.status >= 500:
        # What broke may be the database, and a frame without a person asks it nothing.
        g.actor = ANONYMOUS
    with db.edge(write=False, actor=g.get("actor", ANONYMOUS)):
        if "actor" not in g:
            _recognise()
        return render_template(
            "web/error.html", error=error, code=error.status, reference=g.get("request_id", "")
        )


def _recognise() -> None:
    """Who asks for an address that does not exist; a credential that opens nothing leaves them unknown."""
    try:
        g.actor = current_app.extensions["dealflow.authenticate"]()
    except DomainError:
        g.actor = ANONYMOUS
    context.choose_language()


def _note_refusal(error: DomainError) -> None:
    """Somebody tried what they may not: who, what and from where, on one line, whatever they sent."""
    path = request.path[:200].encode("ascii", "backslashreplace").decode()
    log.warning(
        "refused %s: %s %r by %s of %s from %s, request %s", error.code, request.method, path,
        g.get("actor", ANONYMOUS).user_id or "nobody", g.get("actor", ANONYMOUS).organisation_id or "nowhere",
        request.remote_addr, g.get("request_id", "-"),
    )  # fmt: skip


class _Http(DomainError):
    """An HTTP error of the framework in our form."""

    def __init__(self, status: int, code: str, title: str) -> None:
        super().__init__(title)
        self.status = status  # type: ignore[misc]
        self.code, self.title = code, title  # type: ignore[misc]


_TITLES = {
    400: ("bad_request", N_("The request could not be understood")),
    405: ("method_not_allowed", N_("This address does not do that")),
    408: ("timeout", N_("The request took too long")),
    415: ("unsupported_media_type", N_("This content type is not accepted")),
    416: ("range_not_satisfiable", N_("This range lies outside the file")),
    500: ("internal_error", N_("Something went wrong on our side; it has been noted")),
}


def from_http(error: HTTPException) -> DomainError:
    """The framework's own errors in our form."""
    status = error.code or 500
    if status == 404:
        return NotFound()
    if status == 413:
        return TooLarge()
    return _Http(status, *_TITLES.get(status, _TITLES[400 if status < 500 else 500]))


def install(app: Flask) -> None:
    """Register the handlers."""

    @app.errorhandler(DomainError)
    def refused(error: DomainError) -> Response:
        return answer(error)

    @app.errorhandler(CSRFError)
    def forged(error: CSRFError) -> Response:
        return answer(
            BadRequest(
                N_("This form is no longer valid; go back, reload the page and send it again"), code="csrf"
            )
        )

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Any:
        if error.code is not None and error.code < 400:
            return error
        response = answer(from_http(error))
        if error.code == 405 and getattr(error, "valid_methods", None):
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods))  # type: ignore[attr-defined]
        return response

    @app.errorhandler(Exception)
    def broken(error: Exception) -> Response:
        found = shortage(error)
        if found is not None:
            log.error("request %s met a shortage: %s", g.get("request_id", "-"), error)
            return answer(found)
        log.exception("request %s failed", g.get("request_id", "-"))
        if app.config.get("PROPAGATE_EXCEPTIONS"):
            raise error
        return answer(_Http(500, *_TITLES[500]))

    _install_store(app)


def _install_store(app: Flask) -> None:
    """What the database refuses."""

    @app.errorhandler(IntegrityError)
    def taken(error: IntegrityError) -> Response:
        log.info("constraint refused a write: %s", error.orig)
        return answer(Conflict())

    @app.errorhandler(DataError)
    def unfit(error: DataError) -> Response:
        log.warning("the database refused a value: %s", error.orig)
        return answer(BadRequest())

    @app.errorhandler(StaleDataError)
    def stale(error: StaleDataError) -> Response:
        return answer(StaleVersion())
