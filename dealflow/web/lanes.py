"""Whose request a thread takes next: nobody with a login has more than a share of a process's threads.

What exceeds a lane's share waits in the loop of the process, at no cost in threads, and comes in turn; what exceeds that too
is refused. A lane is a session or an API token; who shows neither has none.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from typing import Generic, TypeVar

T = TypeVar("T")
MOST_WAITING = 32
_AUTHORIZATION = re.compile(rb"\r\nauthorization:([^\r\n]*)", re.IGNORECASE)
_COOKIE = re.compile(rb"\r\ncookie:([^\r\n]*)", re.IGNORECASE)

crowded: ContextVar[bool] = ContextVar("crowded", default=False)
"""Whether more requests of whoever makes the one that is answered wait than are allowed to."""


class Lanes(Generic[T]):
    """What runs and what waits, by lane. For one thread."""

    def __init__(self, share: int) -> None:
        self.share = share
        self._running: dict[str, int] = {}
        self._waiting: dict[str, deque[T]] = {}

    def enter(self, lane: str, thing: T) -> bool | None:
        """True: it runs now; None: it waits for its turn; False: too much of this lane waits already."""
        if self._running.get(lane, 0) < self.share:
            self._running[lane] = self._running.get(lane, 0) + 1
            return True
        queue = self._waiting.setdefault(lane, deque())
        if len(queue) >= MOST_WAITING:
            return False
        queue.append(thing)
        return None

    def leave(self, lane: str) -> T | None:
        """One of this lane is done: what runs in its place, if anything waits."""
        if queue := self._waiting.get(lane):
            following = queue.popleft()
            if not queue:
                del self._waiting[lane]
            return following
        self._running[lane] -= 1
        if not self._running[lane]:
            del self._running[lane]
        return None


def whose(head: bytes, cookie_name: str, opened: Callable[[str], str]) -> str:
    """The lane of a request by its head; "" for one without a login. `opened` says whose session a cookie is, "" if nobody's."""
    if found := _AUTHORIZATION.search(head):
        words = found[1].split()
        return f"token {words[-1].decode('latin-1')}" if words else ""
    if found := _COOKIE.search(head):
        for part in found[1].decode("latin-1").split(";"):
            name, _, value = part.strip().partition("=")
            if name == cookie_name:
                secret = opened(value)
                return f"session {secret}" if secret else ""
    return ""
