"""The tenant guard: a query on an owned table without an actor raises; with one, it is filtered.

Every mapped class is either `Owned` (and says in `scope(actor)` which rows the actor may know of) or
`Shared`. Escapes carry a reason: `.execution_options(unscoped="why")`, or the system's own edge.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Table, event
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import TextClause

from dealflow.core.actor import Actor
from dealflow.core.errors import ScopeMissing

_owned: dict[Table, type[Owned]] = {}


class Shared:
    """Marks a table that belongs to nobody (vocabularies, jobs): no filter applies."""

    __shared__: ClassVar[bool] = True


class Owned:
    """Marks a table whose rows only some may know of."""

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        """The rows that this actor may know of."""
        raise NotImplementedError(f"{cls.__name__} declares no scope")


class OwnedByOrganisation(Owned):
    """The usual case: rows with an `organisation_id`, known to that organisation alone."""

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        return cls.organisation_id == actor.organisation_id  # type: ignore[attr-defined]


def owned_tables() -> dict[Table, type[Owned]]:
    """Table → class of all owned mappers."""
    if not _owned:
        from dealflow.core.db import Base

        for mapper in Base.registry.mappers:
            if issubclass(mapper.class_, Owned):
                _owned[mapper.local_table] = mapper.class_  # type: ignore[index]
    return _owned


def _touched(statement: Any) -> set[type[Owned]]:
    owned = owned_tables()
    found: set[type[Owned]] = set()
    for element in visitors.iterate(statement):
        # A column list alone is not enough: count(*) names its table only in the FROM clause.
        table = element if isinstance(element, Table) else getattr(element, "table", None)
        if isinstance(table, Table) and table in owned:
            found.add(owned[table])
    return found


@event.listens_for(Session, "do_orm_execute")
def _guard(state: ORMExecuteState) -> None:
    if state.execution_options.get("unscoped"):
        return
    actor: Actor | None = state.session.info.get("actor")
    if actor is not None and actor.is_system:
        return
    if isinstance(state.statement, TextClause):
        raise ScopeMissing("plain SQL cannot be scoped; name a reason with unscoped=")
    if state.is_insert:
        return
    classes = _touched(state.statement)
    if not classes:
        return
    if actor is None:
        raise ScopeMissing(f"no actor for {', '.join(sorted(c.__name__ for c in classes))}")
    if not state.is_orm_statement:
        raise ScopeMissing("use mapped classes, not tables, for owned data")
    for cls in classes:
        criteria = with_loader_criteria(cls, cls.scope(actor), include_aliases=True)
        state.statement = state.statement.options(criteria)
