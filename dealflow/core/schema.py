"""Rules of input, written once: pydantic models that forms, API, imports and the OpenAPI text share."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    create_model,
)
from pydantic_core import PydanticCustomError

from dealflow.core import ids
from dealflow.core.errors import BadRequest, FieldError, Invalid, TooLarge
from dealflow.core.i18n import N_
from dealflow.core.money import CURRENCIES, LIMIT, Money

M = TypeVar("M", bound=BaseModel)
# The largest shape takes half of these values, and none of its objects a tenth of these names.
MOST_VALUES, MOST_NAMES = 200_000, 1_000
MOST_FAULTS = 100
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class Schema(BaseModel):
    """Base of all input and output shapes: unknown fields and wrong types are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, str_strip_whitespace=True, frozen=True)


def _clean(text: str) -> str:
    if _CONTROL.search(text):
        raise PydanticCustomError("control_character", "control character")
    return text


def Text(limit: int, *, least: int = 0) -> Any:  # noqa: N802 - reads as a type in annotations
    """A text of `least` to `limit` characters without control characters."""
    return Annotated[str, Field(min_length=least, max_length=limit), AfterValidator(_clean)]


def Ref(prefix: str) -> Any:  # noqa: N802
    """A public id of one kind of object."""

    def known(text: str) -> str:
        if ids.decode(prefix, text) is None:
            raise PydanticCustomError("bad_id", "not an id")
        return text.lower()

    return Annotated[str, Field(max_length=40, examples=[f"{prefix}_01hv…"]), AfterValidator(known)]


class LocalisedText(Schema):
    """A text in Chinese, English or both."""

    zh: Text(2000) | None = None  # type: ignore[valid-type]
    en: Text(2000) | None = None  # type: ignore[valid-type]


def _currency(code: str) -> str:
    if code not in CURRENCIES:
        raise PydanticCustomError("unknown_currency", "unknown currency")
    return code


CurrencyCode = Annotated[str, AfterValidator(_currency)]


class MoneyIn(Schema):
    """An amount: whole minor units, 0 … 10^15, and a currency."""

    amount_minor: Annotated[int, Field(ge=0, le=LIMIT)]
    currency: Annotated[str, Field(min_length=3, max_length=3), AfterValidator(_currency)] = "CNY"

    def money(self) -> Money:
        return Money(self.amount_minor, self.currency)


def _day(value: Any) -> Any:
    # In a query pydantic would take a number for seconds since 1970, and a moment at midnight for a day.
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(_DAY.fullmatch(value)[0])  # type: ignore[index]
    except (TypeError, ValueError):
        raise PydanticCustomError("date_parsing", "not a day") from None


Date = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2200, 1, 1)), BeforeValidator(_day)]
Moment = Annotated[
    AwareDatetime, Field(ge=datetime(1900, 1, 1, tzinfo=UTC), le=datetime(2200, 1, 1, tzinfo=UTC))
]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]
"""The number of a version, as wide as its column."""
Language = Literal["zh", "en"]


def _distinct(items: list[Any]) -> list[Any]:
    if len(items) != len({json.dumps(i, default=str, sort_keys=True) for i in items}):
        raise PydanticCustomError("duplicate", "named twice")
    return items


Distinct = AfterValidator(_distinct)
NoneIfEmpty = BeforeValidator(lambda value: None if value == "" else value)

# pydantic's error type → our code and message id.
_MESSAGES: dict[str, tuple[str, str]] = {
    "extra_forbidden": ("unknown_field", N_("There is no such field; remove it")),
    "missing": ("required", N_("This is required")),
    "string_too_short": ("too_short", N_("Use at least %(min_length)s characters")),
    "string_too_long": ("too_long", N_("Use at most %(max_length)s characters")),
    "too_short": ("too_few", N_("Give at least %(min_length)s")),
    "too_long": ("too_many", N_("Give at most %(max_length)s")),
    "greater_than_equal": ("too_small", N_("Use %(ge)s or more")),
    "greater_than": ("too_small", N_("Use more than %(gt)s")),
    "less_than_equal": ("too_large", N_("Use %(le)s or less")),
    "less_than": ("too_large", N_("Use less than %(lt)s")),
    "literal_error": ("not_a_choice", N_("Choose one of: %(expected)s")),
    "enum": ("not_a_choice", N_("Choose one of: %(expected)s")),
    "control_character": ("control_character", N_("Remove the invisible control characters")),
    "bad_id": ("bad_id", N_("This is not the id of such an object")),
    "unknown_currency": (
        "unknown_currency",
        N_("This currency is not known; use a code such as CNY, USD or EUR"),
    ),
    "duplicate": ("duplicate", N_("The same entry is named twice")),
    "string_pattern_mismatch": ("wrong_form", N_("This is not in the expected form")),
    "value_error": ("wrong_form", N_("This is not in the expected form")),
    "finite_number": ("not_a_number", N_("Enter a number")),
}
_DAYS = {
    "greater_than_equal": ("too_small", N_("Use %(ge)s or a later day")),
    "less_than_equal": ("too_large", N_("Use %(le)s or an earlier day")),
}
_TYPES = {
    "int": ("wrong_type", N_("Enter a whole number")),
    "float": ("wrong_type", N_("Enter a number")),
    "string": ("wrong_type", N_("Enter a text")),
    "bool": ("wrong_type", N_("Use true or false")),
    "date": ("wrong_date", N_("Enter a date such as 2026-11-24")),
    "datetime": ("wrong_date", N_("Enter a moment such as 2026-11-24T08:00:00Z")),
    "timezone": ("wrong_date", N_("Enter a moment such as 2026-11-24T08:00:00Z")),
    "list": ("wrong_type", N_("Give a list")),
    "dict": ("wrong_type", N_("Give an object")),
    "model": ("wrong_type", N_("Give an object")),
    "tuple": ("wrong_type", N_("Give a list")),
    "none": ("wrong_type", N_("Leave this out")),
}


def field_errors(error: ValidationError, prefix: str = "") -> list[FieldError]:
    """pydantic's findings in our words, the path dotted; the first hundred of them."""
    found = []
    for item in error.errors(include_url=False, include_input=False)[:MOST_FAULTS]:
        path = ".".join(str(part) for part in item["loc"])
        kind = item["type"]
        is_day = any(isinstance((item.get("ctx") or {}).get(bound), str | date) for bound in ("ge", "le"))
        context = {k: str(v) for k, v in (item.get("ctx") or {}).items() if k != "error"}
        if is_day:
            context = {k: v[:10] for k, v in context.items()}
        code, message = (
            (_DAYS if is_day else _MESSAGES).get(kind)
            or _TYPES.get(kind.split("_")[0])
            or (kind, N_("This is not in the expected form"))
        )
        if kind not in _MESSAGES and "message" in context:
            code, message = kind, context["message"]
        if kind == "string_too_short" and context.get("min_length") == "1":
            message = N_("This is required")
        context.pop("message", None)
        found.append(FieldError(prefix + path, code, message, context if "%(" in message else {}))
    return found


def rule(code: str, message: str, **params: Any) -> PydanticCustomError:
    """The error that a validator of ours raises: own code and message id."""
    return PydanticCustomError(code, message, params | {"message": message})


def load(model: type[M], data: Any) -> M:
    """Check plain values (from a form, a file or JSON) against a schema; Invalid names each field."""
    try:
        text = json.dumps(data, default=lambda v: v.isoformat(), ensure_ascii=False)
        return model.model_validate_json(text.encode("utf-8"))
    except ValidationError as error:
        raise Invalid(errors=field_errors(error)) from None
    except (UnicodeEncodeError, RecursionError):
        raise BadRequest(N_("The text holds characters that are not valid Unicode")) from None


def read_json(raw: bytes) -> Any:
    """Parse a request body strictly: no duplicate keys, NaN, lone surrogates, absurd depth or number of values."""
    if sum(raw.count(mark) for mark in (b",", b"[", b"{")) > MOST_VALUES:
        raise TooLarge(N_("The body holds more values than allowed"))

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(items) > MOST_NAMES:
            raise TooLarge(N_("The body holds more values than allowed"))
        if len({key for key, _value in items}) != len(items):
            raise BadRequest(N_("A key stands twice in one JSON object"), code="duplicate_key")
        return dict(items)

    def constant(name: str) -> Any:
        raise BadRequest(N_("%(name)s is not a number in JSON"), code="bad_json", name=name)

    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=pairs, parse_constant=constant)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
        return value
    except (UnicodeError, ValueError, RecursionError):
        raise BadRequest(N_("The body is not valid JSON in UTF-8"), code="bad_json") from None


def partial(model: type[M]) -> type[M]:
    """The same schema with every field optional, for PATCH: `model_fields_set` tells what was sent."""
    fields: Mapping[str, Any] = {
        name: (
            info.annotation if not info.metadata else Annotated[(info.annotation, *info.metadata)],
            # A factory, so that the OpenAPI text does not call None the default of a field that refuses it.
            Field(default_factory=lambda: None),
        )
        for name, info in model.model_fields.items()
    }
    made: Any = create_model(f"{model.__name__}Patch", __base__=Schema, **fields)
    return made
