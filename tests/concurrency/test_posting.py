"""Entries posted at the same instant: one key is one entry, numbers have no gaps, the chain holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from dealflow.core import db
from dealflow.core.actor import SYSTEM
from dealflow.ledger import queries, service, verification
from tests.concurrency.conftest import at_once
from tests.conftest import Person
from tests.ledger.conftest import CASH, draft

CLIENTS = 8


@pytest.fixture
def book_id(app: Flask, person: Callable[..., Person]) -> str:
    owner = person("creator")
    with db.system_edge():
        return service.open_book(
            SYSTEM, kind="project", object_id="prj_x", organisation_id=owner.organisation_id, name="x", currency="CNY"
        ).id  # fmt: skip


def post(book_id: str, key: str) -> str:
    def run() -> str:
        with db.system_edge():
            return service.post(SYSTEM, queries.book_by_id(book_id), draft(key, 100, date(2026, 3, 1))).id

    return db.retrying(run)


def test_one_key_posted_by_many_at_once_is_one_entry(book_id: str) -> None:
    entries = at_once([lambda: post(book_id, "same") for _ in range(CLIENTS)])
    assert len(set(entries)) == 1
    with db.system_edge(write=False):
        assert queries.balance(queries.book_by_id(book_id), CASH.code).amount_minor == 100


def test_many_entries_at_once_follow_each_other_without_gaps(book_id: str) -> None:
    entries = at_once([lambda n=n: post(book_id, f"k{n}") for n in range(CLIENTS)])
    assert len(set(entries)) == CLIENTS
    with db.system_edge(write=False):
        book = queries.book_by_id(book_id)
        assert [entry.number for entry, _lines in queries.all_entries(book)] == list(range(1, CLIENTS + 1))
        assert list(verification.verify()) == []


def test_without_the_lock_the_race_is_seen(book_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sqlalchemy.sql.Select.with_for_update", lambda self, **_kwargs: self)
    outcomes = at_once([lambda n=n: _outcome(book_id, f"k{n}") for n in range(CLIENTS)])
    refused = [outcome for outcome in outcomes if isinstance(outcome, IntegrityError)]
    # On SQLite a writer holds the whole database; the lock is what PostgreSQL needs.
    assert bool(refused) == (db.database().dialect == "postgresql")


def _outcome(book_id: str, key: str) -> object:
    try:
        return post(book_id, key)
    except IntegrityError as error:
        return error
