"""The one place of the rule by which a mandate's constraints exclude projects.

Rules, for a project and the `constraints` of a mandate (public interface, mandates):

- `genres_any`, `stages_any`, `instruments_any`: the project names at least one of the terms; `genres_none`: none.
- `languages_any`, `regions_any`: basic filtering of RFC 4647: `zh` accepts `zh-CN`, `CN` accepts `CN-ZJ`, not the
  other way round; upper and lower case are equal.
- `budget`, `ask`: inside [min, max], both ends included. Amounts of different currencies do not compare, so the
  project does not pass.
- `min_credits`: credits of the whole team together. `review_passed: true`: the script has passed review.
- `words_none`: none of the words occurs in title, logline or synopsis; width and case do not matter.

A value the project lacks does not pass a stated constraint (there is nothing in it that `words_none` or
`genres_none` could find, so these pass). An empty or absent constraint states nothing.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from ml.columns import total_credits
from ml.text import normalise

TAG_RULES = (
    ("genres_any", "genres"),
    ("languages_any", "languages"),
    ("regions_any", "regions"),
    ("stages_any", "stage"),
    ("instruments_any", "instruments"),
)
PREFIX_FIELDS = frozenset({"languages", "regions"})
MONEY_FIELDS = ("budget", "ask")
_MISSING = -1
_SEPARATOR = "\x00"
_LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Blocker:
    """A constraint that a project does not pass, with the two values that decide it."""

    constraint: str
    project_value: Any
    mandate_value: Any


def _accepts(field: str, wanted: str, tag: str) -> bool:
    if field not in PREFIX_FIELDS:
        return wanted == tag
    wanted, tag = wanted.casefold(), tag.casefold()
    return tag == wanted or tag.startswith(wanted + "-")


def _tags(project: Mapping[str, Any], field: str) -> list[str]:
    value = project.get(field)
    return [value] if isinstance(value, str) else list(value or ())


def _texts(project: Mapping[str, Any]) -> list[str]:
    title = project.get("title") or {}
    titles = [title] if isinstance(title, str) else [title.get("zh"), title.get("en")]
    texts = [*titles, project.get("logline"), project.get("synopsis")]
    return [normalise(text).replace(_SEPARATOR, " ") for text in texts if text]


def _words(constraints: Mapping[str, Any]) -> list[tuple[str, str]]:
    pairs = (
        (word, normalise(word).replace(_SEPARATOR, " ").strip())
        for word in constraints.get("words_none") or ()
    )
    return [(word, found) for word, found in pairs if found]


def _inside(money: Mapping[str, Any] | None, bounds: Mapping[str, Any]) -> bool:
    if not money or money.get("amount_minor") is None:
        return False
    lower, upper = bounds.get("min"), bounds.get("max")
    if any(bound and bound["currency"] != money.get("currency") for bound in (lower, upper)):
        return False
    if lower and money["amount_minor"] < lower["amount_minor"]:
        return False
    return not (upper and money["amount_minor"] > upper["amount_minor"])


def _review_passed(project: Mapping[str, Any]) -> bool:
    return bool((project.get("signals") or {}).get("review_passed"))


def evaluate(mandate: Mapping[str, Any], project: Mapping[str, Any]) -> list[Blocker]:
    """Every constraint of the mandate that the project does not pass; empty when it may be shown."""
    constraints = mandate.get("constraints") or {}
    blockers = []
    for name, field in TAG_RULES:
        wanted, tags = constraints.get(name), _tags(project, field)
        if wanted and not any(_accepts(field, want, tag) for want in wanted for tag in tags):
            blockers.append(Blocker(name, project.get(field), list(wanted)))
    unwanted = [tag for tag in _tags(project, "genres") if tag in set(constraints.get("genres_none") or ())]
    if unwanted:
        blockers.append(Blocker("genres_none", unwanted, list(constraints["genres_none"])))
    for field in MONEY_FIELDS:
        bounds = constraints.get(field) or {}
        if (bounds.get("min") or bounds.get("max")) and not _inside(project.get(field), bounds):
            blockers.append(Blocker(field, project.get(field), dict(bounds)))
    if constraints.get("min_credits") and total_credits(project) < constraints["min_credits"]:
        blockers.append(Blocker("min_credits", total_credits(project), constraints["min_credits"]))
    if constraints.get("review_passed") and not _review_passed(project):
        blockers.append(Blocker("review_passed", False, True))
    texts = _texts(project)
    found = [word for word, plain in _words(constraints) if any(plain in text for text in texts)]
    if found:
        blockers.append(Blocker("words_none", found, list(constraints["words_none"])))
    return blockers


@dataclass(frozen=True)
class ConstraintColumns:
    """The constrained values of n projects as arrays, to test one mandate against all of them at once.

    `tags` [n, words] uint64 bit sets over `vocabulary` (`field:term`); amounts int64 minor units (-1 absent) with a
    number of `currencies`; `text` all normalised texts as UTF-8, row i ends before `text_ends[i]`.
    """

    vocabulary: tuple[str, ...]
    currencies: tuple[str, ...]
    tags: np.ndarray
    budget: np.ndarray
    budget_currency: np.ndarray
    ask: np.ndarray
    ask_currency: np.ndarray
    credits: np.ndarray
    review_passed: np.ndarray
    text: np.ndarray
    text_ends: np.ndarray

    def __len__(self) -> int:
        return len(self.credits)

    @cached_property
    def terms(self) -> dict[str, list[tuple[int, str]]]:
        """Vocabulary numbers and terms by field."""
        result: dict[str, list[tuple[int, str]]] = {}
        for number, name in enumerate(self.vocabulary):
            field, _, term = name.partition(":")
            result.setdefault(field, []).append((number, term))
        return result

    @classmethod
    def array_names(cls) -> list[str]:
        return [field.name for field in fields(cls) if field.name not in ("vocabulary", "currencies")]

    def take(self, rows: np.ndarray) -> "ConstraintColumns":
        """The same columns for some rows."""
        starts = np.concatenate([[0], self.text_ends[:-1]]) if len(self) else np.zeros(0, dtype=np.int64)
        pieces = [np.asarray(self.text[starts[row] : self.text_ends[row]]) for row in rows]
        text = np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.uint8)
        ends = np.cumsum([len(piece) for piece in pieces], dtype=np.int64)
        plain = {
            n: np.asarray(getattr(self, n))[rows] for n in self.array_names() if not n.startswith("text")
        }
        return ConstraintColumns(self.vocabulary, self.currencies, **plain, text=text, text_ends=ends)


def build_columns(projects: Iterable[Mapping[str, Any]]) -> ConstraintColumns:
    """ConstraintColumns of the projects, in their order."""
    vocabulary: dict[str, int] = {}
    currencies: dict[str, int] = {}
    tags, money, flags, texts = [], [], [], []
    for project in projects:
        names = {f"{field}:{tag}" for _, field in TAG_RULES for tag in _tags(project, field)}
        tags.append([vocabulary.setdefault(name, len(vocabulary)) for name in sorted(names)])
        money.append([_money_cell(project.get(field), currencies) for field in MONEY_FIELDS])
        flags.append((total_credits(project), _review_passed(project)))
        # Leading and trailing separators: a word never matches across two texts or two projects.
        joined = _SEPARATOR + _SEPARATOR.join(_texts(project)) + _SEPARATOR
        texts.append(joined.encode("utf-8", "surrogatepass"))
    bits = np.zeros((len(tags), max(1, -(-len(vocabulary) // 64))), dtype=np.uint64)
    for row, numbers in enumerate(tags):
        for number in numbers:
            bits[row, number // 64] |= np.uint64(1 << (number % 64))
    cells = np.array(money, dtype=np.int64).reshape(-1, len(MONEY_FIELDS), 2)
    return ConstraintColumns(
        vocabulary=tuple(vocabulary),
        currencies=tuple(currencies),
        tags=bits,
        budget=cells[:, 0, 0],
        budget_currency=cells[:, 0, 1].astype(np.int16),
        ask=cells[:, 1, 0],
        ask_currency=cells[:, 1, 1].astype(np.int16),
        credits=np.array([flag[0] for flag in flags], dtype=np.int64),
        review_passed=np.array([flag[1] for flag in flags], dtype=bool),
        text=np.frombuffer(b"".join(texts), dtype=np.uint8),
        text_ends=np.cumsum([len(text) for text in texts], dtype=np.int64),
    )


def _money_cell(money: Mapping[str, Any] | None, currencies: dict[str, int]) -> tuple[int, int]:
    if not money or money.get("amount_minor") is None:
        return _MISSING, _MISSING
    number = currencies.setdefault(str(money.get("currency")), len(currencies))
    return max(0, min(_LARGEST, int(money["amount_minor"]))), number


def _holding(columns: ConstraintColumns, numbers: Sequence[int]) -> np.ndarray:
    """Rows whose bit set holds any of the vocabulary numbers."""
    query = np.zeros(columns.tags.shape[1], dtype=np.uint64)
    for number in numbers:
        query[number // 64] |= np.uint64(1 << (number % 64))
    result = np.zeros(len(columns), dtype=bool)
    for word in np.flatnonzero(query):
        result |= (columns.tags[:, word] & query[word]) != 0
    return result


def _matching_terms(columns: ConstraintColumns, field: str, wanted: Sequence[str]) -> list[int]:
    known = columns.terms.get(field, [])
    if field not in PREFIX_FIELDS:
        return [number for number, term in known if term in wanted]
    return [number for number, term in known if any(_accepts(field, want, term) for want in wanted)]


def _range_mask(columns: ConstraintColumns, field: str, bounds: Mapping[str, Any]) -> np.ndarray:
    amounts, currency = getattr(columns, field), getattr(columns, f"{field}_currency")
    stated = {bound["currency"] for bound in (bounds.get("min"), bounds.get("max")) if bound}
    if len(stated) != 1 or not stated <= set(columns.currencies):
        return np.zeros(len(columns), dtype=bool)
    result: np.ndarray = (amounts != _MISSING) & (currency == columns.currencies.index(stated.pop()))
    if bounds.get("min"):
        result &= amounts >= min(bounds["min"]["amount_minor"], _LARGEST)
    if bounds.get("max"):
        result &= amounts <= min(bounds["max"]["amount_minor"], _LARGEST)
    return result


def _rows_with_word(columns: ConstraintColumns, word: str) -> np.ndarray:
    found = re.finditer(
        re.escape(word.encode("utf-8", "surrogatepass")), np.ascontiguousarray(columns.text).data
    )
    places = np.fromiter((match.start() for match in found), dtype=np.int64)
    return np.unique(np.searchsorted(columns.text_ends, places, side="right"))


def mask(mandate: Mapping[str, Any], columns: ConstraintColumns) -> np.ndarray:
    """Bool [n]: True exactly where `evaluate` finds no blocker."""
    constraints = mandate.get("constraints") or {}
    passed = np.ones(len(columns), dtype=bool)
    for name, field in TAG_RULES:
        if constraints.get(name):
            passed &= _holding(columns, _matching_terms(columns, field, constraints[name]))
    if constraints.get("genres_none"):
        passed &= ~_holding(columns, _matching_terms(columns, "genres", constraints["genres_none"]))
    for field in MONEY_FIELDS:
        bounds = constraints.get(field) or {}
        if bounds.get("min") or bounds.get("max"):
            passed &= _range_mask(columns, field, bounds)
    if constraints.get("min_credits"):
        passed &= columns.credits >= constraints["min_credits"]
    if constraints.get("review_passed"):
        passed &= columns.review_passed
    for _, word in _words(constraints):
        passed[_rows_with_word(columns, word)] = False
    return passed
