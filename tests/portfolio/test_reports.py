"""Quarterly reports: fields that add up, kept as issued, a workbook whose formulas give the figures, PDF in both languages."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from dealflow.audit.models import AuditEvent
from dealflow.core import db
from dealflow.core.i18n import using
from dealflow.core.money import Money, show
from dealflow.funds import queries
from dealflow.portfolio import reporting, workbook
from tests.factories import spreadsheets
from tests.funds.conftest import Web
from tests.portfolio.conftest import Portfolio
from tests.portfolio.sheets import Workbook

QUARTER = "2026Q3"


def report(portfolio: Portfolio) -> dict[str, Any]:
    found = portfolio.manager.get(f"/funds/{portfolio.fund_id}/report?quarter={QUARTER}")
    assert found.status_code == 200
    return dict(found.get_json())


def test_the_lines_of_every_span_lead_from_the_opening_to_the_closing(portfolio: Portfolio) -> None:
    found = report(portfolio)
    for span in reporting.SPANS:
        account = found["account"][span]
        assert sum(account[line] for line in reporting.LINES) == account["closing"], span
        assert account["closing_gross"] == account["closing"] + account["carry_accrued"]
        commitment = found["commitment"][span]
        assert sum(commitment[line] for line in reporting.COMMITMENT_LINES) == commitment["closing"]
    assert found["account"]["inception"]["opening"] == 0
    assert found["account"]["inception"]["contributions"] == 6_100_000_00
    assert found["account"]["year"]["distributions"] == -1_000_000_00
    assert found["commitment"]["inception"]["closing"] == found["metrics"]["unfunded_minor"]
    assert found["account"]["quarter"]["closing"] == found["metrics"]["nav_minor"]
    # Of the quarter: the holding that was valued on its last day had stood at 2.6 less 0.9 million.
    assert found["account"]["quarter"]["unrealised"] == (2_100_000 - 1_700_000) * 100


def test_a_report_is_issued_once_and_stays_as_it_was(portfolio: Portfolio) -> None:
    place = f"/funds/{portfolio.fund_id}/reports"
    before = report(portfolio)
    assert (
        portfolio.manager.get(f"/funds/{portfolio.fund_id}/report.pdf?quarter={QUARTER}").status_code == 409
    )
    made = portfolio.manager.post(place, {"quarter": QUARTER})
    assert made.status_code == 201
    assert portfolio.manager.post(place, {"quarter": QUARTER}).get_json()["code"] == "issued_already"
    first = portfolio.manager.get(f"/funds/{portfolio.fund_id}/report.xlsx?quarter={QUARTER}&lang=zh")
    portfolio.flow("Night Train", date(2026, 8, 1), "cost", 77_000, "found later")
    after = report(portfolio)
    assert after["issued_at"]
    assert {k: v for k, v in after.items() if not k.startswith("issued")} == {
        k: v for k, v in before.items() if not k.startswith("issued")
    }
    again = portfolio.manager.get(f"/funds/{portfolio.fund_id}/report.xlsx?quarter={QUARTER}&lang=zh")
    assert again.data == first.data
    assert portfolio.manager.get(place).get_json()["items"][0]["sha256"] == made.get_json()["sha256"]
    unended = portfolio.manager.post(place, {"quarter": "2026Q4"}).get_json()
    assert unended["errors"][0]["code"] == "not_over"
    for who in (portfolio.house.lp, portfolio.house.stranger):
        assert who.get(f"/funds/{portfolio.fund_id}/report.xlsx?quarter={QUARTER}").status_code == 404


def test_once_a_report_is_issued_its_page_offers_to_close_the_book(portfolio: Portfolio) -> None:
    browser = Web(portfolio.manager)
    page = f"/funds/{portfolio.fund_id}/report?quarter={QUARTER}"
    offer = "The books are open through what was issued"
    assert offer not in browser.get(page).text
    portfolio.manager.post(f"/funds/{portfolio.fund_id}/reports", {"quarter": QUARTER})
    shown = browser.get(page).text
    assert offer in shown
    assert offer in browser.get(f"/funds/{portfolio.fund_id}/reports").text
    book = portfolio.house.ask(queries.book_of_fund)
    sent = {"through": "2026-09-30", "version": str(book.version), "next": page}
    assert f'action="/books/{book.id}/close"' in shown
    assert browser.post(f"/books/{book.id}/close", sent).headers["Location"] == page
    assert offer not in browser.get(page).text
    assert portfolio.house.ask(queries.book_of_fund).closed_through == date(2026, 9, 30)
    with db.system_edge(write=False) as session:
        assert session.query(AuditEvent).filter_by(tag="ledger:period:closed", object_id=book.id).count() == 1
    refused = browser.post(f"/funds/{portfolio.fund_id}/charges", {
        "kind": "expense", "on": "2026-09-30", "amount": "1", "currency": "CNY", "reference": "late",
    })  # fmt: skip
    assert refused.status_code == 422


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_workbooks_formulas_give_the_reports_figures(portfolio: Portfolio, lang: str) -> None:
    with using(lang):
        content = workbook.build(report(portfolio))
    book = Workbook(content)
    assert len(book.charts) == 2
    assert len(book.formulas()) > 60
    for sheet, place in book.formulas():
        assert abs(book.value(sheet, place) - book.kept[sheet, place]) < 0.006, (sheet, place)
    name = list(book.cells)[-1]
    last = max(row for _column, row in book.cells[name])
    assert book.value(name, (4, last)) == 1.0
    assert last > 15


def test_a_wrong_figure_turns_the_check_red(portfolio: Portfolio) -> None:
    with using("en"):
        book = Workbook(workbook.build(report(portfolio)))
    book.cells["Investments"][4, 4] += 1.0
    last = max(row for _column, row in book.cells["Checks"])
    assert book.value("Checks", (4, last)) == 0.0


@pytest.mark.slow
def test_libreoffice_computes_the_same_figures(portfolio: Portfolio, tmp_path: Path) -> None:
    with using("en"):
        content = workbook.build(report(portfolio))
    assert spreadsheets.formulas(content) > 60
    assert spreadsheets.differences(content, tmp_path) == []


def test_the_pdf_in_both_languages(portfolio: Portfolio) -> None:
    portfolio.manager.post(f"/funds/{portfolio.fund_id}/reports", {"quarter": QUARTER})
    for lang, words in (
        ("zh", ("资本账户", "龙王归来", "期末")),
        ("en", ("Capital account", "Night Train", "Ending NAV")),
    ):
        answer = portfolio.manager.get(f"/funds/{portfolio.fund_id}/report.pdf?quarter={QUARTER}&lang={lang}")
        assert answer.status_code == 200
        # The fund's name is Chinese, and a header is not.
        assert answer.headers["Content-Disposition"].isascii()
        document = pypdfium2.PdfDocument(answer.data)
        text = "".join(page.get_textpage().get_text_bounded() for page in document)
        assert all(word in text for word in words), lang
        # Holdings and partners are summed, as in the workbook; capital of all partners is that of the account.
        said = report(portfolio)
        assert text.count({"zh": "合计", "en": "Total"}[lang]) >= 2
        page = (
            portfolio.manager.browser(lang).get(f"/funds/{portfolio.fund_id}/report?quarter={QUARTER}").text
        )
        for rows, name in (("portfolio", "cost"), ("portfolio", "value"), ("partners", "closing")):
            whole = Money(sum(row[f"{name}_minor"] for row in said[rows]), said["currency"])
            with using(lang):
                assert show(whole) in text, (rows, name)
        with using(lang):
            assert show(whole) in page
        assert whole.amount_minor == said["account"]["inception"]["closing_gross"]
