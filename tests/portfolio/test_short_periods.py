"""A fund or a holding of less than a year shows what the period brought, and says that it is not annualised."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pypdfium2
import pytest

from tests.factories import spreadsheets
from tests.funds.conftest import Web
from tests.portfolio.conftest import Portfolio
from tests.portfolio.sheets import Workbook

EARLY = date(2025, 6, 30)
QUARTER = "2025Q2"


@pytest.fixture
def young(portfolio: Portfolio) -> Portfolio:
    """At the end of June 2025 the first money had been in the fund for 140 days; one holding had risen by a fifth."""
    portfolio.value("龙王归来", EARLY, 2_400_000)
    return portfolio


def test_the_api_states_both(young: Portfolio) -> None:
    found = young.manager.get(f"/funds/{young.fund_id}/metrics?as_of={EARLY}&by=genre").get_json()
    held = found["holdings"][young.ids["龙王归来"]]["irr"]
    assert (held["days"], float(held["period_return"])) == (130, pytest.approx(0.2, abs=1e-8))
    assert float(held["rate"]) == pytest.approx(1.2 ** (365 / 130) - 1, rel=1e-8)
    for answer in (found["irr"], found["gross_irr"], found["irr_without_line"], found["before_carry"]["irr"]):
        whole = (1 + float(answer["rate"])) ** (answer["days"] / 365) - 1
        assert float(answer["period_return"]) == pytest.approx(whole, abs=1e-8)
    assert found["irr"]["days"] == 140
    assert all(row["irr"]["period_return"] is not None for row in found["groups"])
    later = young.manager.get(f"/funds/{young.fund_id}/metrics?as_of=2026-06-30").get_json()
    assert later["irr"]["period_return"] is None
    assert later["holdings"][young.ids["Night Train"]]["irr"]["period_return"] is not None


@pytest.mark.parametrize(("lang", "said"), [("en", "130 days, not annualised"), ("zh", "130 天，未年化")])
def test_pages_say_so_and_name_no_yearly_rate(young: Portfolio, lang: str, said: str) -> None:
    client = young.manager.browser(lang)
    for place in ("metrics", "holdings"):
        page = client.get(f"/funds/{young.fund_id}/{place}?as_of={EARLY}&by=holding").text
        assert said in page
        assert "20.0%" in page
        assert "66.8%" not in page, "1.2 ** (365 / 130) - 1"


def test_the_report_says_so_on_paper_and_in_the_workbook(young: Portfolio) -> None:
    young.manager.post(f"/funds/{young.fund_id}/reports", {"quarter": QUARTER})
    place = f"/funds/{young.fund_id}/report"
    assert "140 days, not annualised" in Web(young.manager).get(f"{place}?quarter={QUARTER}").text
    drawn = young.manager.get(f"{place}.pdf?quarter={QUARTER}&lang=zh")
    with pypdfium2.PdfDocument(drawn.data) as opened:
        text = "".join(page.get_textpage().get_text_bounded() for page in opened)
    assert "140 天，未年化" in text
    assert "130 天，未年化" in text
    book = Workbook(young.manager.get(f"{place}.xlsx?quarter={QUARTER}&lang=en").data)
    net = young.manager.get(f"{place}?quarter={QUARTER}").get_json()["metrics"]["irr"]
    assert book.value("Figures", (2, 13)) == pytest.approx(float(net["period_return"]), abs=1e-6)
    assert book.cells["Figures"][(3, 13)] == "140 days, not annualised"


@pytest.mark.parametrize(("lang", "said"), [("en", "5 days, not annualised"), ("zh", "5 天，未年化")])
def test_what_a_few_days_brought_is_shown_though_no_yearly_rate_tells_it(
    young: Portfolio, lang: str, said: str
) -> None:
    """Bought on 20 February and worth twice as much five days later: over a year that would be beyond any rate."""
    began, day = date(2025, 2, 20), date(2025, 2, 25)
    young.value("龙王归来", day, 4_000_000)
    held = young.manager.get(f"/funds/{young.fund_id}/metrics?as_of={day}").get_json()["holdings"][
        young.ids["龙王归来"]
    ]["irr"]
    assert (day - began).days == held["days"] == 5
    assert (held["rate"], held["reason"]) == (None, "no_root")
    assert float(held["period_return"]) == pytest.approx(1.0, abs=1e-8)
    page = young.manager.browser(lang).get(f"/funds/{young.fund_id}/metrics?as_of={day}&by=holding").text
    assert said in page
    assert "100.0%" in page


@pytest.mark.slow
def test_libreoffice_computes_the_same(young: Portfolio, tmp_path: Path) -> None:
    young.manager.post(f"/funds/{young.fund_id}/reports", {"quarter": QUARTER})
    content = young.manager.get(f"/funds/{young.fund_id}/report.xlsx?quarter={QUARTER}&lang=en").data
    assert spreadsheets.differences(content, tmp_path) == []
