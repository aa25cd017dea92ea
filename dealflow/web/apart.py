"""The processes for costly doors: the others hand them the connections that ask for these, head and all.

A thread that computes shares Python's lock with all threads of its process, so that pages wait for it however few
such threads there are. Some processes of every `dealflow serve` (`Settings.costly_processes`) therefore take nothing but what was
handed over, at a lower priority of the machine. The first that find a role free have it; when one dies, the one forked in its
place has it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import socket
import sys
import tempfile
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote, urlsplit

LOWER = 5
"""By how much its priority is lower (`nice`): it has what pages and jobs leave, and then all of it."""
_MOST_HEAD = 1 << 17

Match = Callable[[bytes], bool]


class Door:
    """Where connections are handed over; made before the processes are forked that share it."""

    def __init__(self, roles: int) -> None:
        kind = socket.SOCK_SEQPACKET if sys.platform == "linux" else socket.SOCK_DGRAM
        self.inside, self._outside = socket.socketpair(socket.AF_UNIX, kind)
        for end in (self.inside, self._outside):
            end.setblocking(False)
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        # A byte for each role, locked as long as the process lives that has it.
        self._roles, self._count = tempfile.TemporaryFile(), roles  # noqa: SIM115

    def take_role(self) -> bool:
        """Whether this process is one of those for costly doors."""
        for role in range(self._count):
            with contextlib.suppress(OSError):
                fcntl.lockf(self._roles, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, role)
                break
        else:
            return False
        with contextlib.suppress(OSError):
            os.nice(LOWER)
        return True

    def hand_over(self, connection: socket.socket, head: bytes) -> bool:
        """Whether the connection is on its way, so that this process may forget it; False when nothing takes more now."""
        try:
            socket.send_fds(self._outside, [head], [connection.fileno()])
        except OSError:
            return False
        return True

    def take(self) -> tuple[socket.socket, bytes] | None:
        """A connection that was handed over, and what it has said; None when there is none."""
        try:
            head, descriptors, _flags, _address = socket.recv_fds(self.inside, _MOST_HEAD, 1)
        except OSError:
            return None
        return (socket.socket(fileno=descriptors[0]), head) if descriptors else None

    def close(self) -> None:
        """Let go of it, and of the role that this process has."""
        for held in (self.inside, self._outside, self._roles):
            held.close()


def costly_doors(app: Any) -> Match:
    """What tells from the head of a request whether it asks for a route that is declared `core.doors.costly`."""
    found: dict[str, list[str]] = {}
    for rule in app.url_map.iter_rules():
        if getattr(app.view_functions.get(rule.endpoint), "costly", False):
            path = "".join(_pattern(re.split(r"(<[^>]+>)", rule.rule)))
            for method in rule.methods or ():
                found.setdefault(method, []).append(path)
    patterns = {method: re.compile("|".join(paths)) for method, paths in found.items() if method != "OPTIONS"}

    def is_costly(head: bytes) -> bool:
        words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
        pattern = patterns.get(words[0]) if len(words) == 3 else None
        try:
            return pattern is not None and pattern.fullmatch(unquote(urlsplit(words[1]).path)) is not None
        except ValueError:
            return False

    return is_costly


def _pattern(parts: Iterable[str]) -> Iterable[str]:
    for part in parts:
        yield "[^/]+" if part.startswith("<") else re.escape(part)
