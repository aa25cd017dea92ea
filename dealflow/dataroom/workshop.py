"""Orders to the child process, and what its answers mean. The one door through which a people's file is parsed."""

from __future__ import annotations

import atexit
import json
import logging
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from dealflow.core.errors import Invalid, Unavailable
from dealflow.core.i18n import N_
from dealflow.dataroom import child

log = logging.getLogger(__name__)
_REASONS = {
    "encrypted": N_("This PDF asks for a password; save it without one and upload it again"),
    "too_many_pages": N_("This PDF has more than 3,000 pages; divide it"),
    "too_large": N_("This file unpacks to more than a reader could open; make it smaller"),
    "damaged": N_("This file is damaged and cannot be opened"),
}


class _Workshop:
    """This process's own server of workers, started at first use and again when it was killed."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """No server yet."""
        self.lock = threading.Lock()
        # More workers than cores only make each of them late.
        self.slots = threading.BoundedSemaphore(max(2, os.cpu_count() or 1))
        self.control: socket.socket | None = None
        self.process: subprocess.Popen[bytes] | None = None

    def line(self) -> socket.socket:
        """Our end of a new worker's socket."""
        ours, theirs = socket.socketpair()
        with theirs, self.lock:
            for _attempt in (1, 2):
                control = self.control or self._start()
                try:
                    socket.send_fds(control, [b"o"], [theirs.fileno()])
                    return ours
                except OSError:
                    # The server was killed since the last order.
                    self.stop()
        ours.close()
        raise Unavailable()

    def _start(self) -> socket.socket:
        control, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603 - our own file, no shell, nothing from outside
                [sys.executable, "-I", child.__file__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}, cwd="/",
            )  # fmt: skip
        self.control = control
        return control

    def stop(self) -> None:
        """End the server; it leaves when the line to it is cut."""
        if self.control is not None:
            self.control.close()
        if self.process is not None:
            try:
                self.process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.control = self.process = None

    def forget(self) -> None:
        """After a fork: the server belongs to the parent."""
        if self.control is not None:
            self.control.close()
        self.reset()


_workshop = _Workshop()
os.register_at_fork(after_in_child=_workshop.forget)
atexit.register(_workshop.stop)


def _ordered(order: str, given: dict[str, Any], **limits: int) -> dict[str, Any]:
    """The worker's answer; {"error": "too_large"} when it died of its limits."""
    request = json.dumps({"work": order, "given": given} | limits).encode() + b"\n"
    if not _workshop.slots.acquire(timeout=child.SECONDS):
        raise Unavailable()
    try:
        with _workshop.line() as line, line.makefile("rb") as answers:
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
