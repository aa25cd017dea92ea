"""All rates of return of one long portfolio, by interval arithmetic in floating point.

For portfolios of thousands of days whose signs change again and again the exact count of `xirr` takes minutes. Here
the range is cut into intervals until each is proven to hold no root (the present value, or its bounds from monotone
parts, has one sign) or at most one (the derivative has one sign). What cannot be proven is left to the caller.
Source of the method: Moore, "Interval Analysis" (1966), chapter 7.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dealflow.finance.xirr import HIGHEST, LOWEST

Floats = NDArray[np.float64]

FIRST = 256
"""Intervals to begin with."""

ROUNDS = 24
"""Times that what is left may be halved."""

MOST = 2_000
"""Intervals looked at in one round."""

NOISE = 1e-12
"""Part of the sum of absolute terms that rounding may have made of a sum."""

CLOSE = 1e-10
"""How exact a rate must be, as a part of it or of one."""


class _Curve:
    """F(u) = sum of parts * exp(-u * years), scaled by exp(u * middle), and its derivative, in four monotone parts each."""

    def __init__(self, years: Floats, parts: Floats) -> None:
        self.lever = float(years.mean()) - years
        rising = self.lever > 0
        groups = ((parts > 0) & rising, (parts > 0) & ~rising, (parts < 0) & rising, (parts < 0) & ~rising)
        size = np.abs(parts)
        self.weights = np.array([np.where(group, size, 0.0) for group in groups])
        self.steep = self.weights * np.abs(self.lever)

    def sums(self, points: Floats) -> tuple[Floats, Floats]:
        """The four parts of the curve and of its derivative at each point: two arrays (points, 4)."""
        worth = np.exp(points[:, None] * self.lever[None, :])
        return worth @ self.weights.T, worth @ self.steep.T


def _bounds(left: Floats, right: Floats) -> tuple[Floats, Floats]:
    """Least and greatest value between two points, from the parts there: (+ rising, + falling, - rising, - falling)."""
    low = left[:, 0] + right[:, 1] - right[:, 2] - left[:, 3]
    high = right[:, 0] + left[:, 1] - left[:, 2] - right[:, 3]
    return low, high


def _slopes(left: Floats, right: Floats) -> tuple[Floats, Floats]:
    """The same for the derivative: a falling part has the opposite sign there."""
    low = left[:, 0] - left[:, 1] - right[:, 2] + right[:, 3]
    high = right[:, 0] - right[:, 1] - left[:, 2] + left[:, 3]
    return low, high


def _value(parts: Floats) -> Floats:
    found: Floats = parts[:, 0] + parts[:, 1] - parts[:, 2] - parts[:, 3]
    return found


def all_rates(years: Floats, parts: Floats) -> list[float] | None:
    """Every rate in the range of `xirr`, ascending; None when that cannot be proven.

    `years` since the first flow and amounts, one entry per day; both signs occur.
    """
    curve = _Curve(years, parts / np.abs(parts).max())
    edges = np.linspace(float((LOWEST + 1).ln()), float((HIGHEST + 1).ln()), FIRST + 1)
    left, right = edges[:-1], edges[1:]
    found: list[tuple[float, float]] = []
    with np.errstate(all="ignore"):
        for _ in range(ROUNDS):
            (at_left, steep_left), (at_right, steep_right) = curve.sums(left), curve.sums(right)
            low, high = _bounds(at_left, at_right)
            noise = NOISE * (at_left + at_right).sum(axis=1)
            open_ = ~((low > noise) | (high < -noise))
            falls, rises = _slopes(steep_left, steep_right)
            bend = NOISE * (steep_left + steep_right).sum(axis=1)
            one = open_ & ((falls > bend) | (rises < -bend))
            begin, end = _value(at_left), _value(at_right)
            clear = (np.abs(begin) > noise) & (np.abs(end) > noise)
            crossed = one & clear & ((begin > 0) != (end > 0))
            found += zip(left[crossed].tolist(), right[crossed].tolist(), strict=True)
            again = open_ & ~(one & clear)
            if not again.any():
                return _polished(curve, found)
            middle = (left[again] + right[again]) / 2
            left, right = np.concatenate((left[again], middle)), np.concatenate((middle, right[again]))
            if len(left) > MOST or not np.isfinite(at_left).all() or not np.isfinite(at_right).all():
                return None
    return None


def _polished(curve: _Curve, found: list[tuple[float, float]]) -> list[float] | None:
    """The roots in these intervals, each proven to hold one; None when rounding leaves one of them too unsure."""
    rates = []
    for low, high in sorted(found):
        root = _bisected(curve, low, high)
        parts, steep = curve.sums(np.array([root]))
        slope = abs(float(steep[0, 0] - steep[0, 1] - steep[0, 2] + steep[0, 3]))
        rate = float(np.expm1(root))
        unsure = 1e-15 * float(parts.sum()) * len(curve.lever) ** 0.5 / slope if slope else np.inf
        if unsure * (1 + rate) > CLOSE * max(1.0, abs(rate)):
            return None
        rates.append(rate)
    return rates


def _bisected(curve: _Curve, low: float, high: float) -> float:
    """The root between two points of different sign."""
    sign = float(_value(curve.sums(np.array([low]))[0])[0]) > 0
    while True:
        # Sixteen cuts at a time: one evaluation of many points costs little more than one of one.
        points = np.linspace(low, high, 17)
        signs = _value(curve.sums(points)[0]) > 0
        place = int(np.argmax(signs != sign))
        narrower = (float(points[max(place - 1, 0)]), float(points[place]))
        if narrower[1] - narrower[0] >= high - low or high - low < 1e-15 * max(1.0, abs(low)):
            return (low + high) / 2
        low, high = narrower
