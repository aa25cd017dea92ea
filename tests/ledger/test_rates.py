"""Exchange rates of days: which one holds for a day, in which direction, through which currency, and what corrects what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from dealflow.core import clock, db, i18n
from dealflow.core.errors import Forbidden, Invalid
from dealflow.ledger import rate_entry
from dealflow.ledger.rates import Rate, find_rate, rate_on
from tests.conftest import Person

FRIDAY, SUNDAY = date(2026, 3, 6), date(2026, 3, 8)


@pytest.fixture(autouse=True)
def spring(app: Flask) -> None:
    clock.freeze(clock.parse("2026-03-20T04:00:00Z"))


def entered(who: Person, pair: str, day: date, rate: str, source: str = "PBoC") -> bool:
    base, quote = pair.split("/")
    with db.edge(actor=who.actor):
        return rate_entry.enter(
            who.actor, base=base, quote=quote, day=day, rate=Decimal(rate), source=source
        )[1]


def found(who: Person, pair: str, day: date) -> Rate | None:
    base, quote = pair.split("/")
    with db.edge(write=False, actor=who.actor) as session:
        return find_rate(session, who.organisation_id, base, quote, day)


def test_the_days_own_rate_holds_else_the_latest_before_it(owner: Person) -> None:
    entered(owner, "USD/CNY", FRIDAY, "7.1234")
    entered(owner, "USD/CNY", date(2026, 3, 9), "7.2")
    on_friday, on_sunday = found(owner, "USD/CNY", FRIDAY), found(owner, "USD/CNY", SUNDAY)
    assert on_friday is not None
    assert on_sunday is not None
    assert (on_friday.text, on_friday.day, on_friday.source, on_friday.way) == (
        "7.1234",
        FRIDAY,
        "PBoC",
        "direct",
    )
    assert (on_sunday.text, on_sunday.day) == ("7.1234", FRIDAY)
    assert found(owner, "USD/CNY", date(2026, 3, 5)) is None


def test_a_rate_older_than_the_days_that_are_set_is_not_used(owner: Person) -> None:
    entered(owner, "USD/CNY", FRIDAY, "7.1234")
    assert found(owner, "USD/CNY", date(2026, 3, 16)) is not None
    assert found(owner, "USD/CNY", date(2026, 3, 17)) is None
    with db.edge(write=False, actor=owner.actor) as session, pytest.raises(Invalid) as refusal:
        rate_on(session, owner.organisation_id, "USD", "CNY", date(2026, 3, 17))
    error = refusal.value.errors[0]
    assert (error.field, error.code) == ("rate", "no_rate")
    with i18n.using("en"):
        told = error.text()
    assert all(part in told for part in ("USD", "CNY", "2026-03-17", "10 days", "Exchange rates"))


def test_the_other_direction_serves_and_a_later_day_beats_the_direction(owner: Person) -> None:
    entered(owner, "CNY/JPY", FRIDAY, "20.8")
    rate = found(owner, "JPY/CNY", FRIDAY)
    assert rate is not None
    assert (rate.text, rate.way) == ("0.04807692308", "inverse")
    entered(owner, "JPY/CNY", date(2026, 3, 5), "0.05")
    assert found(owner, "JPY/CNY", FRIDAY) == rate
    entered(owner, "JPY/CNY", FRIDAY, "0.049")
    direct = found(owner, "JPY/CNY", FRIDAY)
    assert direct is not None
    assert (direct.text, direct.way) == ("0.049", "direct")


def test_two_currencies_meet_in_the_one_that_is_set_and_the_older_day_is_named(owner: Person) -> None:
    entered(owner, "USD/CNY", FRIDAY, "7.2", "PBoC")
    assert found(owner, "USD/HKD", SUNDAY) is None
    entered(owner, "HKD/CNY", date(2026, 3, 5), "0.9", "bank")
    rate = found(owner, "USD/HKD", SUNDAY)
    assert rate is not None
    assert (rate.text, rate.day, rate.source, rate.way) == ("8", date(2026, 3, 5), "PBoC, bank", "cross")
    assert len(rate.rows) == 2


def test_a_tiny_rate_keeps_its_digits(owner: Person) -> None:
    entered(owner, "GBP/VND", FRIDAY, "33040")
    rate = found(owner, "VND/GBP", FRIDAY)
    assert rate is not None
    assert rate.text == "0.00003026634383"


def test_one_currency_is_one(owner: Person) -> None:
    rate = found(owner, "CNY/CNY", FRIDAY)
    assert rate is not None
    assert rate.rate == 1


def test_a_correction_is_a_newer_row_and_the_old_one_stays(owner: Person) -> None:
    assert entered(owner, "USD/CNY", FRIDAY, "7.1")
    assert not entered(owner, "USD/CNY", FRIDAY, "7.10")
    assert entered(owner, "USD/CNY", FRIDAY, "7.2")
    rate = found(owner, "USD/CNY", FRIDAY)
    assert rate is not None
    assert rate.text == "7.2"
    with db.system_edge(write=False) as session:
        rows = session.execute(text("SELECT number, rate FROM ledger_exchange_rate ORDER BY number")).all()
    assert [tuple(row) for row in rows] == [(0, "7.1"), (1, "7.2")]


@pytest.mark.parametrize(
    "statement", ["UPDATE ledger_exchange_rate SET rate = '1'", "DELETE FROM ledger_exchange_rate"]
)
def test_the_database_lets_no_rate_be_changed(owner: Person, statement: str) -> None:
    entered(owner, "USD/CNY", FRIDAY, "7.1")
    with pytest.raises(DBAPIError, match="append_only"), db.system_edge() as session:
        session.execute(text(statement))


def test_a_house_has_its_own_table(owner: Person, person: Callable[..., Person]) -> None:
    entered(owner, "USD/CNY", FRIDAY, "7.1")
    assert found(person("fund"), "USD/CNY", FRIDAY) is None


def test_a_viewer_enters_nothing_and_bad_input_is_named(owner: Person, person: Callable[..., Person]) -> None:
    with pytest.raises(Forbidden):
        entered(person(role="viewer", organisation_id=owner.organisation_id), "USD/CNY", FRIDAY, "7.1")
    for pair, day, field in (("USD/USD", FRIDAY, "quote"), ("USD/CNY", date(2026, 3, 21), "on")):
        with pytest.raises(Invalid) as refusal:
            entered(owner, pair, day, "7")
        assert refusal.value.errors[0].field == field
