"""Late interest: simple, by the day, ACT/365, on what is outstanding after the due date; interest bears no interest.

Rounded once, half up, on the exact total of all days, so that part payments cost or save nobody a fen. Money of a day
stops interest from that day on. Source: shared finance schema, sections 0 and 2 (interest tier).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from dealflow.finance.allocation import PPM, half_up

YEAR = 365


def accrued(
    amount_minor: int, due_on: date, rate_ppm: int, paid: Iterable[tuple[date, int]], on: date
) -> int:
    """Interest in minor units that has run up by the end of `on`; `paid` are the dates and amounts of principal."""
    outstanding, since, minor_days = amount_minor, due_on, 0
    for day, minor in sorted(paid):
        if day >= on:
            break
        if day > since:
            minor_days += outstanding * (day - since).days
            since = day
        outstanding -= minor
    if on > since:
        minor_days += outstanding * (on - since).days
    return half_up(minor_days * rate_ppm, YEAR * PPM)
