"""How much wider a range must be than one fitted tail makes it, and how wrong ranges were on past periods.

Three things widen it, each estimated from earlier periods (half-years) alone. The tail is fitted anew to periods drawn
with replacement, whole ones, since projects of one period share its fate (the cluster bootstrap: Davison and Hinkley,
"Bootstrap Methods and their Application", 1997, section 3.8). All projects of a period share a shock, whose variance is
that of the periods' mean logarithms beyond chance (random effects by moments: DerSimonian and Laird, Controlled
Clinical Trials 7, 1986), drawn from Student's t for few periods. The range is then stretched by how far what came lay
outside earlier ranges (conformal calibration: Romano, Patterson and Candes, "Conformalized Quantile Regression", 2019).
The three were chosen by 22 half-years of financing rounds, of which they hold 17 (slates of 20). On 27 half-years of later
rounds, by which nothing was chosen, they hold 22, one fitted tail 10 (benchmarks/portfolio/backtest.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dealflow.finance.batch import Floats
from dealflow.finance.slate import ENOUGH, LEVELS, Tail, fit

REFITS = 40
"""Tails that are fitted to drawn periods."""

KNOWN = 4
"""Earlier ranges from which on they stretch the next."""

RIGHT = 0.8
"""The part of periods that should lie inside."""

Periods = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Spread:
    """Tails to draw from, the spread of the shock that projects share (of logarithms), and the stretch of the range."""

    tails: tuple[Tail, ...]
    shock: float = 0.0
    freedom: int = 2
    stretch: float = 1.0

    def shocks(self, random: np.random.Generator, rounds: int) -> Floats:
        """What all outcomes of each round are multiplied by."""
        return np.exp(self.shock * random.standard_t(self.freedom, rounds))

    def draw(self, random: np.random.Generator, rounds: int, size: int) -> Floats:
        """Multiples of `size` projects in each round."""
        parts = [
            tail.draw(random, (len(rows), size))
            for tail, rows in zip(self.tails, np.array_split(np.arange(rounds), len(self.tails)), strict=True)
        ]
        found: Floats = np.concatenate(parts) * self.shocks(random, rounds)[:, None]
        return found

    def widened(self, low: float, middle: float, high: float) -> tuple[float, float, float]:
        """A range stretched around its middle, in logarithms."""
        if not 0 < low <= middle <= high:
            return low, middle, high
        return middle * (low / middle) ** self.stretch, middle, middle * (high / middle) ** self.stretch


def estimate(periods: Periods, *, scores: Sequence[float] = (), seed: int = 1) -> Spread:
    """The spread from periods, oldest first; `scores` are those of earlier ranges (`score`)."""
    filled = [period for period in periods if len(period)]
    known = [value for period in filled for value in period]
    if len(known) < ENOUGH or len(filled) < 2:
        return Spread((fit(known),), stretch=_stretch(scores))
    random = np.random.default_rng(seed)
    tails = tuple(
        fit([value for place in random.integers(0, len(filled), len(filled)) for value in filled[place]])
        for _ in range(REFITS)
    )
    return Spread(tails, _shock(filled), max(2, len(filled) - 1), _stretch(scores))


def _shock(periods: Periods) -> float:
    """Standard deviation of the periods' mean logarithms beyond what chance within them explains."""
    logs = [np.log(np.maximum(np.array(period, np.float64), 1e-6)) for period in periods if len(period) > 1]
    if len(logs) < 2:
        return 0.0
    size = np.array([len(each) for each in logs], np.float64)
    mean = np.array([each.mean() for each in logs])
    inside = float(sum(((each - each.mean()) ** 2).sum() for each in logs) / (size - 1).sum())
    if not inside:
        return 0.0
    apart = float((size * (mean - np.average(mean, weights=size)) ** 2).sum()) / inside
    scale = size.sum() - (size**2).sum() / size.sum()
    return math.sqrt(max(0.0, (apart - (len(logs) - 1)) * inside / scale))


def _stretch(scores: Sequence[float]) -> float:
    """The stretch at which RIGHT of the earlier ranges would have held what came; never below one."""
    if len(scores) < KNOWN:
        return 1.0
    place = min(len(scores), math.ceil((len(scores) + 1) * RIGHT))
    return max(1.0, sorted(scores)[place - 1])


def score(low: float, middle: float, high: float, actual: float) -> float:
    """By how much a range must be stretched, in logarithms, to reach what came."""
    if not (0 < low < middle < high and actual > 0):
        return 1.0
    side = low if actual < middle else high
    return math.log(actual / middle) / math.log(side / middle)


@dataclass
class _Test:
    """A back-test under way."""

    rounds: int
    random: np.random.Generator
    earlier: list[Sequence[float]] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def look(self, outcomes: Sequence[float]) -> None:
        """Compare a period with the ranges that earlier periods give, with and without what widens them."""
        seen = [value for period in self.earlier for value in period]
        if len(seen) >= ENOUGH and len(outcomes):
            size, actual = len(outcomes), float(np.mean(outcomes))
            plain = _levels(fit(seen).draw(self.random, (self.rounds, size)).mean(axis=1))
            spread = estimate(self.earlier, scores=self.scores)
            drawn = _levels(spread.draw(self.random, self.rounds, size).mean(axis=1))
            low, middle, high = spread.widened(*drawn)
            self.scores.append(score(*drawn, actual))
            self.rows.append(
                {
                    "n": size, "p10": low, "p50": middle, "p90": high, "actual": actual, "inside": low <= actual <= high,
                    "inside_before": plain[0] <= actual <= plain[2],
                }
            )  # fmt: skip


def _levels(values: Floats) -> tuple[float, float, float]:
    low, middle, high = (float(value) for value in np.percentile(values, LEVELS))
    return low, middle, high


def back_test(history: Periods, *, slate: int, rounds: int = 2000, seed: int = 1) -> dict[str, Any]:
    """How a forecast of the mean multiple of a slate would have done, period by period, knowing only earlier periods.

    `history`: outcomes of each period, oldest first. Each period after the first is compared with the range forecast for
    its own number of projects (at most `slate`): `{"periods": [{"n", "p10", "p50", "p90", "actual", "inside",
    "inside_before"}], "inside": part of periods inside p10 … p90 (0.8 would be right), "inside_before": the same with one
    fitted tail and independent outcomes, "below", "above": periods outside on either side, "bias": median of actual / p50
    - 1, "scores": what the next range is stretched by}`.
    """
    test = _Test(rounds, np.random.default_rng(seed))
    for outcomes in history:
        test.look(outcomes[:slate])
        test.earlier.append(outcomes)
    rows, count = test.rows, len(test.rows)
    return {
        "periods": rows,
        "inside": sum(row["inside"] for row in rows) / count if count else None,
        "inside_before": sum(row["inside_before"] for row in rows) / count if count else None,
        "below": sum(row["actual"] < row["p10"] for row in rows),
        "above": sum(row["actual"] > row["p90"] for row in rows),
        "bias": float(np.median([row["actual"] / row["p50"] - 1 for row in rows if row["p50"]]))
        if count
        else None,
        "scores": test.scores,
    }
