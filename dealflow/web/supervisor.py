"""`dealflow serve`: gunicorn and the worker as children; one that dies is started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from types import FrameType

from dealflow.accounts import queries
from dealflow.core import clock, db
from dealflow.settings import ROOT, Settings, SettingsError
from dealflow.web import migrate


def _commands(settings: Settings) -> dict[str, list[str]]:
    python = [sys.executable, "-m"]
    return {
        "web": [
            *python, "gunicorn", "--bind", f"{settings.host}:{settings.port}", "--workers", str(settings.web_processes),
            "--worker-class", "gthread", "--threads", "8", "--timeout", "60", "--graceful-timeout", "10", "--keep-alive", "15",
            "--limit-request-line", "8190", "--log-level", "warning", "--preload", "dealflow.web.wsgi:app",
        ],
        "worker": [*python, "dealflow.cli", "worker"],
    }  # fmt: skip


def supervise(settings: Settings) -> int:
    """Run both until a signal comes; the exit status."""
    db.configure(settings.database_url)
    if not migrate.is_current(settings.database_url):
        raise SettingsError("the database is not at this version: run `dealflow init` first")
    if settings.is_production:
        _refuse_samples()
    db.database().engine.dispose()
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    # All processes share one clock, also those that are started again later.
    environ.setdefault("DEALFLOW_CLOCK_SINCE", clock.real_now().isoformat())
    commands = _commands(settings)
    children = {name: subprocess.Popen(line, env=environ, cwd=ROOT) for name, line in commands.items()}  # noqa: S603
    stopping: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        stopping.append(number)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    announced, started = False, dict.fromkeys(children, time.monotonic())
    while not stopping:
        if not announced and _answers(settings):
            sys.stdout.write(f"Dealflow is ready at http://{settings.host}:{settings.port}\n")
            sys.stdout.flush()
            announced = True
        for name, child in children.items():
            if child.poll() is not None:
                if time.monotonic() - started[name] < 2 and not announced:
                    stopping.append(signal.SIGTERM)
                    break
                time.sleep(min(1.0, max(0.0, started[name] + 1 - time.monotonic())))
                children[name] = subprocess.Popen(commands[name], env=environ, cwd=ROOT)  # noqa: S603
                started[name] = time.monotonic()
        time.sleep(0.1)
    for child in children.values():
        if child.poll() is None:
            child.terminate()
    codes = []
    for child in children.values():
        try:
            codes.append(child.wait(15))
        except subprocess.TimeoutExpired:
            child.kill()
            codes.append(child.wait())
    return 0 if announced else 1


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
