"""Writing many rows of one table fast: what is the same in all rows is turned for the driver once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    same: Mapping[str, Any],
    key: Sequence[str],
) -> int:
    """Insert rows (all with the same columns; `same` holds what all share) but those whose `key` is there; the number made.

    Neither defaults of Python nor events of the mapper apply: name every column that needs a value.
    """
    dialect = connection.dialect
    columns = [*same, *rows[0]]
    insert = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).on_conflict_do_nothing(index_elements=list(key))
    compiled = statement.compile(dialect=dialect, column_keys=columns)
    turn = {
        name: processor
        for name in columns
        if (processor := table.c[name].type.dialect_impl(dialect).bind_processor(dialect)) is not None
    }
    fixed = {name: turn[name](value) if name in turn else value for name, value in same.items()}
    changing = [(name, turn.get(name)) for name in rows[0]]
    ready = [fixed | {n: row[n] if f is None else f(row[n]) for n, f in changing} for row in rows]
    order = compiled.positiontup
    sent: Any = ready if order is None else [tuple(row[name] for name in order) for row in ready]
    return int(connection.exec_driver_sql(str(compiled), sent).rowcount)
