"""What would move a project up: honest changes, each tried by scoring the project again.

Guards against reading mandates out of advice. Everything told is about at least GROUP mandates of several houses
together: a gain below that is not told, gains are rounded down to steps of GROUP, median ranks above ten to two digits.
Limits show to a step only and a pitch can be asked about in a few states a day (`discretion`). Only the stored, published
state can be asked about, and each edit of it is a visible version. Ranks use what mandates state; what investors did
before does not enter.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import TYPE_CHECKING, Any

from dealflow.core.actor import Actor
from dealflow.core.money import CURRENCIES
from dealflow.mandates import queries as mandates
from dealflow.matching import discretion, live
from dealflow.matching.reverse import stated_weights
from dealflow.pitches.vocabulary import INSTRUMENTS

if TYPE_CHECKING:
    import numpy as np

GROUP = 5
MOST_CELLS = 20_000_000  # projects times mandates that one answer may score
MOST_SHOWN = 8
_LOWER_ASK = (0.9, 0.8, 0.7)
_SUBTITLES = ("zh", "en")


@dataclass(frozen=True)
class Tried:
    """A change and what it would do; `gained` 0 means below the group size, ranks None likewise."""

    field: str
    before: Any
    after: Any
    gained: int
    rank_before: int | None
    rank_after: int | None

    def as_dict(self) -> dict[str, Any]:
        """The interface's form."""
        return {
            "change": {"field": self.field, "from": self.before, "to": self.after},
            "mandates_gained": self.gained,
            "median_rank_before": self.rank_before,
            "median_rank_after": self.rank_after,
        }


def candidates(
    content: Mapping[str, Any], *, reviews: bool = True
) -> Iterator[tuple[str, Any, Any, dict[str, Any]]]:
    """(field, from, to, changed content) of what a creator can honestly change about this project.

    A lower ask (with the use of funds cut to match), a smaller smallest ticket, one more way to invest, subtitles in
    one more language, passing content review where `reviews` are known of at all. Genres, credits and past figures are facts and not for tuning.
    """
    ask, least = content.get("ask"), content.get("min_ticket")
    for share in _LOWER_ASK:
        lower = _scaled(ask, share)
        if lower and (
            not least
            or least["currency"] != lower["currency"]
            or lower["amount_minor"] >= least["amount_minor"]
        ):
            yield "ask", ask, lower, {**content, "ask": lower}
    if smaller := _scaled(least, 0.5):
        yield "min_ticket", least, smaller, {**content, "min_ticket": smaller}
    offered = list(content.get("instruments") or ())
    for code in INSTRUMENTS:
        if code not in offered:
            yield "instruments", offered, [*offered, code], {**content, "instruments": [*offered, code]}
    spoken = list(content.get("languages") or ())
    for tag in _SUBTITLES:
        if spoken and not any(known.split("-")[0] == tag for known in spoken):
            yield "languages", spoken, [*spoken, tag], {**content, "languages": [*spoken, tag]}
    signals = content.get("signals") or {}
    if reviews and not signals.get("review_passed"):
        yield "review_passed", False, True, {**content, "signals": {**signals, "review_passed": True}}


def _scaled(money: Mapping[str, Any] | None, share: float) -> dict[str, Any] | None:
    """An amount times `share`, rounded down to a thousand major units; None when nothing sensible is left."""
    if not money:
        return None
    step = 1000 * 10 ** CURRENCIES[money["currency"]]
    amount = int(money["amount_minor"] * share) // step * step
    return (
        {"amount_minor": amount, "currency": money["currency"]}
        if 0 < amount < money["amount_minor"]
        else None
    )


@dataclass(frozen=True)
class Advice:
    """What helps, the best first; `since` is set when it is about an earlier state of the pitch. `copied`: the pitch nearly
    repeats an earlier one, and no change of what is tried here would move it from behind all others."""

    tried: list[Tried]
    since: datetime | None = None
    copied: bool = False


def advise(actor: Actor, project: Any) -> Advice:
    """What each candidate would do; nothing when fewer than GROUP mandates are there.

    Raises TooMany when the owner has asked about too many pitches today.
    """
    snapshot = live.current()
    if project.status != "published" or project.id not in snapshot.matrix.positions:
        return Advice([])
    if project.id in snapshot.copies:
        return Advice([], copied=True)
    asked = discretion.look(actor, project)
    return Advice(_helpful(snapshot, project, asked.content), asked.since)


def _helpful(snapshot: live.Snapshot, project: Any, content: Mapping[str, Any]) -> list[Tried]:
    rows = discretion.counted(project, _sampled(len(snapshot.matrix)))
    # Where no project ever passed a review, nobody records them, and to pass one would change nothing.
    tries = list(candidates(content, reviews=bool(snapshot.matrix.columns.review_passed.any())))
    if len(rows) < GROUP or not tries:
        return []
    passes, ranks = _rescored(snapshot, rows, project.id, [content, *(changed for *_head, changed in tries)])
    found = []
    for number, (field, before, after, _changed) in enumerate(tries, start=1):
        tried = _judged(field, before, after, rows, (passes[0], passes[number]), (ranks[0], ranks[number]))
        if tried is not None:
            found.append(tried)
    found.sort(key=lambda t: (-t.gained, (t.rank_after or 0) - (t.rank_before or 0), t.field))
    return found[:MOST_SHOWN]


def _sampled(projects: int) -> list[Any]:
    """Active mandates, at most as many as one answer may score; which ones does not depend on the project."""
    rows = mandates.active_everywhere()
    most = max(GROUP * 10, MOST_CELLS // max(1, projects))
    return sorted(rows, key=lambda row: (zlib.crc32(row.id.encode()), row.id))[:most]


def _rescored(
    snapshot: live.Snapshot, rows: list[Any], project_id: str, variants: list[Mapping[str, Any]]
) -> tuple[np.ndarray, np.ndarray]:
    """(passes [variants, mandates], ranks [variants, mandates]) of a project's variants against all others."""
    import numpy as np

    from ml import constraints

    ranker, matrix = snapshot.ranker, snapshot.matrix
    own = np.concatenate([np.asarray(ranker.build_matrix([variant]).x) for variant in variants])
    weights = stated_weights(ranker, rows)
    # Copies stand behind all others, whatever their scores.
    behind = [matrix.positions[i] for i in snapshot.copies if i in matrix.positions]
    passes = np.zeros((len(variants), len(rows)), dtype=bool)
    ranks = np.zeros((len(variants), len(rows)), dtype=np.int64)
    here = matrix.positions[project_id]
    for at, row in enumerate(rows):
        stated = mandates.content(row)
        passes[:, at] = [discretion.passes(stated, variant) for variant in variants]
        if not passes[:, at].any():
            continue
        mask = constraints.mask(stated, matrix.columns)
        mask[[here, *behind]] = False
        others = np.sort(ranker.score(matrix, weights[at], mask)[mask])
        scores = own @ weights[at].vector + np.float32(weights[at].bias)
        ranks[:, at] = 1 + len(others) - np.searchsorted(others, scores, side="right")
    return passes, ranks


def _judged(
    field: str,
    before: Any,
    after: Any,
    rows: list[Any],
    passes: tuple[np.ndarray, np.ndarray],
    ranks: tuple[np.ndarray, np.ndarray],
) -> Tried | None:
    """The change when it helps by enough to be told without telling on anybody. Pairs are (as it is, changed)."""
    gained, lost = int((passes[1] & ~passes[0]).sum()), int((passes[0] & ~passes[1]).sum())
    enough = discretion.houses(rows, passes[1] & ~passes[0]) >= discretion.LEAST_HOUSES
    told = gained // GROUP * GROUP if enough and gained >= GROUP and gained > lost else 0
    both = passes[0] & passes[1]
    rank_before = rank_after = None
    if both.sum() >= GROUP and discretion.houses(rows, both) >= discretion.LEAST_HOUSES:
        rank_before = coarse(median(ranks[0][both].tolist()))
        rank_after = coarse(median(ranks[1][both].tolist()))
    better = rank_before is not None and rank_after is not None and rank_after < rank_before and lost == 0
    if not told and not better:
        return None
    return Tried(field, before, after, told, rank_before, rank_after)


def coarse(rank: float) -> int:
    """A rank as it may be told: whole up to ten, two leading digits above."""
    whole = math.ceil(rank)
    if whole <= 10:
        return whole
    unit = 10 ** (len(str(whole)) - 2)
    return whole // unit * unit if unit > 1 else whole // 5 * 5
