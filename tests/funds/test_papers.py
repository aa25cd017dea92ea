"""Statements and notices: figures that derive from the book, kept as issued, in both languages and as a workbook."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dealflow.core import db
from dealflow.core.errors import Conflict, Invalid
from dealflow.funds import queries, service
from dealflow.ledger import verification
from tests.factories import spreadsheets
from tests.funds.conftest import House, stand, yuan


@pytest.fixture
def issued(house: House) -> House:
    """A fund with a paid call, an expense and statements of the first quarter."""
    house.paid(house.called(date(2025, 2, 1), 1_000_000), date(2025, 2, 1))
    house.do(service.charge, kind="expense", on=date(2025, 2, 1), amount=yuan(10_000), reference="audit")
    stand(date(2025, 4, 2))
    house.do(service.issue_statements, period="2025Q1")
    house.sign_in()
    return house


def statement(house: House, lp: str = "a", **query: str) -> Any:
    return house.manager.get(f"/funds/{house.fund_id}/statements/{house.partners[lp]}", query_string=query)


def test_a_statement_says_what_stands_in_the_book_and_where(issued: House) -> None:
    found = statement(issued, period="2025Q1").json
    rows = {row["key"]: row["period"] for row in found["columns"]}
    assert rows["opening"]["amount_minor"] == 0
    assert rows["contributions"]["amount_minor"] == 600_000_00
    assert rows["expenses"]["amount_minor"] == -6_000_00
    assert rows["closing"]["amount_minor"] == 594_000_00
    assert sum(m["amount_minor"] for m in found["movements"]) == 594_000_00
    book = issued.manager.get(f"/funds/{issued.fund_id}").json["book_id"]
    for entry in rows["contributions"]["entry_ids"]:
        assert issued.manager.get(f"/books/{book}/entries/{entry}").status_code == 200


def test_a_statement_stays_as_issued_whatever_is_posted_later(issued: House) -> None:
    before = statement(issued, period="2025Q1").json
    issued.do(service.charge, kind="expense", on=date(2025, 3, 31), amount=yuan(50_000), reference="late")
    again = issued.do(service.issue_statements, period="2025Q1")
    assert statement(issued, period="2025Q1").json == before
    assert {row.sha256 for row in again if row.lp_id == issued.partners["a"]} == {before["sha256"]}
    with db.system_edge(write=False):
        assert list(verification.verify()) == []
    live = statement(issued, period="2025H1").json
    assert (live["issued"], live["sha256"]) == (False, None)


def test_a_period_that_is_not_over_or_not_known_is_refused(issued: House) -> None:
    for period in ("2025Q2", "2025Q5", "soon"):
        with pytest.raises(Invalid) as refused:
            issued.do(service.issue_statements, period=period)
        assert refused.value.errors[0].field == "period"
    with pytest.raises(Conflict):
        issued.do(service.issue_statements, period="2024Q4")


def test_the_files_are_drawn_once_and_given_again_as_they_were(issued: House) -> None:
    path = f"/funds/{issued.fund_id}/statements/{issued.partners['a']}"
    for form, magic in (("pdf", b"%PDF"), ("xlsx", b"PK")):
        query = {"period": "2025Q1", "lang": "zh"}
        first = issued.manager.get(f"{path}.{form}", query_string=query)
        assert first.status_code == 200, first.text
        assert first.data.startswith(magic)
        assert issued.lp.get(f"{path}.{form}", query_string=query).data == first.data
    english = issued.manager.get(f"{path}.pdf", query_string={"period": "2025Q1", "lang": "en"})
    assert english.data.startswith(b"%PDF")


def test_the_workbook_computes_its_figures_and_checks_them(issued: House) -> None:
    path = f"/funds/{issued.fund_id}/statements/{issued.partners['a']}.xlsx"
    content = issued.manager.get(path, query_string={"period": "2025Q1", "lang": "en"}).data
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "SUMIFS" in sheet
    assert "<f>SUM(B9:B19)</f><v>594000.0</v>" in sheet
    # Every line of the capital account, what is still to be called, and what the commitment brought.
    assert sheet.count(">OK</v>") == 19


@pytest.mark.slow
def test_libreoffice_computes_the_same_statement(issued: House, tmp_path: Path) -> None:
    path = f"/funds/{issued.fund_id}/statements/{issued.partners['a']}.xlsx"
    content = issued.manager.get(path, query_string={"period": "2025Q1", "lang": "en"}).data
    assert spreadsheets.formulas(content) > 20
    assert spreadsheets.differences(content, tmp_path) == []


def test_a_notice_says_what_stood_when_the_call_was_issued(issued: House) -> None:
    call = issued.called(date(2025, 4, 2), 500_000)
    line = next(
        row
        for row in issued.ask(lambda f: queries.call_lines([call])[call.id])
        if row.lp_id == issued.partners["a"]
    )
    assert line.facts["called_before_minor"] == 600_000_00
    assert line.facts["unfunded_after_minor"] == 5_100_000_00
    path = f"/funds/{issued.fund_id}/calls/{call.id}/notices/{issued.partners['a']}.pdf"
    for lang in ("zh", "en"):
        drawn = issued.lp.get(path, query_string={"lang": lang})
        assert drawn.status_code == 200, drawn.text
        assert drawn.data.startswith(b"%PDF")
    assert issued.stranger.get(path).status_code == 404
    other = path.replace(issued.partners["a"], issued.partners["b"])
    assert (issued.lp.get(other).status_code, issued.manager.get(other).status_code) == (404, 200)
