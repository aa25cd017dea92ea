"""What differs between two versions of a term sheet, clause by clause: words in the texts, values in the parameters."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from dealflow.termsheets.library.catalogue import LIBRARY
from dealflow.termsheets.library.document import Builder, Item
from dealflow.termsheets.library.formats import day, money
from dealflow.termsheets.library.model import LANGS, Library, Text
from dealflow.termsheets.library.parameters import ParameterChange, parameter_changes

State = Literal["same", "changed", "added", "removed"]
# A word, a figure with its separators, or one character: Chinese is compared character by character.
_TOKEN = re.compile(r"[A-Za-z0-9]+(?:[.,:'’-][A-Za-z0-9]+)*%?|\s+|.", re.DOTALL)
# A lone character left standing between two changes only makes both harder to read.
_ISLAND = 2


@dataclass(frozen=True)
class Passage:
    """One clause as it reads in one version. Equal digests read equally, whatever their numbers."""

    key: str
    number: int
    heading: Text
    lines: tuple[Text, ...]
    binding: bool
    digest: str


@dataclass(frozen=True)
class Segment:
    """A stretch of text: in both versions (`same`), in the older one (`del`) or in the newer one (`ins`)."""

    kind: Literal["same", "del", "ins"]
    text: str


@dataclass(frozen=True)
class LineChange:
    """One paragraph or table row: its segments by language."""

    state: State
    segments: dict[str, tuple[Segment, ...]]


@dataclass(frozen=True)
class ClauseChange:
    """One clause in both versions; numbers are None where it is not."""

    key: str
    state: State
    old_number: int | None
    number: int | None
    heading: dict[str, tuple[Segment, ...]]
    lines: tuple[LineChange, ...]
    parameters: tuple[ParameterChange, ...]


def reading(
    template: str, project: Any, parties: Any, terms: Any, *, library: Library = LIBRARY
) -> tuple[Passage, ...]:
    """Every clause as it reads, its table's rows as lines. Raises TermSheetError."""
    builder = Builder(template, project, parties, terms, library=library)
    return tuple(_passage(builder, item) for item in builder.items())


def _passage(builder: Builder, item: Item) -> Passage:
    lines = (*(line.text for line in item.lines), *_rows(builder, item.exhibit))
    said = [[text.zh, text.en] for text in (item.heading, *lines)]
    digest = hashlib.sha256(json.dumps(said, ensure_ascii=False).encode("utf-8", "replace")).hexdigest()
    return Passage(item.key, item.number, item.heading, lines, item.binding, digest)


def _rows(builder: Builder, exhibit: str | None) -> Iterator[Text]:
    """Rows of the tables that terms fill in; the payout table follows from other clauses and is left out."""
    if exhibit == "use_of_funds":
        for use in builder.use_of_funds():
            texts = {
                lang: f"{use.label} · {use.kind.get(lang)} · {money(use.amount_minor, builder.currency, lang)}"
                for lang in LANGS
            }
            yield Text(**texts)
    elif exhibit == "tranches":
        for row in builder.tranches():
            yield Text(
                zh=f"第{row.number}期 · {money(row.amount_minor, builder.currency, 'zh')} · {row.milestone.zh}"
                f"{'（' + row.note + '）' if row.note else ''} · 最后期限{day(row.long_stop, 'zh')} · {row.on_miss.zh}",
                en=f"Tranche {row.number} · {money(row.amount_minor, builder.currency, 'en')} · {row.milestone.en}"
                f"{' (' + row.note + ')' if row.note else ''} · long stop {day(row.long_stop, 'en')} · {row.on_miss.en}",
            )


def words(before: str, after: str) -> tuple[Segment, ...]:
    """The two texts woven together, word by word."""
    if before == after:
        return (Segment("same", after),) if after else ()
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    found: list[Segment] = []
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for place, (kind, a, b, c, d) in enumerate(codes):
        inner = 0 < place < len(codes) - 1
        if kind == "equal" and not (inner and len("".join(new[c:d])) < _ISLAND):
            found.append(Segment("same", "".join(new[c:d])))
            continue
        if b > a:
            found.append(Segment("del", "".join(old[a:b])))
        if d > c:
            found.append(Segment("ins", "".join(new[c:d])))
    return tuple(_joined(found))


def _joined(segments: list[Segment]) -> Iterator[Segment]:
    """Between two stretches that are the same, one of what was and one of what is."""
    waiting: dict[str, str] = {}
    for segment in segments:
        if segment.kind != "same":
            waiting[segment.kind] = waiting.get(segment.kind, "") + segment.text
            continue
        yield from (Segment(kind, waiting[kind]) for kind in ("del", "ins") if kind in waiting)
        waiting = {}
        yield segment
    yield from (Segment(kind, waiting[kind]) for kind in ("del", "ins") if kind in waiting)


def redline(
    template: str,
    before: Sequence[Passage],
    after: Sequence[Passage],
    old_terms: dict[str, Any],
    new_terms: dict[str, Any],
    *,
    library: Library = LIBRARY,
) -> tuple[ClauseChange, ...]:
    """All clauses in the order of the newer version, removed ones where they stood."""
    values: dict[str, list[ParameterChange]] = {}
    for change in parameter_changes(template, old_terms, new_terms, library):
        values.setdefault(change.clause, []).append(change)
    return tuple(_clause(old, new, values) for old, new in _pairs(before, after))


def _pairs(
    before: Sequence[Passage], after: Sequence[Passage]
) -> Iterator[tuple[Passage | None, Passage | None]]:
    known = {passage.key: passage for passage in before}
    kept = {passage.key for passage in after}
    gone = iter([passage for passage in before if passage.key not in kept])
    waiting = next(gone, None)
    for passage in after:
        old = known.get(passage.key)
        while waiting is not None and old is not None and waiting.number < old.number:
            yield waiting, None
            waiting = next(gone, None)
        yield old, passage
    while waiting is not None:
        yield waiting, None
        waiting = next(gone, None)


def _clause(
    old: Passage | None, new: Passage | None, values: Mapping[str, Sequence[ParameterChange]]
) -> ClauseChange:
    shown = new or old
    assert shown is not None  # noqa: S101 - a pair has at least one side
    state: State = (
        "added"
        if old is None
        else "removed"
        if new is None
        else "same"
        if old.digest == new.digest
        else "changed"
    )
    heading = {
        lang: words(old.heading.get(lang) if old else "", new.heading.get(lang) if new else "")
        for lang in LANGS
    }
    lines = tuple(_lines(old.lines if old else (), new.lines if new else ()))
    return ClauseChange(
        shown.key,
        state,
        old.number if old else None,
        new.number if new else None,
        heading,
        lines,
        tuple(values.get(shown.key, ())),
    )


def _lines(old: Sequence[Text], new: Sequence[Text]) -> Iterator[LineChange]:
    a, b = [(text.zh, text.en) for text in old], [(text.zh, text.en) for text in new]
    for kind, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if kind == "equal":
            for text in new[k:m]:
                yield _line("same", text, text)
            continue
        paired = min(j - i, m - k)
        for place in range(paired):
            yield _line("changed", old[i + place], new[k + place])
        for text in old[i + paired : j]:
            yield _line("removed", text, None)
        for text in new[k + paired : m]:
            yield _line("added", None, text)


def _line(state: State, old: Text | None, new: Text | None) -> LineChange:
    return LineChange(
        state,
        {lang: words(old.get(lang) if old else "", new.get(lang) if new else "") for lang in LANGS},
    )
