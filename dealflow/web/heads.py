"""gunicorn's threads are given a request only when its head is whole, and none waits for a sender that hardly sends.

The threaded worker of gunicorn 27 hands each new connection to a thread, which then waits for the request: connections that
say nothing, or half a head, keep all threads and so the whole site. Here the loop of the process reads the head, at no cost
in threads, and a body comes at a pace or is given up.
"""

from __future__ import annotations

import errno
import selectors
import socket
import time
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

HEAD_SECONDS = 10.0
"""How long the head of a request may take, from the connection or the last answer's end."""
HEAD_BYTES = 64 * 1024
"""Beyond this the parser may say what is wrong with it; its own limits are lower."""
GRACE_SECONDS = 10.0
"""How long a body may take however small; beyond, each second is earned by `BYTES_PER_SECOND`."""
BYTES_PER_SECOND = 4 * 1024
_CHUNK = 16 * 1024


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
        if data:
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
        return super().handle(conn)

    def _await_head(self, conn: Any) -> None:
        conn.sock.setblocking(False)
        conn.head, conn.timeout = b"", time.monotonic() + HEAD_SECONDS
        self.pending_conns.append(conn)
        waiting = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, waiting)
