"""The database: engine, session, and the one transaction edge.

A request or job opens one transaction with `edge()`; services call `session()` and never commit.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import DateTime, Engine, MetaData, create_engine, event, inspect, select
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.types import TypeDecorator

from dealflow.core import clock
from dealflow.core.actor import SYSTEM, Actor
from dealflow.core.errors import NotFound, Unavailable

T = TypeVar("T")
NAMING = {
    "ix": "ix__%(table_name)s__%(column_0_N_name)s",
    "uq": "uq__%(table_name)s__%(column_0_N_name)s",
    "ck": "ck__%(table_name)s__%(constraint_name)s",
    "fk": "fk__%(table_name)s__%(column_0_N_name)s__%(referred_table_name)s",
    "pk": "pk__%(table_name)s",
}
# How long a transaction waits for another's locks; one that may as well be left out waits for a moment only.
PATIENCE_MS, A_MOMENT_MS = 10_000, 100
# The first SQLite without the WAL-reset bug, which corrupts databases written by several processes.
SAFE_WAL = (3, 51, 3)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in Python, UTC in the database; refuses naive values."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcDateTime}


M = TypeVar("M", bound=Base)


class Timestamps:
    """created_at and updated_at, set by the clock."""

    created_at: Mapped[datetime] = mapped_column(default=clock.now, sort_order=90)
    updated_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now, sort_order=91)


class Versioned(Timestamps):
    """Optimistic lock: `version` starts at 1 and rises with each saved change."""

    version: Mapped[int] = mapped_column(default=1, sort_order=92)


@dataclass
class Database:
    """Engines for reading and writing over one pool."""

    url: str
    engine: Engine
    reading: Engine
    writing: Engine

    @property
    def dialect(self) -> str:
        return self.engine.dialect.name


_database: Database | None = None
_session: ContextVar[Session | None] = ContextVar("session", default=None)
_hurried: ContextVar[bool] = ContextVar("hurried", default=False)


def configure(url: str) -> Database:
    """Connect to `url` (sqlite:///… or postgresql+psycopg://…) and make it the current database."""
    global _database
    if _database is not None:
        _database.engine.dispose()
    engine = _sqlite(url) if url.startswith("sqlite") else _postgres(url)
    _database = Database(
        url,
        engine,
        engine.execution_options(dealflow_write=False),
        engine.execution_options(dealflow_write=True),
    )
    return _database


def _forget_connections() -> None:
    # A connection shared by two processes corrupts both their transactions; a child opens its own.
    if _database is not None:
        _database.engine.dispose(close=False)


os.register_at_fork(after_in_child=_forget_connections)


def database() -> Database:
    """The current database; RuntimeError before `configure`."""
    if _database is None:
        raise RuntimeError("the database is not configured")
    return _database


def _sqlite(url: str) -> Engine:
    import pysqlite3.dbapi2 as driver

    wal = driver.sqlite_version_info >= SAFE_WAL
    engine = create_engine(url, module=driver, connect_args={"isolation_level": None})

    @event.listens_for(engine, "connect")
    def pragmas(connection: Any, _record: Any) -> None:
        for statement in (
            f"journal_mode={'WAL' if wal else 'TRUNCATE'}", "synchronous=FULL", "foreign_keys=ON",
            "recursive_triggers=ON", f"busy_timeout={PATIENCE_MS}",
        ):  # fmt: skip
            connection.execute(f"PRAGMA {statement}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        # A deferred transaction that turns writer late loses updates or fails at once, so a writer says so first.
        write = connection.get_execution_options().get("dealflow_write", True)
        if not (write and _hurried.get()):
            connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
            return
        usual = connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one()
        connection.exec_driver_sql(f"PRAGMA busy_timeout={A_MOMENT_MS}")
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        finally:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={usual}")

    return engine


def _postgres(url: str) -> Engine:
    patience = {"options": f"-c lock_timeout={PATIENCE_MS}"}
    engine = create_engine(url, pool_size=10, max_overflow=10, pool_pre_ping=True, connect_args=patience)

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        if not connection.get_execution_options().get("dealflow_write", True):
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        elif _hurried.get():
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {A_MOMENT_MS}")

    return engine


def analyse() -> None:
    """Tell SQLite's planner how values are spread, in a transaction of its own; PostgreSQL finds out by itself.

    Without it a query for fifty ids walks all published projects, since it takes every condition for selective.
    """
    if database().dialect == "sqlite":
        with database().writing.begin() as connection:
            connection.exec_driver_sql("PRAGMA analysis_limit=1000")
            connection.exec_driver_sql("ANALYZE")


def session() -> Session:
    """The session of the transaction that is open around this call."""
    current = _session.get()
    if current is None:
        raise RuntimeError("no transaction is open here")
    return current


def hold(model: type[M], key: str, **options: Any) -> M:
    """The row as it stands now, kept from other writers until the transaction ends. NotFound where the scope has none."""
    row = hold_if_there(model, key, **options)
    if row is None:
        raise NotFound()
    return row


def hold_if_there(model: type[M], key: str, **options: Any) -> M | None:
    """The same; None where the scope has none.

    By a query: told to lock, `Session.get` and `refresh` call a row stale that another transaction has changed since it
    was read. `options` are those of the execution.
    """
    (identity,) = inspect(model).primary_key
    query = select(model).where(identity == key).with_for_update()
    return session().scalars(query, execution_options={"populate_existing": True, **options}).one_or_none()


def in_transaction() -> bool:
    """Whether an edge is open around this call."""
    return _session.get() is not None


def actor() -> Actor | None:
    """On whose behalf the open transaction runs."""
    return session().info.get("actor")


def act_as(actor: Actor) -> None:
    """Say on whose behalf the open transaction runs; queries on owned tables need it.

    An object loaded under one scope must not be seen under another, so the identity map is emptied.
    """
    if session().info.get("actor") != actor:
        session().expunge_all()
    session().info["actor"] = actor


@contextmanager
def edge(*, write: bool = True, actor: Actor | None = None) -> Iterator[Session]:
    """One transaction: committed when the block ends, rolled back when it raises.

    Callbacks left with `after_commit` run once the data is durable.
    """
    chosen = database().writing if write else database().reading
    current = Session(chosen, expire_on_commit=False, autoflush=True)
    current.info["actor"] = actor
    current.info["write"] = write
    token = _session.set(current)
    try:
        yield current
        if write:
            current.commit()
        # Closing ends a reading transaction and, unlike a rollback, leaves loaded objects readable.
    except BaseException:
        current.rollback()
        raise
    finally:
        _session.reset(token)
        current.close()
    for call in current.info.get("after_commit", ()):
        call()


@contextmanager
def hurried() -> Iterator[None]:
    """In here, what has to wait for another writer fails after a moment: for notes that may be late."""
    token = _hurried.set(True)
    try:
        yield
    finally:
        _hurried.reset(token)


def after_commit(call: Callable[[], object]) -> None:
    """Run `call` once the open transaction is durable; never when it is rolled back."""
    session().info.setdefault("after_commit", []).append(call)


def system_edge(*, write: bool = True) -> Any:
    """An edge on behalf of the platform itself (jobs, commands): no tenant filter."""
    return edge(write=write, actor=SYSTEM)


def is_transient(error: BaseException) -> bool:
    """Whether running the whole transaction again can help (lost serialisation, deadlock)."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in ("40001", "40P01")


def retrying(run: Callable[[], T], tries: int = 3) -> T:
    """Run a whole transaction, again when the database asks for it; Unavailable after the last try.

    One that waited in vain for another's lock is not run again: it has kept its thread for long enough.
    """
    for attempt in range(1, tries + 1):
        try:
            return run()
        except OperationalError as error:
            waited = getattr(error.orig, "sqlstate", None) == "55P03" or "database is locked" in str(
                error.orig
            )
            if not waited and not is_transient(error):
                raise
            if waited or attempt == tries:
                raise Unavailable() from error
            time.sleep(0.02 * attempt)
    raise AssertionError("unreachable")
