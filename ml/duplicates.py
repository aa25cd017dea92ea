"""Copied pitches: near-duplicates found by MinHash over character shingles (Broder 1997).

A text becomes the set of its runs of SHINGLE letters; two texts are alike by the share of shingles they have in common
(Jaccard). Signatures of HASHES minima estimate that share; bands of a signature bring likely pairs together (Indyk &
Motwani 1998), and every pair is then judged by its whole signature. Edits of a few words, changed punctuation, case and
width leave the share high; texts on the same theme stay far below.
"""

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ml.text import MAX_CHARACTERS, normalise

SHINGLE = 5
HASHES = 64
BANDS = 16
COPY = 0.6  # of the shingles in common: a copy with a third of its sentences rewritten is still one
LEAST_SHINGLES = 20  # shorter texts say too little to accuse anybody
_JUNK = re.compile(r"[\W_]+")


def _coefficients() -> tuple[np.ndarray, np.ndarray]:
    draws = np.random.Generator(np.random.PCG64(19_970_611))
    return (
        draws.integers(1, 1 << 31, HASHES, dtype=np.uint64) | np.uint64(1),
        draws.integers(0, 1 << 31, HASHES, dtype=np.uint64),
    )


_FACTORS, _OFFSETS = _coefficients()


def shingles(text: str) -> np.ndarray:
    """Distinct hashed shingles of the letters and digits of a text, uint64."""
    plain = _JUNK.sub("", normalise(text[:MAX_CHARACTERS]))
    found = {zlib.crc32(plain[i : i + SHINGLE].encode()) for i in range(len(plain) - SHINGLE + 1)}
    return np.array(sorted(found), dtype=np.uint64)


def signature(text: str) -> np.ndarray | None:
    """uint32 [HASHES]; None for a text too short to judge."""
    found = shingles(text)
    if len(found) < LEAST_SHINGLES:
        return None
    # (a·x + b) mod 2^64, upper half: a universal family for 32-bit keys (Dietzfelbinger et al. 1997).
    with np.errstate(over="ignore"):
        hashed = (
            found[None, :] * _FACTORS[:, None] * np.uint64(0x9E3779B97F4A7C15) + _OFFSETS[:, None]
        ) >> np.uint64(32)
    return hashed.min(axis=1).astype(np.uint32)


def likeness(first: np.ndarray, second: np.ndarray) -> float:
    """Estimated share of common shingles."""
    return float((first == second).mean())


@dataclass(frozen=True)
class Copy:
    """`project_id` says nearly the same as `original`, which was there before."""

    project_id: str
    original: str
    likeness: float


def copies(signatures_in_order: Iterable[tuple[str, np.ndarray | None]]) -> list[Copy]:
    """Copies among (id, signature), in the order in which the texts came: the first is the original, whoever owns them
    (a second copy of one's own pitch would take a second place in every list)."""
    signatures: dict[str, np.ndarray] = {}
    buckets: dict[tuple[int, bytes], list[str]] = {}
    found = []
    for name, own in signatures_in_order:
        if own is None:
            continue
        near: dict[str, float] = {}
        bands = own.reshape(BANDS, -1)
        for number, band in enumerate(bands):
            bucket = buckets.setdefault((number, band.tobytes()), [])
            for other in bucket:
                if other not in near:
                    near[other] = likeness(own, signatures[other])
        best = max(near.items(), key=lambda entry: entry[1], default=None)
        if best is not None and best[1] >= COPY:
            found.append(Copy(name, best[0], round(best[1], 3)))
            continue
        signatures[name] = own
        for number, band in enumerate(bands):
            buckets[number, band.tobytes()].append(name)
    return found
