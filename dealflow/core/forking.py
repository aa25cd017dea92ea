"""A server of our own that forks a worker for each order: what people send is opened there, and nowhere else.

The server is a file of ours, started in a bare environment and spoken to over a socket; each order hands it the far end of
a new socket on which the forked worker answers. It is started at first use, again when it was killed, and leaves when
the line to it is cut.
"""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import sys
import threading


class ForkServer:
    """This process's own server. `slots` bounds how many orders run at once."""

    def __init__(self, script: str, *options: str) -> None:
        self.line = [sys.executable, "-I", *options, script]
        self.reset()
        os.register_at_fork(after_in_child=self.forget)
        atexit.register(self.stop)

    def reset(self) -> None:
        """No server yet."""
        self.lock = threading.Lock()
        # More workers than cores only make each of them late.
        self.slots = threading.BoundedSemaphore(max(2, os.cpu_count() or 1))
        self.control: socket.socket | None = None
        self.process: subprocess.Popen[bytes] | None = None

    def submit(self, order: bytes) -> socket.socket:
        """Our end of a new worker's socket. OSError when no server can be had."""
        ours, theirs = socket.socketpair()
        try:
            with theirs, self.lock:
                try:
                    socket.send_fds(self._running(), [order], [theirs.fileno()])
                except OSError:
                    # The server was killed since the last order.
                    self.stop()
                    socket.send_fds(self._running(), [order], [theirs.fileno()])
        except OSError:
            ours.close()
            raise
        return ours

    def warm_up(self) -> None:
        """Start the server now, so that the first order does not wait for it."""
        with self.lock:
            self._running()

    def _running(self) -> socket.socket:
        if self.control is None:
            control, theirs = socket.socketpair()
            # A bare environment: no secret, no proxy, no locale or time zone of this host reaches what is made.
            environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
            with theirs:
                self.process = subprocess.Popen(  # noqa: S603 - our own file, no shell, nothing from outside
                    [*self.line, str(theirs.fileno())], pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL, env=environment, cwd="/",
                )  # fmt: skip
            self.control = control
        return self.control

    def stop(self) -> None:
        """End the server and all its workers."""
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
