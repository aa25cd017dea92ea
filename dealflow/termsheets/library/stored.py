"""A clause library as data: checked as a whole before it is kept, and made from what was kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from itertools import zip_longest
from typing import Any

from pydantic import ValidationError

from dealflow.termsheets.library.catalogue import LIBRARY
from dealflow.termsheets.library.declared import problems_of, sampled, terms_model
from dealflow.termsheets.library.defaults import default_terms
from dealflow.termsheets.library.instruments import TERMS
from dealflow.termsheets.library.messages import Problem, from_pydantic
from dealflow.termsheets.library.model import (
    DECLARED,
    FIELD,
    LANGS,
    NAMES,
    Clause,
    Library,
    Paragraph,
    Text,
    model_of,
    parameter,
)
from dealflow.termsheets.library.redline import Passage, Segment, reading, words
from dealflow.termsheets.library.terms import Amount, Both

_PROJECT = {
    "title": {"zh": "样例", "en": "Sample"},
    "ask": {"amount_minor": 500_000_000, "currency": "CNY"},
    "budget": {"amount_minor": 800_000_000, "currency": "CNY"},
}
_PARTIES = {
    "investor": {"name": {"zh": "甲方", "en": "Party A"}},
    "creator": {"name": {"zh": "乙方", "en": "Party B"}},
}
MOST_CLAUSES = 200


def to_data(library: Library) -> dict[str, Any]:
    """A library as JSON values."""
    return library.model_dump(mode="json", exclude_none=True)


def sample(
    template: str, library: Library = LIBRARY
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """A project, parties and complete terms, for previews and for checking values."""
    terms = default_terms(template, _PROJECT, _PARTIES, on=date(2026, 1, 5), library=library)
    if library.asked(template):
        terms[DECLARED] = sampled(template, library, "CNY")
    return _PROJECT, _PARTIES, terms


def read(data: Any) -> tuple[Library | None, list[Problem]]:
    """The library, or everything that is wrong with it, by field: `clauses.law.paragraphs[0].zh`."""
    try:
        # Through JSON types, so that a tuple is a list and nothing is coerced into text.
        library = Library.model_validate(data)
    except ValidationError as error:
        return None, from_pydantic(error)
    # Before what is declared is sound, nothing can be said of what uses it.
    if declared := list(problems_of(library)):
        return None, declared
    found = [*_templates(library), *_clauses(library), *_defaults(library)]
    return (None, found) if found else (library, [])


def _templates(library: Library) -> Iterator[Problem]:
    if set(library.templates) != set(TERMS):
        yield Problem.of("templates", "unknown_choice", limit=", ".join(TERMS))
        return
    if len(library.clauses) > MOST_CLAUSES:
        yield Problem.of("clauses", "too_long", limit=MOST_CLAUSES)
    used: set[str] = set()
    for key, template in library.templates.items():
        used |= set(template.clauses)
        if len(set(template.clauses)) != len(template.clauses):
            yield Problem.of(f"templates.{key}.clauses", "duplicate")
        for place, name in enumerate(template.clauses):
            if name not in library.clauses:
                yield Problem.of(f"templates.{key}.clauses[{place}]", "unknown_clause")
        for name in required(key):
            if name not in template.clauses:
                yield Problem.of(f"templates.{key}.clauses", "clause_needed", limit=name)
    for name in set(library.clauses) - used:
        yield Problem.of(f"clauses.{name}", "unused_clause")


@lru_cache(maxsize=8)
def required(template: str) -> tuple[str, ...]:
    """Clauses no template may lose: they print what is computed, or say what binds."""
    return tuple(
        entry.id for entry in LIBRARY.of(template) if entry.generated or entry.exhibit or entry.id == "status"
    )


def _clauses(library: Library) -> Iterator[Problem]:
    for name, entry in library.clauses.items():
        if entry.id != name:
            yield Problem.of(f"clauses.{name}.id", "bad_format")
        shipped = LIBRARY.clauses.get(name)
        if (entry.generated, entry.exhibit) != (
            (shipped.generated, shipped.exhibit) if shipped else (None, None)
        ):
            yield Problem.of(f"clauses.{name}.generated", "not_editable")
        if not entry.paragraphs and not entry.generated and not entry.exhibit:
            yield Problem.of(f"clauses.{name}.paragraphs", "missing")
        for key, template in library.templates.items():
            if name in template.clauses and key in TERMS:
                yield from _texts(name, entry, key)
                break
        for key, template in library.templates.items():
            if name in template.clauses and key in TERMS:
                yield from _fields(name, entry, key, library)


def _texts(name: str, entry: Clause, _template: str) -> Iterator[Problem]:
    """What is wrong whatever the template: empty languages, lone braces, languages that disagree."""
    for lang in LANGS:
        if not entry.heading.get(lang).strip():
            yield Problem.of(f"clauses.{name}.heading.{lang}", "missing_language")
    for place, paragraph in enumerate(entry.paragraphs):
        path = f"clauses.{name}.paragraphs[{place}]"
        for lang in LANGS:
            text = paragraph.get(lang)
            if not text.strip():
                yield Problem.of(f"{path}.{lang}", "missing_language")
            if set(FIELD.sub("", text)) & set("{}"):
                yield Problem.of(f"{path}.{lang}", "lone_brace")
        if set(FIELD.findall(paragraph.zh)) != set(FIELD.findall(paragraph.en)):
            yield Problem.of(path, "languages_differ")


def _fields(name: str, entry: Clause, template: str, library: Library) -> Iterator[Problem]:
    """Merge fields and conditions that a template's terms do not know."""
    for place, paragraph in enumerate(entry.paragraphs):
        path = f"clauses.{name}.paragraphs[{place}]"
        for lang in LANGS:
            for found in FIELD.findall(paragraph.get(lang)):
                if found not in NAMES and not printable(template, found, library):
                    yield Problem.of(
                        f"{path}.{lang}", "unknown_merge_field", limit=f"{{{found}}}", found=template
                    )
        if paragraph.when is not None:
            yield from _condition(paragraph, template, f"{path}.when", library)


def printable(template: str, path: str, library: Library = LIBRARY) -> bool:
    """Whether a parameter is one value that a sentence can hold."""
    info = parameter(terms_model(template, library), path)
    if info is None or path in (DECLARED, "use_of_funds", "tranches", "waterfall", "additional"):
        return False
    inner = model_of(info.annotation)
    return inner is None or issubclass(inner, (Amount, Both))


def _condition(paragraph: Paragraph, template: str, path: str, library: Library) -> Iterator[Problem]:
    condition = paragraph.when
    if condition is None or not printable(template, condition.path, library):
        yield Problem.of(path, "unknown_condition", limit=condition.path if condition else "")
        return
    for value in condition.values:
        listed = isinstance(_at(sample(template, library)[2], condition.path), list)
        if any(_wrong(template, condition.path, [value] if listed else value, library)):
            yield Problem.of(f"{path}.values", "wrong_type", limit=condition.path)


def _at(terms: Mapping[str, Any], path: str) -> Any:
    found: Any = terms
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _wrong(template: str, path: str, value: Any, library: Library) -> Iterator[Problem]:
    """What is wrong with a value for a parameter: its type, its limits, its choices."""
    terms = sample(template, library)[2]
    *parents, last = path.split(".")
    made: dict[str, Any] = dict(terms)
    inner = made
    for part in parents:
        inner[part] = dict(inner[part])
        inner = inner[part]
    inner[last] = value
    try:
        terms_model(template, library).model_validate(made)
    except ValidationError as error:
        yield from (
            p for p in from_pydantic(error) if p.field == path or p.field.startswith((f"{path}.", f"{path}["))
        )


def _defaults(library: Library) -> Iterator[Problem]:
    """Values a template starts from must fit their parameters."""
    for key, values in library.defaults.items():
        for path, value in values.items():
            field = f"defaults.{key}.{path}"
            if key not in TERMS or not printable(key, path, library):
                yield Problem.of(field, "unknown_parameter")
                continue
            yield from (
                Problem(field, p.code, p.message_en, p.message_zh) for p in _wrong(key, path, value, library)
            )


def preview(library: Library, template: str, clause: str) -> Passage | None:
    """A clause as it reads in a term sheet with sample terms; None when the template does not have it."""
    project, parties, terms = sample(template, library)
    found = reading(template, project, parties, terms, library=library)
    return next((passage for passage in found if passage.key == clause), None)


def compare(before: Library, after: Library) -> list[dict[str, Any]]:
    """The clauses that differ: `{clause, state, heading: {zh, en}, paragraphs: [{state, zh, en}], templates}`, woven."""
    found = []
    for name in [*after.clauses, *(n for n in before.clauses if n not in after.clauses)]:
        old, new = before.clauses.get(name), after.clauses.get(name)
        used = {
            key: (name in b.clauses, name in after.templates[key].clauses)
            for key, b in before.templates.items()
        }
        if old == new and all(was == now for was, now in used.values()):
            continue
        found.append(
            {
                "clause": name,
                "state": "added" if old is None else "removed" if new is None else "changed",
                "heading": _woven(old.heading if old else None, new.heading if new else None),
                "paragraphs": [
                    _woven(a, b)
                    for a, b in zip_longest(old.paragraphs if old else (), new.paragraphs if new else ())
                    if a != b
                ],
                "binding": [bool(old and old.binding), bool(new and new.binding)],
                "templates": sorted(key for key, (was, now) in used.items() if was != now),
            }
        )
    return found


def compare_parameters(before: Library, after: Library) -> list[dict[str, Any]]:
    """The declared parameters that differ: `{parameter, state, before, after}`, each as it was declared or None."""
    names = [*after.parameters, *(n for n in before.parameters if n not in after.parameters)]
    pairs = [(name, before.parameters.get(name), after.parameters.get(name)) for name in names]
    return [
        {
            "parameter": name,
            "state": "added" if old is None else "removed" if new is None else "changed",
            "before": old.model_dump(mode="json", exclude_none=True) if old else None,
            "after": new.model_dump(mode="json", exclude_none=True) if new else None,
        }
        for name, old, new in pairs
        if old != new
    ]


def _woven(old: Text | None, new: Text | None) -> dict[str, tuple[Segment, ...]]:
    return {lang: words(old.get(lang) if old else "", new.get(lang) if new else "") for lang in LANGS}
