"""Alembic, called from our own commands."""

from __future__ import annotations

from typing import Any

from dealflow.settings import ROOT


def config(url: str) -> Any:
    """Alembic's configuration for a database."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(ROOT / "migrations"))
    made.set_main_option("path_separator", "os")
    made.attributes["url"] = url
    return made


def upgrade(url: str, revision: str = "head") -> None:
    """Bring a database forward."""
    from alembic import command

    command.upgrade(config(url), revision)


def is_current(url: str) -> bool:
    """Whether the database is at the newest version."""
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    from dealflow.core import db

    with db.database().engine.connect() as connection:
        here = MigrationContext.configure(connection).get_current_revision()
    return here == ScriptDirectory.from_config(config(url)).get_current_head()
