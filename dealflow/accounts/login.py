"""Flask-Login wired to our sessions, and the authenticator that the request edge calls."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import flask_login
from flask import Flask, Response, g, request
from sqlalchemy.exc import OperationalError

from dealflow.accounts import identity
from dealflow.core.actor import ANONYMOUS, Actor
from dealflow.core.db import act_as, hurried, is_transient
from dealflow.core.errors import NotFound, Unauthenticated
from dealflow.core.http import actor
from dealflow.core.shortage import shortage

log = logging.getLogger(__name__)


class LoginUser(flask_login.UserMixin):
    """What Flask-Login keeps: the session's secret, and the actor it stands for."""

    def __init__(self, secret: str, actor: Actor) -> None:
        self.id, self.actor = secret, actor


def log_in(secret: str) -> None:
    """Bind the browser to a session that was just opened; the cookie's content is new."""
    import flask

    language = flask.session.get("lang")
    flask.session.clear()
    if language:
        flask.session["lang"] = language
    flask.session.permanent = True
    flask_login.login_user(LoginUser(secret, ANONYMOUS), force=True)


def go_on(secret: str) -> None:
    """Bind the browser to the session that follows its present one; what this request still shows knows it as its own."""
    log_in(secret)
    g.actor = replace(actor(), session_id=identity.actor_from_session(secret).session_id)


def log_out() -> None:
    """Forget the browser's session; the row is ended by the service."""
    import flask

    flask_login.logout_user()
    flask.session.clear()


def _origin() -> dict[str, str]:
    return {"request_id": g.request_id, "address": request.remote_addr or ""}


def visitor() -> Actor:
    """Who makes this request, with address and request id even when nobody is logged in."""
    return replace(actor(), request_id=g.request_id, address=request.remote_addr or "")


def remember(note: Callable[[], None]) -> None:
    """Keep a note that is written once the request's own transaction is over, whatever its outcome."""
    g.setdefault("notes", []).append(note)


def _renew(session_id: str) -> None:
    """Give the browser a fresh session with this answer; everything else in its cookie stays."""
    import flask

    secret = identity.renew_session(session_id)
    if secret is not None:
        flask.session["_user_id"] = secret


def _write_notes(response: Response) -> Response:
    for note in g.pop("notes", ()):
        try:
            with hurried():
                note()
        except OperationalError as error:
            # "Last seen" may be late by a request; an answer that is ready must not fail for it.
            if not is_transient(error) and shortage(error) is None:
                raise
            log.warning("a note of request %s was not written: %s", g.request_id, error.orig)
    return response


def authenticate() -> Actor:
    """The actor of this request, by bearer token or browser session. Unauthenticated for a bad token."""
    header = request.headers.get("Authorization", "")
    wanted = request.headers.getlist("X-Organisation")
    if len(wanted) > 1 or any("," in w for w in wanted):
        raise NotFound()
    if header:
        scheme, _, secret = header.partition(" ")
        if scheme.lower() != "bearer" or not secret:
            raise Unauthenticated()
        who = identity.actor_from_token(
            secret.strip(), wanted[0].lower() if wanted else None, remember=remember, **_origin()
        )
        g.authenticated_by = "token"
    else:
        user = flask_login.current_user
        who = user.actor if user.is_authenticated else ANONYMOUS
        if wanted and who.is_authenticated:
            who = identity.acting_for(who, wanted[0].lower())
        g.authenticated_by = "session"
    act_as(who)
    return who


def install(app: Flask) -> None:
    """Set up Flask-Login and hand the edge its authenticator."""
    manager = flask_login.LoginManager(app)
    manager.session_protection = None  # our own session rows carry address and agent

    @manager.user_loader
    def load(secret: str) -> Any:
        found = identity.actor_from_session(
            secret, remember=remember, renew=lambda name: remember(lambda: _renew(name)), **_origin()
        )
        return LoginUser(secret, found) if found.is_authenticated else None

    app.after_request(_write_notes)
    app.extensions["dealflow.authenticate"] = authenticate
