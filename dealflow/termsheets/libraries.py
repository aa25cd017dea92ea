"""The versions of the clause library: the shipped one, and those the park saved."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from dealflow.core.db import session
from dealflow.core.errors import NotFound
from dealflow.termsheets.library import LIBRARY, Library
from dealflow.termsheets.library.stored import to_data
from dealflow.termsheets.models import LibraryVersion

SHIPPED = 1
# A saved version never changes, so what was read once is kept; by row, since tests have many databases.
_made: dict[str, Library] = {}


def current_number() -> int:
    """The version that new term sheets are drafted with."""
    return session().scalar(select(func.max(LibraryVersion.number))) or SHIPPED


def row(number: int) -> LibraryVersion:
    """A version that the park saved; NotFound otherwise."""
    found = session().scalars(select(LibraryVersion).where(LibraryVersion.number == number)).first()
    if found is None:
        raise NotFound()
    return found


def get(number: int) -> Library:
    """A version of the library; NotFound when there is none of that number."""
    if number == SHIPPED:
        return LIBRARY
    found = row(number)
    if found.id not in _made:
        _made[found.id] = Library.model_validate(found.data)
    return _made[found.id]


def data(number: int) -> dict[str, Any]:
    """The same as JSON values."""
    return to_data(get(number))


def saved() -> list[LibraryVersion]:
    """The versions that the park saved, latest first."""
    return list(session().scalars(select(LibraryVersion).order_by(LibraryVersion.number.desc())))
