"""Identifiers: UUIDv7 in the database, `prj_01hv…` (prefix + Crockford base32) everywhere else."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import uuid_utils
from sqlalchemy import Dialect, Uuid
from sqlalchemy.types import TypeDecorator

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES = {c: i for i, c in enumerate(_ALPHABET)} | {"o": 0, "i": 1, "l": 1}
_NIL = uuid.UUID(int=0)
PATTERN = r"^{prefix}_[0-7][0-9a-hjkmnp-tv-z]{{25}}$"


def new(prefix: str) -> str:
    """A fresh public id; ids made later sort later."""
    return encode(prefix, raw())


def raw() -> uuid.UUID:
    """A fresh id as the database keeps it, for many rows at once."""
    return uuid.UUID(int=uuid_utils.uuid7().int)


@lru_cache(maxsize=65_536)
def encode(prefix: str, value: uuid.UUID) -> str:
    """The public form of a UUID: prefix, underscore, 26 characters."""
    number, out = value.int, []
    for _ in range(26):
        out.append(_ALPHABET[number & 31])
        number >>= 5
    return f"{prefix}_{''.join(reversed(out))}"


@lru_cache(maxsize=65_536)
def _kept(prefix: str, stored: Any) -> str | None:
    """The public form of what a driver hands out: a UUID, its 32 digits (SQLite), or nothing."""
    if stored is None:
        return None
    return encode(prefix, stored if isinstance(stored, uuid.UUID) else uuid.UUID(hex=stored))


@lru_cache(maxsize=65_536)
def decode(prefix: str, text: str) -> uuid.UUID | None:
    """The UUID behind a public id, or None when it is not a well-formed id of this prefix."""
    if not re.fullmatch(r"[a-zA-Z]{2,5}_[0-9a-zA-Z]{26}", text):
        return None
    head, _, body = text.lower().partition("_")
    if head != prefix or any(c not in _VALUES for c in body):
        return None
    number = 0
    for c in body:
        number = number << 5 | _VALUES[c]
    return uuid.UUID(int=number) if number < 1 << 128 else None


class Id(TypeDecorator[str]):
    """Column type: public id string in Python, UUID in the database.

    A malformed id (from a URL, say) binds as the nil UUID: it finds nothing, so the answer is 404.
    """

    impl = Uuid(as_uuid=True)
    cache_ok = True

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self.prefix = prefix

    def process_bind_param(self, value: str | uuid.UUID | None, dialect: Dialect) -> uuid.UUID | None:
        if isinstance(value, uuid.UUID):
            return value
        return None if value is None else decode(self.prefix, value) or _NIL

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return _kept(self.prefix, value)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Callable[[Any], str | None]:
        """Straight from the driver's value: a page of 2,000 rows reads 10,000 ids, and a UUID object for each costs most of it."""
        return partial(_kept, self.prefix)

    def process_literal_param(self, value: str | None, dialect: Dialect) -> str:
        bound = self.process_bind_param(value, dialect)
        return "NULL" if bound is None else f"'{bound.hex if dialect.name == 'sqlite' else bound}'"
