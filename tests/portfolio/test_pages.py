"""The pages: what they show, that each figure leads to its entries in two clicks, that refusals keep what was typed."""

from __future__ import annotations

import io
import re
from datetime import date
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from dealflow.funds import service
from dealflow.portfolio.service import holdings, plans
from tests.portfolio.conftest import TODAY, Portfolio, yuan


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_of_the_room_opens(portfolio: Portfolio, lang: str) -> None:
    portfolio.do(plans.limit, portfolio.fund_id, dimension="vintage", most_ppm=100_000)
    portfolio.do(
        holdings.add_right,
        portfolio.ids["龙王归来"],
        due_on=date(2026, 11, 30),
        amount=yuan(300_000),
        text="第二季",
    )
    portfolio.do(holdings.add, None, {"name": "直投项目"})
    browser, fund = portfolio.manager.browser(lang), portfolio.fund_id
    pages = [
        "/portfolio", *(f"/holdings/{key}" for key in portfolio.ids.values()), "/funds/own/holdings", "/funds/own/metrics",
        "/funds/own/outlook", f"/funds/{fund}/holdings", f"/funds/{fund}/metrics?as_of=2026-06-30&by=vintage",
        f"/funds/{fund}/outlook?quarters=4&half_life=2", f"/funds/{fund}/reports", f"/funds/{fund}/report?quarter=2026Q3",
        f"/funds/{fund}/holdings/new", f"/funds/{fund}",
        *(f"/funds/{fund}/figures/{name}" for name in ("nav", "irr", "gross_irr", "irr_without_line", "unfunded", "commitment")),
    ]  # fmt: skip
    for page in pages:
        answer = browser.get(page)
        assert answer.status_code == 200, page
    text = browser.get("/portfolio").get_data(as_text=True)
    assert "龙王归来" in text
    assert "第二季" in text
    assert ("超出集中度上限" if lang == "zh" else "is above its limit") in text


def links(text: str, pattern: str) -> list[str]:
    return [unescape(found) for found in re.findall(rf'href="({pattern}[^"]*)"', text)]


def test_a_figure_leads_to_its_entries_in_two_clicks(portfolio: Portfolio) -> None:
    browser = portfolio.manager.browser()
    page = browser.get(f"/funds/{portfolio.fund_id}/metrics").get_data(as_text=True)
    figures = links(page, f"/funds/{portfolio.fund_id}/figures/")
    assert len(set(figures)) >= 10
    for name in ("paid_in", "distributed", "cost", "proceeds"):
        (first, *_more) = [link for link in figures if f"/figures/{name}" in link]
        entries = links(browser.get(first).get_data(as_text=True), "/books/")
        assert entries, name
        assert browser.get(entries[0]).status_code == 200


def test_the_api_opens_figures_to_the_same_rows(portfolio: Portfolio) -> None:
    place = f"/funds/{portfolio.fund_id}"
    metrics = portfolio.manager.get(f"{place}/metrics?by=genre").json
    browser = portfolio.manager.browser()
    for name in ("paid_in", "distributed", "unfunded", "nav", "commitment"):
        found = portfolio.manager.get(f"{place}/figures/{name}").json
        assert sum(row["amount"]["amount_minor"] for row in found["items"]) == metrics[f"{name}_minor"], name
        page = browser.get(f"{place}/figures/{name}").text
        named = {row["entry_id"] for row in found["items"] if row["entry_id"]}
        assert named == {link.split("/")[4] for link in links(page, "/books/") if "/entries/" in link}, name
    group = metrics["groups"][0]
    of_group = portfolio.manager.get(
        f"{place}/figures/cost", query_string={"by": "genre", "group": group["name"]}
    ).json
    assert sum(row["amount"]["amount_minor"] for row in of_group["items"]) == group["cost_minor"]
    holding = portfolio.ids["龙王归来"]
    alone = portfolio.manager.get(f"{place}/figures/cost?holding_id={holding}").json
    assert {row["holding_id"] for row in alone["items"]} == {holding}
    paged = portfolio.manager.get(f"{place}/figures/paid_in?limit=1").json
    assert (len(paged["items"]), paged["total"] > 1) == (1, True)
    assert portfolio.manager.get(f"{place}/figures/nothing").status_code == 404
    own = portfolio.manager.get("/funds/own/figures/cost")
    assert own.status_code == 200
    assert portfolio.manager.get("/funds/own/figures/paid_in").status_code == 404


def test_the_net_asset_value_opens_to_the_accounts_it_is_made_of(portfolio: Portfolio) -> None:
    browser = portfolio.manager.browser()
    page = browser.get(f"/funds/{portfolio.fund_id}/figures/nav").get_data(as_text=True)
    accounts = [link for link in links(page, "/books/") if "/accounts/" in link]
    assert "Bank account of the fund" in page
    assert "Money and what is owed, net" not in page
    assert all(browser.get(link).status_code == 200 for link in accounts)
    assert accounts


def test_the_overview_tells_what_was_posted_in_funds_and_what_they_owe(portfolio: Portfolio) -> None:
    house = portfolio.house
    house.called(TODAY, 300_000)
    house.do(service.charge, kind="expense", on=TODAY, amount=yuan(7_000), reference="audit", text="Audit")
    house.do(service.prepare, on=TODAY, amount=yuan(50_000))
    page = portfolio.manager.browser().get("/portfolio").get_data(as_text=True)
    changed = page.partition("Changed in the last 30 days")[2]
    for kind in ("Capital call", "Expense"):
        assert kind in changed
    entries = links(changed, "/books/")
    assert entries
    assert all(portfolio.manager.browser().get(entry).status_code == 200 for entry in entries)
    due = page.partition("Cash due")[2].partition("Changed in")[0]
    assert "7,000.00" in due
    assert "50,000.00" in due
    assert links(due, f"/funds/{portfolio.fund_id}/calls/")
    assert links(page.partition("</main")[0], f"/funds/{portfolio.fund_id}/distributions/fdi_")


def test_a_fund_limits_here_what_its_terms_do_not(portfolio: Portfolio) -> None:
    page = portfolio.manager.browser().get(f"/funds/{portfolio.fund_id}/outlook").get_data(as_text=True)
    choices = page.partition('name="dimension"')[2].partition("</select>")[0]
    assert re.findall(r'value="(\w+)"', choices) == ["vintage"]
    own = portfolio.manager.browser().get("/funds/own/outlook").get_data(as_text=True)
    assert (
        len(re.findall(r'value="(\w+)"', own.partition('name="dimension"')[2].partition("</select>")[0])) == 5
    )


def test_a_refused_booking_keeps_what_was_typed(portfolio: Portfolio) -> None:
    browser, holding = portfolio.manager.browser(), portfolio.ids["Night Train"]
    typed = {
        "kind": "cost",
        "on": "2026-12-24",
        "amount": ["45万", "CNY"],
        "reference": "ICBC 77",
        "text": "Second half",
    }
    answer = browser.post(f"/holdings/{holding}/flows", data=typed)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "not in the future" in text
    assert 'value="ICBC 77"' in text
    assert 'value="45万"' in text
    done = browser.post(f"/holdings/{holding}/flows", data=typed | {"on": "2026-10-24"})
    assert done.status_code == 303
    assert "¥450,000" in browser.get(f"/holdings/{holding}").get_data(as_text=True)


def test_what_people_do_on_a_holdings_page(portfolio: Portfolio) -> None:
    browser, holding = portfolio.manager.browser(), portfolio.ids["Night Train"]
    valued = {"on": "2026-10-31", "value": "90万", "method": "written_down", "evidence_class": "third_party", "evidence": "Appraisal", "reference": "v9"}  # fmt: skip
    assert browser.post(f"/holdings/{holding}/valuations", data=valued).status_code == 303
    noted = {"due_on": "2026-11-30", "amount": "10万", "text": "Sequel"}
    assert browser.post(f"/holdings/{holding}/rights", data=noted).status_code == 303
    right = re.findall(
        rf'action="(/holdings/{holding}/rights/[^"]+)"',
        browser.get(f"/holdings/{holding}").get_data(as_text=True),
    )[0]
    assert browser.post(right, data={"state": "sold"}).status_code == 422
    assert browser.post(right, data={"state": "exercised"}).status_code == 303
    assert browser.post(f"/holdings/{holding}/watch", data={"watch_note": "Late shoot"}).status_code == 303
    assert "Late shoot" in browser.get("/portfolio").get_data(as_text=True)
    assert (
        browser.post(
            f"/holdings/{holding}/close", data={"status": "written_off", "on": "2026-11-01"}
        ).status_code
        == 303
    )
    assert browser.post(f"/holdings/{holding}/flows", data={}).status_code == 422
    added = browser.post(f"/funds/{portfolio.fund_id}/holdings", data={"name": "新剧"})
    assert added.status_code == 303
    again = browser.post(f"/funds/{portfolio.fund_id}/holdings", data={"name": "新剧"})
    assert again.status_code == 409


def test_what_people_do_on_a_funds_pages(portfolio: Portfolio) -> None:
    browser, fund = portfolio.manager.browser(), portfolio.fund_id
    drawn = {"kind": "draw", "on": "2025-04-01", "amount": "100万", "reference": "d1"}
    assert browser.post(f"/funds/{fund}/line", data=drawn).status_code == 303
    assert (
        browser.post(
            f"/funds/{fund}/line", data=drawn | {"kind": "repay", "amount": "200万", "reference": "r"}
        ).status_code
        == 422
    )
    assert (
        browser.post(f"/funds/{fund}/limits", data={"dimension": "vintage", "percent": "40"}).status_code
        == 303
    )
    assert (
        browser.post(f"/funds/{fund}/limits", data={"dimension": "platform", "percent": "400"}).status_code
        == 422
    )
    sent: dict[str, Any] = {
        "name": "Index",
        "file": (io.BytesIO(b"2025-01-01,100\n2026-10-01,120\n"), "i.csv"),
    }
    imported = browser.post(f"/funds/{fund}/benchmarks", data=sent)
    assert imported.status_code == 303
    assert "Kaplan-Schoar" in browser.get(imported.headers["Location"]).get_data(as_text=True)
    assert browser.post(f"/funds/{fund}/benchmarks", data={"name": "x"}).status_code == 422
    assert browser.post(f"/funds/{fund}/reports", data={"quarter": "2026Q9"}).status_code == 422
    issued = browser.post(f"/funds/{fund}/reports", data={"quarter": "2026Q3"})
    assert issued.status_code == 303
    assert browser.post(f"/funds/{fund}/reports", data={"quarter": "2026Q3"}).status_code == 409
    file = browser.get(f"/funds/{fund}/report.xlsx?quarter=2026Q3&lang=en")
    assert (file.status_code, file.data[:2]) == (200, b"PK")


def test_strangers_and_partners_see_nothing(portfolio: Portfolio) -> None:
    for who in (portfolio.house.stranger, portfolio.house.lp):
        browser = who.browser()
        assert browser.get("/portfolio").status_code == 200
        for page in (
            f"/holdings/{portfolio.ids['龙王归来']}",
            f"/funds/{portfolio.fund_id}/holdings",
            f"/funds/{portfolio.fund_id}/figures/nav",
        ):
            assert browser.get(page).status_code == 404, page


@pytest.mark.parametrize(
    ("by", "group", "cost"),
    [
        ("genre", "revenge", "3,200,000.00"), ("stage", "released", "3,500,000.00"), ("platform", "抖音", "1,500,000.00"),
        ("vintage", "2025", "4,700,000.00"), ("holding", "闪婚", "1,500,000.00"), ("platform", "", "1,200,000.00"),
    ],
)  # fmt: skip
def test_a_groups_figures_open_to_entries_within_two_clicks(
    portfolio: Portfolio, by: str, group: str, cost: str
) -> None:
    client = portfolio.manager.browser()
    page = client.get(f"/funds/{portfolio.fund_id}/metrics?by={by}").text
    links = [unescape(link) for link in re.findall(r'href="([^"]*/figures/[^"]*by=[^"]*)"', page)]
    wanted = [link for link in links if parse_qs(urlsplit(link).query).get("group", [""]) == [group]]
    assert {urlsplit(link).path.rpartition("/")[2] for link in wanted} == {
        "cost",
        "proceeds",
        "value",
        "gross_irr",
    }
    rows = client.get(next(link for link in wanted if "/figures/cost" in link)).text
    assert cost in rows
    entry = re.search(r'href="(/books/[^"]*/entries/[^"]*)"', rows)
    assert entry
    assert client.get(entry[1]).status_code == 200
