"""Parameters that a clause library declares: made into the same typed models as the shipped ones, and checked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, create_model

from dealflow.termsheets.library.instruments import TERMS
from dealflow.termsheets.library.messages import Problem, from_pydantic
from dealflow.termsheets.library.model import DECLARED, LANGS, Declaration, Library
from dealflow.termsheets.library.terms import LIMIT, PPM, Amount, Both, Day, Section, Terms, iso_day

MOST_PARAMETERS = 60
MOST_CHOICES = 40
_NAME = re.compile(r"[a-z][a-z_]{1,39}")
_CHOICE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LONGEST = 8000
_ROWS = 30
_BOUNDED = ("money", "percent", "date", "integer", "text")
# A library is never changed once it is made; what was made for it is kept as long as it is.
_KEPT = "_models_of_terms"


def terms_model(template: str, library: Library) -> type[Terms]:
    """The model of a template's terms with the parameters that this library asks for."""
    if not library.parameters:
        return TERMS[template]
    kept: dict[str, type[Terms]] = library.__dict__.setdefault(_KEPT, {})
    if template not in kept:
        kept[template] = _made(template, library)
    return kept[template]


def _made(template: str, library: Library) -> type[Terms]:
    asked = library.asked(template)
    if not asked:
        return TERMS[template]
    fields: dict[str, Any] = {name: _field(library.parameters[name]) for name in asked}
    section = create_model("Declared", __base__=Section, **fields)
    below: Any = (section, Field())
    return create_model(TERMS[template].__name__, __base__=TERMS[template], **{DECLARED: below})


def _annotation(entry: Declaration) -> Any:
    low: Any = entry.minimum
    high: Any = entry.maximum
    least = 1 if entry.required else 0
    # Without a bound of its own a percent ends at a hundred.
    most = max(PPM, low or 0) if entry.kind == "percent" and high is None else high
    known: Any = Literal[tuple(entry.choices)] if entry.choices else str
    if entry.kind == "date":
        return Annotated[Day, Field(ge=iso_day(low) if low else None, le=iso_day(high) if high else None)]
    if entry.kind == "money":
        return Amount if low is None and high is None else _bounded_amount(low, high)
    if entry.kind == "text":
        return Annotated[str, Field(min_length=low or least, max_length=high or _LONGEST)]
    kinds: dict[str, Any] = {
        "percent": Annotated[int, Field(ge=low or 0, le=most)],
        "integer": Annotated[
            int, Field(ge=-LIMIT if low is None else low, le=LIMIT if high is None else high)
        ],
        "both": Both,
        "choice": known,
        "choices": Annotated[list[known], Field(min_length=least, max_length=max(1, len(entry.choices)))],
        "boolean": bool,
        "names": Annotated[
            list[Annotated[str, Field(min_length=1, max_length=200)]],
            Field(min_length=least, max_length=_ROWS),
        ],
    }
    return kinds[entry.kind]


def _bounded_amount(low: Any, high: Any) -> type[Amount]:
    bounds = Field(ge=low or 0, le=LIMIT if high is None else high)
    return create_model("BoundedAmount", __base__=Amount, amount_minor=(int, bounds))


def start(entry: Declaration, currency: str) -> Any:
    """What a new term sheet in `currency` begins with; None for nothing."""
    if entry.kind == "boolean":
        return bool(entry.default)
    if entry.kind == "money" and entry.default is not None:
        return {"amount_minor": entry.default, "currency": currency}
    return entry.default


def _field(entry: Declaration) -> tuple[Any, Any]:
    extra: dict[str, Any] = {
        "label": entry.label.model_dump(),
        "kind": entry.kind,
        "required": entry.required,
    }
    unit = {"percent": "ppm", "date": "date"}.get(entry.kind, entry.unit)
    extra |= {"unit": unit} if unit else {}
    if entry.choices:
        extra["choices"] = {key: pair.model_dump() for key, pair in entry.choices.items()}
    kind = _annotation(entry)
    if entry.kind == "boolean":
        return kind, Field(bool(entry.default), json_schema_extra=extra)
    if entry.required:
        return kind, Field(json_schema_extra=extra)
    return kind | None, Field(None, json_schema_extra=extra)


def starting(template: str, library: Library, currency: str) -> dict[str, Any]:
    """The declared section that new terms begin with; what is required and has no default is left out."""
    found = {name: start(library.parameters[name], currency) for name in library.asked(template)}
    return {k: v for k, v in found.items() if v is not None or not library.parameters[k].required}


def to_be_given(template: str, library: Library) -> tuple[str, ...]:
    """What a draft cannot begin without: required, and without a default here or among the library's own."""
    laid = library.defaults.get(template, {})
    return tuple(
        name
        for name in library.asked(template)
        if (entry := library.parameters[name]).required
        and start(entry, "CNY") is None
        and f"{DECLARED}.{name}" not in laid
    )


def sampled(template: str, library: Library, currency: str) -> dict[str, Any]:
    """A value for every declared parameter, for previews."""
    return {name: _sample(library.parameters[name], currency) for name in library.asked(template)}


def _sample(entry: Declaration, currency: str) -> Any:
    if (known := start(entry, currency)) is not None:
        return known
    low = entry.minimum
    samples: dict[str, Any] = {
        "money": {"amount_minor": low or entry.maximum or 10_000_000, "currency": currency},
        "percent": low or entry.maximum or 100_000, "integer": low or entry.maximum or 30,
        "date": low or entry.maximum or "2026-06-30", "text": "X" * max(1, int(low or 1) if entry.kind == "text" else 1),
        "both": {"zh": "样例", "en": "Sample"}, "choice": next(iter(entry.choices), ""),
        "choices": list(entry.choices)[:1], "names": ["甲 / A"],
    }  # fmt: skip
    return samples[entry.kind]


def problems_of(library: Library) -> Iterator[Problem]:
    """What is wrong with the declarations themselves, by field: `parameters.insurance.default`."""
    if len(library.parameters) > MOST_PARAMETERS:
        yield Problem.of("parameters", "too_long", limit=MOST_PARAMETERS)
    for name, entry in library.parameters.items():
        path = f"parameters.{name}"
        if not _NAME.fullmatch(name):
            yield Problem.of(path, "bad_name")
        elif hasattr(Section, name):
            yield Problem.of(path, "reserved_name")
        found = [*_labels(entry, path), *_choices(entry, path), *_bounds(entry, path)]
        yield from found or _default(entry, f"{path}.default")


def _labels(entry: Declaration, path: str) -> Iterator[Problem]:
    for lang in LANGS:
        if not entry.label.get(lang).strip():
            yield Problem.of(f"{path}.label.{lang}", "missing_language")
        for key, pair in entry.choices.items():
            if not pair.get(lang).strip():
                yield Problem.of(f"{path}.choices.{key}.{lang}", "missing_language")
    if entry.unit is not None and entry.kind != "integer":
        yield Problem.of(f"{path}.unit", "not_for_kind", limit=entry.kind)


def _choices(entry: Declaration, path: str) -> Iterator[Problem]:
    if (entry.kind in ("choice", "choices")) != bool(entry.choices):
        yield Problem.of(f"{path}.choices", "not_for_kind" if entry.choices else "missing", limit=entry.kind)
    if len(entry.choices) > MOST_CHOICES:
        yield Problem.of(f"{path}.choices", "too_long", limit=MOST_CHOICES)
    for key in entry.choices:
        if not _CHOICE.fullmatch(key):
            yield Problem.of(f"{path}.choices.{key}", "bad_name")


def _bounds(entry: Declaration, path: str) -> Iterator[Problem]:
    limits = {
        "percent": (0, 100 * PPM),
        "money": (0, LIMIT),
        "text": (1, _LONGEST),
        "integer": (-LIMIT, LIMIT),
    }
    sound = True
    for side in ("minimum", "maximum"):
        bound, field = getattr(entry, side), f"{path}.{side}"
        problem = None
        if bound is None:
            continue
        if entry.kind not in _BOUNDED:
            problem = Problem.of(field, "not_for_kind", limit=entry.kind)
        elif entry.kind == "date":
            problem = None if _is_day(bound) else Problem.of(field, "bad_date")
        elif not isinstance(bound, int):
            problem = Problem.of(field, "not_an_integer")
        elif not limits[entry.kind][0] <= bound <= limits[entry.kind][1]:
            problem = Problem.of(field, "out_of_range")
        if problem:
            sound = False
            yield problem
    low, high = entry.minimum, entry.maximum
    if sound and low is not None and high is not None and low > high:  # type: ignore[operator]
        yield Problem.of(f"{path}.maximum", "below", limit=low)


def _is_day(raw: Any) -> bool:
    try:
        return bool(iso_day(raw)) and isinstance(raw, str)
    except ValueError:
        return False


def _default(entry: Declaration, path: str) -> Iterator[Problem]:
    if entry.default is None:
        return
    if entry.kind == "money" and type(entry.default) is not int:
        yield Problem.of(path, "not_an_integer")
        return
    if entry.kind == "boolean" and not isinstance(entry.default, bool):
        yield Problem.of(path, "not_a_boolean")
        return
    model = create_model("One", __base__=Section, x=(_annotation(entry), Field()))
    try:
        model.model_validate({"x": start(entry, "CNY")})
    except ValidationError as error:
        found = from_pydantic(error)[0]
        yield Problem(path, found.code, found.message_en, found.message_zh)
