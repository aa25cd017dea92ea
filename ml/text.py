"""Chinese and English text as fixed-length vectors whose dot product is a cosine.

Character n-grams (two and one characters of Han text, three to four of other words) are hashed into `BUCKETS`
(Weinberger et al. 2009, "Feature hashing for large scale multitask learning"), so no vocabulary, and hence nobody's
text, is kept in a model. The vector has two blocks, each of unit length before weighting:

- semantic: TF-IDF projected on the leading singular vectors of a public bilingual sample (latent semantic indexing;
  across languages because each sample document carries both, Dumais et al. 1997);
- lexical: a sparse random projection of the same TF-IDF (Achlioptas 2003), which keeps the cosine of words that the
  sample never saw.
"""

import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

BUCKETS = 8192
LEXICAL_DIMENSIONS = 64
SEMANTIC_SHARE = 0.5
MAX_CHARACTERS = 20_000  # beyond this a text adds cost, not meaning; also bounds what one pitch can cost
_TOKEN = re.compile(r"[㐀-鿿豈-﫿\U00020000-\U0003ffff]+|[^\W_㐀-鿿豈-﫿\U00020000-\U0003ffff]+")
_WORDS_SHOWN = re.compile(r"[a-z0-9][a-z0-9'-]{3,}")


def normalise(text: str) -> str:
    """NFKC and case folding, so that full-width, half-width, upper and lower case compare equal."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _is_han(token: str) -> bool:
    return "㐀" <= token[0] <= "鿿" or "豈" <= token[0] <= "﫿" or token[0] >= "\U00020000"


def ngrams(text: str) -> Counter[str]:
    """Character n-grams of `text` with their counts."""
    counts: Counter[str] = Counter()
    for token in _TOKEN.findall(normalise(text[:MAX_CHARACTERS])):
        if _is_han(token):
            counts.update(token)
            counts.update(token[i : i + 2] for i in range(len(token) - 1))
        else:
            padded = f" {token} "
            for size in (3, 4):
                counts.update(padded[i : i + size] for i in range(max(1, len(padded) - size + 1)))
    return counts


@lru_cache(maxsize=200_000)
def _bucket(ngram: str) -> int:
    return zlib.crc32(ngram.encode("utf-8", "surrogatepass")) % BUCKETS


def bucket_counts(text: str) -> tuple[np.ndarray, np.ndarray]:
    """Sorted bucket numbers of a text and their sublinear counts 1 + ln(tf)."""
    totals: Counter[int] = Counter()
    for ngram, count in ngrams(text).items():
        totals[_bucket(ngram)] += count
    buckets = np.array(sorted(totals), dtype=np.int64)
    counts = np.array([totals[int(b)] for b in buckets], dtype=np.float64)
    return buckets, 1.0 + np.log(counts) if len(counts) else counts


def _random_projection() -> np.ndarray:
    """[BUCKETS, LEXICAL_DIMENSIONS] of -1, 0, +1 with probabilities 1/6, 2/3, 1/6; the same on every machine."""
    draws = np.random.Generator(np.random.PCG64(20_121_001)).integers(0, 6, (BUCKETS, LEXICAL_DIMENSIONS))
    return (draws == 0).astype(np.float32) - (draws == 1).astype(np.float32)


def _unit(vector: np.ndarray) -> np.ndarray:
    length = float(np.sqrt(np.dot(vector, vector)))
    return vector / length if length > 0 else vector


@dataclass(frozen=True)
class TextModel:
    """idf [BUCKETS] and components [BUCKETS, k]; `embed` gives unit vectors of k + LEXICAL_DIMENSIONS numbers."""

    idf: np.ndarray
    components: np.ndarray

    def __post_init__(self) -> None:
        object.__setattr__(self, "_projection", np.hstack([self.components, _random_projection()]))

    @property
    def dimensions(self) -> int:
        return int(self.components.shape[1]) + LEXICAL_DIMENSIONS

    def embed(self, text: str) -> np.ndarray:
        """float32 vector of length 1, or all zeros when the text holds no letter."""
        buckets, counts = bucket_counts(text)
        if not len(buckets):
            return np.zeros(self.dimensions, dtype=np.float32)
        weighted = _unit(counts * self.idf[buckets])
        projected = weighted @ self._projection[buckets]  # type: ignore[attr-defined]
        split = self.components.shape[1]
        semantic = _unit(projected[:split]) * np.sqrt(SEMANTIC_SHARE)
        lexical = _unit(projected[split:]) * np.sqrt(1 - SEMANTIC_SHARE)
        return _unit(np.concatenate([semantic, lexical])).astype(np.float32)

    def embed_all(self, texts: Sequence[str]) -> np.ndarray:
        """[len(texts), dimensions] float32."""
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        return np.stack([self.embed(text) for text in texts])

    def to_arrays(self) -> dict[str, np.ndarray]:
        return {"idf": self.idf.astype(np.float32), "components": self.components.astype(np.float16)}

    @classmethod
    def from_arrays(cls, arrays: dict[str, Any]) -> "TextModel":
        idf, components = np.asarray(arrays["idf"]), np.asarray(arrays["components"])
        if idf.shape != (BUCKETS,) or components.ndim != 2 or components.shape[0] != BUCKETS:
            raise ValueError("text model has the wrong shape")
        return cls(idf.astype(np.float64), components.astype(np.float32))


def fit_text_model(documents: Iterable[str], dimensions: int = 48) -> TextModel:
    """Fit idf and singular vectors on public documents (scikit-learn is not needed: the sample is small)."""
    rows = [bucket_counts(document) for document in documents]
    seen = np.zeros(BUCKETS)
    for buckets, _ in rows:
        seen[buckets] += 1
    idf = np.log((1 + len(rows)) / (1 + seen)) + 1
    dense = np.zeros((len(rows), BUCKETS))
    for number, (buckets, counts) in enumerate(rows):
        dense[number, buckets] = _unit(counts * idf[buckets])
    _, _, right = np.linalg.svd(dense, full_matrices=False)
    right = right[:dimensions]
    # Singular vectors are defined up to sign: fix it, so that the same sample gives the same model.
    signs = np.sign(right[np.arange(len(right)), np.abs(right).argmax(axis=1)])
    return TextModel(idf, (right * signs[:, None]).T.astype(np.float32))


def shared_terms(first: str, second: str, limit: int = 4) -> list[str]:
    """Words or Han sequences (two characters or more) that both texts hold, longest first: evidence for a reader."""
    left, right = normalise(first[:MAX_CHARACTERS]), normalise(second[:MAX_CHARACTERS])
    found = set(_WORDS_SHOWN.findall(left)) & set(_WORDS_SHOWN.findall(right))
    for token in _TOKEN.findall(left):
        if _is_han(token):
            found.update(_common_runs(token, right))
    kept: list[str] = []
    for term in sorted(found, key=lambda t: (-len(t), t)):
        if not any(term in longer for longer in kept):
            kept.append(term)
    return kept[:limit]


def _common_runs(token: str, other: str) -> set[str]:
    runs, start = set(), 0
    while start < len(token) - 1:
        stop = start + 1
        while stop < len(token) and stop - start < 8 and token[start : stop + 1] in other:
            stop += 1
        if stop - start >= 2:
            runs.add(token[start:stop])
            start = stop
        else:
            start += 1
    return runs
