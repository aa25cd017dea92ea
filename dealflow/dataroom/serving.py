"""Answering with documents: the rights are asked before each piece, nothing is kept on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from flask import Response

from dealflow.core import db
from dealflow.core.actor import Actor
from dealflow.core.http import disposition, instance_folder
from dealflow.dataroom import copies, seats
from dealflow.dataroom.models import DataAccess
from dealflow.dataroom.policy import Can
from dealflow.dataroom.seats import Sight
from dealflow.dataroom.service import reading
from dealflow.files import queries as files
from dealflow.files import serving, storage
from dealflow.files.queries import StoredFile

# A browser's own PDF viewer is an embedded object of the answer itself; nothing else may load or run.
PDF_CSP = "default-src 'none'; object-src 'self'; frame-ancestors 'none'"


class AccessEnded(RuntimeError):
    """The reader lost the right between two pieces: the connection is cut so that nobody takes the rest for whole."""


def guarded(chunks: Iterable[bytes], holds: Callable[[], bool]) -> Iterator[bytes]:
    """The chunks, as long as the reader may have them. Raises AccessEnded."""
    for chunk in chunks:
        if not holds():
            raise AccessEnded()
        yield chunk


def cache_folder() -> Path:
    """Where marked copies lie."""
    return instance_folder() / "cache" / "dataroom"


def content(
    sight: Sight,
    stored: StoredFile,
    access: DataAccess | None,
    holds: Callable[[], bool],
    *,
    download: bool = False,
) -> Response:
    """The whole document: marked for readers where that is possible, as it was uploaded for the room's owner."""
    version = sight.version
    if access is not None and version.kind in ("pdf", "image"):
        path = copies.whole(cache_folder(), stored, version, access)
        size, etag = path.stat().st_size, path.name
        content_type = "image/webp" if version.kind == "image" else version.content_type

        def pieces(start: int, length: int) -> Iterable[bytes]:
            return copies.read(path, start, length)
    else:
        size, etag, content_type = version.size, version.sha256, version.content_type

        def pieces(start: int, length: int) -> Iterable[bytes]:
            return storage.read(version.sha256, start, length)

    inline = version.kind in ("pdf", "image", "video") and not download
    return serving.ranged(
        lambda start, length: guarded(pieces(start, length), holds),
        size=size, etag=etag, content_type=content_type, how="inline" if inline else "attachment",
        name=_name(sight, content_type), csp=PDF_CSP if version.kind == "pdf" else serving.CSP,
    )  # fmt: skip


def opened(who: Actor, look: Callable[[], Sight], kind: str) -> DataAccess | None:
    """The record of an opening, durable before anything of the document is shown.

    The right is looked up once more in the transaction that records, so that no record follows a revocation.
    """
    with db.edge(actor=who) as session:
        access = reading.begin(who, look(), kind)
        if access is not None:
            # It outlives this transaction, as plain values.
            session.expunge(access)
        return access


def to_member(who: Actor, sight: Sight, *, download: bool) -> Response:
    """The document for somebody with an account: recorded first, then served piece by piece."""
    taken = download or sight.version.kind in ("office", "text")
    document_id, number = sight.document.id, sight.version.number
    kind, permission = ("download", Can.DOWNLOAD) if taken else ("view", Can.READ)
    access = opened(who, lambda: seats.sight(who, document_id, hold=True), kind)

    def holds() -> bool:
        return reading.still_reads(who, document_id, number, permission)

    return content(sight, files.of_room(sight.version.file_id), access, holds, download=taken)


def _name(sight: Sight, content_type: str) -> str:
    name = sight.document.name
    return f"{Path(name).stem}.webp" if content_type == "image/webp" else name


def part(sight: Sight, content: bytes) -> Response:
    """Some pages of a PDF."""
    answer = Response(content, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = disposition("inline", f"{Path(sight.document.name).stem}.pdf")
    answer.headers["Content-Security-Policy"] = PDF_CSP
    answer.headers["Cache-Control"] = serving.NO_STORE
    return answer
