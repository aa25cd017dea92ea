"""Connections that say nothing, half a head or a slow body do not keep the site from others."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from dealflow.web import heads
from tests.faults.processes import PATIENCE, Running, dealflow, environment, free_port, wait_for

THREADS = 8


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A server with one web process."""
    instance, number = tmp_path_factory.mktemp("instance"), free_port()
    begun = dealflow(instance, "init")
    assert begun.returncode == 0, begun.stderr
    more = {"HOST": "127.0.0.1", "PORT": str(number), "DEALFLOW_WEB_PROCESSES": "1", "DEALFLOW_DEMO": "0"}
    line = [sys.executable, "-m", "dealflow.cli", "serve"]
    with Running(line, environment(instance, **more), instance / "server.log"):
        wait_for(lambda: answers(number), "answer of the server")
        yield number


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def connected(stack: ExitStack, port: int, said: bytes = b"") -> socket.socket:
    """A connection that has said this much and no more."""
    connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE))
    connection.sendall(said)
    return connection


def rest(connection: socket.socket) -> bytes:
    """What the server still says until it closes the connection."""
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


def test_many_connections_that_say_too_little_keep_nobody_waiting(port: int) -> None:
    half = b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: "
    with ExitStack() as stack:
        idle = [connected(stack, port, said) for said in (b"", half) for _ in range(15 * THREADS)]
        begun = time.monotonic()
        assert answers(port)
        assert time.monotonic() - begun < heads.HEAD_SECONDS  # it did not wait for those to be given up
        assert [rest(connection) for connection in idle] == [b""] * len(idle)  # given up all the same


def test_a_head_in_pieces_is_a_request_and_so_is_the_next_on_the_same_connection(port: int) -> None:
    with ExitStack() as stack:
        connection = connected(stack, port, b"GET /healthz HT")
        assert answers(port)
        for piece in (b"TP/1.1\r\nHost: a\r", b"\n\r", b"\n"):
            connection.sendall(piece)
            assert answers(port)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConn")
        assert answers(port)
        connection.sendall(b"ection: close\r\n\r\nGET /")
        assert rest(connection).startswith(b"HTTP/1.1 200")


def test_a_body_that_does_not_come_is_given_up_and_frees_its_thread(port: int) -> None:
    head = b"POST /api/v1/tokens HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    with ExitStack() as stack:
        slow = [connected(stack, port, head + b"{") for _ in range(THREADS)]
        assert all(b"200 OK" not in rest(connection) for connection in slow)
        assert answers(port)


def test_a_sender_that_hardly_sends_is_given_up_though_it_never_stops() -> None:
    mine, theirs = socket.socketpair()
    with mine, theirs:
        paced = heads.Paced(theirs)
        paced.begun -= heads.GRACE_SECONDS + 1
        mine.sendall(b"x" * (2 * heads.BYTES_PER_SECOND))
        assert paced.recv(1) == b"x"  # in time or not, what lies there is taken
        got = 1
        while got < 2 * heads.BYTES_PER_SECOND:
            got += len(paced.recv(heads.BYTES_PER_SECOND))
        paced.begun -= 2
        with pytest.raises(TimeoutError):
            paced.recv(1)
        assert theirs.gettimeout() is None
