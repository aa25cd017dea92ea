"""Another person's pages while somebody asks for costly things sixteen at a time.

    python -m benchmarks.web.beside [--seconds 10] [--parallel 16] [--instance DIR]

Starts `dealflow serve` on the samples (or on an instance that has them, whose samples then are more). One person goes through their
pages; meanwhile another, of another organisation, holds sixteen requests to one door open at any time. Prints one JSON object: for each
door the p95 of the pages in milliseconds, its ratio to the idle one, how many answers the greedy one got and how many refusals.
Exit code 1 when a ratio is 2 or more.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.finance.waterfall import terms

RATIO_LIMIT = 2.0
PASSWORD = "demo-dealflow"  # noqa: S105 - of the samples
PAGES = ("/", "/projects", "/mandates", "/deals", "/notifications", "/settings")


Door = tuple[str, str, str, bytes | None]


def token(port: int, who: str) -> str:
    """A new API token of one of the samples."""
    asked = json.dumps({"email": f"{who}@demo.example", "password": PASSWORD, "label": "benchmark"})
    status, body = ask(port, "POST", "/api/v1/tokens", "", asked.encode())
    assert status == 201, (status, body)
    return str(json.loads(body)["token"])


def first(port: int, path: str, token: str, **wanted: str) -> str:
    """The id of the first thing in a list that has these values."""
    _status, body = ask(port, "GET", path, token)
    items = json.loads(body)["items"]
    return str(next(item["id"] for item in items if all(item.get(k) == v for k, v in wanted.items())))


def ask(port: int, method: str, path: str, token: str, body: bytes | None = None) -> tuple[int, bytes]:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    connection.request(method, path, body, headers | ({"Content-Type": "application/json"} if body else {}))
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


@contextlib.contextmanager
def site(instance: Path) -> Iterator[int]:
    """`dealflow serve` with the samples in this folder; the port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    calls = {"DEALFLOW_CALLS_PER_MINUTE": "0"}
    environ = (
        os.environ | {"DEALFLOW_INSTANCE": str(instance), "DEALFLOW_DEMO": "1", "PORT": str(port)} | calls
    )
    command = [sys.executable, "-m", "dealflow.cli"]
    steps = [["init"]] if (instance / "app.db").exists() else [["init"], ["demo", "load"]]
    for words in steps:
        subprocess.run([*command, *words], env=environ, check=True, stdout=subprocess.DEVNULL)
    server = subprocess.Popen([*command, "serve"], env=environ, stdout=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with contextlib.suppress(OSError):
                if ask(port, "GET", "/readyz", "")[0] == 200:
                    break
            time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait()


def doors(port: int) -> dict[str, Door]:
    """The doors that are tried: (token, method, path, body) by name."""
    investor, creator, fund = (token(port, who) for who in ("investor", "creator", "fund"))
    mandate = first(port, "/api/v1/mandates", investor)
    project = first(port, "/api/v1/projects?limit=200", creator, status="published")
    vehicle = first(port, "/api/v1/funds", fund)
    grid = [number * 5_000_000 for number in range(200)]
    simulation = json.dumps({"terms": terms(), "gross_grid": grid, "on": "2027-06-01"}).encode()
    return {
        "search": (investor, "GET", "/api/v1/search?q=%E7%9A%84&limit=200", None),
        "matches": (investor, "GET", f"/api/v1/mandates/{mandate}/matches?limit=200&reasons=all", None),
        "matches page": (investor, "GET", f"/mandates/{mandate}/matches", None),
        "advice": (creator, "GET", f"/api/v1/projects/{project}/advice", None),
        "simulate": (investor, "POST", "/api/v1/waterfalls/simulate", simulation),
        "outlook": (fund, "GET", f"/api/v1/funds/{vehicle}/outlook", None),
        "description": ("", "GET", "/api/openapi.json", None),
    }


class Greedy:
    """Somebody who asks for one thing again and again, many times at once."""

    def __init__(self, port: int, door: Door, parallel: int) -> None:
        self.port, self.door, self.statuses = port, door, list[int]()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._go) for _ in range(parallel)]

    def _go(self) -> None:
        token, method, path, body = self.door
        while not self._over.is_set():
            self.statuses.append(ask(self.port, method, path, token, body)[0])

    def __enter__(self) -> Greedy:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()


def pages(port: int, token: str, seconds: float) -> list[float]:
    """How long each page took, one after the other with a breath between them."""
    until, took = time.monotonic() + seconds, list[float]()
    while time.monotonic() < until:
        for path in PAGES:
            begun = time.perf_counter()
            status, _body = ask(port, "GET", path, token)
            took.append(time.perf_counter() - begun)
            assert status == 200, (path, status)
            time.sleep(0.02)
    return took


def p95(took: list[float]) -> float:
    """The 95th percentile in milliseconds."""
    return round(statistics.quantiles(took, n=20)[-1] * 1000, 1)


def measure(port: int, seconds: float, parallel: int) -> dict[str, Any]:
    """The p95 idle and beside each door."""
    reader = token(port, "investor2")
    tried = doors(port)
    pages(port, reader, 3)
    for bearer, method, path, body in tried.values():
        assert ask(port, method, path, bearer, body)[0] == 200, path
    before = p95(pages(port, reader, seconds))
    found = {}
    for name, door in tried.items():
        with Greedy(port, door, parallel) as greedy:
            beside = p95(pages(port, reader, seconds))
        refused = sum(status == 429 for status in greedy.statuses)
        assert set(greedy.statuses) <= {200, 429}, set(greedy.statuses)
        found[name] = {
            "p95_ms": beside, "ratio": round(beside / before, 2), "answers": len(greedy.statuses) - refused,
            "refusals": refused,
        }  # fmt: skip
    return {"idle_p95_ms": before, "doors": found}


def main() -> None:
    """Print the result; exit 1 when the promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--parallel", type=int, default=16)
    parser.add_argument("--instance", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, site(options.instance or Path(folder)) as port:
        found = measure(port, options.seconds, options.parallel)
    worst = max(door["ratio"] for door in found["doors"].values())
    result = {"benchmark": "pages beside costly doors", "parallel": options.parallel, "ratio": worst}
    print(json.dumps(result | {"ratio_limit": RATIO_LIMIT} | found))
    sys.exit(int(worst >= RATIO_LIMIT))


if __name__ == "__main__":
    main()
