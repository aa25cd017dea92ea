"""From real investments to the coefficients of the product's model.

The benchmark's companies are not dramas, but the questions are the same: how much does it count that a project is of
the kind, the place, the stage and the size an investor has backed or says it wants? Each such pair feature is built
here exactly as `ml.weights` builds it for the platform (same fading, same shrinkage, same money kernel, same unit
lengths), and its logistic coefficient carries over to the platform's field that answers the same question (`ANSWERS`). Examples are
taken as of past half-years; random candidates of the same window are the controls.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ml import measure
from ml.benchmark.data import UNKNOWN, Data, as_of
from ml.logistic import Fit, fit_map, sigmoid
from ml.model import MoneyShape
from ml.weights import HALF_LIFE_DAYS, SHRINKAGE, fading

HISTORY_FEATURES = ("category", "place", "stage", "ask", "attention")
STATED_FEATURES = ("category", "place", "stage", "ask")
CONTROLS = 40
WINDOW_DAYS = 182
SEED = 7


@dataclass(frozen=True)
class PairSample:
    """features [n, k] and labels of real pairs and of random ones, weighted so that both weigh the same; `mass` [n] is
    how much of a history each pair's investor has (0 to 1, as `ml.weights.history_profile` counts it)."""

    features: np.ndarray
    labels: np.ndarray
    weights: np.ndarray
    mass: np.ndarray


def past_windows(start: int, count: int) -> list[tuple[int, int]]:
    """The last `count` half-years before `start`, latest first."""
    return [(start - WINDOW_DAYS * (n + 1), start - WINDOW_DAYS * n) for n in range(count)]


def sample(
    data: Data, windows: slice = slice(0, 4), make: "Callable[[Data], Profiles] | None" = None
) -> tuple[PairSample, PairSample]:
    """(history pairs, stated pairs) from past windows of the data, counted backwards from its start; the same pairs in
    the same order. `make`: profiles built in another way than the product's, to be compared with it
    (benchmarks/ranking/fading.py)."""
    rng = np.random.default_rng(SEED)
    history, stated, masses = [], [], []
    for start, end in past_windows(data.start, windows.stop)[windows]:
        past, pairs = as_of(data, start, end)
        profiles = (make or Profiles)(past)
        for investor, project in pairs.tolist():
            if investor not in profiles.rows:
                continue
            size = len(past.candidates.project)
            controls = rng.choice(size, min(CONTROLS, size), replace=False)
            positions = np.append(controls, np.searchsorted(past.candidates.project, project))
            history.append(profiles.history(investor, positions))
            stated.append(profiles.stated(investor, positions))
            deals = len(profiles.rows[investor])
            masses.append(np.full(len(positions), deals / (deals + SHRINKAGE)))
    return _balanced(history, masses), _balanced(stated, masses)


def _balanced(blocks: list[np.ndarray], masses: list[np.ndarray]) -> PairSample:
    """The last row of each block is the real pair."""
    labels = np.concatenate([np.append(np.zeros(len(block) - 1), 1.0) for block in blocks])
    weights = np.concatenate(
        [np.append(np.full(len(block) - 1, 1 / (len(block) - 1)), 1.0) for block in blocks]
    )
    return PairSample(np.concatenate(blocks), labels, weights, np.concatenate(masses))


def fit(pairs: PairSample) -> Fit:
    """Coefficients with the intercept last."""
    features = np.hstack([pairs.features, np.ones((len(pairs.labels), 1))])
    size = features.shape[1]
    return fit_map(features, pairs.labels, pairs.weights, np.zeros(size), np.full(size, 1.0))


def normaliser(pairs: PairSample, feature: int, coefficient: float) -> float:
    """ln E[exp(coefficient · feature)] over the random pairs."""
    controls = pairs.features[pairs.labels == 0, feature]
    return float(np.log(np.exp(controls * coefficient).mean()))


def logits(pairs: PairSample, result: Fit) -> np.ndarray:
    """What the fit says of each pair."""
    found: np.ndarray = pairs.features @ result.coefficients[:-1] + result.coefficients[-1]
    return found


def overlap(history: PairSample, stated: PairSample, fits: tuple[Fit, Fit]) -> float:
    """How much of the sum counts where a full history and a stated mandate speak of the same investor, 0 to 1.

    Both tell partly the same, so their sum claims too much: two calibrated sums are pooled with one factor
    1 - (1 - overlap) * mass (Genest & Zidek 1986, logarithmic pools), fitted so that the pooled chances are seen ones.
    """
    both = logits(history, fits[0]) + logits(stated, fits[1])
    repeated = (both * history.mass)[:, None]
    fitted = fit_map(repeated, history.labels, history.weights, np.zeros(1), np.full(1, 1.0), both)
    return float(np.clip(1 + fitted.coefficients[0], 0.0, 1.0))


def pooled(history: PairSample, stated: PairSample, fits: tuple[Fit, Fit], share: float) -> np.ndarray:
    """The logits of both together with a given `overlap`."""
    both = logits(history, fits[0]) + logits(stated, fits[1])
    result: np.ndarray = both * (1 - (1 - share) * history.mass)
    return result


def calibration_error(pairs: PairSample, found: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error of logits of pairs that their fit has not seen (ml.measure)."""
    return measure.calibration_error(sigmoid(found), pairs.labels, pairs.weights, bins)


class Profiles:
    """Investors of one moment against the candidates of the window that follows."""

    def __init__(self, past: Data, half_life: float = HALF_LIFE_DAYS) -> None:
        self.past, self.money, self.half_life = past, MoneyShape(), half_life
        self.rows: dict[int, np.ndarray] = {}
        order = np.argsort(past.events.investor, kind="stable")
        investors, starts = np.unique(past.events.investor[order], return_index=True)
        for investor, rows in zip(investors.tolist(), np.split(order, starts[1:]), strict=True):
            self.rows[investor] = rows
        events = past.events
        pairs = np.unique(np.stack([events.project, events.investor]), axis=1)
        backers = np.bincount(pairs[0], minlength=len(past.names))
        self.attention = np.log1p(backers[past.candidates.project])

    def weights(self, rows: np.ndarray) -> np.ndarray:
        """What each past deal of one investor counts: recent ones more, together as much as their number says."""
        days = self.past.events.day[rows]
        faded = fading(days.max() - days, self.half_life)
        counted: np.ndarray = faded / faded.sum() * (len(rows) / (len(rows) + SHRINKAGE))
        return counted

    def _fits(self, codes: np.ndarray, known: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Summed weight of the known codes that equal each candidate's code."""
        equal = (codes[:, None] == known[None, :]) & (known != UNKNOWN)[None, :]
        total: np.ndarray = equal @ weights
        return total

    def history(self, investor: int, positions: np.ndarray) -> np.ndarray:
        """[len(positions), HISTORY_FEATURES] of an investor's past deals."""
        past, rows = self.past, self.rows[investor]
        projects = past.candidates.project[positions]
        before = past.events.project[rows]
        weights = self.weights(rows)
        category = self._fits(past.category.values[projects], past.category.values[before], weights)
        place = 0.5 * self._fits(past.state.values[projects], past.state.values[before], weights)
        place += 0.5 * self._fits(past.region.values[projects], past.region.values[before], weights)
        stage = self._fits(past.candidates.stage[positions], past.events.stage[rows], weights)
        distance = past.candidates.ask[positions][:, None] - past.events.amount[rows][None, :]
        kernel = np.exp(-0.5 * (distance / self.money.sigma) ** 2) - self.money.middle
        ask = np.nan_to_num(kernel, nan=0.0) @ weights
        return np.column_stack([category, place, stage, ask, self.attention[positions]])

    def stated(self, investor: int, positions: np.ndarray) -> np.ndarray:
        """[len(positions), STATED_FEATURES]: the most frequent kinds with weight 1, the ticket at the median ask."""
        past, rows = self.past, self.rows[investor]
        projects, before = past.candidates.project[positions], past.events.project[rows]
        category = np.isin(past.category.values[projects], _leading(past.category.values[before], 3)) * 1.0
        place = 0.5 * np.isin(past.state.values[projects], _leading(past.state.values[before], 2))
        place = place + 0.5 * np.isin(past.region.values[projects], _leading(past.region.values[before], 2))
        stage = np.isin(past.candidates.stage[positions], _leading(past.events.stage[rows], 2)) * 1.0
        amounts = past.events.amount[rows]
        if np.isnan(amounts).all():
            ask = np.zeros(len(positions))
        else:
            distance = past.candidates.ask[positions] - np.nanmedian(amounts)
            fits = np.exp(-0.5 * (distance / self.money.sigma) ** 2) - self.money.middle
            ask = np.nan_to_num(fits, nan=0.0)
        return np.column_stack([category, place, stage, ask])


def _leading(codes: np.ndarray, count: int) -> np.ndarray:
    values, counts = np.unique(codes[codes != UNKNOWN], return_counts=True)
    leading: np.ndarray = values[np.lexsort((values, -counts))][:count]
    return leading
