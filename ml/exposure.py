"""Exposure by number of credits: measured, and kept from falling below a declared bound.

Attention falls with the place; exposure of a place is its discount 1/log2(1 + place) (the discount of NDCG; Singh &
Joachims 2018 call the sum a group's exposure). A group's exposure in the lists is compared with what it has in the
same lists ranked without looking at credits and earlier works: 1 means that being new costs nothing. The floor at
every place is the greedy rule of Geyik, Ambler & Kenthapadi (KDD 2019, "DetGreedy").
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

EDGES = (1, 3, 6)  # groups of credits: none, 1-2, 3-5, 6 and more
LABELS = ("0", "1-2", "3-5", "6+")
BOUNDS = (0.8, 1.25)  # declared: exposure over the exposure without looking at credits
FLOOR = 0.85  # aimed at a little above the bound
# A place cannot be split: it is given to who is owed at least half of it. Given only when it is owed whole, a group with a
# pitch or two in a list would stay a place short in each, and a rare group far below the bound in all.
NEAREST = 0.5
RESOLUTION = 1e-9

# Columns that speak of what a team has made before.
CREDIT_COEFFICIENTS = ("credits", "track_", "traction_")


def groups_of(credits: np.ndarray) -> np.ndarray:
    """Group number of each number of credits."""
    return np.searchsorted(EDGES, credits, side="right")


@dataclass(frozen=True)
class Floors:
    """`groups` of the rows that are arranged, and how much attention [places, groups] every beginning of the list
    owes to each group."""

    groups: np.ndarray
    owed: np.ndarray

    @classmethod
    def of_blind(cls, groups: np.ndarray, blind_logits: np.ndarray) -> "Floors":
        """At every place FLOOR times what the ranking by `blind_logits` has given by then; ties keep the order of the
        rows."""
        order = np.argsort(-blind_logits, kind="stable")
        member = groups[order][:, None] == np.arange(len(LABELS))
        return cls(groups, FLOOR * np.cumsum(member * discounts(len(order))[:, None], axis=0))

    def open_to(self, given: np.ndarray, place: int, left: np.ndarray) -> np.ndarray:
        """Which rows may take the place (from 1): those of the group that is owed most, when it is owed at least half
        of the place; else all that are left."""
        due = self.owed[min(place, len(self.owed)) - 1] - given
        for group in np.lexsort((np.arange(len(due)), -due)):
            if due[group] < NEAREST * discounts(place)[-1]:
                break
            mine: np.ndarray = left & (self.groups == group)
            if mine.any():
                return mine
        return left


def discounts(count: int) -> np.ndarray:
    """Attention of the first `count` places."""
    return 1 / np.log2(np.arange(2, count + 2))


def exposure(lists: Iterable[np.ndarray]) -> np.ndarray:
    """[groups] share of all attention that each group gets; a list is the groups of its places."""
    total = np.zeros(len(LABELS))
    for placed in lists:
        total += np.bincount(placed, discounts(len(placed)), len(LABELS))
    shares: np.ndarray = total / max(total.sum(), RESOLUTION)
    return shares


def ratios(lists: Iterable[np.ndarray], blind_lists: Iterable[np.ndarray]) -> np.ndarray:
    """[groups] exposure over the exposure in lists ranked without looking at credits; nan for a group in neither."""
    shown, blind = exposure(lists), exposure(blind_lists)
    result = np.full(len(LABELS), np.nan)
    np.divide(shown, blind, out=result, where=blind > 0)
    result[(blind == 0) & (shown > 0)] = np.inf
    return result


def within_bounds(found: np.ndarray) -> bool:
    """Whether every group that is in the lists keeps the declared bounds."""
    known = found[~np.isnan(found)]
    return bool((known >= BOUNDS[0]).all() and (known <= BOUNDS[1]).all())
