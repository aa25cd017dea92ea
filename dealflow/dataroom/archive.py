"""The archive of a closed room: every version of every document, who read and accepted what, an index, hashes."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment
from sqlalchemy import select

from dealflow.core import clock, i18n, pdf, printed
from dealflow.core.actor import SYSTEM
from dealflow.core.db import session
from dealflow.dataroom import heat, queries, seats
from dealflow.dataroom.models import DataDocument, DataDocumentVersion, DataRoom
from dealflow.dataroom.seats import Seat
from dealflow.files import storage
from dealflow.pitches import queries as pitches

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "dataroom" / "pdf"
# A spreadsheet takes a cell that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Entry:
    """One version of one document in the archive."""

    path: str
    document: DataDocument
    version: DataDocumentVersion

    @property
    def row(self) -> list[Any]:
        """Its line of the index."""
        return [
            self.path, self.document.name, self.version.number, self.version.size, self.version.sha256,
            clock.rfc3339(self.version.at), self.version.user_name,
            clock.rfc3339(self.document.removed_at) if self.document.removed_at else "",
        ]  # fmt: skip


COLUMNS = ("path", "document", "version", "bytes", "sha256", "added_at", "added_by", "removed_at")


def entries(seat: Seat) -> list[Entry]:
    """Every version with the path that it gets; no two paths are the same."""
    query = (
        select(DataDocument, DataDocumentVersion)
        .join(DataDocumentVersion, DataDocumentVersion.document_id == DataDocument.id)
        .where(DataDocument.room_id == seat.room.id)
        .order_by(DataDocument.position, DataDocument.id, DataDocumentVersion.number)
    )
    taken: set[str] = set()
    found = []
    for document, version in session().execute(query):
        folder = (
            "removed"
            if document.removed_at
            else "/".join(["documents", *queries.way_to(seat, document.folder_id)])
        )
        stem, suffix = Path(document.name).stem, Path(version.name).suffix
        name = (
            f"{stem}{suffix}"
            if version.number == document.current_number
            else f"{stem} (v{version.number}){suffix}"
        )
        found.append(Entry(_unique(f"{folder}/{name}", taken), document, version))
    return found


def _unique(path: str, taken: set[str]) -> str:
    stem, dot, suffix = path.rpartition(".")
    number, wanted = 1, path
    while wanted.casefold() in taken:
        number += 1
        wanted = f"{stem} ({number}).{suffix}" if dot else f"{path} ({number})"
    taken.add(wanted.casefold())
    return wanted


def _csv(header: tuple[str, ...], rows: list[list[Any]]) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(header)
    for row in rows:
        cells = [str(cell) for cell in row]
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells])
    return stream.getvalue().encode("utf-8-sig")


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return printed.environment(TEMPLATES)


def index_pdf(seat: Seat, found: list[Entry], title: str) -> bytes:
    """The index for people."""
    html = _environment().get_template("index.html").render(
        entries=found, title=title, html_lang=i18n.HTML[i18n.language()], closed=seat.room.closed_at,
        acceptances=queries.acceptances(seat)[::-1], utc=_utc,
    )  # fmt: skip
    return pdf.render(
        html, title=title, lang=i18n.HTML[i18n.language()], identifier=seat.room.id.encode(),
        dated=(seat.room.closed_at or clock.now()).date(),
    )  # fmt: skip


def _utc(at: datetime) -> str:
    """A moment for people to read; the lists beside it have it for machines."""
    return at.strftime("%Y-%m-%d %H:%M:%S UTC")


def write(room: DataRoom, target: Path) -> None:
    """Write the archive of a room, inside an open system transaction."""
    seat = seats.in_room(SYSTEM, room)
    found = entries(seat)
    brief = pitches.briefs([room.project_id])[room.project_id]
    sums: list[tuple[str, str]] = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for entry in found:
            _add(
                archive,
                entry.path,
                entry.version.at,
                storage.read(entry.version.sha256, 0, entry.version.size),
            )
            sums.append((entry.version.sha256, entry.path))
        for name, content in _papers(seat, found, i18n.localised(brief["titles"])).items():
            _add(archive, name, room.closed_at or clock.now(), [content])
            sums.append((_sha256(content), name))
        listed = "".join(f"{digest}  {path}\n" for digest, path in sums)
        _add(archive, "SHA256SUMS", room.closed_at or clock.now(), [listed.encode()])


def _sha256(content: bytes) -> str:
    import hashlib

    return hashlib.sha256(content).hexdigest()


def _papers(seat: Seat, found: list[Entry], title: str) -> dict[str, bytes]:
    rows, _total = heat.accesses(SYSTEM, seat)
    names, spent = heat.documents_of(seat), heat.page_seconds(row.id for row in rows)
    accesses = [
        [
            clock.rfc3339(a.at), names[a.document_id][0], a.number, a.kind, a.reader_name, a.reader_organisation, a.reader_email,
            a.address, len(spent.get(a.id, {})), sum(spent.get(a.id, {}).values()),
        ]
        for a in reversed(rows)
    ]  # fmt: skip
    accepted = [
        [
            clock.rfc3339(a.at),
            a.number,
            a.reader_name,
            a.reader_organisation,
            a.reader_email,
            a.language,
            a.address,
        ]
        for a in reversed(queries.acceptances(seat))
    ]
    papers = {
        "index.csv": _csv(COLUMNS, [entry.row for entry in found]),
        "index.pdf": index_pdf(seat, found, title),
        "views.csv": _csv(
            ("at", "document", "version", "kind", "reader", "organisation", "email", "address", "pages", "seconds"), accesses
        ),
        "nda-acceptances.csv": _csv(
            ("at", "nda", "reader", "organisation", "email", "language", "address"), accepted
        ),
    }  # fmt: skip
    for nda in queries.ndas(seat):
        text = "\n\n".join(part for part in (nda.text_zh, nda.text_en) if part)
        papers[f"nda-{nda.number}.txt"] = text.encode()
    return papers


def _add(archive: zipfile.ZipFile, name: str, at: datetime, chunks: Any) -> None:
    info = zipfile.ZipInfo(name, date_time=at.timetuple()[:6])
    info.external_attr = 0o644 << 16
    with archive.open(info, "w", force_zip64=True) as stream:
        pieces: Iterator[bytes] = iter(chunks)
        for piece in pieces:
            stream.write(piece)
