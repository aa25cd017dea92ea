"""The database itself refuses what would unbalance a ledger or change its past, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from dealflow.core import db, ids
from dealflow.core.actor import SYSTEM
from dealflow.ledger import queries, service
from dealflow.ledger.models import Account, Entry, Posting, Seal
from tests.concurrency.conftest import app as both_databases
from tests.conftest import Person
from tests.ledger.conftest import draft

DAY = date(2026, 3, 1)


app = both_databases


@pytest.fixture
def world(app: Flask, person: Callable[..., Person]) -> dict[str, Any]:
    """A book with one good entry, and its accounts."""
    owner = person("creator")
    with db.system_edge():
        book = service.open_book(
            SYSTEM, kind="project", object_id="prj_x", organisation_id=owner.organisation_id, name="x", currency="CNY"
        )  # fmt: skip
        entry = service.post(SYSTEM, book, draft("a", 100, DAY))
        accounts = [account for account, _amount in queries.lines_of(entry)]
    return {"book": book, "entry": entry, "accounts": accounts}


def rows(world: dict[str, Any], amounts: list[tuple[int, str]], *, number: int = 2) -> list[Any]:
    """An entry with these lines on the two accounts in turn, unsealed."""
    book, new = world["book"], ids.new("ent")
    owner = book.organisation_id
    entry = Entry(
        id=new, sealed=new, book_id=book.id, organisation_id=owner, number=number, posted_on=DAY, kind="x", key=f"k{number}",
        hash="0" * 64,
    )  # fmt: skip
    lines = [
        Posting(
            entry_id=new, account_id=world["accounts"][n % 2].id, organisation_id=owner, line=n, posted_on=DAY, amount_minor=minor,
            currency=currency,
        )
        for n, (minor, currency) in enumerate(amounts)
    ]  # fmt: skip
    return [entry, lines, Seal(entry_id=new, organisation_id=owner)]


def write(*groups: Any) -> None:
    """Write groups of rows one after the other in one transaction."""
    with db.system_edge() as session:
        for group in groups:
            session.add_all(group if isinstance(group, list) else [group])
            session.flush()


def refused(message: str, call: Callable[[], object]) -> None:
    with pytest.raises(DBAPIError) as refusal:
        call()
    assert message.lower() in str(refusal.value).lower()


def count(table: str) -> int:
    with db.database().engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608 - names of this file


def test_a_balanced_and_sealed_entry_is_let_in(world: dict[str, Any]) -> None:
    write(*rows(world, [(5, "CNY"), (-5, "CNY")]))
    assert count("ledger_entry") == 2


def test_an_entry_without_a_seal_cannot_be_committed(world: dict[str, Any]) -> None:
    entry, lines, _seal = rows(world, [(5, "CNY"), (-5, "CNY")])
    refused("foreign key", lambda: write(entry, lines))
    assert count("ledger_entry") == 1


@pytest.mark.parametrize(
    "amounts", [[(5, "CNY"), (-4, "CNY")], [(5, "CNY"), (-5, "USD")], [(5, "CNY")], []], ids=str
)
def test_a_seal_on_lines_that_do_not_balance_is_refused(
    world: dict[str, Any], amounts: list[tuple[int, str]]
) -> None:
    refused("unbalanced_entry", lambda: write(*rows(world, amounts)))
    assert count("ledger_posting") == 2


def test_a_line_after_the_seal_is_refused(world: dict[str, Any]) -> None:
    book = world["book"]
    late = Posting(
        entry_id=world["entry"].id, account_id=world["accounts"][0].id, organisation_id=book.organisation_id, line=9,
        posted_on=DAY, amount_minor=1, currency="CNY",
    )  # fmt: skip
    refused("entry_sealed", lambda: write(late))


def test_a_line_on_an_account_of_another_book_is_refused(world: dict[str, Any]) -> None:
    book = world["book"]
    with db.system_edge() as session:
        other = service.open_book(
            SYSTEM, kind="fund", object_id="fnd_x", organisation_id=book.organisation_id, name="f", currency="CNY"
        )  # fmt: skip
        foreign = Account(
            book_id=other.id, organisation_id=book.organisation_id, code="x", kind="asset", label="x"
        )
        session.add(foreign)
    entry, lines, seal = rows(world, [(5, "CNY"), (-5, "CNY")])
    lines[1].account_id = foreign.id
    refused("posting_of_another_book", lambda: write(entry, lines, seal))


def test_an_entry_in_a_closed_period_is_refused(world: dict[str, Any]) -> None:
    with db.database().engine.begin() as connection:
        connection.execute(text("UPDATE ledger_book SET closed_through = '2026-03-01'"))
    refused("period_closed", lambda: write(*rows(world, [(5, "CNY"), (-5, "CNY")])))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_posting SET amount_minor = amount_minor * 2",
        "UPDATE ledger_entry SET text = 'x'",
        "DELETE FROM ledger_posting",
        "DELETE FROM ledger_seal",
        "DELETE FROM ledger_entry",
    ],
)
def test_nothing_posted_is_changed_or_removed(world: dict[str, Any], statement: str) -> None:
    def run() -> None:
        with db.database().engine.begin() as connection:
            connection.execute(text(statement))

    refused("append_only", run)


def test_a_row_cannot_be_replaced_around_the_triggers(world: dict[str, Any]) -> None:
    if db.database().dialect == "sqlite":
        statement = "INSERT OR REPLACE INTO ledger_posting SELECT * FROM ledger_posting"
    else:
        statement = "INSERT INTO ledger_posting SELECT * FROM ledger_posting ON CONFLICT (id) DO UPDATE SET amount_minor = 1"

    def run() -> None:
        with db.database().writing.begin() as connection:
            connection.exec_driver_sql(statement)

    with pytest.raises(DBAPIError, match=r"append_only|entry_sealed"):
        run()
    assert count("ledger_posting") == 2


def test_two_entries_cannot_have_one_number_or_key(world: dict[str, Any]) -> None:
    refused("unique", lambda: write(*rows(world, [(5, "CNY"), (-5, "CNY")], number=1)))
