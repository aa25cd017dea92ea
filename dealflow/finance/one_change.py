"""Rates of many portfolios whose flows change their sign exactly once: rows of one matrix, solved together.

In date order such flows have exactly one rate above -1 (Descartes' rule for sums of exponentials), so that nothing needs
counting, and flows of one day need no netting: more terms of a day never hide a change of sign. A step solves the Taylor
polynomial of second degree of ln(P/N), with P and N the present values of what came in and what went out; its bend is
taken once, since it hardly moves. What is not found within a bound of the error is left to the caller.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

YEAR = 365.0
STEPS = 8
TIGHT = 1e-6
"""The steps end when none is larger, in u = ln(1 + r)."""

ERROR = 1e-11
"""Largest error of u that is accepted, as the step and the spread of the dates bound it."""

FLAT = 1e-5
"""Least difference, in years, of the mean dates of what came in and what went out."""

WIDEST = 12.0
"""Largest |u| taken; beyond it the range of rates ends."""

BLOCK = 32_768
"""Numbers in one matrix: it stays in the processor's cache."""


def rates(owner: Ints, day: Ints, amount: Ints) -> tuple[Ints, Floats, Flags] | None:
    """(owners, their rates, which flows are of others); None when the flows are not in order of owner and day.

    An owner is among the first when its rate was found; the flows of all others are flagged.
    """
    same = owner[1:] == owner[:-1]
    if not ((owner[1:] > owner[:-1]) | (same & (day[1:] >= day[:-1]))).all():
        return None
    starts = np.concatenate(([0], np.flatnonzero(~same) + 1))
    length = np.diff(np.concatenate((starts, [len(amount)])))
    out = amount < 0
    turns = np.flatnonzero((out[1:] != out[:-1]) & same)
    place = np.searchsorted(starts, turns, "right") - 1
    once = np.flatnonzero(np.bincount(place, minlength=len(starts)) == 1)
    if len(once) == 0:
        return owner[:0], np.zeros(0), np.ones(len(amount), np.bool_)
    u, sure = _in_blocks(day, amount, starts[once], length[once])
    found = once[sure]
    left = np.ones(len(starts), np.bool_)
    left[found] = False
    return owner[starts[found]], np.expm1(u[sure]), np.repeat(left, length)


def _in_blocks(day: Ints, amount: Ints, starts: Ints, length: Ints) -> tuple[Floats, Flags]:
    """`_solve` for rows of like length at a time, the shorter filled with nothing at their own first day."""
    order = np.argsort(length, kind="stable")
    u, sure = np.empty(len(starts)), np.empty(len(starts), np.bool_)
    begin = 0
    while begin < len(order):
        # The longest row sets the width; as many rows as make a block of it.
        many = max(1, BLOCK // int(length[order[min(begin + BLOCK, len(order)) - 1]]))
        many = max(many, BLOCK // int(length[order[min(begin + many, len(order)) - 1]]))
        rows = order[begin : begin + many]
        width = int(length[rows[-1]])
        if width == length[rows[0]]:
            days, parts = (_even(column, starts[rows], width) for column in (day, amount))
        else:
            inside = np.arange(width) < length[rows, None]
            places = np.where(inside, starts[rows, None] + np.arange(width), starts[rows, None])
            days, parts = day[places], np.where(inside, amount[places], 0)
        u[rows], sure[rows] = _solve((days - days[:, :1]) / YEAR, parts.astype(np.float64))
        begin += len(rows)
    return u, sure


def _even(column: Ints, starts: Ints, width: int) -> Ints:
    """Rows of one length: a view where they stand one after another."""
    first = int(starts[0])
    if int(starts[-1]) - first == (len(starts) - 1) * width and bool((np.diff(starts) == width).all()):
        return column[first : first + len(starts) * width].reshape(-1, width)
    return column[starts[:, None] + np.arange(width)]


def _solve(years: Floats, parts: Floats) -> tuple[Floats, Flags]:
    """u = ln(1 + r) of each row, and whether it is within ERROR."""
    plus = np.maximum(parts, 0.0)
    minus = plus - parts
    sides = (plus, minus, plus * years, minus * years)
    ones = np.ones(years.shape[1])
    with np.errstate(all="ignore"):
        gain, cost, later, sooner = (side @ ones for side in sides)
        bend = (_dots(sides[2], years) / gain - (later / gain) ** 2) - (
            _dots(sides[3], years) / cost - (sooner / cost) ** 2
        )
        u = np.zeros(len(years))
        for turn in range(STEPS):
            if turn:
                worth = np.exp(years * -u[:, None])
                gain, cost, later, sooner = (_dots(side, worth) for side in sides)
            level, slope = np.log(gain / cost), sooner / cost - later / gain
            root = np.sqrt(np.maximum(slope**2 - 2 * level * bend, 0.0))
            step = -2 * level / (slope + np.copysign(root, slope))
            u = u + step
            if not np.fmax.reduce(np.abs(step)) > TIGHT:
                break
        off = step**2 * years.max(axis=1) ** 2
        sure = (np.abs(step) < TIGHT) & (off < ERROR * np.abs(slope)) & (np.abs(slope) > FLAT)
    return u, sure & (np.abs(u) < WIDEST)


def _dots(left: Floats, right: Floats) -> Floats:
    found: Floats = np.einsum("ij,ij->i", left, right)
    return found
