"""Alembic's environment: one migrator at a time, short lock waits, models of all rooms."""

from typing import Any

from alembic import context
from sqlalchemy import Connection, text

from dealflow.core import db
from dealflow.web import rooms

rooms.load_models()


def run() -> None:
    """Migrate the database named by the configuration."""
    database = db.configure(context.config.attributes["url"])
    with database.writing.connect() as connection:
        if database.dialect == "sqlite":
            # A table that is built anew (to change a constraint) is dropped while others refer to it. The pragma works
            # outside a transaction only, so it goes to the driver itself; what is broken afterwards is found below.
            _foreign_keys(connection, "OFF")
        if database.dialect == "postgresql":
            connection.execute(text("SET lock_timeout = '5s'"))
            connection.execute(text("SELECT pg_advisory_lock(738201)"))
            connection.commit()
        context.configure(
            connection=connection,
            target_metadata=db.Base.metadata,
            compare_type=True,
            render_as_batch=database.dialect == "sqlite",
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
        if database.dialect == "sqlite":
            _foreign_keys(connection, "ON")
            if broken := connection.execute(text("PRAGMA foreign_key_check")).all():
                raise RuntimeError(f"rows that refer to nothing after migrating: {broken[:5]}")


def _foreign_keys(connection: Connection, how: str) -> None:
    driver: Any = connection.connection.driver_connection
    driver.execute(f"PRAGMA foreign_keys={how}")


run()
