"""Comparing two rankers on the same people: team-draft interleaving (Radlinski, Kurup & Joachims 2008).

Round by round each ranker, in an order drawn by a coin, puts its best project that is not yet there into the list. Who
placed a project is its team; an answer counts for the team. Both get the same number of places, so a ranker that wins
more answers is better liked by the very people it is meant for. The coin depends on the seed alone: the list stays as
it is for as long as the seed does.
"""

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.statistics import Estimate, clustered_interval

TEAMS = ("service", "candidate")


def draft(service: Sequence[str], candidate: Sequence[str], seed: int) -> list[tuple[str, str]]:
    """(id, team) in order; `service` and `candidate` are ids, best first. Every id of both is placed once."""
    listed = (list(service), list(candidate))
    at, placed = [0, 0], dict[str, str]()
    everything = len(set(service) | set(candidate))
    turn = 0
    while len(placed) < everything:
        first = hashlib.blake2b(f"{seed}:{turn}".encode(), digest_size=1).digest()[0] & 1
        for team in (first, 1 - first):
            while at[team] < len(listed[team]) and listed[team][at[team]] in placed:
                at[team] += 1
            if at[team] < len(listed[team]):
                placed[listed[team][at[team]]] = TEAMS[team]
        turn += 1
    return list(placed.items())


@dataclass(frozen=True)
class Outcome:
    """Who won how many mandates, and the candidate's lead with its interval: +1 wins all of them, -1 loses all."""

    wins: int
    losses: int
    ties: int
    lead: Estimate
    probability: float

    @property
    def verdict(self) -> str:
        """`candidate`, `service`, or `open` while the interval holds zero or fewer than five mandates decided."""
        if self.wins + self.losses < 5:
            return "open"
        return "candidate" if self.lead.low > 0 else "service" if self.lead.high < 0 else "open"

    def as_dict(self) -> dict[str, Any]:
        """To be told."""
        return {
            "wins": self.wins,
            "losses": self.losses,
            "ties": self.ties,
            "lead": self.lead.as_dict(),
            "probability": round(self.probability, 5),
            "verdict": self.verdict,
        }


def analyse(credits: Iterable[tuple[str, str, float]]) -> Outcome:
    """The outcome of (mandate, team, credit) triples. A mandate is won by the team with more credit; each mandate counts
    once, however much its investor clicks. `probability` is that of the sign test."""
    scores: dict[str, dict[str, float]] = {}
    for mandate, team, credit in credits:
        entry = scores.setdefault(mandate, dict.fromkeys(TEAMS, 0.0))
        entry[team] += credit
    signs = [_sign(entry) for entry in scores.values()]
    wins, losses = signs.count(1), signs.count(-1)
    lead = clustered_interval(np.array(signs, dtype=float))
    return Outcome(wins, losses, signs.count(0), lead, sign_test(wins, losses))


def _sign(entry: Mapping[str, float]) -> int:
    difference = entry["candidate"] - entry["service"]
    return (difference > 1e-12) - (difference < -1e-12)


def sign_test(wins: int, losses: int) -> float:
    """Two-sided probability of a split at least as uneven by chance."""
    total = wins + losses
    if not total:
        return 1.0
    tail = sum(math.comb(total, k) for k in range(min(wins, losses) + 1))
    return min(1.0, 2.0 * tail / 2**total)
