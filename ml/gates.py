"""What a ranking model must show before it may serve. Each gate gives its figures beside its bound, passed or not."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ml import constraints
from ml import exposure as attention
from ml.answers import Answer, history_rows
from ml.calibration import logits
from ml.logistic import sigmoid
from ml.matrix import ProjectMatrix
from ml.measure import ndcg
from ml.preferences import listed
from ml.rank import Placed, Ranker
from ml.statistics import Estimate, clustered_interval, debiased_calibration_error

MOST_CALIBRATION_ERROR = 0.05
LEAST_HELD_OUT = 40
LEAST_HOUSES = 5  # with fewer one of them decides for all, and its interval knows nothing of the others
DEPTH = 10
LEAST_MANDATES = 20  # with a list of more than DEPTH projects; below that chance decides who gets the places
LEAST_SHARE = 0.01
EXACT = 1e-9


@dataclass(frozen=True)
class Gate:
    """One condition: what was measured and what was asked for."""

    code: str
    passed: bool
    figures: dict[str, Any]
    bound: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """To be stored."""
        return {"code": self.code, "passed": self.passed, "figures": self.figures, "bound": self.bound}


@dataclass(frozen=True)
class Served:
    """A ranker with the matrix it built over the same projects as the other one."""

    ranker: Ranker
    matrix: ProjectMatrix


def examine(
    current: Served, candidate: Served, held: Sequence[Answer], mandates: Sequence[Mapping[str, Any]]
) -> list[Gate]:
    """All gates, in the order in which they are told. `mandates` are those whose lists are measured."""
    return [
        better(current, candidate, held),
        calibrated(candidate, held),
        exposed(candidate, mandates),
        adds_up(candidate, mandates),
        repeats(candidate, mandates),
    ]


def _known(served: Served, answers: Sequence[Answer]) -> list[Answer]:
    return [answer for answer in answers if answer.project_id in served.matrix.positions]


def _likelihoods(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    found: np.ndarray = labels * logits - np.logaddexp(0, logits)
    return found


def better(current: Served, candidate: Served, held: Sequence[Answer]) -> Gate:
    """The held-out answers are likelier under the candidate, by an interval above zero over the houses that gave them, and
    the order of held-out lists is not worse by an interval below zero."""
    answers = _known(candidate, held)
    labels = np.array([float(answer.positive) for answer in answers])
    ours, theirs = (logits(served.ranker, served.matrix, answers) for served in (candidate, current))
    gain = clustered_interval(
        _likelihoods(ours, labels) - _likelihoods(theirs, labels),
        np.array([answer.importance for answer in answers]),
        [answer.giver for answer in answers],
    )
    order = _order_gain(current, candidate, answers)
    enough = len(answers) >= LEAST_HELD_OUT and gain.size >= LEAST_HOUSES
    figures = {
        "held_out": len(answers),
        "houses": gain.size,
        "log_likelihood": gain.as_dict(),
        "ndcg": order.as_dict(),
    }
    bound = {"least_held_out": LEAST_HELD_OUT, "least_houses": LEAST_HOUSES, "low_above": 0.0}
    return Gate("better", enough and gain.low > 0 and order.high >= 0, figures, bound)


def _order_gain(current: Served, candidate: Served, answers: Sequence[Answer]) -> Estimate:
    chosen: dict[str, list[Answer]] = {}
    for answer in answers:
        if answer.positive:
            chosen.setdefault(answer.mandate["id"], []).append(answer)
    gains, givers = [], []
    for wanted in chosen.values():
        values = []
        for served in (candidate, current):
            first = wanted[0]
            mask = constraints.mask(first.mandate, served.matrix.columns)
            known = {project for project, _action, _day in first.history} - {a.project_id for a in wanted}
            mask[[served.matrix.positions[p] for p in known if p in served.matrix.positions]] = False
            rows = [served.matrix.positions[a.project_id] for a in wanted]
            mask[rows] = True
            weights = served.ranker.mandate_weights(first.mandate, history_rows(first, served.matrix))
            values.append(ndcg(ranks(served.ranker.score(served.matrix, weights, mask), rows), DEPTH))
        gains.append(values[0] - values[1])
        givers.append(wanted[0].giver)
    return clustered_interval(np.array(gains), clusters=givers)


def ranks(scores: np.ndarray, rows: Sequence[int]) -> np.ndarray:
    """Places (from 1) of some rows in the order of scores; ties in row order."""
    place = np.empty(len(scores), dtype=np.int64)
    place[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
    return place[list(rows)]


def calibrated(candidate: Served, held: Sequence[Answer]) -> Gate:
    """Stated chances are seen chances on the held-out answers, within MOST_CALIBRATION_ERROR."""
    answers = _known(candidate, held)
    labels = np.array([float(answer.positive) for answer in answers])
    error = (
        debiased_calibration_error(sigmoid(logits(candidate.ranker, candidate.matrix, answers)), labels)
        if answers
        else 0.0
    )
    figures = {"held_out": len(answers), "error": round(error, 5)}
    passed = len(answers) >= LEAST_HELD_OUT and error <= MOST_CALIBRATION_ERROR
    return Gate("calibrated", passed, figures, {"at_most": MOST_CALIBRATION_ERROR})


def exposure(served: Served, mandates: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """For each group of credits: its share of the attention of first places, the share it has in lists that do not look
    at credits, their ratio (None for a group in neither), and how many of its places explore."""
    shown, blind = (
        [groups_of_list(served, m, seeing) for m in _choosing(served, mandates)] for seeing in (True, False)
    )
    ratios = attention.ratios((g for g, _e in shown), (g for g, _e in blind))
    shares = [attention.exposure(g for g, _e in lists) for lists in (shown, blind)]
    explored = sum(
        (np.bincount(g[e], minlength=len(attention.LABELS)) for g, e in shown),
        np.zeros(len(attention.LABELS)),
    )
    return [
        {
            "group": name,
            "shown": round(float(shares[0][number]), 4),
            "blind": round(float(shares[1][number]), 4),
            "ratio": None if np.isnan(ratios[number]) else round(float(min(ratios[number], 99.0)), 4),
            "explored": int(explored[number]),
        }
        for number, name in enumerate(attention.LABELS)
    ]


def _choosing(served: Served, mandates: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Mandates that more projects pass than there are first places; where all are shown no choice was made."""
    return [m for m in mandates if constraints.mask(m, served.matrix.columns).sum() > DEPTH]


def groups_of_list(served: Served, mandate: Mapping[str, Any], seeing: bool) -> tuple[np.ndarray, np.ndarray]:
    """(group of each first place, whether it explores); `seeing` False: by a ranking that does not look at credits."""
    matrix = served.matrix
    mask = constraints.mask(mandate, matrix.columns)
    if seeing:
        places = _list(served, mandate, mask, DEPTH)
        rows, explores = [p.row for p in places], [p.exploration for p in places]
    else:
        passing = np.flatnonzero(mask)
        logits = served.ranker.blind_logits(matrix, served.ranker.mandate_weights(mandate), passing)
        rows = passing[np.lexsort((matrix.ids[passing], -logits))][:DEPTH].tolist()
        explores = [False] * len(rows)
    groups = attention.groups_of(np.asarray(matrix.columns.credits)[rows])
    return groups, np.array(explores, dtype=bool)


def exposed(candidate: Served, mandates: Sequence[Mapping[str, Any]]) -> Gate:
    """No group's attention leaves the declared bounds because of its number of credits; groups with less than one place
    in a hundred are left to chance."""
    found, lists = exposure(candidate, mandates), len(_choosing(candidate, mandates))
    low, high = attention.BOUNDS
    judged = [
        entry["ratio"] for entry in found if entry["ratio"] is not None and entry["blind"] >= LEAST_SHARE
    ]
    passed = lists < LEAST_MANDATES or all(low <= ratio <= high for ratio in judged)
    return Gate(
        "exposed", passed, {"groups": found, "depth": DEPTH, "lists": lists}, {"low": low, "high": high}
    )


def _list(served: Served, mandate: Mapping[str, Any], mask: np.ndarray, depth: int) -> list[Placed]:
    return listed(served.ranker, served.matrix, mandate, mask, depth)


def adds_up(candidate: Served, mandates: Sequence[Mapping[str, Any]], most: int = 20) -> Gate:
    """Base and reasons are the logit, and the logit is the one the list was ordered by."""
    worst, tried = 0.0, 0
    ranker, matrix = candidate.ranker, candidate.matrix
    for mandate in mandates[:most]:
        weights = ranker.mandate_weights(mandate)
        for place in _list(candidate, mandate, constraints.mask(mandate, matrix.columns), DEPTH):
            told = ranker.explain(matrix, weights, place.row)
            parts = told.base + math.fsum(reason.contribution for reason in told.reasons)
            # Places carry six decimals, so that equal projects tie.
            worst = max(worst, abs(parts - told.logit), max(0.0, abs(parts - place.logit) - 5e-7 - EXACT))
            tried += 1
    return Gate("adds_up", worst <= EXACT, {"tried": tried, "largest_gap": worst}, {"at_most": EXACT})


def repeats(candidate: Served, mandates: Sequence[Mapping[str, Any]], most: int = 20) -> Gate:
    """The same list twice, and a longer list begins with the shorter one."""
    tried = broken = 0
    for mandate in mandates[:most]:
        mask = constraints.mask(mandate, candidate.matrix.columns)
        first, again = (_list(candidate, mandate, mask, 3 * DEPTH) for _ in range(2))
        tried += 1
        broken += first != again or _list(candidate, mandate, mask, DEPTH) != first[:DEPTH]
    return Gate("repeats", not broken, {"tried": tried, "different": int(broken)}, {"at_most": 0})


def shadow(current: Served, candidate: Served, mandates: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How different the candidate's lists are, scored beside those in service and shown to nobody."""
    overlaps, moved, shifts = [], [], []
    for mandate in mandates:
        lists = [
            _list(served, mandate, constraints.mask(mandate, served.matrix.columns), DEPTH)
            for served in (current, candidate)
        ]
        ours, theirs = ({p.project_id: p for p in places} for places in reversed(lists))
        if not theirs:
            continue
        both = set(ours) & set(theirs)
        overlaps.append(len(both) / max(len(ours), len(theirs)))
        moved += [abs(ours[i].rank - theirs[i].rank) for i in both]
        shifts += [ours[i].score - theirs[i].score for i in both]
    return {
        "mandates": len(overlaps),
        "overlap": round(float(np.mean(overlaps)), 4) if overlaps else 1.0,
        "places_moved": round(float(np.mean(moved)), 3) if moved else 0.0,
        "score_shift": round(float(np.mean(shifts)), 3) if shifts else 0.0,
    }
