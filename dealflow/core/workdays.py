"""Working days of the mainland of China: weekends, public holidays and the weekend days worked instead.

Source: the State Council's yearly notices on holidays (国务院办公厅关于部分节假日安排的通知) for 2025 and 2026. Outside these
years only weekends are free.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

DAY = timedelta(days=1)
# (first, last) of each holiday.
_HOLIDAYS = (
    ("2025-01-01", "2025-01-01"), ("2025-01-28", "2025-02-04"), ("2025-04-04", "2025-04-06"), ("2025-05-01", "2025-05-05"),
    ("2025-05-31", "2025-06-02"), ("2025-10-01", "2025-10-08"),
    ("2026-01-01", "2026-01-03"), ("2026-02-15", "2026-02-23"), ("2026-04-04", "2026-04-06"), ("2026-05-01", "2026-05-05"),
    ("2026-06-19", "2026-06-21"), ("2026-09-25", "2026-09-27"), ("2026-10-01", "2026-10-07"),
)  # fmt: skip
_WORKED = frozenset(
    date.fromisoformat(day)
    for day in (
        "2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11",
        "2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10",
    )
)  # fmt: skip


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += DAY


_FREE = frozenset(
    day for first, last in _HOLIDAYS for day in _days(date.fromisoformat(first), date.fromisoformat(last))
)


def is_workday(day: date) -> bool:
    """Whether offices and banks work on this day."""
    return day in _WORKED or (day.weekday() < 5 and day not in _FREE)


def add(start: date, days: int) -> date:
    """The day that is `days` (0 or more) working days after `start`; `start` itself is not counted."""
    day = start
    while days > 0:
        day += DAY
        days -= is_workday(day)
    return day
