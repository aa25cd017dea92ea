"""Deals that were there before pipelines have their place in the usual pipeline of both parties afterwards."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text

from dealflow.core import db
from dealflow.web import migrate

NOW = "2026-11-01 08:00:00.000000"
PROJECT = uuid.uuid5(uuid.NAMESPACE_DNS, "project").hex


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """A database as it was, with a deal in negotiation."""
    url = f"sqlite:///{tmp_path / 'app.db'}"
    command.upgrade(migrate.config(url), "0002")
    with db.database().writing.begin() as connection:
        # Only what the migration reads is there, and a bare project, since nothing may refer to what is not there.
        for name in ("investor", "creator"):
            connection.execute(
                text(
                    "INSERT INTO organisation (id, name, kind, is_sample, settings, created_at, updated_at, version) "
                    "VALUES (:id, :name, :name, 0, '{}', :now, :now, 1)"
                ),
                {"id": uuid.uuid5(uuid.NAMESPACE_DNS, name).hex, "name": name, "now": NOW},
            )
        connection.execute(
            text(
                "INSERT INTO project (id, organisation_id, status, visibility, genres, languages, regions, instruments, use_of_funds, "
                "team, track_record, comparables, scenes_needed, hooks, is_sample, search_text, facets, created_at, updated_at, version) "
                "VALUES (:id, :owner, 'draft', 'private', '[]', '[]', '[]', '[]', '[]', '[]', '[]', '[]', '[]', '[]', 0, '', '', "
                ":now, :now, 1)"
            ),
            {"id": PROJECT, "owner": uuid.uuid5(uuid.NAMESPACE_DNS, "creator").hex, "now": NOW},
        )
        connection.execute(
            text(
                "INSERT INTO deal (id, investor_organisation_id, project_organisation_id, project_id, stage, stage_since, "
                "opened_by_side, created_at, updated_at, version) VALUES (:id, :a, :b, :project, 'negotiation', :now, 'investor', "
                ":now, :now, 3)"
            ),
            {
                "id": uuid.uuid4().hex,
                "project": PROJECT,
                "a": uuid.uuid5(uuid.NAMESPACE_DNS, "investor").hex,
                "b": uuid.uuid5(uuid.NAMESPACE_DNS, "creator").hex,
                "now": NOW,
            },
        )
    yield url
    db.database().engine.dispose()


def test_both_parties_have_a_place_in_the_stage_of_the_deal(url: str) -> None:
    command.upgrade(migrate.config(url), "0003")
    query = (
        "SELECT o.name, s.state, p.version FROM deal_position p JOIN pipeline_stage s ON s.id = p.stage_id "
        "JOIN pipeline l ON l.id = s.pipeline_id AND l.is_default JOIN organisation o ON o.id = l.organisation_id "
        "AND o.id = p.organisation_id ORDER BY o.name"
    )
    with db.database().engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(text(query))]
    assert rows == [("creator", "negotiation", 3), ("investor", "negotiation", 3)]
