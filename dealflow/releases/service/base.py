"""What the use cases share: writing an entry once, and telling what differs when it is there already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sqlalchemy.exc import IntegrityError

from dealflow.core.db import session
from dealflow.core.errors import Conflict, FieldError
from dealflow.core.i18n import N_
from dealflow.core.money import Money, show

T = TypeVar("T")


def insert_once(row: T, find: Callable[[], T | None]) -> tuple[T, bool]:
    """Write a row unless one with its key is there: (the row that is there, whether it is the new one).

    The database's unique key decides between two who write at once.
    """
    known = find()
    if known is not None:
        return known, False
    try:
        with session().begin_nested():
            session().add(row)
            session().flush()
    except IntegrityError:
        known = find()
        if known is None:
            raise
        return known, False
    return row, True


def refuse_other_content(ref: str, recorded: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Conflict that names each field in which an entry differs from the one that has its reference already."""
    errors = [
        FieldError(name, "differs", N_("Recorded already as %(value)s"), {"value": _text(recorded[name])})
        for name in given
        if recorded[name] != given[name]
    ]
    if errors:
        message = N_(
            "The reference %(ref)s is recorded already with other content; correct that entry instead"
        )
        raise Conflict(message, errors=errors, ref=ref)


def _text(value: Any) -> str:
    return show(value) if isinstance(value, Money) else "–" if value in (None, "") else str(value)
