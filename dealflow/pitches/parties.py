"""Which organisations are bound to a project by an agreement: the rooms that keep agreements say so, others ask.

Nothing is copied: each question is answered from the agreements as they stand at that moment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, false, or_

from dealflow.core.db import session

_WHOEVER = {"unscoped": "who is bound to a project is asked for others"}


@dataclass(frozen=True)
class Agreements:
    """A kind of agreement: `projects_of(organisation id)` and `parties_of(project id)` select ids."""

    projects_of: Callable[[str | None], Select[Any]]
    parties_of: Callable[[str], Select[Any]]


_kinds: dict[str, Agreements] = {}


def bind(name: str, agreements: Agreements) -> None:
    """Register a kind of agreement."""
    _kinds[name] = agreements


def is_bound(column: Any, organisation_id: str | None) -> ColumnElement[bool]:
    """A condition: the project id in `column` is one that the organisation is bound to."""
    found = [column.in_(kind.projects_of(organisation_id)) for kind in _kinds.values()]
    return or_(*found) if found and organisation_id else false()


def of_project(project_id: str) -> set[str]:
    """Ids of the organisations that are bound to a project, its owner not among them."""
    found: set[str] = set()
    for kind in _kinds.values():
        found |= set(session().scalars(kind.parties_of(project_id), execution_options=_WHOEVER))
    return found
