"""The table of exchange rates as people and programs use it: page, files, API."""

from __future__ import annotations

import html
import io
import re
from typing import Any

import pytest
import xlsxwriter
from flask import Flask

from dealflow.core import clock, db
from dealflow.ledger.models import ExchangeRate
from tests.conftest import Person

LONG = (
    "base,quote,date,rate,source\n"
    "USD,CNY,2026-03-05,7.11,bank\n"
    "USD,CNY,2026/3/6,7.12,bank\n"
    "USD,QQQ,2026-03-06,7.12,bank\n"
    "EUR,CNY,2026-03-06,-8,bank\n"
    "USD,CNY,2026-03-06,7.13,bank\n"
)


@pytest.fixture(autouse=True)
def spring(app: Flask) -> None:
    clock.freeze(clock.parse("2026-03-20T04:00:00Z"))


def rows() -> list[tuple[str, str, str, str]]:
    with db.system_edge(write=False) as session:
        found = session.query(ExchangeRate).order_by(ExchangeRate.day, ExchangeRate.base, ExchangeRate.number)
        return [(f"{r.base}/{r.quote}", r.day.isoformat(), r.rate, r.source) for r in found]


def upload(who: Person, content: bytes, name: str, **more: str) -> Any:
    data = {"file": (io.BytesIO(content), name), **more}
    return who.browser("en").post("/exchange-rates/import", data=data)


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None
    return html.unescape(found[1])


def send(who: Person, content: str, dry_run: str = "false") -> Any:
    data = {"file": (io.BytesIO(content.encode()), "rates.csv"), "dry_run": dry_run}
    return who.call("POST", "/exchange-rates/import", data=data, content_type="multipart/form-data")


def test_a_rate_is_entered_shown_and_corrected(owner: Person) -> None:
    form = {"base": "USD", "quote": "CNY", "on": "2026-03-06", "rate": "7.1234", "source": "PBoC"}
    browser = owner.browser("en")
    assert browser.post("/exchange-rates", data=form).status_code == 303
    assert browser.post("/exchange-rates", data=form | {"rate": "7.2"}).status_code == 303
    page = browser.get("/exchange-rates?pair=USD/CNY").text
    assert "<del>7.1234</del>" in page
    assert "7.2" in page
    assert "PBoC" in page


@pytest.mark.parametrize(
    ("change", "said"),
    [({"rate": "seven"}, "expected form"), ({"rate": "0"}, "above zero"), ({"quote": "USD"}, "two different"),
     ({"on": "2026-03-21"}, "not known yet"), ({"source": ""}, "")],
)  # fmt: skip
def test_what_is_refused_stays_in_the_form(owner: Person, change: dict[str, str], said: str) -> None:
    form = {"base": "USD", "quote": "CNY", "on": "2026-03-06", "rate": "7.1234", "source": "the bank of x"}
    answer = owner.browser("en").post("/exchange-rates", data=form | change)
    assert answer.status_code == 422
    assert said in html.unescape(answer.text)
    kept = [value for name, value in (form | change).items() if name in ("rate", "on", "source")]
    assert all(f'value="{value}"' in answer.text for value in kept)
    assert rows() == []


def test_a_file_is_checked_then_written_and_again_changes_nothing(owner: Person) -> None:
    checked = upload(owner, LONG.encode(), "rates.csv")
    assert checked.status_code == 200
    assert rows() == []
    assert "Name two currencies" in checked.text
    assert "Row 3 gives another rate" in checked.text
    carried = {"table": hidden(checked.text, "table"), "source": hidden(checked.text, "source")}
    done = owner.browser("en").post("/exchange-rates/import/run", data=carried)
    assert "2 new, 0 corrected, 0 as before, 3 refused." in done.text
    assert rows() == [("USD/CNY", "2026-03-05", "7.11", "bank"), ("USD/CNY", "2026-03-06", "7.12", "bank")]
    again = owner.browser("en").post("/exchange-rates/import/run", data=carried)
    assert "0 new, 0 corrected, 2 as before, 3 refused." in again.text
    assert len(rows()) == 2


def test_the_error_file_holds_the_refused_rows_with_reasons(owner: Person) -> None:
    page = upload(owner, LONG.encode(), "rates.csv").text
    carried = {"table": hidden(page, "table"), "source": hidden(page, "source")}
    answer = owner.browser("en").post("/exchange-rates/import/errors.csv", data=carried)
    lines = answer.text.splitlines()
    assert len(lines) == 4
    assert lines[0].endswith("row,errors")
    assert lines[1].startswith("USD,QQQ,2026-03-06")
    assert "QQQ" in lines[1]
    assert "above zero" in lines[2]


def test_a_sheet_of_the_central_parity_is_read_with_its_units_and_its_note(owner: Person) -> None:
    lines: list[list[Any]] = [
        ["人民币汇率中间价"], ["日期", "USD/CNY", "100JPY/CNY", "CNY/KRW", "CNY/RUB"], ["2026-03-05", 7.11, 4.85, 201.5, 11.2],
        ["2026-03-06", 7.12, "---", 202, 11.3], ["数据来源：中国货币网"],
    ]  # fmt: skip
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for at, line in enumerate(lines):
            sheet.write_row(at, 0, line)
    page = upload(owner, stream.getvalue(), "中间价.xlsx", source="PBoC").text
    assert "CNY/RUB" in page
    carried = {"table": hidden(page, "table"), "source": hidden(page, "source")}
    assert "5 new" in owner.browser("en").post("/exchange-rates/import/run", data=carried).text
    assert rows() == [
        ("CNY/KRW", "2026-03-05", "201.5", "PBoC"), ("JPY/CNY", "2026-03-05", "0.0485", "PBoC"),
        ("USD/CNY", "2026-03-05", "7.11", "PBoC"), ("CNY/KRW", "2026-03-06", "202", "PBoC"),
        ("USD/CNY", "2026-03-06", "7.12", "PBoC"),
    ]  # fmt: skip


def test_a_file_without_the_columns_says_which_it_needs(owner: Person) -> None:
    answer = upload(owner, b"a,b\n1,2\n", "x.csv")
    assert answer.status_code == 422
    assert "column of days" in answer.text


def test_a_form_is_offered_the_rate_with_its_day(owner: Person) -> None:
    owner.post("/exchange-rates", {"base": "USD", "quote": "CNY", "on": "2026-03-06", "rate": "7.1", "source": "PBoC"})  # fmt: skip
    browser = owner.browser("en")
    offered = browser.get("/exchange-rates/offer?quote=CNY&currency=USD&on=2026-03-08").text
    assert "USD 1 = 7.1 CNY" in offered
    assert "PBoC" in offered
    assert "none of" in offered
    assert "no rate of EUR" in browser.get("/exchange-rates/offer?quote=CNY&currency=EUR&on=").text
    assert browser.get("/exchange-rates/offer?quote=CNY&currency=CNY&on=2026-03-08").text.strip() == ""


def test_programs_enter_look_up_list_and_import(owner: Person) -> None:
    rate = {"base": "USD", "quote": "CNY", "on": "2026-03-06", "rate": "7.10", "source": "PBoC"}
    assert owner.post("/exchange-rates", rate).status_code == 201
    assert owner.post("/exchange-rates", rate | {"rate": "7.1"}).status_code == 200
    found = owner.get("/exchange-rates/lookup?base=CNY&quote=USD&on=2026-03-07").json
    assert found == {
        "base": "CNY", "quote": "USD", "on": "2026-03-07", "rate": "0.1408450704", "day": "2026-03-06", "source": "PBoC",
        "way": "inverse",
    }  # fmt: skip
    missing = owner.get("/exchange-rates/lookup?base=EUR&quote=USD&on=2026-03-07")
    assert (missing.status_code, missing.json["errors"][0]["code"]) == (422, "no_rate")
    assert send(owner, LONG, "true").json["create"] == 1
    assert len(rows()) == 1
    report = send(owner, LONG).json
    assert {k: report[k] for k in ("create", "update", "same", "error")} == {
        "create": 1, "update": 1, "same": 0, "error": 3,
    }  # fmt: skip
    assert [refused["row"] for refused in report["refused"]] == [4, 5, 6]
    listed = owner.get("/exchange-rates?base=USD&since=2026-03-06").json
    assert [(item["rate"], item["in_force"]) for item in listed["items"]] == [("7.12", True), ("7.1", False)]
