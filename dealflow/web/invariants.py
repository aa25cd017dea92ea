"""Named checks of the database itself."""

from __future__ import annotations

from dealflow.core.db import database, session
from dealflow.core.invariants import invariant


@invariant("database: whole, and durable when it says so")
def is_whole() -> list[str]:
    """For SQLite: no torn page or index, no dangling key, and each commit is synced. PostgreSQL looks after itself."""
    if database().dialect != "sqlite":
        return []
    connection = session().connection()
    found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(5)") if row[0] != "ok"]
    found += [
        f"{row[0]} names a row of {row[2]} that is not there"
        for row in connection.exec_driver_sql("PRAGMA foreign_key_check")
    ]
    if connection.exec_driver_sql("PRAGMA synchronous").scalar() != 2:
        found.append("commits are not synced")
    return found
