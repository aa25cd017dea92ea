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


def present(url: str) -> str | None:
    """The version that the database is at; None when it is empty."""
    from alembic.migration import MigrationContext

    from dealflow.core import db

    if db.database().url != url:
        db.configure(url)
    with db.database().engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest(url: str) -> str | None:
    """The version that this code wants."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(config(url)).get_current_head()


def revisions(url: str) -> set[str]:
    """Every version that this code knows."""
    from alembic.script import ScriptDirectory

    return {script.revision for script in ScriptDirectory.from_config(config(url)).walk_revisions()}


def is_current(url: str) -> bool:
    """Whether the database is at the newest version."""
    return present(url) == newest(url)
