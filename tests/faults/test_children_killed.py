"""One process of a running site is killed: another takes its place and the site goes on."""

from __future__ import annotations

import os
import signal
from contextlib import closing
from pathlib import Path

import pytest

from tests.factories.pitches import complete
from tests.faults import killing
from tests.faults.killing import SERVE, Client, answers, token
from tests.faults.processes import Running, environment, free_port, wait_for


def children(pid: int) -> list[int]:
    """The processes that this one started and that live."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
    return [int(word) for word in listed.split()]


def command(pid: int) -> str:
    """Its command line; empty for one that has ended."""
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def named(parent: int, words: str) -> list[int]:
    """Children whose command line holds these words."""
    return [pid for pid in children(parent) if words in command(pid)]


@pytest.mark.slow
def test_a_worker_and_a_web_process_that_are_killed_are_replaced_and_the_site_goes_on(tmp_path: Path) -> None:
    instance, port, log = tmp_path / "instance", free_port(), tmp_path / "server.log"
    instance.mkdir()
    killing.prepare(instance)
    with Running(SERVE, environment(instance, PORT=str(port)), log) as server:
        wait_for(lambda: answers(port), f"server; {log.read_text()}")
        top = server.process.pid
        (worker,), (web,) = named(top, "dealflow.cli worker"), named(top, "gunicorn")
        with closing(Client(port, token(port))) as client:
            status, made = client.call("POST", "/api/v1/projects", complete())
            assert status == 201, made

        os.kill(worker, signal.SIGKILL)
        wait_for(lambda: named(top, "dealflow.cli worker") not in ([], [worker]), "new worker")
        serving = children(web)
        os.kill(serving[0], signal.SIGKILL)
        wait_for(lambda: len(set(children(web)) - set(serving)) == 1, "new web process")
        assert children(top)[:1] != []
        assert named(top, "gunicorn") == [web]

        wait_for(lambda: answers(port), "answer")
        with closing(Client(port, token(port))) as client:
            assert client.call("GET", f"/api/v1/projects/{made['id']}")[1]["logline"] == made["logline"]
            status, shown = client.call("POST", f"/api/v1/projects/{made['id']}/publish", {})
            assert status == 200, shown

            def delivered() -> bool:
                """Whether the new worker took up what the publication left to do: the investors' matrix holds it."""
                return (instance / "models" / "matrix.json").exists()

            wait_for(delivered, f"work of the new worker; {log.read_text()}")
    assert killing.halves(instance) == []
