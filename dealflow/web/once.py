"""A form with a file that is sent twice does its work once: by a second click, or by loading the answer again.

Every such form carries a token of its own (`csrf(once=true)`). The same token with the same content is the same deed; what
was chosen anew on a page that the browser kept is another one.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable

from flask import Response, g, request, session

from dealflow.core import idempotency, sealing
from dealflow.core.http import actor

FIELD = "once"
PURPOSE = "idempotency"
_REDIRECTS = range(300, 400)


def token() -> str:
    """The token of a form that is shown now."""
    return secrets.token_urlsafe(16)


def _key() -> str | None:
    """What makes this form the same as one that was sent before; None for what is no form with a token."""
    if request.mimetype != "multipart/form-data" or request.path.startswith("/api/"):
        return None
    sent = request.form.get(FIELD)
    return idempotency.fingerprint(sent, request.path, g.uploaded) if sent else None


def answer(run: Callable[[], Response]) -> Response:
    """The answer of `run`, or the one that the same form led to before. Inside the transaction, after the login is known."""
    key = _key() if actor().is_authenticated else None
    if key is None:
        return run()
    row = idempotency.begin(actor(), f"form:{key}", key)
    if row.status is not None:
        session["_flashes"] = json.loads(sealing.unseal_bytes(PURPOSE, row.body or b"") or b"[]")
        return Response(status=row.status, headers=row.headers or {})
    made = run()
    # What shows a page instead of going on has written nothing that must not be written twice.
    if made.status_code in _REDIRECTS:
        row.status, row.headers = made.status_code, {"Location": made.headers["Location"]}
        row.body = sealing.seal_bytes(PURPOSE, json.dumps(session.get("_flashes", [])).encode())
    return made
