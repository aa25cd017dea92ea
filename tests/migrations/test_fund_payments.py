"""Payments of capital calls that were there before bank statements stand as typed in, once, and still cannot be changed."""

from __future__ import annotations

import uuid

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from dealflow.core import db
from dealflow.web import migrate

GIVEN = {name: uuid.uuid5(uuid.NAMESPACE_DNS, name).hex for name in ("one", "two")} | {
    "now": "2026-01-05 08:00:00+00:00",
    "nothing": "{}",
}
# What a payment refers to, as bare as a table lets it be; all have the same id.
BELOW = (
    "INSERT INTO organisation (id, name, kind, is_sample, settings, created_at, updated_at, version) VALUES (:one, 'x', 'fund', false, :nothing, :now, :now, 1)",
    "INSERT INTO fund (id, organisation_id, name, currency, vintage, started_on, term_years, target_minor, fee_rate_ppm, fee_base, fee_outside, "
    "carry_mode, pref_rate_ppm, catch_up_ppm, carry_ppm, equalisation_rate_ppm, late_rate_ppm, limits, is_sample, created_at, updated_at, version) "
    "VALUES (:one, :one, 'x', 'CNY', 2026, '2026-01-01', 5, 0, 0, 'commitment', false, 'european', 0, 0, 0, 0, 0, :nothing, false, :now, :now, 1)",
    "INSERT INTO fund_lp (id, fund_id, organisation_id, name, email, created_at, updated_at, version) VALUES (:one, :one, :one, 'x', '', :now, :now, 1)",
    "INSERT INTO fund_call (id, fund_id, organisation_id, number, state, due_on, issued_on, amount_minor, purposes, excused, text, created_at, updated_at, version) "
    "VALUES (:one, :one, :one, 1, 'issued', '2026-01-05', '2026-01-05', 100, '[]', '[]', '', :now, :now, 1)",
    "INSERT INTO fund_call_line (id, call_id, fund_id, lp_id, organisation_id, inside_minor, outside_minor, paid_minor) VALUES (:one, :one, :one, :one, :one, 60, 40, 100)",
    "INSERT INTO ledger_book (id, organisation_id, kind, object_id, name, currency, created_at, updated_at, version) VALUES (:one, :one, 'fund', 'x', 'x', 'CNY', :now, :now, 1)",
    "INSERT INTO ledger_entry (id, sealed, book_id, organisation_id, number, posted_on, kind, text, source, key, data, user_name, at, hash) "
    "VALUES (:one, :one, :one, :one, 1, '2026-01-05', 'fund_payment', '', '', 'x', :nothing, '', :now, '')",
    "INSERT INTO ledger_account (id, book_id, organisation_id, code, kind, label, party, created_at) "
    "VALUES (:one, :one, :one, 'x', 'asset', 'x', '', :now)",
    "INSERT INTO ledger_posting (id, entry_id, account_id, organisation_id, line, posted_on, amount_minor, currency) "
    "VALUES (:one, :one, :one, :one, 1, '2026-01-05', 1, 'CNY')",
    "INSERT INTO ledger_posting (id, entry_id, account_id, organisation_id, line, posted_on, amount_minor, currency) "
    "VALUES (:two, :one, :one, :one, 2, '2026-01-05', -1, 'CNY')",
    "INSERT INTO ledger_seal (entry_id, organisation_id) VALUES (:one, :one)",
)  # fmt: skip
PAYMENT = (
    "INSERT INTO fund_payment (id, fund_id, call_line_id, lp_id, organisation_id, paid_on, amount_minor, inside_minor, "
    "interest_minor, reference, entry_id, created_at{more}) "
    "VALUES (:id, :one, :one, :one, :one, '2026-01-05', 100, 60, 5, 'ICBC-1', :one, :now{values})"
)


def put(*before: str, more: str = "", values: str = "") -> None:
    """Insert a payment; the entry that posted it has no lines, which is of no concern here."""
    with db.database().writing.connect() as connection:
        if db.database().dialect == "sqlite":
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in before:
            connection.execute(text(statement), GIVEN)
        row = GIVEN | {"id": uuid.uuid4().hex}
        connection.execute(text(PAYMENT.format(more=more, values=values)), row)
        connection.commit()
        if db.database().dialect == "sqlite":
            connection.exec_driver_sql("PRAGMA foreign_keys = ON")


@pytest.fixture
def url(url: str) -> str:
    """A database as it was, with a payment."""
    command.upgrade(migrate.config(url), "0032")
    put(*BELOW)
    return url


def test_payments_stand_as_typed_in(url: str) -> None:
    command.upgrade(migrate.config(url), "0033")
    query = "SELECT kind, amount_minor, inside_minor, interest_minor, excess_minor, turn, payer, bank_line_id FROM fund_payment"
    with db.database().engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(text(query))]
    assert rows == [("payment", 100, 60, 5, 0, 0, "", None)]
    for statement in ("UPDATE fund_payment SET amount_minor = 1", "DELETE FROM fund_payment"):
        with pytest.raises(DBAPIError, match="append_only"), db.database().writing.begin() as connection:
            connection.execute(text(statement))
    # The same reference once more is let in only after the first was taken back.
    with pytest.raises(DBAPIError):
        put()
    put(more=", turn", values=", 1")


def test_the_way_back_keeps_them(url: str) -> None:
    command.upgrade(migrate.config(url), "0033")
    command.downgrade(migrate.config(url), "0032")
    with db.database().engine.connect() as connection:
        assert connection.execute(text("SELECT reference, amount_minor FROM fund_payment")).all() == [
            ("ICBC-1", 100)
        ]
    with pytest.raises(DBAPIError):
        put()
