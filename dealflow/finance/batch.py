"""Rates of return of many portfolios at once: `xirr`'s answers, found in floating point and proven there.

A rate is first found by Newton's method on the logarithm of the ratio of present values, then proven to be the only
one by Laguerre's rule ("Sur la theorie des equations numeriques", 1883; for rates of return: Norstrom, "A
sufficient condition for a unique nonnegative internal rate of return", JFQA 7, 1972): above a point u, a sum of
exponentials has at most as many roots as the running totals of its terms at u, taken from the earliest on, change
their sign; below u, as those taken from the latest back. What floating point cannot prove is left to `xirr`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dealflow.finance.xirr import xirr

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

YEAR = 365.0
STEPS = 12
"""Steps of Newton's method; a portfolio that needs more is left to `xirr`."""

TIGHT = 1e-7
"""Newton's method stops when no step is larger, in u = ln(1 + r): it doubles the digits, so 1e-14 is left."""

FLAT = 1e-6
"""Least difference, in years, of the mean dates of what came in and what went out."""

NOISE = 1e-11
"""Running totals smaller than this part of the absolute ones have no sign that floating point could tell."""

WIDEST = 12.0
"""Largest |u| taken from floating point; beyond it the range of `xirr` ends."""

LARGEST = 1 << 62
"""Sums of minor units stay below this in 64 bits; larger ones are left to `xirr`."""


def day_numbers(days: Sequence[date]) -> Ints:
    """The days as numbers (days since the year 1)."""
    return np.fromiter((day.toordinal() for day in days), np.int64, len(days))


def net(owner: Ints, day: Ints, amount: Ints) -> tuple[Ints, Ints, Ints]:
    """The flows netted per owner and day without zeros, ascending by both. All arrays have one length."""
    if not len(day):
        return owner, day, amount
    low = int(day.min())
    key = owner * (int(day.max()) - low + 1) + (day - low)
    if (key[1:] < key[:-1]).any():
        order = np.argsort(key, kind="stable")
        key, owner, day, amount = key[order], owner[order], day[order], amount[order]
    first = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1])))
    total = np.add.reduceat(amount, first)
    kept = total != 0
    first = first[kept]
    return owner[first], day[first], total[kept]


def rates(count: int, owner: Ints, day: Ints, amount: Ints) -> list[dict[str, Any]]:
    """`xirr`'s answer for each of `count` portfolios.

    `owner` (0 … count - 1), `day` (day numbers) and `amount` (minor units) have one entry per flow, in any order.
    Rates are within 1e-9 * max(1, |r|) of the exact ones.
    """
    if len(amount) and int(np.abs(amount).max()) > LARGEST // max(1, len(amount)):
        return _exactly(range(count), owner, day, amount)
    owner, day, amount = net(owner, day, amount)
    bounds = np.searchsorted(owner, np.arange(count + 1))
    length = np.diff(bounds)
    answers: list[dict[str, Any]] = [_nothing()] * count
    if not len(amount):
        return answers
    signs = _signs(amount, bounds, count)
    wanted = np.flatnonzero(signs)
    # Rows of like length together: a table padded to the longest holds at most twice the flows.
    size = np.ceil(np.log2(np.maximum(length[wanted], 1))).astype(np.int64)
    left: list[int] = []
    for power in np.unique(size):
        rows = wanted[size == power]
        found, proven = _solve(*_table(rows, bounds, day, amount))
        for row, rate, sure in zip(rows.tolist(), found.tolist(), proven.tolist(), strict=True):
            if sure:
                answers[row] = {"rate": _text(rate), "ambiguous": False, "reason": None}
            else:
                left.append(row)
    for row in left:
        part = slice(bounds[row], bounds[row + 1])
        answers[row] = _exactly([0], np.zeros(length[row], np.int64), day[part], amount[part])[0]
    return answers


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


def _signs(amount: Ints, bounds: Ints, count: int) -> Flags:
    """Which portfolios have flows of both signs."""
    positive = np.concatenate(([0], np.cumsum(amount > 0)))
    several = positive[bounds[1:]] - positive[bounds[:-1]]
    length = np.diff(bounds)
    found: Flags = (several > 0) & (several < length)
    return found


def _table(rows: Ints, bounds: Ints, day: Ints, amount: Ints) -> tuple[Floats, Floats]:
    """Years since the first flow and amounts (as parts of the largest), one row per portfolio, padded with zeros."""
    start, stop = bounds[rows], bounds[rows + 1]
    width = int((stop - start).max())
    place = start[:, None] + np.arange(width)
    inside = place < stop[:, None]
    place = np.where(inside, place, stop[:, None] - 1)
    years = (day[place] - day[start][:, None]) / YEAR
    parts = np.where(inside, amount[place], 0).astype(np.float64)
    return years, parts / np.abs(parts).max(axis=1, keepdims=True)


def _solve(years: Floats, parts: Floats) -> tuple[Floats, Flags]:
    """The rate of each row and whether it is proven to be the only one in the range."""
    with np.errstate(all="ignore"):
        u, slope, step = _newton(years, parts)
        proven = (np.abs(step) < TIGHT) & (np.abs(u) < WIDEST) & (np.abs(slope) > FLAT)
        proven &= _only_root(years, parts, u)
        return np.expm1(u), proven


def _newton(years: Floats, parts: Floats) -> tuple[Floats, Floats, Floats]:
    """u = ln(1 + r) of each row, the slope there and the last step made."""
    plus, minus = np.maximum(parts, 0.0), np.maximum(-parts, 0.0)
    sides = (plus, minus, plus * years, minus * years)
    u = np.zeros(len(parts))
    sums = [side.sum(axis=1) for side in sides]
    for _ in range(STEPS):
        gain, cost, later, sooner = sums
        slope = later / gain - sooner / cost
        step = np.log(gain / cost) / slope
        u = u + step
        if not np.fmax.reduce(np.abs(step)) > TIGHT:
            break
        worth = np.exp(years * -u[:, None])
        sums = [np.einsum("ij,ij->i", worth, side) for side in sides]
    return u, slope, step


def _only_root(years: Floats, parts: Floats, u: Floats) -> Flags:
    """Whether the running totals at the root u, all but the last, which is zero, have one sign.

    Seen from behind they are the same with the other sign, so the rule holds above u and below it.
    """
    worth = parts * np.exp(years * -u[:, None])
    running = np.cumsum(worth, axis=1)
    noise = NOISE * np.cumsum(np.abs(worth), axis=1)
    last = parts.shape[1] - 1 - np.argmax(parts[:, ::-1] != 0, axis=1)
    whole = np.arange(parts.shape[1]) >= last[:, None]
    below: Flags = ((running < -noise) | whole).all(axis=1)
    above: Flags = ((running > noise) | whole).all(axis=1)
    return below | above
