"""How likely a place in a list is looked at, estimated from ordinary answers.

Position-based model (Richardson, Dominowska & Ragno 2007): chance of an answer = chance that the place is looked at ×
chance that a project of this logit is answered when looked at. Both are fitted together from what lists have shown
(Wang et al., "Position Bias Estimation for Unbiased Learning to Rank in Personal Search", WSDM 2018), here by
alternating proportional scaling (Deming & Stephan 1940), which finds the Poisson maximum likelihood of a product.
Places of exploration and lists of different mandates put equal logits at different places; without that nothing could
be told apart. `1 / chance` weighs an answer in `ml.train.adapt` (Joachims, Swaminathan & Schnabel 2017).
"""

from dataclasses import dataclass

import numpy as np

EDGES = np.array([1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 100])  # first place of each group of places
BINS = 12
PSEUDO_ANSWERS = 5.0  # weight of the starting curve: little feedback leaves it nearly where it was
LEAST = 0.05
ROUNDS = 200


@dataclass(frozen=True)
class Attention:
    """Chance that a place of each group of `EDGES` is looked at, the first being 1."""

    chance: np.ndarray

    def of(self, places: np.ndarray) -> np.ndarray:
        """The chance for each place (from 1), at least LEAST."""
        found: np.ndarray = self.chance[_group(places)].clip(LEAST, 1.0)
        return found

    def of_place(self, place: int | None) -> float:
        """The same for one place; 1 where it is not known."""
        return 1.0 if place is None else float(self.of(np.array([place]))[0])


def prior() -> Attention:
    """The curve before any feedback: the discount of NDCG at the middle of each group."""
    last = np.append(EDGES[1:], 2 * EDGES[-1]) - 1
    return Attention(1 / np.log2(1 + (EDGES + last) / 2))


def estimate(places: np.ndarray, logits: np.ndarray, answered: np.ndarray) -> Attention:
    """From impressions: the place (from 1) each project stood in, its logit then, and whether it was answered.

    Raises ValueError when the arrays differ in length or a place is below 1.
    """
    if not len(places) == len(logits) == len(answered):
        raise ValueError("places, logits and answers differ in number")
    if not len(places):
        return prior()
    if places.min() < 1:
        raise ValueError("places begin with 1")
    shown, hits = _cells(_group(places), _bin(logits), answered)
    start = prior().chance
    chance = start.copy()
    for _ in range(ROUNDS):
        appeal = hits.sum(axis=0) / np.maximum(shown.T @ chance, 1e-9)
        expected = shown @ appeal
        before, chance = (
            chance,
            (hits.sum(axis=1) + PSEUDO_ANSWERS * start) / np.maximum(expected + PSEUDO_ANSWERS, 1e-9),
        )
        chance /= chance[0]
        if np.abs(chance - before).max() < 1e-9:
            break
    return Attention(np.minimum(chance, 1.0))


def _group(places: np.ndarray) -> np.ndarray:
    return np.searchsorted(EDGES, places, side="right") - 1


def _bin(logits: np.ndarray) -> np.ndarray:
    edges = np.unique(np.quantile(logits, np.linspace(0, 1, BINS + 1)[1:-1]))
    return np.searchsorted(edges, logits, side="right")


def _cells(groups: np.ndarray, bins: np.ndarray, answered: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """[groups of places, bins] impressions and answers."""
    cell, size = groups * BINS + bins, len(EDGES) * BINS
    shown = np.bincount(cell, minlength=size).reshape(-1, BINS).astype(np.float64)
    hits = np.bincount(cell, answered.astype(np.float64), size).reshape(-1, BINS)
    return shown, hits
