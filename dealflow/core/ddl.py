"""Statements that the database itself enforces beyond constraints, for both dialects."""

from __future__ import annotations

from typing import Any

from sqlalchemy import DDL, event

_FUNCTION = (
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'append_only'; END $$"
)


def append_only_statements(table: str, dialect: str) -> list[str]:
    """What makes a table refuse UPDATE and DELETE."""
    if dialect == "postgresql":
        return [
            _FUNCTION,
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        ]
    return [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, 'append_only'); END"
        for verb in ("UPDATE", "DELETE")
    ]


def append_only(table: Any) -> None:
    """Let the database refuse to change or delete rows of a mapped table."""
    for dialect in ("sqlite", "postgresql"):
        for statement in append_only_statements(table.name, dialect):
            event.listen(table, "after_create", DDL(statement).execute_if(dialect=dialect))
