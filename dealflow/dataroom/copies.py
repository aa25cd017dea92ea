"""The marked copies that readers get, kept for an hour so that the pieces of one download fit together.

A copy is named by all that goes into it and made for one opening of one reader; it is read only after their rights
were asked again, never by its name.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from dealflow.core import clock
from dealflow.dataroom import watermark, workshop
from dealflow.dataroom.models import DataAccess, DataDocumentVersion
from dealflow.files import storage
from dealflow.files.queries import StoredFile

KEPT = timedelta(hours=1)
PAGES_AT_ONCE = 5
CHUNK = 128 * 1024


def shown(stored: StoredFile) -> str:
    """The hash of what readers are shown: the disarmed copy, or the file itself where there is none to make."""
    return str(stored.variants.get("shown", {}).get("sha256", stored.sha256))


def part_of(page: int) -> range:
    """The pages that are served together with one page."""
    first = (page - 1) // PAGES_AT_ONCE * PAGES_AT_ONCE + 1
    return range(first, first + PAGES_AT_ONCE)


def pages(stored: StoredFile, access: DataAccess | None, wanted: range) -> bytes:
    """Some pages of a PDF as a PDF of their own, marked for the reader; unmarked for the room's owner."""
    glyphs, width = watermark.outlines(watermark.text_of(access)) if access else ("", 1.0)
    with storage.waiting_room() as room, storage.local(shown(stored)) as source:
        target = Path(room) / "pages.pdf"
        workshop.stamp(
            "pdf", source, target, first=wanted.start, last=wanted.stop - 1, glyphs=glyphs, width=width
        )
        return target.read_bytes()


def whole(folder: Path, stored: StoredFile, version: DataDocumentVersion, access: DataAccess) -> Path:
    """A marked copy of a whole PDF or picture."""
    text = watermark.text_of(access)
    key = hashlib.sha256("\0".join((shown(stored), version.id, access.id, text)).encode()).hexdigest()
    path = folder / key
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
    os.close(handle)
    part = Path(name)
    try:
        with storage.local(shown(stored)) as source:
            if version.kind == "image":
                workshop.stamp("image", source, part, text=text, font=str(watermark.font_path()))
            else:
                glyphs, width = watermark.outlines(text)
                workshop.stamp(
                    "pdf", source, part, first=1, last=version.pages or 1, glyphs=glyphs, width=width
                )
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def read(path: Path, start: int, length: int) -> Iterator[bytes]:
    """The bytes of a copy from `start` on, in chunks."""
    with path.open("rb") as stream:
        stream.seek(start)
        while length > 0 and (chunk := stream.read(min(CHUNK, length))):
            length -= len(chunk)
            yield chunk


def sweep(folder: Path) -> int:
    """Drop copies that are older than an hour; how many."""
    oldest = (clock.real_now() - KEPT).timestamp()
    old = [path for path in folder.glob("*") if path.stat().st_mtime < oldest] if folder.exists() else []
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
