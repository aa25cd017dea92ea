"""Commitments that a late job dated by its own day are dated by the last signature."""

from __future__ import annotations

import uuid

import pytest
from alembic import command
from sqlalchemy import text

from dealflow.core import db
from dealflow.web import migrate

GIVEN = {name: uuid.uuid5(uuid.NAMESPACE_DNS, name).hex for name in ("one", "two")} | {
    "now": "2026-01-05 08:00:00+00:00",
    # The fifth at half past one in the night where the parties sign.
    "signed": "2026-01-04 17:30:00+00:00",
    "nothing": "{}",
}
ROWS = (
    "INSERT INTO organisation (id, name, kind, is_sample, settings, created_at, updated_at, version) VALUES "
    "(:one, 'x', 'investor', false, :nothing, :now, :now, 1), (:two, 'x', 'creator', false, :nothing, :now, :now, 1)",
    "INSERT INTO project (id, organisation_id, status, visibility, genres, languages, regions, instruments, use_of_funds, team, "
    "track_record, comparables, scenes_needed, hooks, is_sample, search_text, facets, created_at, updated_at, version) VALUES "
    "(:one, :two, 'draft', 'private', '[]', '[]', '[]', '[]', '[]', '[]', '[]', '[]', '[]', '[]', false, '', '', :now, :now, 1)",
    "INSERT INTO deal (id, investor_organisation_id, project_organisation_id, project_id, stage, stage_since, opened_by_side, "
    "created_at, updated_at, version) VALUES (:one, :one, :two, :one, 'signed', :now, 'investor', :now, :now, 1)",
    "INSERT INTO term_sheet (id, deal_id, author_organisation_id, investor_organisation_id, project_organisation_id, project_id, "
    "template, state, current_number, library_number, proposed_number, valid_until, closed_at, close_reason, created_at, updated_at, version) "
    "VALUES (:one, :one, :one, :one, :two, :one, 'loan', 'executed', 1, 1, 1, '2026-02-01', :signed, '', :now, :now, 1)",
    "INSERT INTO commitment (id, term_sheet_id, terms_number, deal_id, project_id, investor_organisation_id, project_organisation_id, "
    "template, amount_minor, currency, excess_minor, payment_days, late_rate_ppm, executed_on, created_at, updated_at, version) "
    "VALUES (:one, :one, 1, :one, :one, :one, :two, 'loan', 100, 'CNY', 0, 5, 0, '2026-01-09', :now, :now, 1)",
)


TRANCHE = (
    "INSERT INTO tranche (id, commitment_id, project_id, investor_organisation_id, project_organisation_id, number, code, "
    "amount_minor, currency, milestone, note, long_stop, on_miss, state, state_since, extensions, called_minor, paid_minor, "
    "opened_by, opened_on, reason, created_at, updated_at, version) VALUES (:id, :one, :one, :one, :two, :number, :code, "
    "50, 'CNY', :milestone, '', '2026-03-01', 'investor_option', 'open', :now, 0, 0, 0, 'record', '2026-01-09', '', :now, :now, 1)"
)
TRANCHES = (
    {"id": GIVEN["one"], "number": 1, "code": "t1", "milestone": "signing"},
    {"id": GIVEN["two"], "number": 2, "code": "t2", "milestone": "released"},
)


@pytest.fixture
def url(url: str) -> str:
    """A database as it was, with a commitment whose job ran four days late."""
    command.upgrade(migrate.config(url), "0035")
    with db.database().writing.begin() as connection:
        for statement in ROWS:
            connection.execute(text(statement), GIVEN)
        for tranche in TRANCHES:
            connection.execute(text(TRANCHE), GIVEN | tranche)
    return url


def test_the_last_signature_dates_a_commitment_and_what_signing_opened(url: str) -> None:
    command.upgrade(migrate.config(url), "0036")
    with db.database().engine.connect() as connection:
        (day,) = connection.execute(text("SELECT executed_on FROM commitment")).one()
        opened = connection.execute(text("SELECT opened_on FROM tranche ORDER BY number")).scalars().all()
    assert (str(day), [str(on) for on in opened]) == ("2026-01-05", ["2026-01-05", "2026-01-09"])
