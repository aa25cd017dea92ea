"""Peers of the ranker on the same data: popularity and TF-IDF cosine, for histories and for mandates."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ml.benchmark.bags import Bags
from ml.benchmark.data import Data

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


def _history_cosine(data: Data) -> Iterator[Row]:
    bags = Bags(data)
    for investor in np.unique(data.events.investor).tolist():
        yield investor, (bags.profiles[investor] @ bags.targets).toarray().ravel()


def _mandate_cosine(data: Data) -> Iterator[Row]:
    scores = Bags(data).mandate_cosine(data.mandates)
    for mandate, row in zip(data.mandates, scores, strict=True):
        yield mandate.investor, row
