"""Migrations lead to exactly what the models say, on both databases, and the history is one line."""

from __future__ import annotations

import re

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from dealflow.core import db
from dealflow.settings import ROOT
from dealflow.web import migrate, rooms

rooms.load_models()


def _triggers() -> set[str]:
    with db.database().engine.connect() as connection:
        if db.database().dialect == "sqlite":
            rows = connection.execute(text("SELECT sql FROM sqlite_master WHERE type = 'trigger'"))
        else:
            rows = connection.execute(
                text("SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal")
            )
        return {re.sub(r"\s+", " ", row[0]) for row in rows}


def _checks() -> list[tuple[str, str, str]]:
    """Every check with its table, as often as it is there: one that an altered table kept beside the new one still refuses."""
    found, known = [], inspect(db.database().engine)
    for table in known.get_table_names():
        for check in known.get_check_constraints(table):
            words = re.sub(r"[\s()]", "", check["sqltext"])
            found.append((table, str(check["name"]), words))
    return sorted(found)


def test_the_migrations_make_what_the_models_say(url: str) -> None:
    migrate.upgrade(url)
    with db.database().engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), db.Base.metadata) == []
    migrated, checked = _triggers(), _checks()
    command.downgrade(migrate.config(url), "base")
    assert set(inspect(db.database().engine).get_table_names()) <= {"alembic_version"}
    db.Base.metadata.create_all(db.database().engine)
    assert _triggers() == migrated
    assert _checks() == checked


def test_down_and_up_again_works(url: str) -> None:
    migrate.upgrade(url)
    command.downgrade(migrate.config(url), "base")
    migrate.upgrade(url)
    assert migrate.is_current(url)


def test_the_history_is_one_line_and_head_is_named() -> None:
    script = ScriptDirectory.from_config(migrate.config("sqlite://"))
    assert len(script.get_heads()) == 1
    versions = ROOT / "migrations" / "versions"
    names = sorted(path.stem for path in versions.glob("*.py"))
    assert all(re.match(r"\d{4}_", name) for name in names)
    assert (versions / "HEAD").read_text().strip() == names[-1]
