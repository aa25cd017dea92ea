"""One person's many requests, and what costs much, do not keep the site from others."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple

import httpx
import pysqlite3.dbapi2 as driver
import pytest
from flask import Flask

from dealflow.web import heads, lanes
from dealflow.web.apart import LOWER, Door, costly_doors
from tests.faults.killing import enrol, token
from tests.faults.processes import (
    PATIENCE,
    Running,
    children,
    command_line,
    dealflow,
    environment,
    free_port,
    wait_for,
)
from tests.sweep.routes import routes

THREADS = 8
COSTLY = "/api/v1/search?q=a"


class Site(NamedTuple):
    """A server with one process for all and one for costly doors."""

    instance: Path
    port: int
    server: Running
    tokens: list[str]

    def processes(self) -> dict[int, int]:
        """The processes that answer, and how much lower the priority of each is."""
        (gunicorn,) = [p for p in children(self.server.process.pid) if "gunicorn" in command_line(p)]
        return {p: os.getpriority(os.PRIO_PROCESS, p) for p in children(gunicorn)}

    def costly(self) -> int:
        """The process for costly doors."""
        lowest = os.getpriority(os.PRIO_PROCESS, self.server.process.pid) + LOWER
        found: list[int] = []
        wait_for(
            lambda: bool(found.extend(p for p, nice in self.processes().items() if nice >= lowest) or found),
            "process for costly doors",
        )
        return found[0]

    def get(self, path: str, token: str, language: str = "en", timeout: float = PATIENCE) -> httpx.Response:
        """An answer to one person."""
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": language}
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", headers=headers, timeout=timeout)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    instance, port = tmp_path_factory.mktemp("instance"), free_port()
    assert dealflow(instance, "init").returncode == 0
    for name in ("one", "two"):
        enrol(instance, f"{name}@example.test", name, f"{name} Ltd", "investor")
    more = {"HOST": "127.0.0.1", "PORT": str(port), "DEALFLOW_WEB_PROCESSES": "1", "DEALFLOW_DEMO": "0"}
    line = [sys.executable, "-m", "dealflow.cli", "serve"]
    with Running(line, environment(instance, **more), instance / "server.log") as server:
        wait_for(lambda: answers(port), "answer of the server")
        tokens = [token(port, f"{name}@example.test") for name in ("one", "two")]
        yield Site(instance, port, server, tokens)


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def test_pages_are_answered_while_nothing_costly_is(site: Site) -> None:
    costly, got = site.costly(), []
    os.kill(costly, signal.SIGSTOP)
    try:
        asking = [
            threading.Thread(target=lambda: got.append(site.get(COSTLY, site.tokens[0]).status_code))
            for _ in range(2 * THREADS)
        ]
        for thread in asking:
            thread.start()
        assert site.get("/api/v1/me", site.tokens[0]).status_code == 200
        assert site.get("/mandates", site.tokens[1]).status_code in (200, 302)
        assert got == []
    finally:
        os.kill(costly, signal.SIGCONT)
    for thread in asking:
        thread.join()
    assert got == [200] * (2 * THREADS)


def test_another_process_takes_costly_doors_over_when_theirs_dies(site: Site) -> None:
    dead = site.costly()
    os.kill(dead, signal.SIGKILL)
    wait_for(lambda: dead not in site.processes(), "end of the process")
    assert site.get(COSTLY, site.tokens[0]).status_code == 200
    assert site.costly() != dead


def taken(door: Door, stay: bool = False) -> tuple[bytes, int]:
    """Whether a new process got the role, and the process, which is gone unless it stays."""
    told, tell = os.pipe()
    if not (child := os.fork()):
        os.write(tell, b"y" if door.take_role() else b"n")
        if stay:
            signal.pause()
        os._exit(0)
    os.close(tell)
    with os.fdopen(told, "rb") as answer:
        return answer.read(1), child


def test_as_many_processes_have_the_role_as_there_are_roles() -> None:
    """One that ends makes room: locks belong to a process, so each is asked in a process of its own."""
    with closing(Door(2)) as door:
        first, second, third = taken(door, stay=True), taken(door, stay=True), taken(door)
        assert [role for role, _child in (first, second, third)] == [b"y", b"y", b"n"]
        os.kill(first[1], signal.SIGKILL)
        os.waitpid(first[1], 0)
        fourth = taken(door)
    assert fourth[0] == b"y"
    os.kill(second[1], signal.SIGKILL)
    for _role, child in (second, third, fourth):
        os.waitpid(child, 0)


def unfinished(stack: ExitStack, site: Site, who: int) -> socket.socket:
    """A request of which the body does not come, so that it keeps its thread for a while."""
    connection = socket.create_connection(("127.0.0.1", site.port), timeout=PATIENCE)
    stack.callback(connection.close)
    head = (
        f"POST /api/v1/mandates HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {site.tokens[who]}\r\n"
        "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    )
    connection.sendall(head.encode())
    return connection


def test_nobody_has_all_threads_and_what_is_too_much_is_refused_in_their_language(site: Site) -> None:
    with ExitStack() as stack:
        for _ in range(heads.SHARE + lanes.MOST_WAITING):
            unfinished(stack, site, 0)
        # All of these threads and places are one person's; another finds some.
        assert site.get("/api/v1/me", site.tokens[1], timeout=heads.GRACE_SECONDS / 2).status_code == 200
        refused = [site.get("/api/v1/me", site.tokens[0], language) for language in ("en", "zh")]
        assert [(r.status_code, r.headers["Retry-After"]) for r in refused] == [(429, "5")] * 2
        assert "More of your requests" in refused[0].json()["detail"]
        assert "请求过多" in refused[1].json()["detail"]
        page = site.get("/mandates", site.tokens[0])
        assert (page.status_code, page.headers["Retry-After"]) == (429, "5")
        assert page.headers["Content-Type"].startswith("text/html")


def test_three_tabs_wait_and_are_never_refused() -> None:
    waiting: lanes.Lanes[str] = lanes.Lanes(1)
    assert [waiting.enter("me", tab) for tab in ("first", "second", "third")] == [True, None, None]
    assert waiting.enter("another", "theirs") is True
    assert [waiting.leave("me") for _ in range(3)] == ["second", "third", None]
    assert waiting.enter("me", "fourth") is True


def test_whose_a_request_is() -> None:
    opened = {"good": "secret"}.get
    head = b"GET / HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n"

    def lane(line: bytes) -> str:
        return lanes.whose(head % line, "dealflow", lambda cookie: opened(cookie) or "")

    assert lane(b"authorization:bearer  abc ") == lane(b"Authorization: Bearer abc") == "token abc"
    assert lane(b"Cookie: other=1; dealflow=good") == "session secret"
    assert lane(b"Cookie: dealflow=forged") == lane(b"Cookie: other=good") == lane(b"X: y") == ""


@pytest.mark.parametrize(
    ("line", "costly"),
    [
        (b"GET /api/v1/search?q=a HTTP/1.1", True),
        (b"GET /api/v1/%73earch HTTP/1.1", True),
        (b"GET http://a/api/v1/search HTTP/1.1", True),
        (b"HEAD /search HTTP/1.1", True),
        (b"GET /mandates/mnd_1/matches HTTP/1.1", True),
        (b"POST /api/v1/waterfalls/simulate HTTP/1.1", True),
        (b"GET /api/v1/waterfalls/simulate HTTP/1.1", False),
        (b"GET /mandates/mnd_1/edit HTTP/1.1", False),
        (b"GET http://[/search HTTP/1.1", False),
        (b"nonsense", False),
    ],
)
def test_costly_doors_are_known_by_the_head(app: Flask, line: bytes, costly: bool) -> None:
    assert costly_doors(app)(line + b"\r\nHost: a\r\n\r\n") == costly


def test_no_costly_door_keeps_the_writer(app: Flask) -> None:
    """Its process has a low priority: with the database's only writer in its hands it would hold up everybody."""
    found = [route for route in routes(app) if getattr(route.view, "costly", False)]
    assert len(found) > 20
    for route in found:
        assert not getattr(route.view, "writes", False), route
        assert route.method == "GET" or getattr(route.view, "computes", False), route


def test_a_simulation_does_not_wait_for_a_writer(site: Site) -> None:
    shares = [{"payee": "a", "ppm": 1_000_000}]
    payees = [{"id": "a", "name": "a", "kind": "other"}]
    split = {"currency": "CNY", "payees": payees, "tiers": [{"id": "net", "kind": "split", "shares": shares}]}
    with closing(driver.connect(str(site.instance / "app.db"), isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        answer = httpx.post(
            f"http://127.0.0.1:{site.port}/api/v1/waterfalls/simulate",
            json={"terms": split, "gross_grid": [100], "on": "2026-01-01"},
            headers={"Authorization": f"Bearer {site.tokens[0]}"}, timeout=PATIENCE,
        )  # fmt: skip
    assert answer.status_code == 200, answer.text
    assert answer.json()["grid"][0]["by_payee"] == {"a": 100}
