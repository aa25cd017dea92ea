"""The clauses of a version as they read, and where both sides stand on each. Versions never change, so readings are
kept."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dealflow.termsheets import libraries, library
from dealflow.termsheets.library import Passage
from dealflow.termsheets.models import ClauseAcceptance, ClauseComment, TermSheet, TermSheetVersion

SIDES = ("investor", "project")


class _Content:
    """A version for the cache: told apart by its id, carrying what it is made from."""

    def __init__(self, sheet: TermSheet, version: TermSheetVersion) -> None:
        self.key = version.id
        self.parts = (sheet.template, version.project, version.parties, version.terms)
        self.library = libraries.get(sheet.library_number)

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Content) and self.key == other.key


@lru_cache(maxsize=512)
def _read(content: _Content) -> tuple[Passage, ...]:
    return library.reading(*content.parts, library=content.library)


def passages(sheet: TermSheet, version: TermSheetVersion) -> tuple[Passage, ...]:
    """Every clause of a version as it reads."""
    return _read(_Content(sheet, version))


@dataclass(frozen=True)
class Standing:
    """A clause of the current version: who wrote it as it reads, who agrees (`accepted`: by saying so), what is said."""

    passage: Passage
    since: TermSheetVersion
    agreed: frozenset[str]
    accepted: frozenset[str]
    threads: tuple[tuple[ClauseComment, tuple[ClauseComment, ...]], ...]

    @property
    def open_threads(self) -> int:
        return sum(1 for head, _answers in self.threads if head.resolved_at is None)

    @property
    def is_open(self) -> bool:
        """Whether something is left to settle: a side has not agreed, or a question stands."""
        return len(self.agreed) < len(SIDES) or self.open_threads > 0


def standings(
    sheet: TermSheet,
    versions: Sequence[TermSheetVersion],
    accepted: Sequence[ClauseAcceptance],
    comments: Sequence[ClauseComment],
) -> list[Standing]:
    """All clauses of the latest of `versions` (in any order), in its order.

    A side agrees with a clause that reads as in the version it proposed last, or that it accepted as it reads.
    """
    ordered = sorted(versions, key=lambda v: v.number)
    shown = [v for v in ordered if sheet.proposed_number is not None and v.number >= sheet.proposed_number]
    own: dict[str, dict[str, str]] = {}
    for version in shown:
        side = sheet.side(version.author_organisation_id) or ""
        own[side] = {passage.key: passage.digest for passage in passages(sheet, version)}
    explicit = {(row.side, row.clause, row.digest) for row in accepted}
    threads = _threads(comments)
    return [
        Standing(
            passage,
            _since(sheet, ordered, passage),
            frozenset(
                side
                for side in SIDES
                if own.get(side, {}).get(passage.key) == passage.digest
                or (side, passage.key, passage.digest) in explicit
            ),
            frozenset(side for side in SIDES if (side, passage.key, passage.digest) in explicit),
            tuple(threads.get(passage.key, ())),
        )
        for passage in passages(sheet, ordered[-1])
    ]


def _since(sheet: TermSheet, ordered: Sequence[TermSheetVersion], passage: Passage) -> TermSheetVersion:
    """The version from which on the clause reads as it does."""
    found = ordered[-1]
    for version in reversed(ordered):
        if {p.key: p.digest for p in passages(sheet, version)}.get(passage.key) != passage.digest:
            break
        found = version
    return found


def _threads(
    comments: Sequence[ClauseComment],
) -> Mapping[str, list[tuple[ClauseComment, tuple[ClauseComment, ...]]]]:
    answers: dict[str, list[ClauseComment]] = {}
    for row in comments:
        if row.parent_id:
            answers.setdefault(row.parent_id, []).append(row)
    found: dict[str, list[Any]] = {}
    for row in comments:
        if not row.parent_id:
            found.setdefault(row.clause, []).append((row, tuple(answers.get(row.id, ()))))
    return found


def wrote(
    sheet: TermSheet, versions: Sequence[TermSheetVersion], older: int, newer: int
) -> dict[str, TermSheetVersion]:
    """Clause → the version, after `older` and up to `newer`, that last changed it."""
    ordered = sorted((v for v in versions if older <= v.number <= newer), key=lambda v: v.number)
    found: dict[str, TermSheetVersion] = {}
    for before, after in itertools.pairwise(ordered):
        was = {p.key: p.digest for p in passages(sheet, before)}
        now = {p.key: p.digest for p in passages(sheet, after)}
        for key in was.keys() | now.keys():
            if was.get(key) != now.get(key):
                found[key] = after
    return found
