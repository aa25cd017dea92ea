"""Peers of the ranker on the same data: popularity and TF-IDF cosine, for histories and for mandates."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from ml.benchmark.data import UNKNOWN, Data, Mandate

Row = tuple[int, np.ndarray]


@dataclass(frozen=True)
class PeerScores:
    """Rows (investor, scores of all candidates) for both kinds of query."""

    history: Iterator[Row]
    mandate: Iterator[Row]


def popularity(data: Data, blind: Data) -> PeerScores:
    """Number of past backers of the candidate, and of its category where nobody has backed it yet."""

    def scores(known: Data) -> np.ndarray:
        backers = np.bincount(known.events.project, minlength=len(known.names))[known.candidates.project]
        codes = known.category.values
        heat = np.bincount(codes[known.events.project] + 1, minlength=len(known.category) + 1)
        share = heat[codes[known.candidates.project] + 1] / max(1, heat.sum())
        result: np.ndarray = backers + share
        return result

    open_to_all, without_declared = scores(data), scores(blind)
    return PeerScores(
        ((int(investor), open_to_all) for investor in np.unique(data.events.investor)),
        ((mandate.investor, without_declared) for mandate in data.mandates),
    )


def tfidf_cosine(data: Data, blind: Data) -> PeerScores:
    """Cosine of TF-IDF bags of category, state, region, city, stage, size and name words."""
    return PeerScores(_history_cosine(data), _mandate_cosine(blind))


class _Bags:
    """Token bags of projects, candidates and mandates over one vocabulary, with idf of the projects known."""

    def __init__(self, data: Data) -> None:
        self.data, self.tokens = data, dict[str, int]()
        projects = [self._project_tokens(number) for number in range(len(data.names))]
        events = data.events
        self.past = self._matrix(
            [
                [*projects[p], f"stage:{s}", *_size(a)]
                for p, s, a in zip(
                    events.project.tolist(), events.stage.tolist(), events.amount.tolist(), strict=True
                )
            ]
        )
        candidates = data.candidates
        self.candidates = self._matrix(
            [
                [*projects[p], f"stage:{s}", *_size(a)]
                for p, s, a in zip(
                    candidates.project.tolist(),
                    candidates.stage.tolist(),
                    candidates.ask.tolist(),
                    strict=True,
                )
            ]
        )

    def _project_tokens(self, number: int) -> list[str]:
        data, tokens = self.data, []
        for name in ("category", "state", "region", "city"):
            code = int(getattr(data, name).values[number])
            if code != UNKNOWN:
                tokens.append(f"{name}:{code}")
        return tokens + [f"name:{word}" for word in data.names[number].casefold().split()]

    def mandate_tokens(self, mandate: Mandate) -> list[str]:
        tokens = [f"category:{code}" for code in mandate.categories] + [
            f"state:{code}" for code in mandate.states
        ]
        tokens += [f"region:{code}" for code in mandate.regions] + [
            f"stage:{code}" for code in mandate.stages
        ]
        if np.isnan(mandate.ask_low):
            return tokens
        sizes = {
            token for ask in np.arange(mandate.ask_low, mandate.ask_high + 0.01, 0.25) for token in _size(ask)
        }
        return tokens + sorted(sizes)

    def _matrix(self, bags: list[list[str]]) -> sp.csr_matrix:
        columns = [[self.tokens.setdefault(token, len(self.tokens)) for token in bag] for bag in bags]
        rows = np.repeat(np.arange(len(bags)), [len(bag) for bag in columns])
        flat = np.array([column for bag in columns for column in bag], dtype=np.int64)
        return sp.csr_matrix((np.ones(len(flat)), (rows, flat)), shape=(len(bags), len(self.tokens)))

    def weighted(self, bags: sp.csr_matrix) -> sp.csr_matrix:
        """Unit rows of tf-idf; idf by the number of past deals that hold the token."""
        size = len(self.tokens)
        resized = sp.csr_matrix((bags.data, bags.indices, bags.indptr), shape=(bags.shape[0], size))
        frequency = np.bincount(self.past.indices, minlength=size)
        idf = np.log((1 + self.past.shape[0]) / (1 + frequency)) + 1
        scaled = (resized @ sp.diags(idf)).tocsr()
        lengths = np.sqrt(np.asarray(scaled.multiply(scaled).sum(axis=1)).ravel())
        return (sp.diags(1 / np.maximum(lengths, 1e-9)) @ scaled).tocsr()


def _size(log_amount: float) -> list[str]:
    return [] if np.isnan(log_amount) else [f"size:{round(log_amount * 2)}"]


def _history_cosine(data: Data) -> Iterator[Row]:
    bags = _Bags(data)
    candidates = bags.weighted(bags.candidates).T.tocsc()
    owner = sp.csr_matrix(
        (np.ones(len(data.events)), (data.events.investor, np.arange(len(data.events)))),
        shape=(len(data.investor_ids), len(data.events)),
    )
    profiles = bags.weighted((owner @ bags.past).tocsr())
    for investor in np.unique(data.events.investor).tolist():
        yield investor, (profiles[investor] @ candidates).toarray().ravel()


def _mandate_cosine(data: Data) -> Iterator[Row]:
    bags = _Bags(data)
    stated = bags._matrix([bags.mandate_tokens(mandate) for mandate in data.mandates])
    scores = (bags.weighted(stated) @ bags.weighted(bags.candidates).T).toarray()
    for mandate, row in zip(data.mandates, scores, strict=True):
        yield mandate.investor, row
