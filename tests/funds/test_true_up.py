"""The management fee of partners who join later: from the first closing on, each bearing its own, where the terms say so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask

from dealflow.core import db, i18n, invariants
from dealflow.core.errors import Invalid
from dealflow.core.money import Money
from dealflow.funds import chart, queries, service, words
from dealflow.funds.queries import CapitalAccount
from dealflow.ledger import queries as books
from dealflow.ledger import verification
from tests.conftest import Person
from tests.funds.conftest import House, build, stand, yuan

FIRST, SECOND = date(2025, 1, 1), date(2025, 7, 1)


def raised(app: Flask, person: Callable[..., Person], late: str, **terms: object) -> House:
    """A and B commit 6 and 4 million on 1 January; 200,000 are called for fees and 1 million to invest, and the fee of the
    first half is posted; C joins with 10 million on 1 July."""
    stand(FIRST)
    house = build(app, person, fee_late=late, **terms)
    house.close(FIRST, a=6_000_000, b=4_000_000)
    stand(date(2025, 2, 1))
    purposes = [service.Purpose("investment", yuan(1_000_000)), service.Purpose("fee", yuan(200_000))]
    call = house.do(service.draft_call, due_on=date(2025, 2, 1), purposes=purposes)
    house.paid(house.do(service.issue_call, call.id), date(2025, 2, 1))
    stand(SECOND)
    house.do(service.accrue_fee, period="2025H1")
    house.close(SECOND, c=10_000_000)
    return house


def accounts(house: House) -> dict[str, CapitalAccount]:
    found = house.ask(lambda fund: queries.capital_accounts(fund, FIRST, SECOND))
    return {row.lp.name: row for row in found.values()}


def minor(house: House, name: str, column: str) -> int:
    return accounts(house)[name].figures()[column].amount.amount_minor


def test_everybody_bears_the_fee_of_its_own_commitment(app: Flask, person: Callable[..., Person]) -> None:
    house = raised(app, person, "fee")
    # 2% of 6, 4 and 10 million over 181 of 365 days.
    fees = {name: -minor(house, name, "fees") for name in "abc"}
    assert fees == {"a": 59_506_85, "b": 39_671_23, "c": 99_178_08}
    # 1.2 million of 10 were paid in: C brings in half of what was to invest, and 200,000 for fees of its own.
    positions = house.positions()
    paid = {
        name: positions[name].contributed.amount.amount_minor - positions[name].refunded.amount.amount_minor
        for name in "abc"
    }
    assert paid == {"a": 420_000_00, "b": 280_000_00, "c": 700_000_00}
    # Whatever each commitment has of capital is the same share, to the fen of a rounding.
    assert abs(minor(house, "a", "closing") * 10 - minor(house, "c", "closing") * 6) <= 10


def test_interest_on_the_fee_goes_to_the_manager(app: Flask, person: Callable[..., Person]) -> None:
    house = raised(app, person, "fee_and_interest")
    # One day at 6% on 99,178.08: the half ended on 30 June.
    assert -minor(house, "c", "fees") == 99_178_08 + 16_30
    charges = house.ask(lambda fund: queries.charges(fund.id))
    assert [(row.key.split(":")[0], row.amount_minor) for row in charges] == [
        ("true-up", 99_194_38), ("fee", 99_178_08),
    ]  # fmt: skip
    for row in charges:
        house.do(service.pay_charge, row.id, on=SECOND)
    with db.system_edge(write=False):
        book = books.book_for(chart.BOOK, house.fund_id)
        assert book is not None
        assert books.balance(book, chart.FEES_PAYABLE.code) == Money(0)
        entry = books.entry(book, charges[0].entry_id)
        assert entry.data["owed"][house.partners["c"]] == {
            "2025H1": {"fee_minor": 99_178_08, "interest_minor": 16_30}
        }
        assert list(verification.verify()) == []
        assert not any(invariants.run_all().values())


def test_periods_not_posted_yet_are_charged_from_the_first_closing_on(
    app: Flask, person: Callable[..., Person]
) -> None:
    house = raised(app, person, "fee")
    stand(date(2025, 10, 1))
    house.close(date(2025, 9, 30), d=10_000_000)
    house.do(service.accrue_fee, period="2025Q3")
    found = house.ask(lambda fund: queries.capital_accounts(fund, FIRST, date(2025, 9, 30)))
    fees = {row.lp.name: -row.figures()["fees"].amount.amount_minor for row in found.values()}
    # C and D committed as much and bear as much, though D came a quarter later.
    assert fees["c"] == fees["d"]
    assert fees["c"] == 99_178_08 + 50_410_96


def test_fees_called_outside_the_commitment_are_brought_in_outside_it(
    app: Flask, person: Callable[..., Person]
) -> None:
    stand(FIRST)
    house = build(app, person, fee_late="fee", fee_outside=True)
    house.close(FIRST, a=6_000_000, b=4_000_000)
    house.paid(house.called(date(2025, 2, 1), 200_000, outside=True), date(2025, 2, 1))
    house.close(SECOND, c=10_000_000)
    positions = house.positions()
    assert (positions["c"].outside.amount, positions["c"].unfunded) == (yuan(200_000), yuan(10_000_000))
    assert positions["a"].refunded.amount == yuan(0)


def test_without_the_term_the_fee_begins_with_the_own_closing(
    app: Flask, person: Callable[..., Person]
) -> None:
    house = raised(app, person, "none")
    charges = house.ask(lambda fund: queries.charges(fund.id))
    assert [row.key for row in charges] == ["fee:2025H1"]
    # What was charged is shared anew, and what was paid for it too.
    assert -minor(house, "c", "fees") == 49_589_04
    assert house.positions()["c"].contributed.amount == yuan(600_000)


def test_the_statement_tells_the_earlier_fee_by_period(app: Flask, person: Callable[..., Person]) -> None:
    house = raised(app, person, "fee_and_interest")
    stand(date(2025, 10, 2))
    house.sign_in()
    [_a, _b, row] = house.do(service.issue_statements, period="2025Q3")
    assert [(item["period"], item["fee_minor"], item["interest_minor"]) for item in row.data["true_up"]] == [
        ("2025H1", 99_178_08, 16_30)
    ]
    page = (
        house.manager.browser("en").get(f"/funds/{house.fund_id}/statements/{row.lp_id}?period=2025Q3").text
    )
    assert "Management fee of earlier periods" in page
    assert "99,178.08" in page


def test_books_name_the_periods_of_fees_in_words(app: Flask, person: Callable[..., Person]) -> None:
    house = raised(app, person, "fee_and_interest")
    house.sign_in()
    book = house.ask(queries.book_of_fund)
    late = next(
        row for row in house.ask(lambda fund: queries.charges(fund.id)) if row.key.startswith("true-up:")
    )
    for lang, told, plain in (
        ("en", "Closing 2 · First half of 2025", "2: 2025H1"),
        ("zh", "2025年上半年", "2: 2025H1"),
    ):
        browser = house.manager.browser(lang)
        for path in (
            f"/books/{book.id}/entries",
            f"/books/{book.id}/entries/{late.entry_id}",
            f"/funds/{house.fund_id}/costs",
        ):
            text = browser.get(path).text
            assert told in text, (lang, path)
            assert plain not in text, (lang, path)


@pytest.mark.parametrize(
    ("text", "en", "zh"),
    [
        ("2026Q1", "Q1 2026", "2026年第1季度"), ("2026", "Year 2026", "2026年"),
        ("3: 2025, 2026H2", "Closing 3 · Year 2025, Second half of 2026", "第 3 次交割 · 2025年、2026年下半年"),
        ("rent 2026Q1", "rent 2026Q1", "rent 2026Q1"), ("", "", ""),
    ],
)  # fmt: skip
def test_the_text_of_a_fee_is_told_in_both_languages(text: str, en: str, zh: str) -> None:
    for lang, told in (("en", en), ("zh", zh)):
        with i18n.using(lang):
            assert words.fee_note(text) == told


def test_the_term_is_fixed_once_a_closing_was_held(app: Flask, person: Callable[..., Person]) -> None:
    house = raised(app, person, "fee")
    with pytest.raises(Invalid) as refusal:
        house.do(service.edit, {"fee_late": "none"})
    assert (refusal.value.errors[0].field, refusal.value.errors[0].code) == ("fee_late", "fixed")
