"""gunicorn's threads are given a request only when its head is whole, and none waits for a sender that hardly sends.

The threaded worker of gunicorn 27 hands each new connection to a thread, which then waits for the request: connections that
say nothing, or half a head, keep all threads and so the whole site. Here the loop of the process reads the head, at no cost
in threads, and a body comes at a pace or is given up. From the head the loop also sees who asks, so that nobody has all threads
(`lanes`), and for what, so that costly doors are left to processes of their own (`apart`).
"""

from __future__ import annotations

import atexit
import errno
import selectors
import socket
import time
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from dealflow.settings import Settings
from dealflow.web.apart import Door, Match, costly_doors
from dealflow.web.lanes import Lanes, crowded, whose

HEAD_SECONDS = 10.0
"""How long the head of a request may take, from the connection or the last answer's end."""
HEAD_BYTES = 64 * 1024
"""Beyond this the parser may say what is wrong with it; its own limits are lower."""
GRACE_SECONDS = 10.0
"""How long a body may take however small; beyond, each second is earned by `BYTES_PER_SECOND`."""
BYTES_PER_SECOND = 4 * 1024
_CHUNK = 16 * 1024
SHARE, COSTLY_SHARE = 4, 1
"""How many threads of a process one session or token has: of those for all, and of those for costly doors."""

# Made where gunicorn loads this module: in the process from which all others are forked.
_door = Door(Settings.from_environment().costly_processes)
atexit.register(_door.close)


class Paced:
    """The reading side of a connection while one request is read: too slow a sender is `TimeoutError`."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection, self.begun, self.read = connection, time.monotonic(), 0

    def recv(self, size: int) -> bytes:
        """Up to `size` bytes, b"" at the end."""
        left = self.begun + GRACE_SECONDS + self.read / BYTES_PER_SECOND - time.monotonic()
        patience = self.connection.gettimeout()
        self.connection.settimeout(max(0.001, left if patience is None else min(left, patience)))
        try:
            data = self.connection.recv(size)
        finally:
            self.connection.settimeout(patience)
        self.read += len(data)
        return data


class Worker(ThreadWorker):
    """The threaded worker, with heads read by the loop."""

    apart = False
    _accepting: bool
    is_costly: Match

    def init_process(self) -> None:
        """Runs once in the new process, until it stops."""
        self.apart = _door.take_role()
        self.lanes: Lanes[Any] = Lanes(COSTLY_SHARE if self.apart else SHARE)
        if self.apart:
            # A connection that was kept here would bring the next page here too.
            self.max_keepalived = 0
        super().init_process()

    def load_wsgi(self) -> None:
        """Know the application's doors and the cookie of its sessions."""
        super().load_wsgi()
        self.is_costly = costly_doors(self.wsgi)
        self.cookie = self.wsgi.config["SESSION_COOKIE_NAME"]
        self.signer = self.wsgi.session_interface.get_signing_serializer(self.wsgi)

    def set_accept_enabled(self, enabled: bool) -> None:
        """Take connections, or none now: from the network, or what is handed over."""
        if not self.apart:
            super().set_accept_enabled(enabled)
        elif enabled != self._accepting:
            if enabled:
                self.poller.register(_door.inside, selectors.EVENT_READ, self.take_over)
            else:
                self.poller.unregister(_door.inside)
            self._accepting = enabled

    def take_over(self, _door_inside: Any) -> None:
        """A connection comes from another process, with the head it has read."""
        taken = _door.take()
        if taken is None:
            return
        client, head = taken
        try:
            conn = TConn(self.cfg, client, client.getpeername(), client.getsockname())
        except OSError:
            client.close()
            return
        conn.head, conn.data_ready = head, True
        self.nr_conns += 1
        self.enqueue_req(conn)

    def enqueue_req(self, conn: Any) -> None:
        """Give it a thread, or let it wait while whoever asks has their share of them."""
        if conn.head or not hasattr(conn, "lane"):
            conn.lane = whose(conn.head, self.cookie, self._session)
        conn.crowded = False
        if conn.lane:
            enters = self.lanes.enter(conn.lane, conn)
            if enters is None:
                return
            if not enters:
                conn.lane, conn.crowded = "", True
        super().enqueue_req(conn)

    def finish_request(self, conn: Any, done: Any) -> None:
        """A thread is free: for the next of whom it served."""
        if conn.lane and (following := self.lanes.leave(conn.lane)) is not None:
            super().enqueue_req(following)
        super().finish_request(conn, done)

    def _session(self, cookie: str) -> str:
        try:
            return str(self.signer.loads(cookie).get("_user_id") or "")
        except Exception:  # whatever somebody sends as a cookie, it opens no session
            return ""

    def accept(self, listener: socket.socket) -> None:
        """Take a connection and wait for its first head in the loop."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EMFILE, errno.ENFILE):
                raise
            return
        self.nr_conns += 1
        self._await_head(TConn(self.cfg, client, address, listener.getsockname()))

    def on_client_socket_readable(self, conn: Any, client: socket.socket) -> None:
        """The next request begins on a connection that was kept."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._await_head(conn)

    def on_pending_socket_readable(self, conn: Any, client: socket.socket) -> None:
        """More of a head is there; when it is whole, a thread takes over."""
        try:
            data = client.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        conn.head += data
        if data and b"\r\n\r\n" not in conn.head and len(conn.head) < HEAD_BYTES:
            return
        self.poller.unregister(client)
        self.pending_conns.remove(conn)
        if data and not self.apart and self.is_costly(conn.head) and _door.hand_over(client, conn.head):
            self.nr_conns -= 1
            conn.close()
        elif data:
            conn.data_ready = True
            self.enqueue_req(conn)
        else:
            self.nr_conns -= 1
            conn.close()

    def handle(self, conn: Any) -> Any:
        """Runs in a thread: the head that was read goes first, what follows comes at a pace."""
        conn.sock.setblocking(True)
        conn.init()
        conn.parser.unreader.sock = Paced(conn.sock)
        head, conn.head = conn.head, b""
        conn.parser.unreader.unread(head)
        mark = crowded.set(conn.crowded)
        try:
            return super().handle(conn)
        finally:
            crowded.reset(mark)

    def _await_head(self, conn: Any) -> None:
        conn.sock.setblocking(False)
        conn.head, conn.timeout = b"", time.monotonic() + HEAD_SECONDS
        self.pending_conns.append(conn)
        waiting = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, waiting)
