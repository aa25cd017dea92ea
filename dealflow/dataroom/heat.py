"""What the owner sees of reading: who opened what, which pages, for how long."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.dataroom.models import DataAccess, DataDocument, DataPageView
from dealflow.dataroom.policy import Can
from dealflow.dataroom.seats import Seat


@dataclass
class Warmth:
    """How warm a document, or one reader's part of it, is."""

    name: str
    pages: int
    opened: int = 0
    downloaded: int = 0
    readers: set[str] = field(default_factory=set)
    seconds: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    last: datetime | None = None
    version: int = 0

    @property
    def total(self) -> int:
        """Seconds over all pages."""
        return sum(self.seconds.values())

    @property
    def read(self) -> int:
        """How many pages were looked at."""
        return sum(1 for spent in self.seconds.values() if spent)

    def strip(self) -> list[tuple[int, int, float]]:
        """(page, seconds, share of the warmest page) for every page."""
        most = max(self.seconds.values(), default=0)
        last = max([self.pages, *self.seconds])
        return [
            (n, self.seconds.get(n, 0), self.seconds.get(n, 0) / most if most else 0)
            for n in range(1, last + 1)
        ]

    def add(self, access: DataAccess) -> None:
        """Count an opening."""
        self.opened += access.kind == "view"
        self.downloaded += access.kind == "download"
        self.readers.add(f"{access.reader}/{access.reader_organisation_id}")
        self.last = max(self.last or access.at, access.at)
        self.version = max(self.version, access.number)


def accesses(
    actor: Actor, seat: Seat, *, document_id: str | None = None, offset: int = 0, limit: int | None = None
) -> tuple[list[DataAccess], int]:
    """Openings and downloads of a room, latest first, and how many there are."""
    policy.require(actor, Can.SEE_VIEWS, seat, see=Can.SEE)
    query = select(DataAccess).where(DataAccess.room_id == seat.room.id)
    if document_id:
        query = query.where(DataAccess.document_id == document_id)
    total = session().scalar(query.with_only_columns(func.count(DataAccess.id))) or 0
    rows = session().scalars(
        query.order_by(DataAccess.at.desc(), DataAccess.id.desc()).offset(offset).limit(limit)
    )
    return list(rows), total


def page_seconds(access_ids: Iterable[str]) -> dict[str, dict[int, int]]:
    """Access id → page that was handed out or looked at → seconds looked at."""
    wanted = sorted(set(access_ids))
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for start in range(0, len(wanted), 500):
        query = (
            select(DataPageView.access_id, DataPageView.page, func.sum(DataPageView.seconds))
            .where(DataPageView.access_id.in_(wanted[start : start + 500]))
            .group_by(DataPageView.access_id, DataPageView.page)
        )
        for access_id, page, spent in session().execute(query):
            found[access_id][page] = int(spent)
    return found


def documents_of(seat: Seat) -> dict[str, tuple[str, bool]]:
    """Every document the room ever held: id → (name, removed)."""
    query = select(DataDocument.id, DataDocument.name, DataDocument.removed_at).where(
        DataDocument.room_id == seat.room.id
    )
    return {i: (name, removed is not None) for i, name, removed in session().execute(query)}


@dataclass(frozen=True)
class Map:
    """The heat list: documents, warmest first, and the readers of each."""

    documents: list[tuple[str, Warmth]]
    readers: dict[str, list[tuple[DataAccess, Warmth]]]


def map_of(actor: Actor, seat: Seat, pages: dict[str, int]) -> Map:
    """The heat list of a room; `pages`: document id → pages of its latest version."""
    rows, _total = accesses(actor, seat)
    names, spent = documents_of(seat), page_seconds(row.id for row in rows)
    whole: dict[str, Warmth] = {}
    parts: dict[str, dict[str, tuple[DataAccess, Warmth]]] = defaultdict(dict)
    for row in rows:
        name = names[row.document_id][0]
        warm = whole.setdefault(row.document_id, Warmth(name, pages.get(row.document_id, 0)))
        who = f"{row.reader}/{row.reader_organisation_id}"
        _latest, part = parts[row.document_id].setdefault(who, (row, Warmth(name, warm.pages)))
        for each in (warm, part):
            each.add(row)
            for page, seconds in spent.get(row.id, {}).items():
                each.seconds[page] += seconds
    ordered = sorted(whole.items(), key=lambda item: (-item[1].total, -item[1].opened, item[1].name))
    return Map(
        ordered,
        {d: sorted(found.values(), key=lambda each: -each[1].total) for d, found in parts.items()},
    )


def access_dict(row: DataAccess, name: str, pages: dict[int, int]) -> dict[str, Any]:
    """An opening as the API shows it to the owner."""
    return {
        "id": row.id,
        "document_id": row.document_id,
        "document": name,
        "number": row.number,
        "kind": row.kind,
        "organisation_id": row.reader_organisation_id,
        "organisation": row.reader_organisation,
        "user": row.reader_name,
        "email": row.reader_email,
        "address": row.address,
        "at": clock.rfc3339(row.at),
        "seconds": sum(pages.values()),
        "pages": [{"page": page, "seconds": spent} for page, spent in sorted(pages.items())],
    }
