"""What proves a milestone. One line per kind that the platform itself records; every kind can be proven by a file that
the investor accepts. Nobody who gets the money says that a milestone is met, and no investor says it for another.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from dealflow.core import clock
from dealflow.core.actor import SYSTEM
from dealflow.core.outbox import Event, subscribe
from dealflow.releases.events import ReleasePublished
from dealflow.settlement import service
from dealflow.settlement.states import MILESTONE_LABELS
from dealflow.termsheets.events import TermSheetExecuted


@dataclass(frozen=True)
class Record:
    """A kind of milestone and the event that proves it. The event carries `project_id`; the day `on`, if it knows it; and
    `investor_organisation_id` when it is one investor's word, which counts for that investor's tranches alone."""

    kind: str
    event: type[Event]


# A room above or beside that records a milestone adds its line here.
RECORDS: tuple[Record, ...] = (Record("released", ReleasePublished),)
# Proven while the commitment is made, since no commitment is there before.
AT_SIGNING = Record("signing", TermSheetExecuted)


def recorded() -> dict[str, type[Event]]:
    """Kinds that the platform's own record proves, with the event that does."""
    return {record.kind: record.event for record in (AT_SIGNING, *RECORDS)}


def by_file() -> list[str]:
    """Kinds that a file may prove: all but signing, which the signatures prove."""
    return [kind for kind in MILESTONE_LABELS if kind != AT_SIGNING.kind]


@subscribe(TermSheetExecuted, "settlement.commit", merged=True)
def commit(event: TermSheetExecuted) -> None:
    """Signed terms become commitments with their tranches: those of the event, and any that were not heard of."""
    service.commit(SYSTEM, event.term_sheet_id, event.version)
    service.catch_up(SYSTEM)


def _day(raw: date | str | None) -> date:
    """The day as the event carries it, else today."""
    return clock.today() if raw is None else (date.fromisoformat(raw) if isinstance(raw, str) else raw)


def _listen(record: Record) -> None:
    @subscribe(record.event, f"settlement.{record.kind}")
    def prove(event: Any) -> None:
        day = _day(getattr(event, "on", None))
        service.reached(
            SYSTEM, event.project_id, record.kind, on=day, source=record.event.__name__,
            investor=getattr(event, "investor_organisation_id", None),
        )  # fmt: skip


for _record in RECORDS:
    _listen(_record)
