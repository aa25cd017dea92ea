"""What a model card tells of a model at work: how it does by group, and what variety and exploration cost."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ml import constraints
from ml.answers import Answer, history_rows
from ml.arrange import unit_rows
from ml.calibration import logits
from ml.exposure import LABELS, groups_of
from ml.gates import DEPTH, Served
from ml.logistic import sigmoid
from ml.measure import list_likeness, ndcg
from ml.preferences import DIVERSITY
from ml.statistics import clustered_interval

LEAST_IN_GROUP = 20
KNOWN_AFTER = 3  # earlier answers, from which on a mandate counts as known


def by_group(served: Served, answers: Sequence[Answer]) -> list[dict[str, Any]]:
    """For each group of answered pairs: how many, the seen and the stated share of interest, their gap with its interval,
    and how often a project that was wanted stands above one that was not, with its interval. Small groups are named
    with their size and nothing else."""
    known = [answer for answer in answers if answer.project_id in served.matrix.positions]
    if not known:
        return []
    values = logits(served.ranker, served.matrix, known)
    stated, seen = sigmoid(values), np.array([float(answer.positive) for answer in known])
    names = np.array([answer.mandate["id"] for answer in known])
    in_order = _in_order(served, known, seen)
    found = []
    for kind, name, holds in _groups(served):
        inside = np.array([holds(answer) for answer in known])
        entry: dict[str, Any] = {"kind": kind, "group": name, "size": int(inside.sum())}
        if inside.sum() >= LEAST_IN_GROUP:
            gap = clustered_interval((stated - seen)[inside], clusters=names[inside].tolist())
            entry |= {
                "seen": round(float(seen[inside].mean()), 4),
                "stated": round(float(stated[inside].mean()), 4),
                "gap": gap.as_dict(4),
                "ordered": _ordered(in_order, inside),
            }
        found.append(entry)
    return found


def _groups(served: Served) -> list[tuple[str, str, Callable[[Answer], bool]]]:
    matrix = served.matrix
    credits = groups_of(np.asarray(matrix.columns.credits))
    chinese = np.asarray(matrix.x[:, matrix.groups["languages"].start]) > 0

    def row(answer: Answer) -> int:
        return matrix.positions[answer.project_id]

    groups: list[tuple[str, str, Callable[[Answer], bool]]] = [("all", "all", lambda answer: True)]
    for number, name in enumerate(LABELS):
        groups.append(("credits", name, lambda a, n=number: bool(credits[row(a)] == n)))  # type: ignore[misc]
    groups += [
        ("language", "zh", lambda a: bool(chinese[row(a)])),
        ("language", "other", lambda a: not chinese[row(a)]),
        ("history", "new", lambda a: len(a.history) < KNOWN_AFTER),
        ("history", "known", lambda a: len(a.history) >= KNOWN_AFTER),
    ]
    return groups


def _ordered(in_order: Mapping[int, tuple[str, float]], inside: np.ndarray) -> dict[str, float] | None:
    """Share of pairs of one mandate, the wanted one in the group, that the scores put right."""
    told = [in_order[number] for number in np.flatnonzero(inside).tolist() if number in in_order]
    if not told:
        return None
    return clustered_interval(
        np.array([share for _name, share in told]), clusters=[n for n, _s in told]
    ).as_dict(4)


def _standings(served: Served, answers: Sequence[Answer]) -> np.ndarray:
    """[answers, answers] of one mandate, in time order: the logit of the second one's project by the history of the first.

    Two answers are compared by the history of the earlier. By a history each of its own, what was wanted would be held
    back: it is missing from its own history and stands in that of the other.
    """
    matrix = served.matrix
    rows = np.array([matrix.positions[answer.project_id] for answer in answers])
    weights = [served.ranker.mandate_weights(a.mandate, history_rows(a, matrix)) for a in answers]
    found: np.ndarray = np.array([served.ranker.logits(matrix, each, rows) for each in weights])
    return found


def _in_order(served: Served, answers: Sequence[Answer], seen: np.ndarray) -> dict[int, tuple[str, float]]:
    """For each wanted answer of a mandate that also left one: the mandate, and the share of those left that the scores put
    below it; ties count half."""
    by_mandate: dict[str, list[int]] = {}
    for number, answer in enumerate(answers):
        by_mandate.setdefault(str(answer.mandate["id"]), []).append(number)
    found = {}
    for name, numbers in by_mandate.items():
        labels = seen[numbers]
        if labels.all() or not labels.any():
            continue
        logits = _standings(served, [answers[number] for number in numbers])
        left = np.flatnonzero(labels == 0)
        for at in np.flatnonzero(labels):
            earlier = np.minimum(left, at)
            gap = logits[earlier, at] - logits[earlier, left]
            found[numbers[at]] = (name, float((gap > 0).mean() + 0.5 * (gap == 0).mean()))
    return found


def arrangement(
    served: Served, answers: Sequence[Answer], mandates: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """What each way of arranging costs and brings: NDCG of held-out answers against the order by score alone (paired),
    how alike the first places are, and the share of places that explore."""
    ways = [("score", 0.0, False), *((name, value, False) for name, value in DIVERSITY.items() if value)]
    ways.append(("shown", DIVERSITY["usual"], True))
    wanted: dict[str, list[Answer]] = {}
    for answer in answers:
        if answer.positive and answer.project_id in served.matrix.positions:
            wanted.setdefault(answer.mandate["id"], []).append(answer)
    plain: list[float] = []
    found = []
    for name, spread, explore in ways:
        gains = [_gain(served, chosen, spread, explore) for chosen in wanted.values()]
        plain = plain or gains
        alike, explored = _looks(served, mandates, spread, explore)
        found.append({
            "way": name, "ndcg": round(float(np.mean(gains)), 4) if gains else None,
            "cost": clustered_interval(np.array(plain) - np.array(gains)).as_dict(4), "alike": alike, "explored": explored,
        })  # fmt: skip
    return found


def _gain(served: Served, chosen: Sequence[Answer], spread: float, explore: bool) -> float:
    first, matrix = chosen[0], served.matrix
    weights = served.ranker.mandate_weights(first.mandate, history_rows(first, matrix))
    mask = constraints.mask(first.mandate, matrix.columns)
    rows = [matrix.positions[answer.project_id] for answer in chosen]
    mask[rows] = True
    places = served.ranker.top(matrix, weights, mask, DEPTH, explore=explore, diversity=spread)
    standing = {place.row: place.rank for place in places}
    return ndcg(np.array([standing.get(row, DEPTH + 1) for row in rows]), DEPTH)


def _looks(
    served: Served, mandates: Sequence[Mapping[str, Any]], spread: float, explore: bool
) -> tuple[float, float]:
    """(mean likeness of two of the first places, share of places that explore)."""
    matrix, alike, explored, places_seen = served.matrix, [], 0, 0
    for mandate in mandates:
        mask = constraints.mask(mandate, matrix.columns)
        weights = served.ranker.mandate_weights(mandate)
        places = served.ranker.top(matrix, weights, mask, DEPTH, explore=explore, diversity=spread)
        explored += sum(place.exploration for place in places)
        places_seen += len(places)
        if len(places) > 1:
            alike.append(list_likeness(unit_rows(matrix, np.array([place.row for place in places]))))
    share = explored / places_seen if places_seen else 0.0
    return round(float(np.mean(alike)), 4) if alike else 0.0, round(share, 4)


def gaming() -> list[dict[str, Any]]:
    """Results of the simulated attacks as they came with the code."""
    found: list[dict[str, Any]] = json.loads(
        (Path(__file__).parent / "data" / "gaming.json").read_text("utf-8")
    )
    return found
