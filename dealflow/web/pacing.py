"""How many calls in a minute: per token or session, per person, and per address of those who do not say who they are.

A credential is counted first and by itself: that needs no database, and what is refused is neither read nor waits for a writer.
Then the person behind it counts, so that more tokens or another login bring no more calls. `core.http.paced` declares doors
that cost much and are counted by address as well.
"""

from __future__ import annotations

import flask
from flask import Flask, g, request

from dealflow.accounts import limits
from dealflow.core.errors import TooMany
from dealflow.core.http import actor, settings
from dealflow.core.i18n import N_
from dealflow.web.lanes import crowded

_CROWDED = N_("More of your requests wait for an answer than can. Go on in %(seconds)s s.")
_MOMENT = 5


def install(app: Flask) -> None:
    """Count every request but those for static files and the state of the machine, before its body is read."""
    limits.forget_calls()

    @app.before_request
    def count() -> None:
        view = app.view_functions.get(request.endpoint or "")
        if request.endpoint == "static" or getattr(view, "bare", False):
            return
        if crowded.get():
            raise TooMany(_MOMENT, detail=_CROWDED, seconds=_MOMENT)
        address = limits.place_of(request.remote_addr or "")
        if door := getattr(view, "paced", None):
            limits.pace(door, address, getattr(settings(), door))
        credential = _credential()
        limits.pace("credential" if credential else "address", credential or address, _most())


def count_person() -> None:
    """Count this request once for whoever makes it, now that they are known; for the address when the credential opened nothing."""
    if g.get("counted") or not _credential():
        return
    g.counted = True
    if actor().is_authenticated:
        limits.pace("person", str(actor().user_id), _most())
    else:
        limits.pace("address", limits.place_of(request.remote_addr or ""), _most())


def _credential() -> str:
    return request.headers.get("Authorization") or flask.session.get("_user_id") or ""


def _most() -> int:
    most: int = settings().calls_per_minute
    return most
