"""Arranging a ranked head: diversity and a fixed share of places for newcomers.

Diversity is maximal marginal relevance (Carbonell & Goldstein 1998) on the logit scale: a project gives up
`diversity` times its likeness to the nearest one above it. Likeness is the mean of the cosines of genres and text.
Exploration is Thompson sampling (Thompson 1933) with a Gaussian posterior: the newcomer whose drawn logit is best gets
the place. Draws depend on seed and project id alone, so a list can be replayed.
"""

import zlib

import numpy as np

from ml.matrix import ProjectMatrix

EXPLORATION_EVERY = 10  # places 10, 20, 30 … of the arranged head: a tenth


def arrange(
    matrix: ProjectMatrix,
    rows: np.ndarray,
    logits: np.ndarray,
    scores: np.ndarray,
    count: int,
    pool: int,
    explore: bool,
    diversity: float,
    seed: int,
    deviation: float,
) -> list[tuple[int, bool]]:
    """The first `count` places as (row, exploration); `rows` and `logits` best first, `scores` of all projects."""
    head, head_logits = rows[:pool], logits[:pool]
    newcomers = _newcomers(matrix, scores, count, seed, deviation) if explore else []
    likeness = _unit_rows(matrix, head) if diversity > 0 else None
    nearest = np.zeros(len(head))
    left = np.ones(len(head), dtype=bool)
    where = {int(row): number for number, row in enumerate(head)}
    placed: list[tuple[int, bool]] = []
    taken: set[int] = set()
    while len(placed) < count and (left.any() or newcomers):
        newcomer = None
        if newcomers and (len(placed) + 1) % EXPLORATION_EVERY == 0:
            newcomer = next((row for row in newcomers if row not in taken), None)
        if newcomer is None and not left.any():
            break
        if newcomer is None:
            value = np.where(left, head_logits - diversity * nearest, -np.inf)
            number = int(value.argmax())  # the first of equal values: rows are in order of score and id
        else:
            number = where.get(newcomer, -1)
        row = int(head[number]) if newcomer is None else newcomer
        placed.append((row, newcomer is not None))
        taken.add(row)
        if number >= 0:
            left[number] = False
            if likeness is not None:
                nearest = np.maximum(nearest, likeness @ likeness[number])
    return placed


def _unit_rows(matrix: ProjectMatrix, rows: np.ndarray) -> np.ndarray:
    """Genre and text blocks, each scaled so that the dot product of two rows is the mean of two cosines."""
    blocks = [np.asarray(matrix.x[rows, matrix.groups[name]]) for name in ("genres", "text")]
    lengths = [np.maximum(np.linalg.norm(block, axis=1, keepdims=True), 1e-9) for block in blocks]
    return np.hstack([block / length for block, length in zip(blocks, lengths, strict=True)]) * np.sqrt(0.5)


def _newcomers(
    matrix: ProjectMatrix, scores: np.ndarray, count: int, seed: int, deviation: float
) -> list[int]:
    """Rows of newcomers that pass the constraints, best drawn logit first, at most as many as there are places."""
    rows = np.flatnonzero(np.asarray(matrix.cold) & (scores > -np.inf))
    places = count // EXPLORATION_EVERY
    if not len(rows) or not places:
        return []
    drawn = scores[rows].round(4) + deviation * _normal(matrix.ids[rows], seed)
    # Twice as many as places: some will already stand above by their score.
    best = rows[np.lexsort((matrix.ids[rows], -drawn))]
    return [int(row) for row in best[: places + count]]


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
