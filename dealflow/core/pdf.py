"""HTML to PDF/A in a killable child process with limits of time and memory.

`render` is the one door. WeasyPrint is loaded in the child only; people's text reaches it as text inside our own
templates, addresses other than `asset:NAME` end the rendering, and the same input gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import socket
import time
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from importlib.metadata import version
from typing import Any, NamedTuple

from dealflow.core import pdf_child, printed
from dealflow.core.errors import DomainError
from dealflow.core.forking import ForkServer
from dealflow.core.i18n import N_

GIB = 1 << 30
MAX_HTML = 16 << 20
MAX_PDF = 64 << 20
_log = logging.getLogger("dealflow.pdf")


class PdfFailed(DomainError):
    """The document could not be drawn; `params["reason"]` says why, for the log."""

    status, code, title = 422, "pdf_failed", N_("The PDF could not be made")


class PdfTimeout(PdfFailed):
    """The document took longer than allowed and was stopped."""

    code, title = "pdf_timeout", N_("The PDF took too long to make and was stopped; shorten the texts")


class PdfTooLarge(PdfFailed):
    """Input, memory or output above the limit."""

    status, code, title = 413, "pdf_too_large", N_("The PDF would be larger than allowed; shorten the texts")


class Attachment(NamedTuple):
    """A file inside the PDF; `relationship` as in ISO 32000-2 7.11.3."""

    name: str
    content: bytes
    mimetype: str
    description: str = ""
    relationship: str = "Data"


class Asset(NamedTuple):
    """Bytes that the HTML may name as `asset:NAME` (a seal, a code)."""

    content: bytes
    mimetype: str


def render(
    html: str,
    *,
    title: str,
    lang: str,
    identifier: bytes,
    attachments: Sequence[Attachment | tuple[Any, ...]] = (),
    assets: Mapping[str, Asset] | None = None,
    dated: date | None = None,
    variant: str = "pdf/a-3a",
    timeout_s: float = 20.0,
    memory_bytes: int = 3 * GIB // 2,
) -> bytes:
    """PDF bytes of a whole HTML document: tagged, fonts embedded, byte-identical for identical arguments.

    `lang` is a BCP 47 tag, `identifier` the file identifier, `dated` the date written into the metadata.
    Characters the font does not hold are printed as their code point. Raises PdfTimeout, PdfTooLarge, PdfFailed.
    """
    printed.keep_nobody_waiting()
    marked = mark_missing(html).encode("utf-8")
    files = [Attachment(*entry) for entry in attachments]
    if len(marked) + sum(len(f.content) for f in files) > MAX_HTML:
        raise PdfTooLarge(reason="input")
    given = assets or {}
    header = {
        "title": mark_missing(title),
        "lang": lang,
        "identifier": identifier.hex(),
        "variant": variant,
        "dated": (dated or date(1970, 1, 1)).isoformat(),
        "assets": [{"key": key, "mimetype": asset.mimetype} for key, asset in sorted(given.items())],
        "attachments": [
            {
                "key": f"attachment/{index}",
                "mimetype": file.mimetype,
                "name": file.name,
                "description": file.description,
                "relationship": file.relationship,
            }
            for index, file in enumerate(files)
        ],
    }
    blobs = [marked, *(asset.content for _key, asset in sorted(given.items())), *(f.content for f in files)]
    return _parse(_exchange(pdf_child.pack(header, blobs), timeout_s, memory_bytes))


def cache_key(html: str, **options: Any) -> str:
    """Hex digest that changes whenever `render(html, **options)` could give other bytes."""
    digest = hashlib.sha256()
    for part in (version("weasyprint"), version("pydyf"), _fonts_digest(), html, _canonical(options)):
        digest.update(hashlib.sha256(part.encode("utf-8", "surrogatepass")).digest())
    return digest.hexdigest()


def _canonical(value: Any) -> str:
    def plain(item: Any) -> Any:
        if isinstance(item, bytes):
            return hashlib.sha256(item).hexdigest()
        return item.isoformat() if isinstance(item, date) else str(item)

    return json.dumps(value, sort_keys=True, default=plain)


# --- characters -------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _uncovered() -> re.Pattern[str]:
    """Matches one character that the fonts do not hold or that must not act in a contract (controls, overrides)."""
    ranges = (pdf_child.FONTS / "coverage.txt").read_text("ascii").split()
    inside = "".join(
        f"\\U{int(a, 16):08x}-\\U{int(b, 16):08x}" for a, _, b in (r.partition("-") for r in ranges)
    )
    return re.compile(f"[^\\t\\n\\r{inside}]")


@lru_cache(maxsize=1)
def _fonts_digest() -> str:
    digest = hashlib.sha256()
    for path in sorted(pdf_child.FONTS.glob("*.ttf")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _composed(text: str) -> str:
    # Only where combining marks stand: composing everything would also replace compatibility hanzi in names.
    return unicodedata.normalize("NFC", text) if re.search("[\u0300-\u036f]", text) else text


def missing_glyphs(text: str) -> list[str]:
    """The characters of `text` that a PDF cannot show, each once, in order of appearance."""
    return list(dict.fromkeys(_uncovered().findall(_composed(text))))


def mark_missing(text: str) -> str:
    """`text` with every such character replaced by a note of its code point, as 〔U+20BB7〕."""
    return _uncovered().sub(lambda found: f"〔U+{ord(found[0]):04X}〕", _composed(text))


# --- the child --------------------------------------------------------------------------------------------------


_renderer = ForkServer(pdf_child.__file__, "-X", "utf8")
warm_up = _renderer.warm_up


def _submit(seconds: float, memory: int) -> socket.socket:
    try:
        return _renderer.submit(pdf_child.ORDER.pack(seconds, memory))
    except OSError as error:
        raise PdfFailed(reason=str(error)) from error


def _exchange(request: bytes, seconds: float, memory: int) -> bytes:
    """All bytes the child and its server answer; never waits longer than twice the patience and a start-up."""
    patience = pdf_child.PATIENCE * seconds
    if not _renderer.slots.acquire(timeout=patience):
        raise PdfTimeout(reason="all renderers are busy")
    try:
        with _submit(seconds, memory) as conn:
            # The server enforces the limit; this later one only catches a server that is itself stuck.
            until = time.monotonic() + patience + 15
            conn.settimeout(patience + 15)
            try:
                conn.sendall(request)
            except (BrokenPipeError, ConnectionResetError):
                # The worker is gone already; the status byte tells why.
                _log.info("the PDF worker ended before it had read its document")
            return _read_all(conn, until)
    except TimeoutError:
        with _renderer.lock:
            _renderer.stop()
        raise PdfTimeout(reason="the rendering server does not answer") from None
    finally:
        _renderer.slots.release()


def _read_all(conn: socket.socket, until: float) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        conn.settimeout(max(0.01, until - time.monotonic()))
        try:
            chunk = conn.recv(1 << 18)
        except ConnectionResetError:
            chunk = b""
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_PDF:
            raise PdfTooLarge(reason="output")


def _parse(answer: bytes) -> bytes:
    status = answer[-1] if answer else pdf_child.DIED
    if status == pdf_child.TIMED_OUT:
        raise PdfTimeout(reason="time limit")
    if status == pdf_child.SWOLLEN:
        raise PdfTooLarge(reason="out of memory")
    try:
        header, blobs = pdf_child.unpack(answer[:-1])
    except pdf_child.BrokenFrame as error:
        raise PdfFailed(reason="the renderer stopped before it was done") from error
    if header.get("error") == "too_large":
        raise PdfTooLarge(reason=header["message"])
    if "error" in header:
        raise PdfFailed(reason=header["message"])
    for note in header["notes"]:
        _log.warning("PDF: %s", note)
    return blobs[0]
