"""Who uses an instance: servers and workers hold it together, a restore holds it alone."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from dealflow.core.errors import Conflict
from dealflow.core.i18n import N_

_held: list[IO[str]] = []


def _open(instance: Path) -> IO[str]:
    instance.mkdir(parents=True, exist_ok=True)
    return (instance / "running.lock").open("a")


def hold(instance: Path) -> None:
    """Say that this process serves the instance, until it ends. Conflict while a restore is under way."""
    lock = _open(instance)
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise Conflict(N_("A backup is being restored here; start again when it is done")) from None
    _held.append(lock)


@contextmanager
def alone(instance: Path) -> Iterator[None]:
    """Keep servers and workers away as long as the block runs. Conflict when one is there."""
    with _open(instance) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(N_("A server or worker runs on this instance; stop it first")) from None
        yield
