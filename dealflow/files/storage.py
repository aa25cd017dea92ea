"""The bytes: content-addressed, in a local folder by default, in an object store by setting (through fsspec).

`s3://bucket/prefix` goes through obstore; its credentials and endpoint come from the usual AWS_… variables.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fsspec

CHUNK = 256 * 1024
_KEY = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Storage:
    """A file system, the folder in it that is ours, and where uploads wait locally."""

    system: Any
    root: str
    waiting: Path
    local: bool

    def path(self, sha256: str) -> str:
        """Where the bytes with this hash lie."""
        if not _KEY.fullmatch(sha256):
            raise ValueError("not a hash")
        return f"{self.root}/{sha256[:2]}/{sha256}"


_storage: Storage | None = None


def configure(url: str | None, instance: Path) -> None:
    """Connect to the storage; makes the local folder."""
    global _storage
    waiting = instance / "uploads"
    waiting.mkdir(parents=True, exist_ok=True, mode=0o700)
    if url is None:
        folder = instance / "files"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        url = folder.as_uri()
    if url.startswith(("s3://", "gs://", "abfs://")):
        from obstore.fsspec import register

        register(url.partition(":")[0])
    system, root = fsspec.core.url_to_fs(url)
    _storage = Storage(system, root.rstrip("/"), waiting, url.startswith("file:"))


def current() -> Storage:
    """The storage; RuntimeError before `configure`."""
    if _storage is None:
        raise RuntimeError("the storage is not configured")
    return _storage


def waiting_room() -> tempfile.TemporaryDirectory[str]:
    """A local folder for one upload, removed afterwards."""
    return tempfile.TemporaryDirectory(dir=current().waiting)


def put(source: Path, sha256: str) -> None:
    """Keep a local file under its hash. Written aside, to the disk, and moved: no half file is ever read, even after a power cut.

    Written anew even when it is there: its age then tells the sweep that it is wanted.
    """
    store = current()
    target = store.path(sha256)
    if not store.local:
        store.system.put_file(str(source), target)
        return
    place = Path(target)
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=place.parent, suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as aside, source.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                aside.write(chunk)
            aside.flush()
            os.fsync(aside.fileno())
        part.replace(place)
        _keep_names(place.parent)
    finally:
        part.unlink(missing_ok=True)


def _keep_names(folder: Path) -> None:
    """Write to the disk which files a folder holds."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read(sha256: str, start: int, length: int) -> Iterator[bytes]:
    """The bytes from `start` on, in chunks."""
    with current().system.open(current().path(sha256), "rb") as stream:
        stream.seek(start)
        while length > 0 and (chunk := stream.read(min(CHUNK, length))):
            length -= len(chunk)
            yield bytes(chunk)


def whole(sha256: str) -> Iterator[bytes]:
    """All bytes, in chunks."""
    with current().system.open(current().path(sha256), "rb") as stream:
        while chunk := stream.read(CHUNK):
            yield bytes(chunk)


@contextmanager
def local(sha256: str) -> Iterator[Path]:
    """The bytes as a local file, for those who need a path; not to be written to."""
    store = current()
    if store.local:
        yield Path(store.path(sha256))
        return
    with waiting_room() as room:
        copy = Path(room) / sha256
        store.system.get_file(store.path(sha256), str(copy))
        yield copy


def check() -> None:
    """Raise when the storage cannot be written."""
    probe = f"{current().root}/.ready"
    current().system.pipe_file(probe, b"ok")
    if current().system.cat_file(probe) != b"ok":
        raise OSError("the storage does not keep what it is given")


def kept() -> Iterator[tuple[str, datetime]]:
    """Every hash in the storage and when it was written."""
    for path, info in current().system.find(current().root, detail=True).items():
        name = str(path).rsplit("/", 1)[-1]
        if _KEY.fullmatch(name):
            yield name, _written(info)


def drop_leftovers(before: datetime) -> int:
    """Remove what writes and uploads that were cut off left behind before that moment; how many."""
    store = current()
    parts = Path(store.root).glob("*/*.part") if store.local else []
    old = [p for p in (*parts, *store.waiting.iterdir()) if p.stat().st_mtime < before.timestamp()]
    for path in old:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    return len(old)


def _written(info: dict[str, Any]) -> datetime:
    moment = info.get("mtime") or info.get("LastModified") or info.get("last_modified") or info["created"]
    if isinstance(moment, int | float):
        return datetime.fromtimestamp(moment, UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def drop(sha256: str) -> None:
    """Remove bytes that nobody refers to."""
    current().system.rm_file(current().path(sha256))
