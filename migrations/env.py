"""Alembic's environment: one migrator at a time, short lock waits, models of all rooms."""

from alembic import context
from sqlalchemy import text

from dealflow.core import db
from dealflow.web import rooms

rooms.load_models()


def run() -> None:
    """Migrate the database named by the configuration."""
    database = db.configure(context.config.attributes["url"])
    with database.writing.connect() as connection:
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


run()
