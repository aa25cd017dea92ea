"""What is known at one moment: investors' profiles, projects' past and the ties among investors.

Everything is computed from `data.events` and `data.rounds`, which `ml.benchmark.data` cuts at `data.start`.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from ml.benchmark.bags import Bags
from ml.benchmark.data import STAGES, UNKNOWN, Data
from ml.weights import fading

SMOOTHING = 2.0
DENSE_UP_TO = 1000
AMOUNT_KNOTS = np.arange(4.0, 9.01, 0.25)

Codes = tuple[np.ndarray, np.ndarray, int]  # code of each past deal, of each candidate, number of codes


@dataclass(frozen=True)
class View:
    """One moment of the benchmark, with lazily computed tables; investor rows are investor numbers."""

    data: Data
    counts: sp.csr_matrix

    @property
    def investors(self) -> int:
        return len(self.data.investor_ids)

    @cached_property
    def names(self) -> sp.csr_matrix:
        """[projects, n-grams] TF-IDF of the names, rows of unit length; document frequencies of projects that had a
        round before the start."""
        known = np.unique(np.concatenate([self.data.rounds.project, self.data.events.project]))
        frequency = np.asarray((self.counts[known] > 0).sum(axis=0)).ravel()
        weighted = self.counts.copy()
        weighted.data = 1 + np.log(weighted.data)
        weighted = weighted @ sp.diags((np.log((1 + len(known)) / (1 + frequency)) + 1).astype(np.float32))
        lengths = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
        return (sp.diags(1 / np.maximum(lengths, 1e-9)) @ weighted).tocsr()

    @cached_property
    def deals(self) -> np.ndarray:
        """Number of past investments by investor."""
        return np.bincount(self.data.events.investor, minlength=self.investors)

    @cached_property
    def _by_investor(self) -> tuple[np.ndarray, np.ndarray]:
        order = np.argsort(self.data.events.investor, kind="stable")
        return order, np.searchsorted(self.data.events.investor[order], np.arange(self.investors + 1))

    def deals_of(self, investor: int) -> np.ndarray:
        """Event numbers of an investor, oldest first."""
        order, bounds = self._by_investor
        return order[bounds[investor] : bounds[investor + 1]]

    @cached_property
    def bags(self) -> Bags:
        """TF-IDF bags of the past and of the candidates."""
        return Bags(self.data)

    @cached_property
    def decay(self) -> np.ndarray:
        """Weight of each event: halves every two years."""
        weights: np.ndarray = fading(self.data.start - self.data.events.day)
        return weights

    def table(
        self, codes: np.ndarray, size: int, decayed: bool, wanted: np.ndarray | None = None
    ) -> np.ndarray:
        """[investors, wanted or size] shares of the codes (one per event) in each investor's past, shrunk towards the
        market. A field of many codes needs gigabytes in full, so ask for the codes that are `wanted`."""
        known = codes != UNKNOWN
        weights = self.decay if decayed else np.ones(len(codes))
        counts = sp.csr_matrix(
            (weights[known], (self.data.events.investor[known], codes[known])), shape=(self.investors, size)
        )
        total = np.asarray(counts.sum(axis=1))
        market = np.asarray(counts.sum(axis=0)).ravel() / max(total.sum(), 1e-9)
        if wanted is not None:
            counts, market = counts[:, wanted], market[wanted]
        shares = counts.toarray().astype(np.float32)
        shares += (SMOOTHING * market).astype(np.float32)
        shares /= (total + SMOOTHING).astype(np.float32)
        return shares

    @cached_property
    def fields(self) -> dict[str, tuple[np.ndarray, np.ndarray, int]]:
        """Per field: code of each event, code of each candidate, number of codes."""
        data, candidates = self.data, self.data.candidates
        result = {
            name: (codes.values[data.events.project], codes.values[candidates.project], len(codes))
            for name, codes in (
                ("category", data.category), ("state", data.state), ("region", data.region), ("city", data.city),
            )
        }  # fmt: skip
        result["stage"] = (data.events.stage, candidates.stage, len(STAGES))
        category, state = result["category"], result["state"]
        result["category_state"] = (*_joint(category[:2], state[:2], state[2]), category[2] * state[2])
        stages = len(STAGES)
        result["category_stage"] = (
            *_joint(category[:2], (data.events.stage, candidates.stage), stages), category[2] * stages,
        )  # fmt: skip
        return result

    @cached_property
    def bipartite(self) -> sp.csr_matrix:
        """[investors, projects] 1 where the investor has backed the project."""
        events = self.data.events
        matrix = sp.csr_matrix(
            (np.ones(len(events), dtype=np.float32), (events.investor, events.project)),
            shape=(self.investors, len(self.data.names)),
        )
        matrix.data[:] = 1.0
        return matrix

    @cached_property
    def ties(self) -> sp.csr_matrix:
        """[investors, investors] cosine of the sets of backed projects, nothing on the diagonal."""
        shared = (self.bipartite @ self.bipartite.T).tocsr()
        shared.setdiag(0)
        shared.eliminate_zeros()
        size = np.asarray(self.bipartite.sum(axis=1)).ravel()
        scale = sp.diags(1 / np.sqrt(np.maximum(size, 1)))
        return (scale @ shared @ scale).tocsr()

    @cached_property
    def friends(self) -> sp.csr_matrix:
        """Ties with rows that sum to 1."""
        total = np.asarray(self.ties.sum(axis=1)).ravel()
        return (sp.diags(1 / np.maximum(total, 1e-9)) @ self.ties).tocsr()

    @cached_property
    def backers(self) -> sp.csr_matrix:
        """[investors, candidates] 1 where the investor has backed the candidate before."""
        return self.bipartite[:, self.data.candidates.project].tocsr()

    @cached_property
    def amounts(self) -> np.ndarray:
        """[investors, knots] how an investor's past rounds are spread over log10 amounts (Gaussian, 0.3 decades)."""
        known = ~np.isnan(self.data.events.amount)
        kernel = np.exp(-0.5 * ((self.data.events.amount[known][:, None] - AMOUNT_KNOTS) / 0.3) ** 2)
        total = np.zeros((self.investors, len(AMOUNT_KNOTS)), dtype=np.float32)
        np.add.at(total, self.data.events.investor[known], kernel * self.decay[known][:, None])
        market = total.sum(axis=0) / max(total.sum(), 1e-9)
        spread: np.ndarray = (total + SMOOTHING * market) / (total.sum(axis=1, keepdims=True) + SMOOTHING)
        return spread.astype(np.float32)

    @cached_property
    def typical_amount(self) -> np.ndarray:
        """Mean log10 amount of an investor's rounds, shrunk to the market's mean."""
        known = ~np.isnan(self.data.events.amount)
        investor, amount = self.data.events.investor[known], self.data.events.amount[known]
        total = np.bincount(investor, amount, minlength=self.investors)
        count = np.bincount(investor, minlength=self.investors)
        mean: np.ndarray = (total + SMOOTHING * amount.mean()) / (count + SMOOTHING)
        return mean

    @cached_property
    def last_deal(self) -> np.ndarray:
        """Days since the investor's last deal (10 years when it has none)."""
        last = np.full(self.investors, self.data.start - 3650)
        np.maximum.at(last, self.data.events.investor, self.data.events.day)
        return self.data.start - last

    def recent_deals(self, days: int) -> np.ndarray:
        """Number of investments in the last days by investor."""
        keep = self.data.events.day >= self.data.start - days
        return np.bincount(self.data.events.investor[keep], minlength=self.investors)

    @cached_property
    def newcomer_share(self) -> np.ndarray:
        """Share of an investor's deals in which the project had no backer before, shrunk to the market's share."""
        events = self.data.events
        first: dict[int, int] = {}
        for project, day in zip(events.project.tolist(), events.day.tolist(), strict=True):
            first.setdefault(project, day)
        new = np.array(
            [first[p] == d for p, d in zip(events.project.tolist(), events.day.tolist(), strict=True)]
        )
        total = np.bincount(events.investor, new, minlength=self.investors)
        share: np.ndarray = (total + SMOOTHING * new.mean()) / (self.deals + SMOOTHING)
        return share

    @cached_property
    def latent(self) -> np.ndarray:
        """[investors, 32] leading singular vectors of the ties, rows of unit length."""
        from scipy.sparse.linalg import svds

        size = min(32, min(self.ties.shape) - 1)
        degree = np.asarray(self.ties.sum(axis=1)).ravel().astype(np.float64)
        if (
            self.investors <= DENSE_UP_TO
        ):  # The iteration restarts at random where the rank is below its size.
            left, values, _ = np.linalg.svd(self.ties.toarray().astype(np.float64))
            left, values = left[:, :size], values[:size]
        else:
            left, values, _ = svds(self.ties.astype(np.float64), k=size, v0=degree)
        # Directions of (nearly) no weight are rounding noise.
        vectors = left * np.sqrt(np.where(values > 1e-6 * values.max(initial=0.0), values, 0.0))
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: np.ndarray = np.where(lengths > 1e-6, vectors / np.maximum(lengths, 1e-6), 0).astype(np.float32)
        return unit

    @cached_property
    def words(self) -> sp.csr_matrix:
        """[investors, words] name words of investors, rows that sum to 1."""
        numbers: dict[str, int] = {}
        rows, columns = [], []
        for row, text in enumerate(self.data.investor_words):
            for word in text.split():
                rows.append(row)
                columns.append(numbers.setdefault(word, len(numbers)))
        matrix = sp.csr_matrix(
            (np.ones(len(rows), dtype=np.float32), (rows, columns)),
            shape=(self.investors, max(1, len(numbers))),
        )
        total = np.asarray(matrix.sum(axis=1)).ravel()
        return (sp.diags(1 / np.maximum(total, 1)) @ matrix).tocsr()

    def by_words(self, codes: np.ndarray, size: int) -> np.ndarray:
        """[investors, size] shares expected from the words of the name, own deals left out (so that an example of
        the past does not see itself)."""
        known = codes != UNKNOWN
        counts = np.zeros((self.investors, size), dtype=np.float32)
        np.add.at(counts, (self.data.events.investor[known], codes[known]), 1.0)
        market = counts.sum(axis=0) / max(counts.sum(), 1e-9)
        presence = (self.words > 0).astype(np.float32)
        per_word = presence.T @ counts
        share = np.tile(market, (self.investors, 1)).astype(np.float32)
        for row in np.flatnonzero(np.diff(self.words.indptr)):
            terms = self.words.indices[self.words.indptr[row] : self.words.indptr[row + 1]]
            rest = per_word[terms] - counts[row]
            share[row] = ((rest + 20 * market) / (rest.sum(axis=1, keepdims=True) + 20)).mean(axis=0)
        return share

    @cached_property
    def project_facts(self) -> dict[str, np.ndarray]:
        """Facts about each candidate from before the start: backers, rounds, days since the last, age, money raised."""
        data, projects = self.data, self.data.candidates.project
        size = len(data.names)
        rounds = np.bincount(data.rounds.project, minlength=size)[projects]
        last = np.full(size, data.start - 3650)
        np.maximum.at(last, data.rounds.project, data.rounds.day)
        raised = np.bincount(
            data.rounds.project, 10 ** np.nan_to_num(data.rounds.amount, nan=0.0), minlength=size
        )[projects]
        age = data.start - data.founded[projects]
        return {
            "backers": np.asarray(self.backers.sum(axis=0)).ravel(),
            "rounds": rounds,
            "idle": data.start - last[projects],
            "raised": raised,
            "age": np.where(np.isnan(age), 1000.0, np.maximum(age, 0.0)),
        }


def narrowed(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The codes that occur (0 when none does), and the place of each given code among them (UNKNOWN stays)."""
    known = codes[codes != UNKNOWN]
    wanted = np.unique(known) if len(known) else np.zeros(1, dtype=np.int64)
    return wanted, np.where(codes == UNKNOWN, UNKNOWN, np.searchsorted(wanted, codes))


def _joint(
    first: tuple[np.ndarray, np.ndarray], second: tuple[np.ndarray, np.ndarray], size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Codes of pairs, UNKNOWN when either is."""

    def join(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.where((a == UNKNOWN) | (b == UNKNOWN), UNKNOWN, a * size + b)

    return join(first[0], second[0]), join(first[1], second[1])


def name_counts(names: list[str]) -> sp.csr_matrix:
    """[names, 2**18] hashed character n-grams (3 to 5, at word bounds) of company names, without any vocabulary or
    frequency, so the same whatever other names the file holds."""
    from sklearn.feature_extraction.text import HashingVectorizer

    vectorizer = HashingVectorizer(
        analyzer="char_wb",
        ngram_range=(3, 5),
        n_features=2**18,
        alternate_sign=False,
        norm=None,
        dtype=np.float32,
    )
    return vectorizer.transform(names).tocsr()
