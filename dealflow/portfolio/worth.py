"""What a holding cost, gave back and is worth at a day, from its rows. No database here.

Value: the last valuation up to the day, with what was paid in since added and what came back since taken off, never
below zero; without a valuation, at cost. Cost is recovered first: what came back is gain only once it exceeds the cost.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Movement:
    """A flow: signed as the table has it (a correction is negative)."""

    on: date
    kind: str
    minor: int


@dataclass(frozen=True)
class Appraisal:
    """A valuation."""

    on: date
    minor: int


@dataclass(frozen=True)
class Standing:
    """All in minor units. `book` is the cost not yet recovered; `unrealised` = value - book."""

    cost: int = 0
    proceeds: int = 0
    book: int = 0
    value: int = 0
    realised: int = 0

    @property
    def unrealised(self) -> int:
        return self.value - self.book


@dataclass(frozen=True)
class History:
    """All rows of a holding: valuations in the order in which they were entered, the day on which it ended."""

    movements: Sequence[Movement]
    appraisals: Sequence[Appraisal]
    closed_on: date | None = None

    def at(self, on: date) -> Standing:
        """Where it stands at the end of a day."""
        cost = sum(m.minor for m in self.movements if m.kind == "cost" and m.on <= on)
        proceeds = sum(m.minor for m in self.movements if m.kind == "proceeds" and m.on <= on)
        if self.closed_on is not None and self.closed_on <= on:
            return Standing(cost, proceeds, 0, 0, proceeds - cost)
        known = [a for a in self.appraisals if a.on <= on]
        value = cost - proceeds
        if known:
            last = max(known, key=lambda appraisal: appraisal.on)
            last = [a for a in known if a.on == last.on][-1]
            since = [m for m in self.movements if last.on < m.on <= on]
            value = last.minor + sum(m.minor if m.kind == "cost" else -m.minor for m in since)
        return Standing(cost, proceeds, max(cost - proceeds, 0), max(value, 0), max(proceeds - cost, 0))

    def days(self, since: date) -> list[date]:
        """The day itself and every later one on which something stands in the rows."""
        days = {*(row.on for row in self.movements), *(row.on for row in self.appraisals)}
        later = {day for day in days if day > since}
        if self.closed_on is not None and self.closed_on > since:
            later.add(self.closed_on)
        return [since, *sorted(later)]


@dataclass(frozen=True)
class Change:
    """How much the accounts of a holding must move on a day."""

    on: date
    book: int
    realised: int
    unrealised: int

    @property
    def empty(self) -> bool:
        """Nothing moves."""
        return not (self.book or self.realised or self.unrealised)


def changes(before: History, after: History, since: date) -> Iterable[Change]:
    """What one more row, dated `since`, moves on its day and on every later day that it shifts."""
    moved = Change(since, 0, 0, 0)
    for day in after.days(since):
        old, new = before.at(day), after.at(day)
        total = Change(day, new.book - old.book, new.realised - old.realised, new.unrealised - old.unrealised)
        yield Change(
            day, total.book - moved.book, total.realised - moved.realised, total.unrealised - moved.unrealised
        )
        moved = total
