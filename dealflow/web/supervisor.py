"""`dealflow serve`: gunicorn and the worker as children; one that dies is started again."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from types import FrameType

from dealflow.accounts import queries
from dealflow.core import clock, db, running
from dealflow.settings import ROOT, Settings, SettingsError
from dealflow.web import backups, migrate

CONNECTIONS = 4000


def _connections() -> int:
    """How many connections a web process may hold: idle ones must leave it the file descriptors to work with."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + 128
    if 0 <= soft < wanted:
        soft = wanted if hard < 0 else min(hard, wanted)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(12, min(CONNECTIONS, soft - 128)) if soft >= 0 else CONNECTIONS


def _commands(settings: Settings) -> dict[str, list[str]]:
    python = [sys.executable, "-m"]
    # Those for all, and those for costly doors (`web.apart`).
    processes = settings.web_processes + settings.costly_processes
    return {
        "web": [
            *python, "gunicorn", "--bind", f"{settings.host}:{settings.port}", "--workers", str(processes),
            "--worker-class", "dealflow.web.heads.Worker", "--threads", "8", "--worker-connections", str(_connections()), "--timeout", "60", "--graceful-timeout", "10", "--keep-alive", "15",
            "--limit-request-line", "8190", "--log-level", "warning", "--preload", "dealflow.web.wsgi:app",
        ],
        "worker": [*python, "dealflow.cli", "worker"],
    }  # fmt: skip


def supervise(settings: Settings) -> int:
    """Run both until a signal comes; the exit status."""
    backups.finish_interrupted(settings.instance)
    running.hold(settings.instance)
    _check(settings)
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    # All processes share one clock, also those that are started again later.
    environ.setdefault("DEALFLOW_CLOCK_SINCE", clock.real_now().isoformat())
    # A matrix product that waits for a busy core costs far more than a second thread gains.
    environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    children = {name: _Child(line, environ) for name, line in _commands(settings).items()}
    stopping: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        stopping.append(number)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    announced = False
    while not stopping:
        if not announced and _answers(settings):
            sys.stdout.write(f"Dealflow is ready at http://{settings.host}:{settings.port}\n")
            sys.stdout.flush()
            announced = True
        if not all(child.alive() for child in children.values()):
            if not announced:
                break
            for child in children.values():
                child.revive()
        time.sleep(0.1)
    for child in children.values():
        child.ask_to_stop()
    for child in children.values():
        child.wait()
    return 0 if announced else 1


class _Child:
    """A process that is started again when it dies, at most once a second."""

    def __init__(self, line: list[str], environ: dict[str, str]) -> None:
        self.line, self.environ = line, environ
        self._start()

    def _start(self) -> None:
        self.started = time.monotonic()
        self.process = subprocess.Popen(self.line, env=self.environ, cwd=ROOT)  # noqa: S603 - our own command line

    def alive(self) -> bool:
        return self.process.poll() is None

    def revive(self) -> None:
        if not self.alive() and time.monotonic() - self.started >= 1:
            self._start()

    def ask_to_stop(self) -> None:
        if self.alive():
            self.process.terminate()

    def wait(self) -> None:
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _check(settings: Settings) -> None:
    db.configure(settings.database_url)
    if not migrate.is_current(settings.database_url):
        raise SettingsError("the database is not at this version: run `dealflow init` first")
    if settings.is_production:
        _refuse_samples()
    db.database().engine.dispose()


def _refuse_samples() -> None:
    with db.system_edge(write=False):
        if queries.has_samples():
            raise SettingsError("this database holds demo data; production needs one of its own")


def _answers(settings: Settings) -> bool:
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - compared, not bound
    try:
        with urllib.request.urlopen(f"http://{host}:{settings.port}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
