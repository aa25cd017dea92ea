"""What a slate of projects may pay back: simulation under heavy-tailed outcomes, given one or more tails.

Model: the multiple that a project pays back over its life is Pareto of the second kind (Lomax), M = s((1-U)^(-1/a) - 1),
with tail index a between 1 and 2: the mean exists, the variance does not, and a few titles carry the slate. Sources: De
Vany and Walls, "Uncertainty in the Movie Industry: Does Star Power Reduce the Terror of the Box Office?" (Journal of
Cultural Economics 23, 1999) for Pareto tails of film revenue; De Vany and Walls, "Motion Picture Profit, the Stable
Paretian Hypothesis, and the Curse of the Superstar" (Journal of Economic Dynamics and Control 28, 2004) for an infinite
variance of profit; Lomax, "Business Failures: Another Example of the Analysis of Failure Data" (Journal of the American
Statistical Association 49, 1954) for the distribution. One fitted tail and independent outcomes make ranges too narrow:
`spread` says what widens them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from dealflow.finance.batch import Floats

TAIL = 1.5
"""Tail index where too few outcomes are known to estimate one."""

MEAN = 1.2
"""Mean multiple assumed then."""

ENOUGH = 20
"""Known outcomes above which the index is estimated."""

LEAST, MOST = 1.05, 3.0
"""An estimate is kept between these: at 1 or below the mean would not exist."""

LEVELS = (10, 50, 90)
"""Percentiles of a range."""


@dataclass(frozen=True)
class Tail:
    """Lomax: tail index and scale. The mean is scale / (index - 1)."""

    index: float
    scale: float
    known: int

    @property
    def mean(self) -> float:
        return self.scale / (self.index - 1)

    def draw(self, random: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        """Multiples."""
        drawn: Floats = self.scale * (random.pareto(self.index, shape))
        return drawn

    def quantile(self, part: float) -> float:
        """The multiple that this part of all outcomes stays below."""
        return float(self.scale * ((1 - part) ** (-1 / self.index) - 1))


class Widening(Protocol):
    """What widens a range: see `spread.Spread`."""

    @property
    def tails(self) -> tuple[Tail, ...]: ...

    def shocks(self, random: np.random.Generator, rounds: int) -> Floats: ...

    def widened(self, low: float, middle: float, high: float) -> tuple[float, float, float]: ...


def fit(outcomes: Sequence[float]) -> Tail:
    """The tail of known multiples by maximum likelihood; below ENOUGH of them TAIL and MEAN are assumed.

    For a scale s the likeliest index is n / sum(ln(1 + x/s)); the scale is the best of a fine grid around the median.
    """
    known = np.array([value for value in outcomes if value >= 0], np.float64)
    if len(known) < ENOUGH:
        return Tail(TAIL, MEAN * (TAIL - 1), len(known))
    scales = max(float(np.median(known)), 1e-6) * np.exp(np.linspace(-4.0, 5.0, 400))
    sums = np.log1p(known[None, :] / scales[:, None]).sum(axis=1)
    index = np.clip(len(known) / sums, LEAST, MOST)
    likelihood = len(known) * np.log(index / scales) - (index + 1) * sums
    best = int(np.argmax(likelihood))
    return Tail(float(index[best]), float(scales[best]), len(known))


def simulate(
    costs: Sequence[int],
    back: Sequence[int],
    ages: Sequence[int],
    tail: Tail,
    *,
    spread: Widening | None = None,
    quarters: int,
    half_life: float,
    rounds: int = 4000,
    seed: int = 1,
) -> dict[str, Any]:
    """Ranges of what comes in per quarter, and in all, over the next `quarters`.

    `costs` and `back` (minor units: invested, paid back so far) and `ages` (quarters since the money was paid) have one
    entry per project. The multiple is drawn given what was paid back already; the rest comes with a half-life of
    `half_life` quarters. With a `spread` the tails are its, and its shock and stretch widen the ranges. Returns `{"quarters": [{"p10", "p50", "p90"}], "total": {…}, "loss": part of rounds that end
    below cost}`. The same seed gives the same ranges.
    """  # fmt: skip
    random = np.random.default_rng(seed)
    cost, paid = np.array(costs, np.float64), np.array(back, np.float64)
    reached = np.divide(paid, cost, out=np.zeros_like(paid), where=cost > 0)
    # Given that M exceeds what came already, a Lomax stays Lomax with a larger scale: its excess is drawn directly.
    tails = spread.tails if spread else (tail,)
    excess = np.concatenate(
        [
            (each.scale + reached) * random.pareto(each.index, (len(part), len(cost)))
            for each, part in zip(tails, np.array_split(np.arange(rounds), len(tails)), strict=True)
        ]
    )
    if spread:
        excess = excess * spread.shocks(random, rounds)[:, None]
    rest = excess * cost * 0.5 ** (np.array(ages, np.float64) / half_life)
    steps = 0.5 ** (np.arange(quarters + 1) / half_life)
    incoming = rest.sum(axis=1)[:, None] * (steps[:-1] - steps[1:])[None, :]
    total = incoming.sum(axis=1)
    return {
        "quarters": [_range(incoming[:, step], spread) for step in range(quarters)],
        "total": _range(total, spread),
        "loss": float(((paid.sum() + total) < cost.sum()).mean()),
    }


def _range(values: Floats, spread: Widening | None) -> dict[str, int]:
    low, middle, high = (float(value) for value in np.percentile(values, LEVELS))
    found = spread.widened(low, middle, high) if spread else (low, middle, high)
    return {f"p{level}": int(value) for level, value in zip(LEVELS, found, strict=True)}
