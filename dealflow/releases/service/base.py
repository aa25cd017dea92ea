"""What the use cases share: writing an entry once, and telling what differs when it is there already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from dealflow.core.db import session
from dealflow.core.errors import Conflict, FieldError, Invalid
from dealflow.core.i18n import N_
from dealflow.core.money import LIMIT, Money, show

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


def check_total(model: Any, project_id: str, amounts: Mapping[str, int], field: str = "amount") -> None:
    """Invalid when a project's entries would no longer add up to an amount that we can show; `amounts` by currency."""
    query = (
        select(model.amount_currency, func.sum(model.amount_minor))
        .where(model.project_id == project_id, model.amount_currency.in_(set(amounts)))
        .group_by(model.amount_currency)
    )
    known = {currency: int(total) for currency, total in session().execute(query)} if amounts else {}
    if any(abs(known.get(currency, 0)) + abs(minor) > LIMIT for currency, minor in amounts.items()):
        raise Invalid.field(field, "too_large", N_("This amount is too large"))


def _text(value: Any) -> str:
    return show(value) if isinstance(value, Money) else "–" if value in (None, "") else str(value)
