"""How much ad spend there is against each cap.

What the platforms prove counts first. What is only reported counts for the days of a platform after the last one that is
proven, so that a month is not counted again when its statement comes.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from dealflow.core.db import session
from dealflow.core.money import Money
from dealflow.releases import queries
from dealflow.releases.models import SELF_REPORTED, AdCap, AdSpend, Release, ReleaseFigure

_WHOEVER = {"unscoped": "a cap is judged against all that was spent"}
NEAR = 80


@dataclass(frozen=True)
class Spent:
    """Ad spend of a project in one currency: proven, and reported only."""

    proven: Money
    reported: Money

    @property
    def total(self) -> Money:
        return self.proven + self.reported


@dataclass(frozen=True)
class Level:
    """A cap and what stands against it; `percent` is rounded down."""

    cap: AdCap
    spent: Spent

    @property
    def percent(self) -> int:
        return max(0, self.spent.total.amount_minor) * 100 // self.cap.cap_minor

    @property
    def state(self) -> str:
        """One of "reached", "near", "within"."""
        return "reached" if self.percent >= 100 else "near" if self.percent >= NEAR else "within"


def spent(project_id: str) -> dict[str, Spent]:
    """Ad spend of a project by currency, whoever asks. Three statements."""
    proven: dict[str, int] = defaultdict(int)
    reported: dict[str, int] = defaultdict(int)
    last: dict[str, date] = {}
    keys = (AdSpend.platform, AdSpend.on, AdSpend.amount_currency, AdSpend.evidence_class)
    query = (
        select(*keys, func.sum(AdSpend.amount_minor)).where(AdSpend.project_id == project_id).group_by(*keys)
    )
    claims: dict[tuple[str, date, str], int] = {}
    for platform, on, currency, evidence, minor in session().execute(query, execution_options=_WHOEVER):
        if evidence == SELF_REPORTED:
            claims[platform, on, currency] = int(minor)
        else:
            proven[currency] += int(minor)
            last[platform] = max(last.get(platform, on), on)
    for (platform, on, currency), minor in (_figures(project_id) | claims).items():
        if platform not in last or on > last[platform]:
            reported[currency] += minor
    return {
        currency: Spent(Money(proven[currency], currency), Money(reported[currency], currency))
        for currency in sorted(proven.keys() | reported.keys())
    }


def _figures(project_id: str) -> dict[tuple[str, date, str], int]:
    active = select(Release.id, Release.platform).where(
        Release.project_id == project_id, Release.withdrawn_at.is_(None)
    )
    platforms = {row.id: row.platform for row in session().execute(active, execution_options=_WHOEVER)}
    query = (
        select(ReleaseFigure)
        .where(ReleaseFigure.project_id == project_id, ReleaseFigure.ad_spend_minor.is_not(None))
        .order_by(ReleaseFigure.on, ReleaseFigure.created_at, ReleaseFigure.number)
    )
    rows = [
        row
        for row in session().scalars(query, execution_options=_WHOEVER)
        if row.release_id in platforms and row.ad_spend
    ]
    found: dict[tuple[str, date, str], int] = defaultdict(int)
    for row in queries.strongest(rows):
        found[platforms[row.release_id], row.on, row.ad_spend.currency] += row.ad_spend.amount_minor
    return found


def levels(project_id: str, caps: list[AdCap]) -> list[Level]:
    """What stands against each cap."""
    found = spent(project_id)
    nothing = {cap.cap_currency: Money(0, cap.cap_currency) for cap in caps}
    return [
        Level(cap, found.get(cap.cap_currency) or Spent(nothing[cap.cap_currency], nothing[cap.cap_currency]))
        for cap in caps
    ]


def level_dict(level: Level) -> dict[str, Any]:
    """The interface's form of a cap and what stands against it."""
    return {
        "id": level.cap.id, "source": level.cap.source, "cap": level.cap.cap.json(), "proven": level.spent.proven.json(),
        "reported": level.spent.reported.json(), "percent": level.percent, "state": level.state,
    }  # fmt: skip
