"""Hearing out a sender who is refused, so that it gets the refusal and not a broken connection.

A server that closes a connection while bytes still come in resets it, and many clients then never read the answer.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable
from typing import Any

SECONDS = 10.0
SILENCE = 2.0
_CHUNK = 256 * 1024


class Lingering:
    """Wraps the application: after a refusal it reads and drops what is still sent, for a while."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        said: list[str] = []

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            said.append(status)
            return start_response(status, headers, *more)

        body = self.app(environ, start)
        connection = environ.get("gunicorn.socket")
        if said and said[-1] >= "400" and connection is not None:
            _drop(environ["wsgi.input"], connection)
        return body


def _drop(stream: Any, connection: socket.socket) -> None:
    until, patience = time.monotonic() + SECONDS, connection.gettimeout()
    connection.settimeout(SILENCE)
    try:
        while time.monotonic() < until and stream.read(_CHUNK):
            pass
    except OSError:
        return  # silent for too long, or gone: it has had its chance
    finally:
        connection.settimeout(patience)
