"""What is drawn: receipts and plays over time, proven and self-reported apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dealflow.core.i18n import gettext as _
from dealflow.core.money import CURRENCIES, Money
from dealflow.releases.models import SELF_REPORTED, ReleaseFigure
from dealflow.releases.platforms import platform_name
from dealflow.releases.queries import DaySum

_MOST_LINES = 6


@dataclass(frozen=True)
class Chart:
    """Lines over steps of time; `divide` turns minor units into what is drawn, `unit` names it."""

    caption: str
    unit: str
    labels: list[str]
    series: list[dict[str, object]]
    divide: int = 1


Point = tuple[date, str, int]


def _drawn(points: Sequence[Point], caption: str, unit: str, divide: int = 1) -> Chart | None:
    """Sums of points by line and step: a day each for two months, else a week, else a month."""
    if not points:
        return None
    days = [day for day, _name, _value in points]
    first, last = min(days), max(days)
    step = _day if (last - first).days <= 62 else _week if (last - first).days <= 400 else _month
    steps: list[date] = []
    at = first
    while at <= last:
        if not steps or steps[-1] != step(at):
            steps.append(step(at))
        at += timedelta(days=1)
    sums: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for day, name, value in points:
        sums[name][step(day)] += value
    names = sorted(sums, key=lambda name: -sum(sums[name].values()))[:_MOST_LINES]
    series: list[dict[str, object]] = [{"name": name, "values": _values(sums[name], steps)} for name in names]
    return Chart(caption, unit, [_label(one, step is _month) for one in steps], series, divide)


def _values(known: dict[date, int], steps: list[date]) -> list[int | None]:
    """What is known of each step; nothing is told of days without a figure. A lone figure is drawn from nought."""
    found = [known.get(one) for one in steps]
    if len(known) == 1:
        at = steps.index(next(iter(known)))
        found[at - 1 if at else min(1, len(steps) - 1)] = 0 if len(steps) > 1 else found[0]
    return found


def _day(day: date) -> date:
    return day


def _week(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _month(day: date) -> date:
    return day.replace(day=1)


def _label(day: date, month: bool) -> str:
    return f"{day:%Y-%m}" if month else f"{day:%Y-%m-%d}"


def _line(platform: str, evidence_class: str) -> str:
    name = platform_name(platform) or _("Other")
    return _("%(name)s, self-reported", name=name) if evidence_class == SELF_REPORTED else name


def receipts(sums: Iterable[DaySum]) -> list[Chart]:
    """One drawing of receipts per currency."""
    by: dict[str, list[Point]] = defaultdict(list)
    for one in sums:
        by[one.amount.currency].append(
            (one.on, _line(one.platform, one.evidence_class), one.amount.amount_minor)
        )
    found = [
        _drawn(points, _("Receipts by platform"), currency, 10 ** CURRENCIES[currency])
        for currency, points in sorted(by.items())
    ]
    return [chart for chart in found if chart is not None]


def plays(figures: Iterable[ReleaseFigure], platforms: dict[str, str]) -> Chart | None:
    """Plays by platform; `platforms`: release id → code."""
    points = [
        (row.on, _line(platforms[row.release_id], row.evidence_class), row.plays)
        for row in figures
        if row.plays is not None
    ]
    return _drawn(points, _("Plays by platform"), "")


def totals(sums: Iterable[DaySum]) -> list[tuple[Money, Money]]:
    """(proven, self-reported) of each currency."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for one in sums:
        found[one.amount.currency][one.evidence_class == SELF_REPORTED] += one.amount.amount_minor
    return [(Money(proven, c), Money(told, c)) for c, (proven, told) in sorted(found.items())]
