"""Whether what is ranked, and how people answer, still looks as it did when the model was put in service.

Distributions are compared by the population stability index Σ (p − q) ln(p / q). Small samples differ by chance; by
chance alone the index times 1 / (1/n + 1/m) follows a chi-square distribution (Yurdakul 2018), so an alarm needs both
the customary 0.25 and a value that chance makes once in a thousand times at most.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ml.matrix import ProjectMatrix
from ml.statistics import chi_square_limit

ALARM = 0.25
WATCH = 0.1
# Groups of columns whose sums are counts of what projects state.
COUNTED = ("genres", "languages", "regions", "stage", "instruments", "ask", "budget", "min_ticket")
# Groups of one column each, by edges of bins on its values.
BINNED = {"credits": (0.01, 1.5, 2.35), "freshness": (0.05, 0.37, 0.72), "attention": (0.01, 0.7, 1.5)}
SCORE_EDGES = tuple(float(edge) for edge in range(10, 100, 10))


def features(matrix: ProjectMatrix) -> dict[str, list[float]]:
    """Counts by part of the projects: how many state each term, and how amounts, credits and ages spread."""
    found = {}
    for name in COUNTED:
        block = np.asarray(matrix.x[:, matrix.groups[name]])
        # Hats of an amount sum to 1 and are counted as they are; a stated term counts once.
        counts = block.sum(axis=0) if name in ("ask", "budget", "min_ticket") else (block > 0).sum(axis=0)
        found[name] = [round(float(value), 3) for value in counts]
    for name, edges in BINNED.items():
        column = np.asarray(matrix.x[:, matrix.groups[name].start])
        found[name] = histogram(column, edges)
    return found


def histogram(values: np.ndarray, edges: Sequence[float]) -> list[float]:
    """Counts below the first edge, between neighbours, and above the last."""
    return [float(n) for n in np.bincount(np.digitize(values, edges), minlength=len(edges) + 1)]


def stability(before: Sequence[float], now: Sequence[float]) -> tuple[float, float]:
    """(index, what it must exceed to be more than chance). Half a count is added to each class; classes that are empty
    in both are left out. Lists of different length (a new genre) are filled up with zeros."""
    size = max(len(before), len(now))
    first, second = (np.pad(np.asarray(v, dtype=float), (0, size - len(v))) for v in (before, now))
    used = (first + second) > 0
    if used.sum() < 2 or not first.sum() or not second.sum():
        return 0.0, math.inf
    counts = first[used], second[used]
    p, q = ((c + 0.5) / (c + 0.5).sum() for c in counts)
    index = float(((q - p) * np.log(q / p)).sum())
    chance = chi_square_limit(int(used.sum()) - 1) * (1 / counts[0].sum() + 1 / counts[1].sum())
    return index, float(chance)


def compare(
    before: Mapping[str, Sequence[float]], now: Mapping[str, Sequence[float]]
) -> list[dict[str, Any]]:
    """The index of each part known to both, with its state: `alarm`, `watch` or `steady`."""
    found = []
    for name in before:
        if name in now:
            index, chance = stability(before[name], now[name])
            beyond = index > chance
            state = (
                "alarm" if beyond and index >= ALARM else "watch" if beyond and index >= WATCH else "steady"
            )
            chance_told = None if math.isinf(chance) else round(chance, 4)
            found.append({"part": name, "index": round(index, 4), "chance": chance_told, "state": state})
    return found


def rates(before: tuple[int, int], now: tuple[int, int]) -> dict[str, Any]:
    """Two shares (hits, all) and whether they differ by more than chance makes once in a thousand times."""
    (hits, size), (hits_now, size_now) = before, now
    share, share_now = (h / n if n else None for h, n in (before, now))
    state, distance = "steady", 0.0
    if size and size_now:
        pooled = (hits + hits_now) / (size + size_now)
        spread = math.sqrt(pooled * (1 - pooled) * (1 / size + 1 / size_now))
        distance = (hits_now / size_now - hits / size) / spread if spread else 0.0
        state = "alarm" if abs(distance) > 3.29 else "watch" if abs(distance) > 2.58 else "steady"
    return {
        "before": share,
        "now": share_now,
        "size": size_now,
        "distance": round(distance, 3),
        "state": state,
    }
