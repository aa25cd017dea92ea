"""Rates of return of many portfolios at once: `xirr`'s answers, found in floating point and proven there.

Portfolios whose flows change their sign once go through `one_change`. Of the others a rate is first found by steps of
third order on the logarithm of the ratio of present values, then proven to be the only one by Laguerre's rule ("Sur la theorie des equations numeriques", 1883; for rates of return: Norstrom, "A
sufficient condition for a unique nonnegative internal rate of return", JFQA 7, 1972): above a point u, a sum of
exponentials has at most as many roots as the running totals of its terms at u, taken from the earliest on, change
their sign; below u, as those taken from the latest back. What floating point cannot prove is left to `xirr`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dealflow.finance import one_change, scan
from dealflow.finance.xirr import Flow, xirr

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

YEAR = 365.0
STEPS = 8
"""Steps; a portfolio that needs more is left to `xirr`."""

TIGHT = 1e-6
"""The steps end when none is larger, in u = ln(1 + r): each triples the digits, so 1e-15 and less is left."""

FLAT = 1e-6
"""Least difference, in years, of the mean dates of what came in and what went out."""

NOISE = 1e-9
"""Running totals smaller than this part of the sum of all absolute terms have no sign that floating point could tell."""

WIDEST = 12.0
"""Largest |u| taken from floating point; beyond it the range of `xirr` ends."""

LARGEST = 1 << 62
"""Sums of minor units stay below this in 64 bits; larger ones are left to `xirr`."""

LONG = 24
"""Days from which on the exact search takes longer than intervals do."""

BLOCK = 32_768
"""Flows looked at together."""

EXACT = 1 << 53
"""Whole numbers up to this are exact in floating point."""


def day_numbers(days: Sequence[date]) -> Ints:
    """The days as numbers (days since the year 1)."""
    return np.fromiter((day.toordinal() for day in days), np.int64, len(days))


def net(owner: Ints, day: Ints, amount: Ints) -> tuple[Ints, Ints, Ints]:
    """The flows netted per owner and day without zeros, ascending by both. All arrays have one length."""
    if not len(day):
        return owner, day, amount
    low = int(day.min())
    key = owner * (int(day.max()) - low + 1) + (day - low)
    later = key[1:] > key[:-1]
    if not later.all():
        if (key[1:] < key[:-1]).any():
            order = np.argsort(key, kind="stable")
            key, owner, day, amount = key[order], owner[order], day[order], amount[order]
            later = key[1:] != key[:-1]
        first = np.flatnonzero(np.concatenate(([True], later)))
        owner, day, amount = owner[first], day[first], np.add.reduceat(amount, first)
    if not amount.all():
        kept = np.flatnonzero(amount)
        owner, day, amount = owner[kept], day[kept], amount[kept]
    return owner, day, amount


def sums_by(owner: Ints, amount: Ints, count: int) -> Ints:
    """The sum of amounts for each owner 0 … count - 1, exact."""
    if float(np.abs(amount).astype(np.float64).sum()) <= EXACT:
        return np.bincount(owner, weights=amount, minlength=count).astype(np.int64)
    found = np.zeros(count, np.int64)
    np.add.at(found, owner, amount)
    return found


def net_of_one(day: Ints, amount: Ints) -> tuple[Ints, Ints]:
    """`net` for a single portfolio: by counting, where its days lie close together."""
    low, high = int(day.min()), int(day.max())
    if high - low > 4 * len(day) + 64 or float(np.abs(amount).astype(np.float64).sum()) > EXACT:
        _owner, day, amount = net(np.zeros(len(day), np.int64), day, amount)
        return day, amount
    sums = np.bincount(day - low, weights=amount)
    found = np.flatnonzero(sums)
    return found + low, sums[found].astype(np.int64)


def rates(count: int, owner: Ints, day: Ints, amount: Ints) -> list[dict[str, Any]]:
    """`xirr`'s answer for each of `count` portfolios.

    `owner` (0 … count - 1), `day` (day numbers) and `amount` (minor units) have one entry per flow, in any order.
    Rates are within 1e-9 * max(1, |r|) of the exact ones.
    """
    if len(amount) and max(int(amount.max()), -int(amount.min())) > LARGEST // len(amount):
        return _exactly(range(count), owner, day, amount)
    quick = one_change.rates(owner, day, amount) if len(amount) else None
    if quick is None:
        return _counted(count, owner, day, amount)
    rows, found, left = quick
    texts = [{"rate": f"{rate:.10f}", "ambiguous": False, "reason": None} for rate in _unsigned(found)]
    if len(rows) == count:
        return texts
    answers = _counted(count, owner[left], day[left], amount[left])
    for row, text in zip(rows.tolist(), texts, strict=True):
        answers[row] = text
    return answers


def _unsigned(rates: Floats) -> list[float]:
    """The rates with those that would be written as minus zero at zero."""
    found: list[float] = np.where(np.abs(rates) < 5e-11, 0.0, rates).tolist()
    return found


def _counted(count: int, owner: Ints, day: Ints, amount: Ints) -> list[dict[str, Any]]:
    """`rates` for flows that may change their sign more than once."""
    if count == 1 and len(amount):
        day, amount = net_of_one(day, amount)
        owner = np.zeros(len(day), np.int64)
    else:
        owner, day, amount = net(owner, day, amount)
    answers: list[dict[str, Any]] = [_nothing()] * count
    if not len(amount):
        return answers
    starts = np.flatnonzero(np.concatenate(([True], owner[1:] != owner[:-1])))
    rows = owner[starts]
    gains = np.add.reduceat((amount > 0).astype(np.int64), starts)
    length = np.diff(np.concatenate((starts, [len(amount)])))
    both = (gains > 0) & (gains < length)
    found, proven = _in_blocks(day, amount, starts, length)
    proven &= both
    for row, value in zip(rows[proven].tolist(), found[proven].tolist(), strict=True):
        answers[row] = {"rate": _text(value), "ambiguous": False, "reason": None}
    for place in np.flatnonzero(both & ~proven).tolist():
        part = slice(starts[place], starts[place] + length[place])
        answers[rows[place]] = _searched(day[part], amount[part])
    return answers


def rate(flows: Sequence[Flow]) -> dict[str, Any]:
    """`xirr`'s answer for one portfolio, in little time however often its signs change."""
    if any(abs(amount) > EXACT for _on, amount in flows):
        return xirr(flows)
    amounts = np.array([amount for _on, amount in flows], np.int64)
    return rates(1, np.zeros(len(flows), np.int64), day_numbers([on for on, _amount in flows]), amounts)[0]


def _nothing() -> dict[str, Any]:
    return {"rate": None, "ambiguous": False, "reason": "no_sign_change"}


def _text(rate: float) -> str:
    text = f"{rate:.10f}"
    return text[1:] if text == "-0.0000000000" else text


def _exactly(rows: Sequence[int], owner: Ints, day: Ints, amount: Ints) -> list[dict[str, Any]]:
    flows: dict[int, list[tuple[date, int]]] = {row: [] for row in rows}
    for mine, on, minor in zip(owner.tolist(), day.tolist(), amount.tolist(), strict=True):
        flows[mine].append((date.fromordinal(on), minor))
    return [xirr(flows[row]) for row in rows]


def _searched(day: Ints, amount: Ints) -> dict[str, Any]:
    """The answer for one portfolio: long ones by intervals, the others, and what these leave open, by `xirr`."""
    found = None
    if len(day) > LONG:
        found = scan.all_rates((day - day[0]) / YEAR, amount.astype(np.float64))
    if found is None or any(abs(abs(a) - abs(b)) < NOISE for a, b in pairwise(sorted(found, key=abs))):
        return _exactly([0], np.zeros(len(day), np.int64), day, amount)[0]
    if not found:
        return {"rate": None, "ambiguous": False, "reason": "no_root"}
    return {"rate": _text(min(found, key=abs)), "ambiguous": len(found) > 1, "reason": None}


def _in_blocks(day: Ints, amount: Ints, starts: Ints, length: Ints) -> tuple[Floats, Flags]:
    """`_solve` for portfolios in groups of about BLOCK flows, whose columns stay in the processor's cache."""
    cuts = np.searchsorted(starts, np.arange(BLOCK, len(day), BLOCK))
    parts = []
    for first, last in pairwise([0, *np.unique(cuts[cuts > 0]).tolist(), len(starts)]):
        if last > first:
            begin = starts[first]
            flows = slice(begin, starts[last - 1] + length[last - 1])
            parts.append(_solve(day[flows], amount[flows], starts[first:last] - begin, length[first:last]))
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def _solve(day: Ints, amount: Ints, starts: Ints, length: Ints) -> tuple[Floats, Flags]:
    """The rate of each portfolio and whether it is proven to be the only one in the range. Rows stand one after another."""
    years = (day - np.repeat(day[starts], length)) / YEAR
    parts = amount.astype(np.float64)
    with np.errstate(all="ignore"):
        u, slope, step, worth = _steps(years, parts, starts, length)
        sure = (np.abs(step) < TIGHT) & (np.abs(u) < WIDEST) & (np.abs(slope) > FLAT)
        return np.expm1(u), sure & _only_root(years, worth * parts, step, starts, length, sure)


def _steps(years: Floats, parts: Floats, starts: Ints, length: Ints) -> tuple[Floats, Floats, Floats, Floats]:
    """u = ln(1 + r) of each portfolio, the slope there, the last step, and what one unit was worth before that step.

    With P and N the present values of the positive and of the negative flows, ln(P/N) is nearly linear in u: each step
    solves its Taylor polynomial of second degree, whose coefficients are means and variances of dates.
    """
    plus, minus = np.maximum(parts, 0.0), np.maximum(-parts, 0.0)
    sides = (plus, minus, plus * years, minus * years, plus * years**2, minus * years**2)
    u, worth = np.zeros(len(starts)), np.ones(len(parts))
    for turn in range(STEPS):
        if turn:
            worth = np.exp(years * np.repeat(-u, length))
        gain, cost, *moments = (np.add.reduceat(side * worth if turn else side, starts) for side in sides)
        in_mean, out_mean = moments[0] / gain, moments[1] / cost
        level, slope = np.log(gain / cost), out_mean - in_mean
        bend = (moments[2] / gain - in_mean**2) - (moments[3] / cost - out_mean**2)
        root = np.sqrt(np.maximum(slope**2 - 2 * level * bend, 0.0))
        step = -2 * level / (slope + np.copysign(root, slope))
        u = u + step
        if not np.fmax.reduce(np.abs(step)) > TIGHT:
            break
    return u, slope, step, worth


def _only_root(years: Floats, terms: Floats, step: Floats, starts: Ints, length: Ints, sure: Flags) -> Flags:
    """Whether the running totals at the root, all but the last, which is zero, have one sign.

    Seen from behind they are the same with the other sign, so the rule holds above the root and below it. `terms` are
    the present values one last step away from the root, which the noise allows for.
    """
    scale = np.repeat(np.where(sure, 1 / np.add.reduceat(np.abs(terms), starts), 0.0), length)
    # At their roots the portfolios sum to zero: one running total serves all of them.
    running = np.cumsum(np.where(scale > 0, terms * scale, 0.0))
    ends = starts + length - 1
    noise = np.repeat(NOISE + np.abs(np.where(sure, step, 0.0)) * years[ends], length)
    before = np.repeat(np.concatenate(([0.0], running[ends[:-1]])), length)
    running = running - before
    running[ends] = np.where(running[starts] < 0, -np.inf, np.inf)
    below = np.maximum.reduceat(running + noise, starts) < 0
    above = np.minimum.reduceat(running - noise, starts) > 0
    found: Flags = below | above
    return found
