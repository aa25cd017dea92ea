"""What a clause library is made of. Everything is plain data that can be stored, compared and edited as JSON.

Texts hold merge fields in braces: `{investment.amount}` is a parameter of the terms, `{investor.name}` a name from
outside them. A field that the template does not know, a lone brace, or a text in one language only is refused when
the library is made, so that a document never shows a hole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

LANGS = ("zh", "en")
FIELD = re.compile(r"\{([a-z_]+(?:\.[a-z_]+)*)\}")
# Merge fields that do not come from the terms.
NAMES = frozenset(
    {
        "investor.name",
        "creator.name",
        "investor.role",
        "creator.role",
        "project.title",
        "project.format",
        "template.name",
        "document.version",
        "amount.words",
        "ad_spend.share",
        "tranches.count",
        "binding.clauses",
    }
)
Exhibit = Literal["use_of_funds", "tranches", "recoupment", "payouts"]
Generated = Literal["recoupment", "corridors", "escalators", "additional"]


class LibraryError(ValueError):
    """A clause library that must not be used; the message names clause and language."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(_Data):
    """One text in both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def get(self, lang: str) -> str:
        """The text in `lang` ("zh" or "en")."""
        return self.zh if lang == "zh" else self.en


class Condition(_Data):
    """Holds when the parameter at `path` is one of `values`."""

    path: str
    values: tuple[bool | int | str, ...]


class Paragraph(Text):
    """One numbered paragraph, printed when `when` holds or is absent."""

    when: Condition | None = None


class Clause(_Data):
    """One numbered clause. `binding` clauses bind although the term sheet as a whole does not."""

    id: str = Field(pattern=r"^[a-z_]+$")
    heading: Text
    paragraphs: tuple[Paragraph, ...] = ()
    binding: bool = False
    generated: Generated | None = None
    exhibit: Exhibit | None = None


ParameterKind = Literal[
    "money", "percent", "date", "integer", "text", "both", "choice", "choices", "boolean", "names"
]
Unit = Literal["business_days", "days", "months", "years", "times", "persons"]
# The section of the terms that holds what a library declares: `{declared.insurance}`.
DECLARED = "declared"


class Declaration(_Data):
    """A parameter that the library itself declares, beside those of the templates' models.

    Amounts are minor units of the term sheet's currency, percents parts per million, dates ISO days; the bounds of a
    text are its length. A boolean without a default starts from false.
    """

    kind: ParameterKind
    label: Text
    required: bool = True
    default: Any = None
    minimum: int | str | None = None
    maximum: int | str | None = None
    unit: Unit | None = None
    choices: dict[str, Text] = Field(default_factory=dict)


class Template(_Data):
    """One kind of term sheet: its names, the parties' roles, its clauses in order."""

    key: str
    name: Text
    instrument: Text
    summary: Text
    investor_role: Text
    creator_role: Text
    clauses: tuple[str, ...]


class Library(_Data):
    """A version of all clauses and templates."""

    version: str
    clauses: dict[str, Clause]
    templates: dict[str, Template]
    # Template → path of a parameter → the value that new term sheets start from instead of the model's own.
    defaults: dict[str, dict[str, Any]] = Field(default_factory=dict)
    parameters: dict[str, Declaration] = Field(default_factory=dict)

    def of(self, template: str) -> tuple[Clause, ...]:
        """The clauses of a template in order."""
        return tuple(self.clauses[name] for name in self.templates[template].clauses)

    def asked(self, template: str) -> tuple[str, ...]:
        """The declared parameters that a clause of the template prints or depends on: its term sheets hold these."""
        named = {path for entry in self.of(template) for path in fields_of(entry)}
        return tuple(name for name in self.parameters if f"{DECLARED}.{name}" in named)


def fields_of(entry: Clause) -> set[str]:
    """Everything that a clause's texts and conditions name."""
    found = {p.when.path for p in entry.paragraphs if p.when is not None}
    return found.union(*(FIELD.findall(p.get(lang)) for p in entry.paragraphs for lang in LANGS))


def para(zh: str, en: str, *, when: tuple[str, Any] | None = None) -> Paragraph:
    """A paragraph; `when` is (path, value) or (path, (value, …))."""
    condition = None
    if when is not None:
        values = when[1] if isinstance(when[1], tuple) else (when[1],)
        condition = Condition(path=when[0], values=values)
    return Paragraph(zh=zh, en=en, when=condition)


def clause(key: str, zh: str, en: str, *paragraphs: Paragraph, **more: Any) -> Clause:
    """A clause with its headings and paragraphs."""
    return Clause(id=key, heading=Text(zh=zh, en=en), paragraphs=paragraphs, **more)


def model_of(annotation: Any) -> type[BaseModel] | None:
    """The pydantic model behind an annotation (`X`, `X | None`), if it is one."""
    for part in (annotation, *(get_args(annotation) if get_origin(annotation) is not list else ())):
        if isinstance(part, type) and issubclass(part, BaseModel):
            return part
    return None


def parameter(terms: type[BaseModel], path: str) -> FieldInfo | None:
    """The declaration of the parameter at a dotted path, or None."""
    info: FieldInfo | None = None
    model: type[BaseModel] | None = terms
    for name in path.split("."):
        info = model.model_fields.get(name) if model is not None else None
        if info is None:
            return None
        model = model_of(info.annotation)
    return info


def check(library: Library, terms: dict[str, type[BaseModel]]) -> None:
    """Refuse a library with an unknown clause, an unknown or broken merge field, or an unused clause."""
    used: set[str] = set()
    for template in library.templates.values():
        if template.key not in terms:
            raise LibraryError(f"template {template.key} has no model of terms")
        for name in template.clauses:
            if name not in library.clauses:
                raise LibraryError(f"template {template.key} names the unknown clause {name}")
            for problem in _problems(library.clauses[name], terms[template.key]):
                raise LibraryError(f"template {template.key}, clause {name}: {problem}")
        used |= set(template.clauses)
    if unused := set(library.clauses) - used:
        raise LibraryError(f"no template uses {', '.join(sorted(unused))}")


def _problems(checked: Clause, terms: type[BaseModel]) -> Iterator[str]:
    for number, paragraph in enumerate(checked.paragraphs, 1):
        for lang in LANGS:
            text = paragraph.get(lang)
            for field in FIELD.findall(text):
                if field not in NAMES and parameter(terms, field) is None:
                    yield f"paragraph {number} ({lang}): unknown merge field {{{field}}}"
            if set(FIELD.sub("", text)) & set("{}"):
                yield f"paragraph {number} ({lang}): a brace that is no merge field"
        if set(FIELD.findall(paragraph.zh)) != set(FIELD.findall(paragraph.en)):
            yield f"paragraph {number}: the two languages use different merge fields"
        if paragraph.when is not None and parameter(terms, paragraph.when.path) is None:
            yield f"paragraph {number}: unknown condition {paragraph.when.path}"
