"""Periods of statements and fees as people write them: `2026Q3`, `2026H1`, `2026`."""

from __future__ import annotations

import re
from datetime import date, timedelta

from dealflow.core.errors import Invalid
from dealflow.core.i18n import N_, gettext

FORM = r"(?:19|20|21)\d\d(?:Q[1-4]|H[12])?"
_FORM = re.compile(FORM)
_HALVES = {"1": N_("First half of %(year)s"), "2": N_("Second half of %(year)s")}


def span(period: str) -> tuple[date, date]:
    """First and last day. Raises Invalid on the field `period`."""
    if not _FORM.fullmatch(period):
        raise Invalid.field("period", "wrong_form", N_("Enter a period such as 2026Q3, 2026H1 or 2026"))
    year, part = int(period[:4]), period[4:]
    months = 3 if part[:1] == "Q" else 6 if part else 12
    first = date(year, (int(part[1:] or 1) - 1) * months + 1, 1)
    after = date(year + (first.month + months > 12), (first.month + months - 1) % 12 + 1, 1)
    return first, after - timedelta(days=1)


def label(period: str) -> str:
    """A period in the words of the current language."""
    year, part, number = period[:4], period[4:5], period[5:]
    if part == "Q":
        return gettext("Q%(number)s %(year)s", number=number, year=year)
    return gettext(_HALVES[number] if part else N_("Year %(year)s"), year=year)


def before(day: date) -> date:
    """The day before."""
    return day - timedelta(days=1)


def quarter_of(day: date) -> str:
    """The quarter a day lies in."""
    return f"{day.year}Q{(day.month + 2) // 3}"


def last_ended(today: date) -> str:
    """The last quarter that is over."""
    return quarter_of(before(span(quarter_of(today))[0]))
