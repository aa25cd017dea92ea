"""Token bags of projects, deals and mandates with TF-IDF weights: what a plain text search would compare."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from ml.benchmark.data import UNKNOWN, Data, Mandate


class Bags:
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
        stated = self._matrix(
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
        self.targets = self.weighted(stated).T.tocsc()

    @cached_property
    def deals(self) -> sp.csr_matrix:
        """[events, tokens] unit rows, one per past deal."""
        return self.weighted(self.past)

    @cached_property
    def profiles(self) -> sp.csr_matrix:
        """[investors, tokens] unit rows: the sum of an investor's deals."""
        events = self.data.events
        owner = sp.csr_matrix(
            (np.ones(len(events)), (events.investor, np.arange(len(events)))),
            shape=(len(self.data.investor_ids), len(events)),
        )
        return self.weighted((owner @ self.past).tocsr())

    def mandate_cosine(self, mandates: Sequence[Mandate]) -> np.ndarray:
        """[mandates, candidates] cosine of what is stated and what is published."""
        # A token no project has cannot match; leaving it out keeps the width of the targets.
        bags = [[token for token in self.mandate_tokens(m) if token in self.tokens] for m in mandates]
        stated = self._matrix(bags)
        cosine: np.ndarray = (self.weighted(stated) @ self.targets).toarray()
        return cosine

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
