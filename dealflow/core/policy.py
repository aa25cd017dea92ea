"""Who may do what, as tables: permission → rows of predicates; one row whose all hold is enough.

Unknown permissions are denied. Pages, API, templates and the generated tests read the same tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from dealflow.core.actor import Actor
from dealflow.core.errors import Forbidden, NotFound, Unauthenticated

Predicate = Callable[[Actor, Any], bool]
Rows = Sequence[Sequence[Predicate]]
_tables: dict[str, Rows] = {}


def declare(table: Mapping[StrEnum, Rows]) -> None:
    """Add a room's table. A permission declared twice is a defect."""
    for permission, rows in table.items():
        if permission in _tables and _tables[permission] is not rows:
            raise ValueError(f"{permission} is declared twice")
        _tables[permission] = rows


def permissions() -> dict[str, Rows]:
    """All declared permissions with their rows."""
    return dict(_tables)


def can(actor: Actor, permission: str, thing: Any = None) -> bool:
    """Whether the table lets `actor` do this to `thing`."""
    if actor.is_system:
        return True
    return any(all(holds(actor, thing) for holds in row) for row in _tables.get(permission, ()))


def require(actor: Actor, permission: str, thing: Any = None, *, see: str | None = None) -> None:
    """Return when allowed. Else NotFound (may not know), Unauthenticated, or Forbidden."""
    if can(actor, permission, thing):
        return
    if not actor.is_authenticated:
        raise Unauthenticated()
    if see is not None and not can(actor, see, thing):
        raise NotFound()
    raise Forbidden()


# Predicates that every room shares.
def anyone(actor: Actor, thing: Any) -> bool:
    return True


def logged_in(actor: Actor, thing: Any) -> bool:
    return actor.is_authenticated


def may_write(actor: Actor, thing: Any) -> bool:
    return actor.may_write


def is_owner(actor: Actor, thing: Any) -> bool:
    return actor.is_owner


def is_platform(actor: Actor, thing: Any) -> bool:
    return actor.is_platform


def of_kind(*kinds: str) -> Predicate:
    """Acting for an organisation of one of these kinds."""

    def kind_is(actor: Actor, thing: Any) -> bool:
        return actor.kind in kinds

    kind_is.__name__ = "of_kind_" + "_".join(kinds)
    return kind_is


def own_organisation(actor: Actor, thing: Any) -> bool:
    """The thing belongs to the organisation the actor acts for (or is not there yet)."""
    return actor.organisation_id is not None and (
        thing is None or getattr(thing, "organisation_id", None) == actor.organisation_id
    )
