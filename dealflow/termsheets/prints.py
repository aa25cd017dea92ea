"""Prints kept as files, each under the hash of all that goes into it, the oldest dropped when they grow too many."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from dealflow.core import clock

# Longer than any rendering may take: what is still unfinished then was cut off.
UNFINISHED = timedelta(hours=1)


def read(folder: Path, key: str) -> bytes | None:
    """A print that was kept; None when there is none, also when it is dropped at this very moment."""
    try:
        return (folder / f"{key}.pdf").read_bytes()
    except FileNotFoundError:
        return None


def kept(folder: Path, key: str, render: Callable[[], bytes]) -> bytes:
    """A print, rendered now unless it was before."""
    known = read(folder, key)
    if known is not None:
        return known
    content = render()
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        part.replace(folder / f"{key}.pdf")
    finally:
        part.unlink(missing_ok=True)
    return content


def sweep(folder: Path, limit: int) -> int:
    """Drop the oldest prints until at most `limit` bytes are left, and what was cut off; how many files."""
    dropped, left = 0, 0
    stale = (clock.real_now() - UNFINISHED).timestamp()
    found = [(path.stat(), path) for path in folder.glob("*")] if folder.exists() else []
    for facts, path in sorted(found, key=lambda one: one[0].st_mtime, reverse=True):
        if path.suffix == ".pdf":
            left += facts.st_size
            over = left > limit
        else:
            over = facts.st_mtime < stale
        if over:
            path.unlink(missing_ok=True)
            dropped += 1
    return dropped
