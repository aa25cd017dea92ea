"""Orders to the child process, and what its answers mean. The one door through which a people's file is parsed."""

from __future__ import annotations

import json
import logging
import socket
from pathlib import Path
from typing import Any

from dealflow.core.errors import Invalid, Unavailable
from dealflow.core.forking import ForkServer
from dealflow.core.i18n import N_
from dealflow.dataroom import child

log = logging.getLogger(__name__)
_REASONS = {
    "encrypted": N_("This PDF asks for a password; save it without one and upload it again"),
    "too_many_pages": N_("This PDF has more than 3,000 pages; divide it"),
    "too_large": N_("This file unpacks to more than a reader could open; make it smaller"),
    "damaged": N_("This file is damaged and cannot be opened"),
}


_workshop = ForkServer(child.__file__)


def _submit() -> socket.socket:
    try:
        return _workshop.submit(b"o")
    except OSError as error:
        raise Unavailable() from error


def _ordered(order: str, given: dict[str, Any], **limits: int) -> dict[str, Any]:
    """The worker's answer; {"error": "too_large"} when it died of its limits."""
    request = json.dumps({"work": order, "given": given} | limits).encode() + b"\n"
    if not _workshop.slots.acquire(timeout=child.SECONDS):
        raise Unavailable()
    try:
        with _submit() as line, line.makefile("rb") as answers:
            # The kernel ends a worker before this; it only catches a server that is itself stuck.
            line.settimeout(child.SECONDS + 20)
            line.sendall(request)
            answer = answers.readline()
    except TimeoutError as error:
        raise Unavailable() from error
    except (BrokenPipeError, ConnectionResetError):
        answer = b""
    finally:
        _workshop.slots.release()
    found: dict[str, Any] = json.loads(answer) if answer.endswith(b"\n") else {"error": "too_large"}
    if "error" in found:
        log.info("%s: %s (%s)", order, found["error"], found.get("detail", "the worker died"))
    return found


def prepare(kind: str, source: Path, target: Path, **limits: int) -> dict[str, Any]:
    """Write a disarmed copy of a PDF or picture: what is known of it. Invalid of the field `file` otherwise."""
    found = _ordered(f"prepare_{kind}", {"source": str(source), "target": str(target)}, **limits)
    if "error" in found:
        raise Invalid.field("file", found["error"], _REASONS[found["error"]])
    return found


def stamp(kind: str, source: Path, target: Path, **given: Any) -> dict[str, Any]:
    """Write a marked copy of what `prepare` made. Unavailable when it cannot be made now."""
    found = _ordered(f"stamp_{kind}", {"source": str(source), "target": str(target)} | given)
    if "error" in found:
        raise Unavailable()
    return found
