"""How deals go: how many reach each state, and how long they stay there. Read from the timeline."""

from __future__ import annotations

import itertools
import statistics
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.schema import Date, Ref, Schema
from dealflow.deals import queries
from dealflow.deals.models import CloseReason, Deal, DealEvent, DealPosition
from dealflow.deals.states import STAGES

# The way of a deal that is won; what is lost leaves it somewhere.
WAY = STAGES[:7]


class DealFiguresQuery(Schema):
    """Which deals are counted: those begun in a period, of one pipeline, about one project."""

    pipeline_id: Ref("pip") | None = None  # type: ignore[valid-type]
    project_id: Ref("prj") | None = None  # type: ignore[valid-type]
    begun_from: Date | None = None
    begun_to: Date | None = None


@dataclass
class Step:
    """A state on the way: how many came so far, and the days of those that left it."""

    state: str
    reached: int = 0
    here: int = 0
    lost_here: int = 0
    days: tuple[float, ...] = ()

    @property
    def median(self) -> float | None:
        """The middle of the days spent here, by those that left."""
        return statistics.median(self.days) if self.days else None

    @property
    def longest(self) -> float | None:
        """The days of all but the slowest tenth."""
        if not self.days:
            return None
        ordered = sorted(self.days)
        return ordered[min(len(ordered) - 1, int(len(ordered) * 0.9))]


@dataclass
class Figures:
    """The funnel, and why deals were won or lost."""

    steps: list[Step]
    total: int
    won: int
    lost: int
    reasons: list[tuple[str, str, int]]


def figures(actor: Actor, query: DealFiguresQuery) -> Figures:
    """The funnel of the actor's deals. Three statements."""
    deals = _deals(actor, query)
    steps = {state: Step(state) for state in WAY}
    days: dict[str, list[float]] = {state: [] for state in WAY}
    ways = _ways(actor, list(deals))
    for deal_id, (stage, _begun) in deals.items():
        way = ways.get(deal_id, [])
        furthest = max((WAY.index(state) for state, _at in way if state in steps), default=0)
        for state in WAY[: furthest + 1]:
            steps[state].reached += 1
        if stage in steps:
            steps[stage].here += 1
        elif way:
            steps[WAY[furthest]].lost_here += 1
        for (state, at), (_next, left) in itertools.pairwise(way):
            if state in days:
                days[state].append((left - at).total_seconds() / 86400)
    for state, step in steps.items():
        step.days = tuple(days[state])
    stages = [stage for stage, _begun in deals.values()]
    return Figures(
        list(steps.values()), len(deals), stages.count("closed_won"), stages.count("closed_lost"),
        _reasons(actor, list(deals)),
    )  # fmt: skip


def _deals(actor: Actor, query: DealFiguresQuery) -> dict[str, tuple[str, datetime]]:
    wanted = (
        select(Deal.id, Deal.stage, Deal.created_at)
        .join(DealPosition, DealPosition.deal_id == Deal.id)
        .where(DealPosition.organisation_id == actor.organisation_id)
    )
    if query.pipeline_id:
        wanted = wanted.where(DealPosition.pipeline_id == query.pipeline_id)
    if query.project_id:
        wanted = wanted.where(Deal.project_id == query.project_id)
    rows = session().execute(wanted)
    return {
        row.id: (row.stage, row.created_at)
        for row in rows
        if (query.begun_from is None or row.created_at.date() >= query.begun_from)
        and (query.begun_to is None or row.created_at.date() <= query.begun_to)
    }


def _ways(actor: Actor, ids: list[str]) -> dict[str, list[tuple[str, datetime]]]:
    """Each deal's states with the moment it came there; what was taken back did not happen."""
    wanted = set(ids)
    query = (
        select(DealEvent.deal_id, DealEvent.kind, DealEvent.data, DealEvent.at)
        .where(DealEvent.kind.in_(("opened", "moved", "taken_back")))
        .order_by(DealEvent.id)
    )
    ways: dict[str, list[tuple[str, datetime]]] = {}
    for row in session().execute(query):
        if row.deal_id not in wanted:
            continue
        way = ways.setdefault(row.deal_id, [])
        if row.kind == "taken_back":
            way.pop()
        else:
            way.append((row.data["after"] if row.kind == "moved" else STAGES[0], row.at))
    return ways


def _reasons(actor: Actor, ids: list[str]) -> list[tuple[str, str, int]]:
    wanted = set(ids)
    query = select(CloseReason, DealPosition.deal_id).join(
        DealPosition, DealPosition.reason_id == CloseReason.id
    )
    counts: dict[tuple[str, str], int] = {}
    for reason, deal_id in session().execute(query):
        if deal_id in wanted:
            key = (reason.outcome, queries.reason_label(reason))
            counts[key] = counts.get(key, 0) + 1
    return sorted(
        ((outcome, label, number) for (outcome, label), number in counts.items()),
        key=lambda e: (e[0] != "lost", -e[2], e[1]),
    )


def as_dict(found: Figures) -> dict[str, Any]:
    """The API's form of the figures."""
    return {
        "total": found.total, "won": found.won, "lost": found.lost, "on": clock.rfc3339(clock.now()),
        "steps": [
            {
                "state": s.state, "reached": s.reached, "here": s.here, "lost_here": s.lost_here, "left": len(s.days),
                "median_days": round(s.median, 2) if s.median is not None else None,
                "p90_days": round(s.longest, 2) if s.longest is not None else None,
            }
            for s in found.steps
        ],
        "reasons": [{"outcome": o, "label": label, "count": n} for o, label, n in found.reasons],
    }  # fmt: skip
