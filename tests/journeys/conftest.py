"""A real server with the demo in it, and visitors who drive a real browser and are never content with an error.

DEALFLOW_JOURNEY_URL names a server that already runs (with the demo loaded), for work on a single journey.
DEALFLOW_SHOTS=1 keeps a screenshot of every page that is checked, under `<temporary folder>/shots/<lang>-<width>/`.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from dealflow.settings import ROOT
from tests.journeys.visitor import Visitor


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def scratch_environment(folder: Path, port: int) -> dict[str, str]:
    """The environment of a server with an instance of its own."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith("DEALFLOW_")}
    return mine | {"DEALFLOW_INSTANCE": str(folder), "PORT": str(port), "PYTHONPATH": str(ROOT)}


def command(name: str, *more: str, environment: dict[str, str]) -> None:
    """Run a `dealflow` command to its end."""
    line = [sys.executable, "-m", "dealflow.cli", name, *more]
    done = subprocess.run(line, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The address of a server with the demo loaded, started as `make run` does."""
    running = os.environ.get("DEALFLOW_JOURNEY_URL")
    if running:
        yield running
        return
    with tempfile.TemporaryDirectory(prefix="dealflow-journeys-") as folder:
        environment = scratch_environment(Path(folder), free_port())
        command("init", environment=environment)
        command("demo", "load", environment=environment)
        line = [sys.executable, "-m", "dealflow.cli", "serve"]
        with subprocess.Popen(line, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout
            said = server.stdout.readline()
            assert "ready at" in said, said
            try:
                yield f"http://127.0.0.1:{environment['PORT']}"
            finally:
                server.terminate()
                server.wait(30)


@pytest.fixture
def visit(site: str, chromium: Browser) -> Iterator[Callable[..., Visitor]]:
    """`visit("creator", "zh", 1280)`: a visitor, logged in as this demo user; None stays outside."""
    made: list[Visitor] = []

    def begin(login: str | None, lang: str, width: int, *, scripts: bool = True) -> Visitor:
        visitor = Visitor(chromium, site, lang, width, scripts=scripts)
        made.append(visitor)
        if login:
            visitor.log_in(f"{login}@demo.example")
        return visitor

    yield begin
    for visitor in made:
        visitor.context.close()
