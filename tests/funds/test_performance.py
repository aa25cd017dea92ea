"""What a commitment brought its partner: from its own flows and its part of the net assets, the same wherever it is read."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from dealflow.core import clock, i18n
from dealflow.finance.short import rate_of
from dealflow.funds import papers, queries, service
from dealflow.funds.performance import performances
from tests.factories import spreadsheets
from tests.funds.conftest import House, Web, stand, yuan


@pytest.fixture
def running(house: House) -> House:
    """Ten months after a call of one million: half a million was earned, two hundred thousand paid out."""
    house.paid(house.called(date(2025, 2, 1), 1_000_000), date(2025, 2, 1))
    stand(date(2025, 8, 1))
    house.do(service.charge, kind="income", on=date(2025, 8, 1), amount=yuan(500_000), reference="sale")
    house.distributed(date(2025, 9, 1), 200_000)
    stand(date(2025, 12, 1))
    house.sign_in()
    return house


def asked(house: House, who: Any, name: str = "a") -> dict[str, Any]:
    answer = who.get(f"/funds/{house.fund_id}/lps/{house.partners[name]}")
    assert answer.status_code == 200, answer.json
    return dict(answer.json["performance"])


def test_a_partner_reads_its_own_figures_under_a_year_without_a_yearly_rate(running: House) -> None:
    mine = asked(running, running.lp)
    assert mine == asked(running, running.manager)
    (listed,) = running.lp.get(f"/funds/{running.fund_id}/lps").json["items"]
    assert listed["performance"] == mine
    account = running.ask(
        lambda fund: queries.capital_accounts(fund, clock.today(), clock.today())[running.partners["a"]]
    )
    nav = account.closing.amount.amount_minor - mine["carry_accrued"]["amount_minor"]
    assert mine["carry_accrued"]["amount_minor"] > 0
    paid, back = 600_000_00, mine["distributed"]["amount_minor"]
    assert (mine["paid_in"]["amount_minor"], mine["nav"]["amount_minor"]) == (paid, nav)
    assert Decimal(mine["tvpi"]) == round(Decimal(back + nav) / paid, 6)
    assert Decimal(mine["dpi"]) == round(Decimal(back) / paid, 6)
    flows = [(date(2025, 2, 1), -paid), (date(2025, 9, 1), back), (date(2025, 12, 1), nav)]
    assert mine["irr"] == rate_of(flows)
    assert mine["irr"]["period_return"] is not None
    assert running.lp.get(f"/funds/{running.fund_id}/lps/{running.partners['b']}").status_code == 404
    assert running.stranger.get(f"/funds/{running.fund_id}/lps/{running.partners['a']}").status_code == 404


def test_the_partners_figures_sum_to_the_funds(running: House) -> None:
    rows = running.ask(lambda fund: performances(fund, clock.today())).values()
    whole = running.manager.get(f"/funds/{running.fund_id}/metrics").json
    for name in ("paid_in", "distributed", "nav"):
        assert sum(getattr(row, name).amount_minor for row in rows) == whole[f"{name}_minor"], name
    assert sum(row.carry_accrued.amount_minor for row in rows) == whole["carry_accrued_minor"]


def test_after_a_year_the_rate_is_yearly(running: House) -> None:
    stand(date(2026, 6, 1))
    running.sign_in()
    irr = asked(running, running.lp)["irr"]
    assert (irr["period_return"], irr["reason"]) == (None, None)
    assert irr["days"] == 485


def test_page_statement_and_its_files_say_the_same(running: House) -> None:
    stand(date(2026, 1, 5))
    running.sign_in()
    running.do(service.issue_statements, period="2025Q4")
    place = f"/funds/{running.fund_id}"
    path = f"{place}/lps/{running.partners['a']}"
    for lang, words in (
        ("en", ("Net IRR", "not annualised", "TVPI", "DPI")),
        ("zh", ("净内部收益率", "未年化", "TVPI", "DPI")),
    ):
        for page in (path, f"{place}/statements/{running.partners['a']}?period=2025Q4"):
            text = running.lp.browser(lang).get(page).text
            assert all(word in text for word in words), (lang, page)
    statement = running.lp.get(f"{place}/statements/{running.partners['a']}?period=2025Q4").json
    brought = statement["performance"]
    assert brought["as_of"] == "2025-12-31"
    with i18n.using("en"):
        printed = papers.statement_html(statement, "2026-01-05", "x" * 64)
    for figure in (f"{float(brought['tvpi']):.2f}×", f"{float(brought['irr']['period_return']):.1%}"):
        assert figure in printed
        assert (
            figure
            in running.lp.browser("en").get(f"{place}/statements/{running.partners['a']}?period=2025Q4").text
        )


def workbook(house: House, name: str, lang: str = "en") -> tuple[bytes, dict[str, list[Any]]]:
    """The workbook of a partner's last statement, and the rows of its first sheet by their label."""
    path = f"/funds/{house.fund_id}/statements/{house.partners[name]}.xlsx"
    content = house.manager.get(path, query_string={"lang": lang}).data
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    return content, {str(row[0]): row[1:] for row in rows}


def test_the_workbook_computes_what_the_page_says_from_the_cash_flows(running: House, tmp_path: Path) -> None:
    stand(date(2026, 1, 5))
    running.sign_in()
    running.do(service.issue_statements, period="2025Q4")
    statement = running.lp.get(f"/funds/{running.fund_id}/statements/{running.partners['a']}").json
    brought = statement["performance"]
    content, rows = workbook(running, "a")
    assert rows["TVPI"][0] == pytest.approx(float(brought["tvpi"]))
    assert rows["DPI"][0] == pytest.approx(float(brought["dpi"]))
    assert rows["Net IRR"][0] == pytest.approx(float(brought["irr"]["period_return"]))
    assert rows["Net IRR"][1] == f"{brought['irr']['days']} days, not annualised"
    assert rows["Net asset value"][0] == brought["nav"]["amount_minor"] / 100
    assert [rows[name][3] for name in ("Paid in", "Net IRR", "TVPI", "DPI")] == ["OK"] * 4
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        flows = archive.read("xl/worksheets/sheet3.xml").decode()
    assert "XIRR(" in sheet
    assert flows.count("<f>") == 2 * (
        len([m for m in statement["movements"] if m["column"] in ("contributions", "distributions")]) + 1
    )
    assert {"净内部收益率", "TVPI", "DPI"} <= workbook(running, "a", "zh")[1].keys()


@pytest.mark.slow
def test_libreoffice_computes_the_same_rate(running: House, tmp_path: Path) -> None:
    for day, period in ((date(2026, 1, 5), "2025Q4"), (date(2026, 7, 5), "2026Q2")):
        stand(day)
        running.sign_in()
        running.do(service.issue_statements, period=period)
        content, _rows = workbook(running, "a")
        folder = tmp_path / period
        folder.mkdir()
        assert spreadsheets.differences(content, folder) == []
        theirs = spreadsheets.cells(spreadsheets.recalculated(content, folder))
        assert [
            value for (_sheet, _row, column), value in theirs.items() if column == 4 and value == "differs"
        ] == []


def test_what_was_taken_over_has_multiples_and_no_rate(
    running: House,
) -> None:
    running.do(
        service.transfer, from_lp_id=running.partners["b"], to_lp_id=running.partners["c"], amount=yuan(4_000_000),
        on=date(2025, 12, 1),
    )  # fmt: skip
    taken = asked(running, running.manager, "c")
    assert (taken["irr"]["rate"], taken["irr"]["reason"]) == (None, "taken_over")
    assert taken["paid_in"]["amount_minor"] == 400_000_00
    assert taken["tvpi"] is not None
    page = Web(running.manager).get(f"/funds/{running.fund_id}/lps/{running.partners['c']}").text
    assert "None: part of it was taken over or handed on" in page
    stand(date(2026, 1, 5))
    running.sign_in()
    running.do(service.issue_statements, period="2025Q4")
    content, rows = workbook(running, "c")
    assert rows["Net IRR"][:2] == ["–", "None: part of it was taken over or handed on"]
    assert rows["TVPI"][3] == "OK"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert "xl/worksheets/sheet3.xml" not in archive.namelist(), (
            "no cash flows stand for what was taken over"
        )


def test_a_partner_who_paid_nothing_has_no_figures(house: House) -> None:
    mine = asked(house, house.manager)
    assert (mine["tvpi"], mine["dpi"], mine["irr"]["reason"]) == (None, None, "no_sign_change")
