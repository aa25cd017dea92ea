"""Arranging a ranked head: diversity, a fixed share of places for newcomers, and a floor for those without credits.

Diversity is maximal marginal relevance (Carbonell & Goldstein 1998) on the logit scale: a project gives up
`diversity` times its likeness to the nearest one above it. Likeness is the mean of the cosines of genres and text.
Exploration is Thompson sampling (Thompson 1933) with a Gaussian posterior: the newcomer whose drawn logit is best gets
the place; the less is known about a newcomer, the wider its draw (ml.uncertainty). Draws depend on seed and project id
alone, so a list can be replayed. The floor of each group of credits holds at every place (ml.exposure).
"""

import zlib
from dataclasses import dataclass

import numpy as np

from ml.exposure import LABELS, Floors, discounts
from ml.matrix import ProjectMatrix

EXPLORATION_EVERY = 10  # places 10, 20, 30 … of the arranged head: a tenth
# Logits that a project exactly like one above it gives up. On real investments nothing up to twice as much costs a
# measurable part of NDCG (benchmarks/ranking/stages.py); a third of it changes lists by next to nothing.
DIVERSITY = 0.5
SHORTLIST = 500  # newcomers, best first, whose logits are drawn


@dataclass(frozen=True)
class Head:
    """What is arranged, best first: names of rows, their logits, unit rows whose products are likenesses (None = no
    diversity), and the newcomers that may take the places of exploration, best drawn logit first."""

    rows: np.ndarray
    logits: np.ndarray
    likeness: np.ndarray | None = None
    newcomers: tuple[int, ...] = ()
    floors: Floors | None = None


def arrange(head: Head, count: int, diversity: float) -> list[tuple[int, bool]]:
    """The first `count` places as (row, exploration); equal values keep the order of `head.rows`."""
    nearest, left = np.zeros(len(head.rows)), np.ones(len(head.rows), dtype=bool)
    where = {int(row): number for number, row in enumerate(head.rows)}
    given = np.zeros(len(LABELS))
    placed: list[tuple[int, bool]] = []
    taken: set[int] = set()
    while len(placed) < count and (left.any() or head.newcomers):
        newcomer = None
        if (len(placed) + 1) % EXPLORATION_EVERY == 0:
            newcomer = next((row for row in head.newcomers if row not in taken), None)
        if newcomer is None and not left.any():
            break
        if newcomer is None:
            open_to = left if head.floors is None else head.floors.open_to(given, len(placed) + 1, left)
            value = np.where(open_to, head.logits - diversity * nearest, -np.inf)
            number = int(value.argmax())
        else:
            number = where.get(newcomer, -1)
        row = int(head.rows[number]) if newcomer is None else newcomer
        placed.append((row, newcomer is not None))
        taken.add(row)
        if number >= 0:
            left[number] = False
            if head.floors is not None:
                given[head.floors.groups[number]] += discounts(len(placed))[-1]
            if head.likeness is not None:
                nearest = np.maximum(nearest, head.likeness @ head.likeness[number])
    return placed


def unit_rows(matrix: ProjectMatrix, rows: np.ndarray) -> np.ndarray:
    """Genre and text blocks, each scaled so that the dot product of two rows is the mean of two cosines."""
    blocks = [np.asarray(matrix.x[rows, matrix.groups[name]]) for name in ("genres", "text")]
    lengths = [np.maximum(np.linalg.norm(block, axis=1, keepdims=True), 1e-9) for block in blocks]
    return np.hstack([block / length for block, length in zip(blocks, lengths, strict=True)]) * np.sqrt(0.5)


def shortlist(matrix: ProjectMatrix, scores: np.ndarray) -> np.ndarray:
    """Rows of the newcomers that pass the constraints, the best by score and id."""
    rows = np.flatnonzero(np.asarray(matrix.cold) & (scores > -np.inf))
    rounded = scores[rows].round(4)
    if len(rows) > SHORTLIST:
        edge = np.partition(rounded, len(rows) - SHORTLIST)[len(rows) - SHORTLIST]
        rows, rounded = rows[rounded >= edge], rounded[rounded >= edge]
    best: np.ndarray = rows[np.lexsort((matrix.ids[rows], -rounded))][:SHORTLIST]
    return best


def thompson(ids: np.ndarray, logits: np.ndarray, deviations: np.ndarray, seed: int) -> np.ndarray:
    """Positions ordered by a drawn logit, best first: `logits` + `deviations` times a normal draw of id and seed."""
    drawn = logits + deviations * _normal(ids, seed)
    order: np.ndarray = np.lexsort((ids, -drawn))
    return order


def _normal(ids: np.ndarray, seed: int) -> np.ndarray:
    """Standard normal draws by id (Box-Muller on hashes), the same whatever the order of rows."""
    keys = np.array([zlib.crc32(name, seed & 0xFFFFFFFF) for name in ids.tolist()], dtype=np.uint64)
    first, second = _uniform(keys, 1), _uniform(keys, 2)
    return np.sqrt(-2 * np.log(first)) * np.cos(2 * np.pi * second)


def _uniform(keys: np.ndarray, stream: int) -> np.ndarray:
    """splitmix64 (Steele, Lea & Flood 2014) of the keys as numbers in (0, 1)."""
    with np.errstate(over="ignore"):
        z = (keys + np.uint64(stream)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return ((z >> np.uint64(11)).astype(np.float64) + 0.5) / 2**53
