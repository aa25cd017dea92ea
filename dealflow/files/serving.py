"""Answering with a stored file: after the caller's check, in pieces, with headers that disarm it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from flask import Response, request
from werkzeug.http import is_resource_modified

from dealflow.core.http import disposition
from dealflow.files import queries, storage
from dealflow.files.models import StoredFile

CSP = "default-src 'none'; media-src 'self'; img-src 'self'; frame-ancestors 'none'; sandbox"


NO_STORE = "no-store"
Chunks = Callable[[int, int], Iterable[bytes]]


def answer(row: StoredFile, variant: str = "") -> Response:
    """The file, or a part of it for a Range of one piece.

    Inline for pictures (which we encoded ourselves) and videos, a download otherwise.
    """
    facts = queries.facts(row, variant)
    return ranged(
        lambda start, length: open_range(row, variant, start, length),
        size=facts["size"], etag=facts["sha256"], content_type=facts["content_type"],
        how="inline" if row.kind in ("image", "video") else "attachment", name=row.name,
        cache="private, max-age=3600" if row.kind == "image" else "private, no-cache",
    )  # fmt: skip


def ranged(
    chunks: Chunks,
    *,
    size: int,
    etag: str,
    content_type: str,
    how: str,
    name: str,
    cache: str = NO_STORE,
    csp: str = CSP,
) -> Response:
    """Bytes of a known size, or the one piece of them that is asked for; `chunks(start, length)` opens them."""
    response = Response(mimetype=content_type)
    response.headers["Content-Disposition"] = disposition(how, name)
    response.headers["Content-Security-Policy"] = csp
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Cache-Control"] = cache
    response.set_etag(etag)
    if cache != NO_STORE and not is_resource_modified(request.environ, etag=etag):
        response.status_code = 304
        return response
    start, stop = 0, size
    wanted = request.range
    if wanted is not None and wanted.units == "bytes" and len(wanted.ranges) == 1 and _same(etag):
        span = wanted.range_for_length(size)
        if span is None:
            response.status_code = 416
            response.headers["Content-Range"] = f"bytes */{size}"
            return response
        start, stop = span
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    response.content_length = stop - start
    if request.method != "HEAD":
        response.response = chunks(start, stop - start)
    return response


def _same(etag: str) -> bool:
    condition = request.if_range
    return condition is None or condition.etag is None or condition.etag == etag


def open_range(
    row: StoredFile, variant: str = "", start: int = 0, length: int | None = None
) -> Iterator[bytes]:
    """The bytes of a file in chunks, from `start` on, `length` of them (default: to the end)."""
    facts = queries.facts(row, variant)
    return storage.read(facts["sha256"], start, facts["size"] - start if length is None else length)
