"""The whole database as files, taken at one instant while others write, and back again.

SQLite goes through its own backup interface, PostgreSQL through COPY in one repeatable-read transaction.
"""

from __future__ import annotations

import gzip
import os
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from dealflow.core.db import Base, database
from dealflow.core.errors import Conflict
from dealflow.core.i18n import N_

NAME = "database"


def sqlite_path(url: str) -> Path:
    """The file behind a SQLite address."""
    return Path(make_url(url).database or "")


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def take(folder: Path) -> dict[str, Any]:
    """Write the current database into a folder; what `load` must know of it."""
    if database().dialect == "sqlite":
        target = folder / f"{NAME}.db"
        _copy_sqlite(sqlite_path(database().url), target)
        return {"dialect": "sqlite"}
    return {"dialect": "postgresql", "tables": _dump_postgres(folder)}


def _copy_sqlite(source: Path, target: Path) -> None:
    import pysqlite3.dbapi2 as driver

    with closing(driver.connect(source, timeout=30)) as live, closing(driver.connect(target)) as copy:
        # All pages in one step: a reading transaction, which no writer waits for and which no writer restarts.
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
    check_sqlite(target)
    with target.open("rb") as stream:
        os.fsync(stream.fileno())


def single_file(path: Path) -> None:
    """Take what lies beside a database that nobody uses (its write-ahead log) into the file itself."""
    import pysqlite3.dbapi2 as driver

    with closing(driver.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def check_sqlite(path: Path) -> None:
    """Raise Conflict when the file is no whole database."""
    import pysqlite3.dbapi2 as driver

    with closing(driver.connect(path)) as copy:
        try:
            found = [row[0] for row in copy.execute("PRAGMA integrity_check(3)")]
            found = found if found != ["ok"] else []
            found += [
                f"foreign key of {row[0]}" for row in copy.execute("PRAGMA foreign_key_check").fetchmany(3)
            ]
        except driver.DatabaseError as error:
            found = [str(error)]
    if found:
        raise Conflict(N_("The database is damaged: %(problems)s"), problems="; ".join(found))


def _dump_postgres(folder: Path) -> list[dict[str, Any]]:
    tables = []
    with psycopg.connect(_plain(database().url)) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        for table in Base.metadata.sorted_tables:
            columns = [
                row[0]
                for row in connection.execute(
                    "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped"
                    " AND attgenerated = '' ORDER BY attnum",
                    (f'"{table.name}"',),
                )
            ]
            path = folder / f"{NAME}.{table.name}.copy.gz"
            with (
                gzip.GzipFile(path, "wb", mtime=0) as out,
                connection.cursor() as cursor,
                cursor.copy(_copy(table.name, columns, "TO STDOUT")) as rows,
            ):
                for block in rows:
                    out.write(block)
            tables.append({"name": table.name, "columns": columns})
    return tables


def _copy(table: str, columns: list[str], direction: str) -> sql.Composed:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL("COPY {} ({}) {}").format(sql.Identifier(table), names, sql.SQL(direction))


def load_postgres(url: str, folder: Path, tables: list[dict[str, Any]], *, end_sessions: bool) -> None:
    """Replace all rows by those of a snapshot, in one transaction. The tables must be those of its version."""
    with psycopg.connect(_plain(url)) as connection:
        others = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        ).fetchone()
        if others and others[0]:
            raise Conflict(N_("A server or worker runs on this instance; stop it first"))
        names = sql.SQL(", ").join(sql.Identifier(table["name"]) for table in tables)
        connection.execute(sql.SQL("TRUNCATE {}").format(names))
        for table in tables:
            with (
                gzip.open(folder / f"{NAME}.{table['name']}.copy.gz", "rb") as source,
                connection.cursor() as cursor,
                cursor.copy(_copy(table["name"], table["columns"], "FROM STDIN")) as rows,
            ):
                while block := source.read(1 << 16):
                    rows.write(block)
        if end_sessions:
            for statement in END_SESSIONS:
                connection.execute(statement)


def end_sessions_sqlite(path: Path) -> None:
    """End every session and token in a copy."""
    import pysqlite3.dbapi2 as driver

    with closing(driver.connect(path)) as copy:
        for statement in END_SESSIONS:
            copy.execute(statement)
        copy.commit()


END_SESSIONS = (
    "UPDATE user_session SET ended_at = CURRENT_TIMESTAMP WHERE ended_at IS NULL",
    "UPDATE api_token SET ended_at = CURRENT_TIMESTAMP WHERE ended_at IS NULL",
)
