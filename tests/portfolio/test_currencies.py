"""Own holdings in other currencies: kept in theirs, added up at the rate of the day, left out and named without one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from dealflow.core import clock, db
from dealflow.ledger import verification
from dealflow.ledger.rates import Rate, find_rate
from dealflow.portfolio import exchange, queries
from dealflow.portfolio.service import booking
from tests.portfolio.conftest import Portfolio


def usd(amount: int) -> dict[str, Any]:
    return {"amount_minor": amount * 100, "currency": "USD"}


def rate(portfolio: Portfolio, on: str, text: str, pair: tuple[str, str] = ("USD", "CNY")) -> None:
    body = {"base": pair[0], "quote": pair[1], "on": on, "rate": text, "source": "SAFE"}
    made = portfolio.manager.post("/exchange-rates", body)
    assert made.status_code in (200, 201), made.get_json()


def flow(portfolio: Portfolio, holding: str, on: str, kind: str, amount: dict[str, Any], **more: Any) -> Any:
    body = {"on": on, "kind": kind, "amount": amount, "reference": f"{kind} {on}"} | more
    return portfolio.manager.post(f"/holdings/{holding}/cashflows", body)


@pytest.fixture
def dollars(portfolio: Portfolio) -> str:
    """A dollar holding beside one of yuan, with three flows and a valuation; no rates yet."""
    made = portfolio.manager.post(
        "/funds/own/holdings", {"name": "Reel One", "currency": "USD", "genre": "revenge"}
    )
    assert (made.status_code, made.get_json()["currency"]) == (201, "USD")
    holding = str(made.get_json()["id"])
    assert flow(portfolio, holding, "2026-03-02", "cost", usd(10_000)).get_json()["currency"] == "USD"
    assert flow(portfolio, holding, "2026-08-03", "proceeds", usd(4_000)).status_code == 201
    value = {
        "on": "2026-09-30", "value": usd(9_000), "method": "contracted", "evidence_class": "third_party", "evidence": "x",
        "reference": "v",
    }  # fmt: skip
    assert portfolio.manager.post(f"/holdings/{holding}/valuations", value).status_code == 201
    home = portfolio.manager.post("/funds/own/holdings", {"name": "本土"}).get_json()["id"]
    yuan = {"amount_minor": 50_000_00, "currency": "CNY"}
    assert flow(portfolio, home, "2026-03-02", "cost", yuan).status_code == 201
    return holding


def own(portfolio: Portfolio, **query: str) -> dict[str, Any]:
    args = "&".join(f"{key}={value}" for key, value in query.items())
    return dict(portfolio.manager.get(f"/funds/own/metrics?{args}").get_json())


def test_totals_take_the_rate_of_each_day_and_say_so(portfolio: Portfolio, dollars: str) -> None:
    rate(portfolio, "2026-03-02", "7.20")
    rate(portfolio, "2026-08-03", "7.00")
    rate(portfolio, "2026-11-01", "7.10")
    found = own(portfolio, by="genre")
    mine = found["holdings"][dollars]
    assert (mine["cost_minor"], mine["proceeds_minor"], mine["value_minor"]) == (
        72_000_00,
        28_000_00,
        63_900_00,
    )
    assert found["nav_minor"] == 63_900_00 + 50_000_00
    assert found["currency"] == "CNY"
    assert next(row for row in found["groups"] if row["name"] == "revenge")["cost_minor"] == 72_000_00
    told = {(row["on"], row["base"], row["rate"], row["day"]) for row in found["exchange"]["rates"]}
    assert told == {
        ("2026-03-02", "USD", "7.2", "2026-03-02"), ("2026-08-03", "USD", "7", "2026-08-03"),
        ("2026-11-02", "USD", "7.1", "2026-11-01"),
    }  # fmt: skip
    assert found["exchange"]["without_rate"] == []
    client = portfolio.manager.browser()
    page = client.get("/funds/own/holdings").text
    assert all(text in page for text in ("7.2", "Exchange rates used", "SAFE"))
    behind = client.get("/funds/own/figures/cost").text
    assert "72,000.00" in behind
    assert "7.2 of Mar 2, 2026" in behind
    alone = client.get(f"/funds/own/figures/cost?holding_id={dollars}").text
    assert "10,000.00" in alone
    assert "72,000.00" not in alone
    with db.system_edge(write=False):
        assert list(verification.verify()) == []


def test_without_a_rate_the_total_leaves_it_out_and_names_the_pair(
    portfolio: Portfolio, dollars: str
) -> None:
    rate(portfolio, "2026-03-02", "7.20")
    found = own(portfolio)
    assert found["exchange"]["without_rate"] == [
        {"holding_id": dollars, "base": "USD", "quote": "CNY", "day": "2026-08-03"}
    ]
    assert found["nav_minor"] == 50_000_00
    assert dollars not in found["holdings"]
    client = portfolio.manager.browser()
    for path in ("/portfolio", "/funds/own/holdings", "/funds/own/metrics", "/funds/own/outlook"):
        page = client.get(path).text
        assert "leave out what has no exchange rate" in page, path
        assert "no rate of USD in CNY" in page
    assert client.get(f"/holdings/{dollars}").status_code == 200
    assert "10,000.00" in client.get(f"/funds/own/figures/cost?holding_id={dollars}").text


def test_a_booking_in_another_currency_takes_the_rate_of_the_table(
    portfolio: Portfolio, dollars: str
) -> None:
    yuan = {"amount_minor": 7_200_00, "currency": "CNY"}
    refused = flow(portfolio, dollars, "2026-04-01", "cost", yuan).get_json()["errors"][0]
    assert (refused["field"], refused["code"]) == ("rate", "no_rate")
    rate(portfolio, "2026-04-01", "0.125", ("CNY", "USD"))
    made = flow(portfolio, dollars, "2026-04-01", "cost", yuan).get_json()
    assert (made["amount_minor"], made["currency"], made["rate"]) == (900_00, "USD", "0.125")
    rate(portfolio, "2026-04-01", "0.25", ("CNY", "USD"))
    again = flow(portfolio, dollars, "2026-04-01", "cost", yuan).get_json()
    assert again["id"] == made["id"]
    other = flow(portfolio, dollars, "2026-04-01", "cost", yuan, rate="0.3")
    assert other.status_code == 409
    entry = portfolio.ask(lambda actor: queries.flow(queries.get(actor, dollars), made["id"]).entry_id)
    assert entry == made["entry_id"]


def test_a_fund_keeps_its_own_currency(portfolio: Portfolio) -> None:
    refused = portfolio.manager.post(f"/funds/{portfolio.fund_id}/holdings", {"name": "x", "currency": "USD"})
    assert refused.get_json()["errors"][0]["code"] == "wrong_currency"
    unknown = portfolio.manager.post("/funds/own/holdings", {"name": "x", "currency": "XXX"})
    assert unknown.get_json()["errors"][0]["field"] == "currency"
    client = portfolio.manager.browser()
    kept = client.post("/funds/own/holdings", data={"name": "Seoul Nights", "currency": "KRW"})
    assert kept.status_code == 303
    assert client.post(f"/funds/{portfolio.fund_id}/holdings", data={"name": "another"}).status_code == 303


def test_an_opposite_amount_converts_to_the_opposite_and_yen_have_no_fen() -> None:
    yen = Rate("JPY", "CNY", Decimal("0.0485"), date(2026, 1, 1), "", "direct")
    assert exchange.convert(1_000, yen) == 48_50
    assert exchange.convert(333, yen) == -exchange.convert(-333, yen) == 16_15


def test_the_end_of_a_dollar_holding_needs_no_rate_of_that_day(portfolio: Portfolio, dollars: str) -> None:
    rate(portfolio, "2026-03-02", "7.20")
    rate(portfolio, "2026-08-03", "7.00")
    portfolio.do(booking.close, dollars, status="exited", on=date(2026, 10, 1))
    found = own(portfolio)
    assert found["exchange"]["without_rate"] == []
    assert (found["holdings"][dollars]["value_minor"], found["nav_minor"]) == (0, 50_000_00)
    with db.system_edge(write=False) as session:
        house = portfolio.manager.actor.organisation_id
        assert find_rate(session, str(house), "USD", "CNY", clock.today()) is None
        assert list(verification.verify()) == []
