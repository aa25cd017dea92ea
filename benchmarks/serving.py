"""What the benchmarks of pages share: one gunicorn with one worker, and requests that alternate over one connection."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dealflow.settings import Settings

SECRET = "benchmark-secret-benchmark-secret-benchmark"  # noqa: S105 - of a folder that is thrown away
WARM_UP = 20


def settings(instance: Path) -> Settings:
    """The settings of a benchmark's instance."""
    return Settings(
        instance=instance, database_url=f"sqlite:///{instance / 'app.db'}", base_url="http://127.0.0.1",
        secret_key=SECRET,
    )  # fmt: skip


def cookie(app: Any, secret: str) -> str:
    """The Cookie header of a browser in which the session with this secret is open."""
    signer = app.session_interface.get_signing_serializer(app)
    return f"{app.config['SESSION_COOKIE_NAME']}={signer.dumps({'_user_id': secret, '_fresh': True})}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(application: str, instance: Path) -> Iterator[int]:
    """Serve what `application` ("module:function()") makes of BENCHMARK_INSTANCE; yields the port."""
    port = _free_port()
    command = [
        sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "2",
        "--worker-class", "gthread", "--log-level", "error", application,
    ]  # fmt: skip
    environ = os.environ | {"BENCHMARK_INSTANCE": str(instance), "OPENBLAS_NUM_THREADS": "1"}
    server = subprocess.Popen(command, env=environ)
    try:
        _wait(port)
        yield port
    finally:
        server.terminate()
        server.wait()


def _wait(port: int) -> None:
    for _ in range(600):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the server does not answer")


def alternate(port: int, paths: Mapping[str, str], cookie: str, requests: int) -> dict[str, list[float]]:
    """Seconds of each request to each path (by its name), turn by turn over one kept connection, after a warm-up."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    times: dict[str, list[float]] = {name: [] for name in paths}
    for number in range(requests + WARM_UP):
        for name, path in paths.items():
            begun = time.perf_counter()
            connection.request("GET", path, headers={"Cookie": cookie})
            answer = connection.getresponse()
            answer.read()
            took = time.perf_counter() - begun
            assert answer.status == 200, (path, answer.status)
            if number >= WARM_UP:
                times[name].append(took)
    connection.close()
    return times
