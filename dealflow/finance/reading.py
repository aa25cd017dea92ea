"""Strict readers for JSON values: each returns the value in its Python type or raises FinanceInputError.

A `path` names the value for the person who has to mend it. Booleans and floats are never integers here,
although Python would let them pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import Any

from dealflow.finance.errors import FinanceInputError

MAX_INTEGER = 10**30
"""No integer of an input may be larger in size: amounts of 10^15 fit many times, arithmetic stays quick."""

MAX_DEPTH = 24
"""Levels of lists and objects an input may have; the schema itself needs eight."""

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_RATE = re.compile(r"[0-9]{1,18}(\.[0-9]{1,18})?")
_ABSENT = object()


def join(path: str, key: str) -> str:
    """The path of member `key` of the object at `path`."""
    return f"{path}.{key}" if path else key


def mapping(value: Any, path: str) -> dict[str, Any]:
    """A JSON object."""
    if not isinstance(value, dict):
        raise FinanceInputError(path, "not_an_object", "must be an object")
    return value


def member(owner: dict[str, Any], key: str, path: str) -> Any:
    """The member `key` of the object at `path`; raises when it is missing."""
    value = owner.get(key, _ABSENT)
    if value is _ABSENT:
        raise FinanceInputError(join(path, key), "missing", "is missing")
    return value


def sequence(owner: dict[str, Any], key: str, path: str) -> list[Any]:
    """The list that is member `key`."""
    value = member(owner, key, path)
    if not isinstance(value, list):
        raise FinanceInputError(join(path, key), "not_a_list", "must be a list")
    return value


def objects(owner: dict[str, Any], key: str, path: str) -> list[tuple[dict[str, Any], str]]:
    """The list of objects that is member `key`, each with its own path."""
    here = join(path, key)
    return [
        (mapping(item, f"{here}[{position}]"), f"{here}[{position}]")
        for position, item in enumerate(sequence(owner, key, path))
    ]


def as_integer(value: Any, path: str, low: int | None = None, high: int | None = None) -> int:
    """`value` as an integer between `low` and `high` (both allowed); at most MAX_INTEGER in size."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise FinanceInputError(path, "not_an_integer", "must be an integer")
    if abs(value) > MAX_INTEGER:
        raise FinanceInputError(path, "too_large", "is larger than any amount")
    if low is not None and value < low:
        raise FinanceInputError(path, "too_small", f"must be at least {low}")
    if high is not None and value > high:
        raise FinanceInputError(path, "too_large", f"must be at most {high}")
    return value


def integer(
    owner: dict[str, Any], key: str, path: str, low: int | None = None, high: int | None = None
) -> int:
    """The integer that is member `key`."""
    return as_integer(member(owner, key, path), join(path, key), low, high)


def minor(owner: dict[str, Any], key: str, path: str) -> int:
    """The amount in minor units, 0 or more, that is member `key`."""
    return integer(owner, key, path, low=0)


def text(owner: dict[str, Any], key: str, path: str) -> str:
    """The string that is member `key`."""
    value = member(owner, key, path)
    if not isinstance(value, str):
        raise FinanceInputError(join(path, key), "not_a_string", "must be a string")
    return value


def choice(owner: dict[str, Any], key: str, path: str, allowed: Iterable[str]) -> str:
    """The string that is member `key` and one of `allowed`."""
    value = text(owner, key, path)
    allowed = tuple(allowed)
    if value not in allowed:
        raise FinanceInputError(join(path, key), "unknown_choice", f"must be one of {', '.join(allowed)}")
    return value


def flag(owner: dict[str, Any], key: str, path: str) -> bool:
    """The boolean that is member `key`."""
    value = member(owner, key, path)
    if not isinstance(value, bool):
        raise FinanceInputError(join(path, key), "not_a_boolean", "must be true or false")
    return value


def day(owner: dict[str, Any], key: str, path: str) -> date:
    """The calendar date, written YYYY-MM-DD, that is member `key`."""
    value = text(owner, key, path)
    if _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass  # the digits are there but name no day, such as 30 February: refused below
    raise FinanceInputError(join(path, key), "not_a_date", "must be a date YYYY-MM-DD")


def exchange_rate(owner: dict[str, Any], key: str, path: str) -> Fraction:
    """The positive decimal string that is member `key`, exactly."""
    value = text(owner, key, path)
    rate = Fraction(value) if _RATE.fullmatch(value) else Fraction(0)
    if rate <= 0:
        raise FinanceInputError(join(path, key), "not_a_rate", "must be a positive decimal string")
    return rate


def identifiers(items: list[tuple[dict[str, Any], str]]) -> list[str]:
    """The member `id` of each object, none of them twice."""
    seen: dict[str, None] = {}
    for item, path in items:
        name = text(item, "id", path)
        if name in seen:
            raise FinanceInputError(join(path, "id"), "duplicate", "is there twice")
        seen[name] = None
    return list(seen)


def check_depth(value: Any, path: str) -> None:
    """Raise when lists and objects are nested deeper than MAX_DEPTH; walks without recursion."""
    level = [value]
    for _ in range(MAX_DEPTH):
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
        if not inner:
            return
        level = inner
    raise FinanceInputError(path, "too_deep", f"is nested deeper than {MAX_DEPTH} levels")
