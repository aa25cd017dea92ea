"""All issues of papers: what was issued first, and what was issued anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from dealflow.core import clock
from dealflow.core.db import session
from dealflow.core.errors import NotFound
from dealflow.funds.models import FundRevision, FundStatement


@dataclass(frozen=True)
class Edition:
    """One issue of a paper: the first (number 1) or a later one. `content` as its kind keeps it; `sha256` of a notice that
    was issued first is empty. `revision` is the row of a later one."""

    number: int
    issued_on: date
    content: dict[str, Any]
    sha256: str = ""
    revision: FundRevision | None = None

    @property
    def reason(self) -> str:
        """Why it was issued anew."""
        return self.revision.reason if self.revision else ""

    def plain(self) -> dict[str, Any]:
        """What it says, without which issue it is."""
        return {name: value for name, value in self.content.items() if name != "revision"}


@dataclass(frozen=True)
class Editions:
    """All issues of one paper, the first first."""

    about: str
    rows: tuple[Edition, ...]

    @property
    def last(self) -> Edition:
        """The one that stands."""
        return self.rows[-1]

    def one(self, number: int | None) -> Edition:
        """An issue by its number, the last when none is named; NotFound."""
        found = (
            self.last if number is None else next((row for row in self.rows if row.number == number), None)
        )
        if found is None:
            raise NotFound()
        return found

    def superseded_by(self, edition: Edition) -> Edition | None:
        """The issue that replaced one."""
        return next((row for row in self.rows if row.number == edition.number + 1), None)


def revisions(fund_id: str, lp_id: str | None = None) -> list[FundRevision]:
    """Papers of a fund that were issued anew, as far as the actor may know of them, the latest first."""
    query = select(FundRevision).where(FundRevision.fund_id == fund_id)
    if lp_id is not None:
        query = query.where(FundRevision.lp_id == lp_id)
    return list(session().scalars(query.order_by(FundRevision.id.desc())))


def by_paper(abouts: Iterable[str]) -> dict[str, list[FundRevision]]:
    """What was issued first → its later issues in order, as far as the actor may know of them. One statement."""
    found: dict[str, list[FundRevision]] = {about: [] for about in abouts}
    query = select(FundRevision).where(FundRevision.about.in_(found)).order_by(FundRevision.number)
    for row in session().scalars(query) if found else ():
        found[row.about].append(row)
    return found


def editions(about: str, first: Edition, later: Iterable[FundRevision]) -> Editions:
    """All issues of a paper."""
    rows = [Edition(row.number, clock.day_of(row.issued_at), row.data, row.sha256, row) for row in later]
    return Editions(about, (first, *rows))


def statement_editions(row: FundStatement, later: Iterable[FundRevision]) -> Editions:
    """All issues of a statement."""
    return editions(row.id, Edition(1, clock.day_of(row.issued_at), row.data, row.sha256), later)


def of_statements(rows: Iterable[FundStatement]) -> dict[str, Editions]:
    """Statement id → all its issues. One statement."""
    known = list(rows)
    later = by_paper(row.id for row in known)
    return {row.id: statement_editions(row, later[row.id]) for row in known}


def of_notices(firsts: Mapping[str, Edition]) -> dict[str, Editions]:
    """Line id → all issues of its notice, whose first is given. One statement."""
    later = by_paper(firsts)
    return {about: editions(about, first, later[about]) for about, first in firsts.items()}
