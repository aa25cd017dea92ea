"""Plays and paying users as a statement's rows say them: summed for each release and day, and put on record beside it.

A day is recorded as the statement tells it, money included, with the statement's class of evidence and file. Another
statement that says the same adds nothing; one that says something else adds a row that counts in place of the one before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import insert, select

from dealflow.core import clock, ids
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.money import LIMIT, Money
from dealflow.releases import platforms
from dealflow.releases.models import Release, ReleaseFigure, Statement
from dealflow.releases.reading import Line, Plan

FIELDS = ("plays", "paid_users")
# Days that are shown of a statement.
SHOWN = 60
COUNTS = ("create", "same", "unplaced", "rows")
_RAW = {"unscoped": "figures of the project whose statement this is"}


@dataclass
class Day:
    """What the rows say of a day on a platform in a territory, or of a release's day."""

    plays: int | None = None
    paid_users: int | None = None
    amounts: Counter[str] = field(default_factory=Counter)
    spent: Counter[str] = field(default_factory=Counter)

    def add(self, line: Line) -> None:
        """Count a row in."""
        if line.plays is not None:
            self.plays = (self.plays or 0) + line.plays
        if line.paid_users is not None:
            self.paid_users = (self.paid_users or 0) + line.paid_users
        if line.amount:
            self.amounts[line.currency] += line.amount
        if line.ad_spend:
            self.spent[line.currency] += line.ad_spend

    def columns(self) -> dict[str, Any]:
        """As a figure keeps it."""
        return {
            "plays": self.plays, "paid_users": self.paid_users, **_columns("receipts", self.amounts), **_columns("ad_spend", self.spent),
        }  # fmt: skip


def _columns(name: str, sums: Mapping[str, int]) -> dict[str, Any]:
    # A figure has one currency and no minus: refunds above the day's receipts, or two currencies, stand in the receipts.
    known = [(minor, code) for code, minor in sums.items() if 0 <= minor <= LIMIT] if len(sums) == 1 else []
    minor, code = known[0] if known else (None, None)
    return {f"{name}_minor": minor, f"{name}_currency": code}


@dataclass
class Found:
    """The days of a statement by what becomes of them: `create`, `same`, or `unplaced` where the project has no release of
    that platform and territory; and the first of them."""

    counts: Counter[str] = field(default_factory=Counter)
    days: list[dict[str, Any]] = field(default_factory=list)

    def kept(self) -> dict[str, Any]:
        """A JSON value."""
        return {**{name: self.counts[name] for name in COUNTS}, "days": self.days}

    @classmethod
    def of(cls, kept: Mapping[str, Any] | None) -> Found:
        """What was kept; nothing where nothing was."""
        if not kept:
            return cls()
        return cls(Counter({name: kept[name] for name in COUNTS}), kept["days"])


def are_in(plan: Plan) -> bool:
    """Whether a statement has such columns at all."""
    return bool(set(FIELDS) & set(plan.mapping.values()))


def check(project_id: str, lines: Iterable[Any], refused: Iterable[int], plan: Plan) -> Found:
    """What the rows, without those that are refused, would put on record. Writes nothing."""
    return _judge(project_id, lines, refused, plan)[0] if are_in(plan) else Found()


def write(actor: Actor, statement: Statement, lines: Iterable[Any], refused: Iterable[int]) -> Found:
    """Put the days on record in the open transaction."""
    plan = Plan.of(statement.plan)
    if not are_in(plan):
        return Found()
    # Whoever gives figures of these releases at this moment waits, and is told apart by number.
    _releases(statement.project_id, hold=True)
    found, rows = _judge(statement.project_id, lines, refused, plan)
    same = {
        "project_id": statement.project_id, "organisation_id": statement.organisation_id, "evidence_class": plan.evidence_class,
        "document_id": statement.file_id, "user_id": actor.user_id, "user_name": actor.user_name, "created_at": clock.now(),
    }  # fmt: skip
    if rows:
        session().execute(insert(ReleaseFigure), [row | same for row in rows])
    return found


def _judge(
    project_id: str, lines: Iterable[Any], refused: Iterable[int], plan: Plan
) -> tuple[Found, list[dict[str, Any]]]:
    releases, wrong, found = _releases(project_id), set(refused), Found()
    placed: dict[tuple[str, date], Day] = {}
    lost: dict[tuple[str, str, date], Day] = {}
    seen: set[str] = set()
    for line in lines:
        if not isinstance(line, Line) or not line.mine or line.number in wrong or line.ref in seen:
            continue
        seen.add(line.ref)
        found.counts["rows"] += says_figures(line) and not (line.amount or line.ad_spend)
        release = _release_of(line, releases)
        day = (
            placed.setdefault((release.id, line.on), Day())
            if release
            else lost.setdefault((line.platform, line.territory, line.on), Day())
        )
        day.add(line)
    placed = {key: day for key, day in placed.items() if says_figures(day)}
    lost = {key: day for key, day in lost.items() if says_figures(day)}
    known = _known(releases, plan.evidence_class)
    rows: list[dict[str, Any]] = []
    where = {row.id: (row.platform, row.territory) for row in releases}
    for (release_id, on), day in sorted(placed.items(), key=lambda item: item[0][1]):
        platform, territory = where[release_id]
        number, before = known.get((release_id, on, platform), (0, None))
        said = day.columns()
        action = "same" if before == said else "create"
        _tell(found, action, on, platform, territory, said)
        if action == "create":
            rows.append(
                {"id": ids.new("rfg"), "release_id": release_id, "on": on, "source": platform, "number": number + 1, **said}
            )  # fmt: skip
    for (platform, territory, on), day in sorted(lost.items(), key=lambda item: item[0][2]):
        _tell(found, "unplaced", on, platform, territory, day.columns())
    return found, rows


def says_figures(row: Line | Day) -> bool:
    """Whether plays or paying users are told."""
    return row.plays is not None or row.paid_users is not None


def _tell(
    found: Found, action: str, on: date, platform: str, territory: str, said: Mapping[str, Any]
) -> None:
    found.counts[action] += 1
    if len(found.days) < SHOWN:
        money = {
            name: Money(said[f"{name}_minor"], said[f"{name}_currency"]).json()
            if said[f"{name}_minor"] is not None
            else None
            for name in ("receipts", "ad_spend")
        }
        found.days.append(
            {
                "action": action, "on": on.isoformat(), "platform": platform, "territory": territory, "plays": said["plays"],
                "paid_users": said["paid_users"], **money,
            }
        )  # fmt: skip


def _releases(project_id: str, *, hold: bool = False) -> list[Release]:
    query = select(Release).where(Release.project_id == project_id, Release.withdrawn_at.is_(None))
    query = query.order_by(Release.id)
    rows = session().scalars(query.with_for_update() if hold else query, execution_options=_RAW)
    return list(rows)


def _release_of(line: Line, releases: Sequence[Release]) -> Release | None:
    """The release a row is about: of its platform, in its territory or everywhere; without a territory the only one."""
    here = [row for row in releases if row.platform == line.platform]
    for territory in (line.territory, platforms.WORLD):
        for row in here:
            if row.territory == territory:
                return row
    return here[0] if len(here) == 1 and not line.territory else None


def _known(
    releases: Sequence[Release], evidence_class: str
) -> dict[tuple[str, date, str], tuple[int, dict[str, Any]]]:
    """Release, day, source → the latest number and what it says."""
    columns = (
        "plays",
        "paid_users",
        "receipts_minor",
        "receipts_currency",
        "ad_spend_minor",
        "ad_spend_currency",
    )
    query = (
        select(ReleaseFigure)
        .where(
            ReleaseFigure.release_id.in_([row.id for row in releases]), ReleaseFigure.evidence_class == evidence_class
        )
        .order_by(ReleaseFigure.number)
    )  # fmt: skip
    return {
        (row.release_id, row.on, row.source): (row.number, {name: getattr(row, name) for name in columns})
        for row in session().scalars(query, execution_options=_RAW)
    }
