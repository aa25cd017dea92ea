"""A server that is killed with all its processes in the middle of writing has everything that it acknowledged."""

from __future__ import annotations

import http.client
import json
import os
import random
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.faults.processes import PASSWORD, Running, dealflow, environment, free_port, wait_for

ROUNDS = int(os.environ.get("DEALFLOW_KILL_ROUNDS", "5"))
WRITERS = 4
EMAIL = "writer@example.test"


class Client:
    """JSON calls to the server over one connection."""

    def __init__(self, port: int, token: str = "") -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=40)
        self.close = self.connection.close
        self.headers = {"Content-Type": "application/json"}
        if token:
            self.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and JSON; OSError or HTTPException when the outcome is unknown."""
        self.connection.request(method, path, json.dumps(body) if body is not None else None, self.headers)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")


def answers(port: int) -> bool:
    """Whether the server is ready."""
    with closing(Client(port)) as client:
        try:
            return client.call("GET", "/readyz")[0] == 200
        except (OSError, http.client.HTTPException):
            return False


def token(port: int) -> str:
    """A fresh token of the one person there is."""
    with closing(Client(port)) as client:
        body = {"email": EMAIL, "password": PASSWORD, "label": "t"}
        status, made = client.call("POST", "/api/v1/tokens", body)
        assert status == 201, made
        return str(made["token"])


class Writer(threading.Thread):
    """Writes until the server is gone and remembers what was acknowledged."""

    def __init__(self, port: int, token: str, name: str) -> None:
        super().__init__()
        self.client, self.label = Client(port, token), name
        self.acknowledged: dict[str, str] = {}

    def run(self) -> None:
        number = 0
        try:
            while True:
                number += 1
                text = f"{self.label} {number}"
                status, made = self.client.call("POST", "/api/v1/projects", {"logline": text})
                assert status == 201, made
                self.acknowledged[made["id"]] = text
                status, changed = self.change(made, text + " changed")
                assert status == 200, changed
                self.acknowledged[made["id"]] = text + " changed"
        except (OSError, http.client.HTTPException):
            return  # killed: what was under way is unknown
        finally:
            self.client.close()

    def change(self, made: dict[str, Any], text: str) -> tuple[int, Any]:
        """PATCH of what was just made."""
        self.client.headers["If-Match"] = f'"{made["version"]}"'
        try:
            return self.client.call("PATCH", f"/api/v1/projects/{made['id']}", {"logline": text})
        finally:
            del self.client.headers["If-Match"]


def is_kept(said: str, kept: str) -> bool:
    """A change that was acknowledged stands; one that was under way when the server died may stand too."""
    return kept == said or kept == said + " changed"


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    """A prepared instance with one person in it."""
    assert dealflow(tmp_path, "init").returncode == 0
    options = (
        "--email",
        EMAIL,
        "--name",
        "W",
        "--organisation",
        "Writers",
        "--kind",
        "creator",
        "--role",
        "owner",
    )
    made = dealflow(tmp_path, "user", "create", *options, "--password-stdin", given=PASSWORD)
    assert made.returncode == 0, made.stderr
    return tmp_path


def one_round(instance: Path, port: int, log: Path, seed: int) -> dict[str, str]:
    """Start, write from several sides, kill at a random number of acknowledgements; what was acknowledged."""
    chance = random.Random(seed)  # noqa: S311 - a reproducible moment, no secret
    line = [sys.executable, "-m", "dealflow.cli", "serve"]
    with Running(line, environment(instance, PORT=str(port)), log) as server:
        wait_for(lambda: answers(port), f"server; {log.read_text()}")
        secret = token(port)
        writers = [Writer(port, secret, f"round {seed} writer {n}") for n in range(WRITERS)]
        for writer in writers:
            writer.start()
        enough = chance.randint(5, 40)
        wait_for(lambda: sum(len(w.acknowledged) for w in writers) >= enough, "acknowledgements")
        server.kill()
        for writer in writers:
            writer.join()
    return {key: text for writer in writers for key, text in writer.acknowledged.items()}


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_when_the_server_is_killed(instance: Path, tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "server.log"
    written: dict[str, str] = {}
    for seed in range(ROUNDS):
        written |= one_round(instance, port, log, seed)
    assert len(written) >= 5 * ROUNDS
    line = [sys.executable, "-m", "dealflow.cli", "serve"]
    with Running(line, environment(instance, PORT=str(port)), log):
        wait_for(lambda: answers(port), "server")
        lost = []
        with closing(Client(port, token(port))) as client:
            for key, said in written.items():
                status, found = client.call("GET", f"/api/v1/projects/{key}")
                if status != 200 or not is_kept(said, found["logline"]):
                    lost.append((key, said, status, found))
    assert not lost, f"{len(lost)} of {len(written)}: {lost[:3]}"
    for check in (("check",), ("audit", "verify")):
        done = dealflow(instance, *check)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_lost_change_would_be_noticed() -> None:
    assert is_kept("a", "a")
    assert is_kept("a", "a changed")
    assert not is_kept("a changed", "a")
