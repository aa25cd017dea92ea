"""Real `dealflow` processes on a scratch instance, and waiting for what they do."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from dealflow.settings import ROOT

# A machine that does much else at the same time may need a minute for what takes a second.
PATIENCE = float(os.environ.get("DEALFLOW_PATIENCE", "240"))
PASSWORD = "a-long-enough-pass-phrase"


def wait_for(condition: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Return once the condition holds; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"no {what} within {seconds} s"
        pause.wait(0.05)


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def environment(instance: Path, **more: str) -> dict[str, str]:
    """The environment of a process on this instance."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith("DEALFLOW_")}
    return (
        mine
        | {"DEALFLOW_INSTANCE": str(instance), "PYTHONPATH": str(ROOT), "DEALFLOW_WEB_PROCESSES": "2"}
        | more
    )


def dealflow(instance: Path, *words: str, given: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; `more` goes into its environment."""
    return subprocess.run(
        [sys.executable, "-m", "dealflow.cli", *words], env=environment(instance, **more), cwd=ROOT, input=given,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def children(pid: int) -> list[int]:
    """The processes that a process has made."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def command_line(pid: int) -> str:
    """How a process was called."""
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


class Running:
    """A process group of its own, which can be killed as by a power cut of the machine's software."""

    def __init__(self, line: list[str], env: dict[str, str], log: Path) -> None:
        with log.open("ab") as stream:
            self.process = subprocess.Popen(
                line, env=env, cwd=ROOT, stdout=stream, stderr=stream, start_new_session=True
            )

    def kill(self) -> None:
        """SIGKILL to the process and all its children at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def kill_web(self) -> int:
        """SIGKILL to all processes that answer requests, at once; the one they are forked from makes new ones. Their number."""
        masters = [pid for pid in children(self.process.pid) if "gunicorn" in command_line(pid)]
        forked = [pid for master in masters for pid in children(master)]
        for pid in forked:
            os.kill(pid, signal.SIGKILL)
        return len(forked)

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_error: object) -> None:
        if self.process.poll() is None:
            self.kill()
