"""Ranking from files, without a server: projects and mandates in, ranked matches with reasons out."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from ml import constraints
from ml.matrix import ProjectMatrix, build_matrix, concatenate
from ml.offline.fields import (
    HEADERS,
    INTERACTION_HEADERS,
    MANDATE_HEADERS,
    genre_labels,
    read_interactions,
    read_mandates,
    read_projects,
    unread,
)
from ml.offline.sentences import money_text, sentence
from ml.offline.tables import InputError, estimated_rows, misnamed
from ml.offline.writers import XLSX_ROWS, check_target, open_writer
from ml.rank import Ranker
from ml.weights import Deed, MandateWeights

__all__ = ["FileRanking", "InputError", "rank_file"]

PROJECT_BATCH = 4000
SCORE_CELLS = 8_000_000  # scores held at once: 32 MB, whatever the size of the files
MAX_PROJECTS = 1_000_000
RESULT = {
    "en": ("mandate", "rank", "project_id", "title", "ask", "score", "reasons"),
    "zh": ("投资偏好", "名次", "项目编号", "标题", "融资额", "分数", "理由"),
}
REASONS_SHOWN = 5
HIDES = frozenset({"pass", "deal"})

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class FileRanking:
    """What was ranked: counts, rows written, mandates that nothing passed, the model's version, and notes: what files were
    read as whose names say something else, and columns that nothing was read from."""

    projects: int
    mandates: int
    rows: int
    empty_mandates: tuple[str, ...]
    model_version: str
    notes: tuple[str, ...] = ()


def rank_file(
    projects_path: Path | str,
    mandates_path: Path | str,
    out_path: Path | str,
    interactions_path: Path | str | None = None,
    progress: Progress | None = None,
    *,
    ranker: Ranker | None = None,
    language: str = "en",
    top: int = 50,
) -> FileRanking:
    """Rank the projects of a CSV or XLSX file for every mandate of another, the best `top` each.

    `progress(step, share)` is called with `projects`, `mandates` and 0..1. Interactions (mandate_id, project_id,
    action and, where known, date) enter as history; what a mandate passed on or already dealt in is left out. Raises InputError (a ValueError
    that names file, row and column) for input that cannot be used, ValueError for an unknown ending of the result.
    """
    if language not in RESULT:
        raise ValueError(f"language {language!r} is neither 'en' nor 'zh'")
    tell = progress or (lambda step, share: None)
    ranker = ranker or Ranker.shipped()
    out = Path(out_path)
    check_target(out)
    mandates = list(read_mandates(Path(mandates_path)))
    if not mandates:
        raise InputError(Path(mandates_path), "holds no mandate")
    if out.suffix.lower() == ".xlsx" and len(mandates) * top >= XLSX_ROWS:
        raise InputError(out, f"{len(mandates)} mandates times {top} rows do not fit one sheet; write CSV")
    matrix, cards = _read_matrix(ranker, Path(projects_path), tell, language)
    known = {mandate["id"]: mandate for mandate in mandates}
    past = read_interactions(Path(interactions_path), known, matrix.positions) if interactions_path else {}
    title = "Ranked matches" if language == "en" else "匹配结果"
    written, empty = 0, []
    with open_writer(out, RESULT[language], title, language) as writer:
        for number, (mandate, weights, scores) in enumerate(_scored(ranker, matrix, mandates, past), start=1):
            rows = _result_rows(ranker, matrix, cards, mandate, weights, scores, language, top)
            count = 0
            for row in rows:
                writer.write(row)
                count += 1
            written += count
            if not count:
                empty.append(mandate["id"])
            tell("mandates", number / len(mandates))
    read = [Path(path) for path in (projects_path, mandates_path, interactions_path) if path]
    told = [note for path in read if (note := misnamed(path))]
    for path, headers in zip(read, (HEADERS, MANDATE_HEADERS, INTERACTION_HEADERS), strict=False):
        if left := unread(path, headers):
            told.append(f"{path.name}: nothing was read from the columns {', '.join(left)}")
    return FileRanking(len(matrix), len(mandates), written, tuple(empty), ranker.version, tuple(told))


Card = tuple[str, dict[str, Any] | None, int]


def _read_matrix(
    ranker: Ranker, path: Path, tell: Progress, language: str
) -> tuple[ProjectMatrix, list[Card]]:
    """The matrix, built in batches, and what a result row shows of each project."""
    cards: list[Card] = []
    parts = []
    expected = estimated_rows(path)
    for batch in _batches(read_projects(path), PROJECT_BATCH):
        parts.append(build_matrix(batch, ranker.model))
        cards.extend(
            (title_in(project["title"], language), project["ask"], project["team"][0]["credits"])
            for project in batch
        )
        if len(cards) > MAX_PROJECTS:
            raise InputError(path, f"holds more than {MAX_PROJECTS:,} projects")
        tell("projects", min(0.99, len(cards) / expected))
    if not parts:
        raise InputError(path, "holds no project")
    matrix = concatenate(parts)
    tell("projects", 1.0)
    return matrix, cards


def title_in(title: Mapping[str, str], language: str) -> str:
    """The title in a language, or in the other one where it has none."""
    return title[language] or title["zh" if language == "en" else "en"]


def _batches(items: Iterable[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def _scored(
    ranker: Ranker,
    matrix: ProjectMatrix,
    mandates: list[dict[str, Any]],
    past: Mapping[str, list[tuple[str, str, int | None]]],
) -> Iterator[tuple[dict[str, Any], MandateWeights, np.ndarray]]:
    """Each mandate with its scores, several mandates per matrix product; excluded projects are -inf."""
    step = max(1, min(64, SCORE_CELLS // len(matrix)))
    for start in range(0, len(mandates), step):
        part = mandates[start : start + step]
        weights = []
        for mandate in part:
            history = [
                Deed(matrix.x[matrix.positions[project]], action, day)
                for project, action, day in past.get(mandate["id"], ())
            ]
            weights.append(ranker.mandate_weights(mandate, history))
        together = ranker.score_many(matrix, weights)
        for number, mandate in enumerate(part):
            scores = together[:, number].copy()
            scores[~constraints.mask(mandate, matrix.columns)] = -np.inf
            hidden = [
                matrix.positions[p] for p, action, _day in past.get(mandate["id"], ()) if action in HIDES
            ]
            scores[hidden] = -np.inf
            yield mandate, weights[number], scores


def _result_rows(
    ranker: Ranker,
    matrix: ProjectMatrix,
    cards: list[Card],
    mandate: Mapping[str, Any],
    weights: MandateWeights,
    scores: np.ndarray,
    language: str,
    top: int,
) -> Iterator[tuple[str | int | float, ...]]:
    names = genre_labels()
    means = ranker.usual(matrix, weights, scores > -np.inf)
    for placed in ranker.place(matrix, weights, scores, top, explore=False, diversity=0.0):
        title, ask, credits = cards[placed.row]
        project = {"ask": ask, "team": [{"credits": credits}]}
        explanation = ranker.explain(matrix, weights, placed.row, project, means)
        shown = explanation.telling(REASONS_SHOWN)
        reasons = ("；" if language == "zh" else "; ").join(
            sentence(reason, language, names) for reason in shown
        )
        amount = money_text(ask) if ask else ""
        score = round(explanation.score, 2)
        yield mandate["name"], placed.rank, placed.project_id, title, amount, score, reasons
