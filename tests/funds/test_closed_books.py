"""Issued statements close the book: nothing slips in behind them, and what was wrong is corrected on a later day."""

from __future__ import annotations

from datetime import date

import pytest

from dealflow.core.actor import Actor
from dealflow.core.errors import Forbidden, Invalid
from dealflow.funds import queries, service
from dealflow.ledger import queries as books
from dealflow.ledger import service as ledger
from tests.funds.conftest import House, Web, stand, yuan

END = date(2025, 3, 31)


@pytest.fixture
def quarter(house: House) -> House:
    """A quarter that is over, with an expense and its fee."""
    stand(date(2025, 3, 3))
    house.do(service.charge, kind="expense", on=date(2025, 3, 3), amount=yuan(10_000), reference="law")
    stand(date(2025, 4, 2))
    house.do(service.accrue_fee, period="2025Q1")
    house.sign_in()
    return house


def closed_through(house: House) -> date | None:
    book = house.ask(queries.book_of_fund)
    return book.closed_through if book else None


def test_one_deed_issues_and_closes(quarter: House) -> None:
    quarter.do(service.issue_statements, period="2025Q1", close_books=True)
    assert closed_through(quarter) == END
    with pytest.raises(Invalid) as refusal:
        quarter.do(service.charge, kind="expense", on=END, amount=yuan(1), reference="late")
    error = refusal.value.errors[0]
    assert (error.field, error.code) == ("on", "period_closed")
    assert "冲销" in error.text()
    later = quarter.do(service.charge, kind="expense", on=date(2025, 4, 1), amount=yuan(1), reference="late")
    assert later.charged_on == date(2025, 4, 1)


def test_nothing_of_a_period_is_issued_or_charged_before_its_last_day_is_over(quarter: House) -> None:
    stand(date(2025, 6, 30))
    for refused in (
        lambda: quarter.do(service.issue_statements, period="2025Q2", close_books=True),
        lambda: quarter.do(service.issue_statements, period="2025Q2"),
        lambda: quarter.do(service.accrue_fee, period="2025Q2"),
    ):
        with pytest.raises(Invalid) as refusal:
            refused()
        assert refusal.value.errors[0].code == "not_over"
    stand(date(2025, 7, 1))
    quarter.do(service.accrue_fee, period="2025Q2")
    quarter.do(service.issue_statements, period="2025Q2", close_books=True)
    assert closed_through(quarter) == date(2025, 6, 30)


def test_an_entry_of_the_closed_period_is_reversed_on_a_later_day(quarter: House) -> None:
    quarter.do(service.issue_statements, period="2025Q1", close_books=True)
    [law] = [row for row in quarter.ask(lambda fund: queries.charges(fund.id)) if row.kind == "expense"]

    def reverse(actor: Actor, fund_id: str, on: date) -> books.Entry:
        book = queries.book_of_fund(queries.get(actor, fund_id))
        assert book is not None
        return ledger.reverse(actor, books.entry(book, law.entry_id), on=on, key="back", reason="a slip")

    with pytest.raises(Invalid):
        quarter.do(reverse, END)
    assert quarter.do(reverse, date(2025, 4, 2)).reverses_id == law.entry_id


def test_issuing_alone_leaves_the_book_open_and_the_page_offers_to_close_it(quarter: House) -> None:
    quarter.do(service.issue_statements, period="2025Q1")
    assert closed_through(quarter) is None
    manager, path = Web(quarter.manager), f"/funds/{quarter.fund_id}/statements"
    page = manager.get(path).text
    assert "The books are open through what was issued" in page
    book = quarter.ask(queries.book_of_fund)
    answer = manager.post(
        f"/books/{book.id}/close", {"through": END.isoformat(), "version": str(book.version), "next": path}
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, path)
    assert closed_through(quarter) == END
    assert "The books are open through" not in manager.get(path).text


def test_the_page_warns_of_what_is_not_posted_yet(house: House) -> None:
    stand(date(2025, 4, 2))
    house.sign_in()
    house.do(service.issue_statements, period="2025Q1")
    page = Web(house.manager).get(f"/funds/{house.fund_id}/statements").text
    assert "The management fee of this period is not posted yet" in page


def test_who_is_no_owner_issues_and_does_not_close(quarter: House) -> None:
    with pytest.raises(Forbidden):
        quarter.do(service.issue_statements, who=quarter.second, period="2025Q1", close_books=True)
    assert quarter.ask(lambda fund: queries.statements(fund.id)) == []
    assert quarter.do(service.issue_statements, who=quarter.second, period="2025Q1")
    page = Web(quarter.second).get(f"/funds/{quarter.fund_id}/statements").text
    assert "An owner of your organisation can do it" in page


def test_the_page_issues_and_closes_at_once(quarter: House) -> None:
    sent = {"period": "2025Q1", "close_books": "y"}
    answer = Web(quarter.manager).post(f"/funds/{quarter.fund_id}/statements", sent)
    assert answer.status_code == 303
    assert closed_through(quarter) == END
