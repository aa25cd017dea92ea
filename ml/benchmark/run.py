"""`rank-benchmark`: fit on what the split allows, score every query of the protocol, write the scores file."""

import gzip
import importlib
import io
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import TextIO

import numpy as np
import scipy.sparse as sp
from threadpoolctl import threadpool_limits

from ml.benchmark.data import SPLITS, Data, Mandate, as_of, load
from ml.benchmark.features import HistoryFeatures
from ml.benchmark.mandates import MandateFeatures, from_candidate, from_history
from ml.benchmark.models import Anchored, Levelled, fit, fit_choice
from ml.benchmark.pairs import PairModel, Sample
from ml.benchmark.view import View, name_counts
from ml.transfer import past_windows

WINDOWS = 6
CONTROLS = 100
BLOCK = 96
WARM = 3
LIGHT_BEST = 300
LIGHT_SHORTLIST = 500
FIRST_DEAL_COSINE = 0.5
NEWCOMER_WINDOWS = 12


def rank_benchmark(
    folder: Path, split: str, out: Path, model: str = "blend", seed: int = 0
) -> dict[str, float]:
    """Scores of all queries of a split as a (gzipped) CSV; returns the seconds spent on histories and on all.

    Histories and mandates have a core each. Deterministic for the same files, model and seed. Raises KeyError for an
    unknown split.
    """
    started = time.perf_counter()
    data = load(folder, SPLITS[split])
    with (
        ProcessPoolExecutor(1, get_context("spawn"), threadpool_limits, (1,)) as beside,
        threadpool_limits(1),
    ):
        stated = beside.submit(_stated, folder, split, model, seed)
        counts = name_counts(data.names)
        fitted = fit(model, history_samples(data, counts, [seed])[0], seed)
        with _open(out) as stream:
            stream.write("investor_id,project_id,score,query\n")
            ids = [data.project_ids[project] for project in data.candidates.project.tolist()]
            for investor, positions, scores in history_scores(data, counts, fitted):
                _write(stream, data.investor_ids[investor], ids, positions, scores, "history")
            finished = time.perf_counter()
            for investor, positions, scores in stated.result():
                _write(stream, data.investor_ids[investor], ids, positions, scores, "mandate")
    return {"history_seconds": finished - started, "seconds": time.perf_counter() - started}


def _stated(folder: Path, split: str, model: str, seed: int) -> list[tuple[int, np.ndarray, np.ndarray]]:
    """Fit on stated mandates and score them."""
    data = without_declared(load(folder, SPLITS[split]))
    counts = name_counts(data.names)
    with _one_core():
        fitted = fit_stated(
            model, mandate_samples(data, counts, [seed])[0], newcomer_sample(data, counts), seed
        )
        return list(mandate_scores(data, counts, fitted))


def fit_stated(model: str, sample: Sample, newcomers: Sample, seed: int) -> dict[str, PairModel]:
    """A model for each source of mandates. A first deal says little, and few past newcomers show what follows from it:
    plain columns, held to the TF-IDF cosine of what is stated and what is published, once as learnt from mandates of
    all kinds, once as newcomers alone chose."""
    plain = sample.plain()
    column = plain.names.index("cosine")
    anchored = Anchored(fit(model, plain, seed, stated=True), plain.core, column, FIRST_DEAL_COSINE)
    chosen = fit_choice(newcomers, np.eye(plain.core)[column])
    return {
        "history": fit(model, sample, seed, stated=True),
        "first_deal": Levelled((anchored, chosen)),
    }


def _one_core() -> threadpool_limits:
    """Limits the numeric libraries to one thread; only those already loaded can be limited."""
    importlib.import_module("sklearn.ensemble")
    return threadpool_limits(1)


def without_declared(data: Data) -> Data:
    """The data without any row of the investors that are seen through their mandate only."""
    hidden = [mandate.investor for mandate in data.mandates if mandate.source == "history"]
    return data.without_investors(np.array(hidden, dtype=np.int64))


def history_samples(data: Data, counts: sp.csr_matrix, seeds: Sequence[int]) -> list[Sample]:
    """Features and labels of past windows: every new pair of an investor with a past, and random candidates. One
    sample per seed."""
    draws = [_Draw(seed) for seed in seeds]
    for start, end in past_windows(data.start, WINDOWS):
        _draw_histories(draws, *as_of(data, start, end), counts)
    return [draw.sample() for draw in draws]


def _draw_histories(draws: Sequence["_Draw"], past: Data, pairs: np.ndarray, counts: sp.csr_matrix) -> None:
    """One past window; what it takes to compute its features is let go before the next."""
    view = View(past, counts)
    features = HistoryFeatures(view)
    queries = _queries(view, pairs[view.deals[pairs[:, 0]] > 0])
    for rows in _blocks(np.array(list(queries), dtype=np.int64)):
        block = features.block(rows)
        for number, investor in enumerate(rows.tolist()):
            for draw in draws:
                draw.add(block[number], queries[investor], view.backers[investor].indices)
    for draw in draws:
        draw.core, draw.names = features.core, tuple(features.names)


def mandate_samples(data: Data, counts: sp.csr_matrix, seeds: Sequence[int]) -> list[Sample]:
    """The same for mandates that investors of past windows would have stated (ml.benchmark.mandates)."""
    draws = [_Draw(seed + 1) for seed in seeds]
    for window in past_windows(data.start, WINDOWS):
        _draw_mandates(draws, data, window, counts)
    return [draw.sample() for draw in draws]


def _draw_mandates(
    draws: Sequence["_Draw"],
    data: Data,
    window: tuple[int, int],
    counts: sp.csr_matrix,
    newcomers_only: bool = False,
) -> None:
    past, pairs = as_of(data, *window)
    if newcomers_only:
        pairs = pairs[~np.isin(pairs[:, 0], past.events.investor)]
        warm = np.bincount(past.events.investor, minlength=1).max() >= WARM
        if not warm or np.bincount(pairs[:, 0], minlength=1).max() < 2:
            return  # Nobody to learn of as a neighbour, or nothing is left to foretell.
    view = View(past, counts)
    features = MandateFeatures(view, HistoryFeatures(view))
    stated = list(_past_mandates(data, view, _queries(view, pairs), *window))
    for begin in range(0, len(stated), BLOCK):
        part = stated[begin : begin + BLOCK]
        block = features.block([mandate for mandate, _, _ in part])
        for number, (_, positives, left_out) in enumerate(part):
            for draw in draws:
                draw.add(block[number], positives, left_out)
    for draw in draws:
        draw.core, draw.names = features.core, tuple(features.names)


def newcomer_sample(data: Data, counts: sp.csr_matrix) -> Sample:
    """Plain columns of the first deals that newcomers of past half-years declared, with all their candidates."""
    draw = _Draw(0, controls=None)
    for window in past_windows(data.start, NEWCOMER_WINDOWS):
        _draw_mandates([draw], data, window, counts, newcomers_only=True)
    return draw.sample().plain()


class _Draw:
    """Collects the true candidates of each query and `controls` random others, or all of them."""

    def __init__(self, seed: int, controls: int | None = CONTROLS) -> None:
        self.rng, self.controls = np.random.default_rng(seed), controls
        self.blocks: list[np.ndarray] = []
        self.labels: list[np.ndarray] = []
        self.core, self.names = 0, tuple[str, ...]()

    def add(self, block: np.ndarray, positives: np.ndarray, left_out: np.ndarray) -> None:
        count = len(block) if self.controls is None else min(self.controls, len(block))
        drawn = self.rng.choice(len(block), count, replace=False)
        drawn = np.setdiff1d(drawn, np.concatenate([positives, left_out]))
        self.blocks.append(block[np.concatenate([positives, drawn])])
        self.labels.append(np.concatenate([np.ones(len(positives)), np.zeros(len(drawn))]))

    def sample(self) -> Sample:
        """All that was drawn; the parts are let go."""
        groups = np.array([len(label) for label in self.labels], dtype=np.int64)
        features = np.concatenate(self.blocks) if self.blocks else np.zeros((0, 0), dtype=np.float32)
        self.blocks.clear()
        return Sample(features, np.concatenate([[], *self.labels]), groups, self.core, self.names)


def _queries(view: View, pairs: np.ndarray) -> dict[int, np.ndarray]:
    """Positions of the true candidates by investor."""
    positions = np.searchsorted(view.data.candidates.project, pairs[:, 1])
    queries: dict[int, list[int]] = {}
    for investor, position in zip(pairs[:, 0].tolist(), positions.tolist(), strict=True):
        queries.setdefault(investor, []).append(position)
    return {investor: np.array(found) for investor, found in queries.items()}


def _past_mandates(
    data: Data, view: View, queries: dict[int, np.ndarray], start: int, end: int
) -> Iterator[tuple[Mandate, np.ndarray, np.ndarray]]:
    """(mandate, true positions, positions to leave out) of each query; newcomers declare their first deal."""
    later = data.events.select((data.events.day >= start) & (data.events.day < end))
    for investor, positives in queries.items():
        rows = view.deals_of(investor)
        if len(rows):
            yield from_history(view, investor, rows), positives, view.backers[investor].indices
            continue
        if len(positives) < 2:
            continue
        first = int(later.project[np.flatnonzero(later.investor == investor)[0]])
        declared = int(np.searchsorted(view.data.candidates.project, first))
        yield from_candidate(view, investor, declared), positives[positives != declared], np.array([declared])


def history_scores(
    data: Data, counts: sp.csr_matrix, model: PairModel
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """(investor, candidate positions, scores): all candidates from three projects on, else the best 300 of the 500
    that the cheapest part of the model puts first."""
    view = View(data, counts)
    features = HistoryFeatures(view)
    projects = np.diff(view.bipartite.indptr)
    everything = np.arange(len(data.candidates.project))
    for rows in _blocks(np.flatnonzero(projects >= WARM)):
        for investor, scores in zip(rows.tolist(), model.score(features.block(rows)), strict=True):
            yield investor, everything, scores
    for rows in _blocks(np.flatnonzero((projects > 0) & (projects < WARM))):
        block = features.block(rows)
        short = min(LIGHT_SHORTLIST, len(everything))
        chosen = np.argsort(-model.preview(block), axis=1, kind="stable")[:, :short]
        scores = model.score(np.take_along_axis(block, chosen[:, :, None], axis=1))
        best = np.argsort(-scores, axis=1, kind="stable")[:, :LIGHT_BEST]
        for number, investor in enumerate(rows.tolist()):
            order = best[number][np.argsort(chosen[number, best[number]])]
            yield investor, chosen[number, order], scores[number, order]


def _blocks(rows: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(rows), BLOCK):
        yield rows[start : start + BLOCK]


def mandate_scores(
    data: Data, counts: sp.csr_matrix, models: Mapping[str, PairModel]
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """(investor, all positions, scores) of every stated mandate, by the model of its source; `data` must be without
    the declared investors."""
    view = View(data, counts)
    features = MandateFeatures(view, HistoryFeatures(view))
    positions = np.arange(len(data.candidates.project))
    for source, model in models.items():
        stated = [mandate for mandate in data.mandates if mandate.source == source]
        for begin in range(0, len(stated), BLOCK):
            part = stated[begin : begin + BLOCK]
            for mandate, scores in zip(part, model.score(features.block(part)), strict=True):
                yield mandate.investor, positions, scores


@contextmanager
def _open(out: Path) -> Iterator[TextIO]:
    if out.suffix != ".gz":
        with out.open("w", encoding="utf-8", newline="") as plain:
            yield plain
        return
    # No name and no time in the gzip header: the same scores give the same bytes.
    with (
        out.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=1, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="") as text,
    ):
        yield text


def _write(
    stream: TextIO, investor: str, ids: list[str], positions: np.ndarray, scores: np.ndarray, query: str
) -> None:
    lines = (
        f"{investor},{ids[position]},{score:.6f},{query}\n"
        for position, score in zip(positions.tolist(), scores.tolist(), strict=True)
    )
    stream.write("".join(lines))
