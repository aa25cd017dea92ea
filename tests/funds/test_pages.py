"""The manager's way through the pages, and a partner's, who sees its own place and nothing of the others."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from dealflow.accounts import limits
from dealflow.core import jobs
from dealflow.funds import queries
from dealflow.web import exporting
from tests.conftest import Person
from tests.funds.conftest import House, Web, stand, yuan

FORM = {
    "name": "二号基金", "parent_id": "", "currency": "CNY", "vintage": "2025", "started_on": "2025-01-01", "term_years": "5",
    "target": "5000万", "fee_rate_ppm": "2", "fee_base": "commitment", "carry_mode": "european", "pref_rate_ppm": "8 %",
    "catch_up_ppm": "100", "carry_ppm": "20", "equalisation_rate_ppm": "6", "late_rate_ppm": "", "holding_ppm": "12.5",
}  # fmt: skip


def put(client: Web, path: str, expect: int = 303, **data: Any) -> Any:
    answer = client.post(path, data=data)
    said = re.findall(
        r'<p class="field__error".*?</p>|<div class="errors".*?</div>|flash.*?</div>', answer.text
    )
    assert answer.status_code == expect, (answer.status_code, said)
    return answer


@pytest.fixture
def manager(house: House) -> Web:
    return Web(house.manager)


def test_a_fund_is_made_changed_and_found(house: House, manager: Web) -> None:
    made = put(manager, "/funds/new", **FORM)
    fund = re.search(r"/funds/(fnd_\w+)/lps", made.headers["Location"])
    assert fund
    found = house.manager.get(f"/funds/{fund[1]}").json
    assert found["target"]["amount_minor"] == 50_000_000_00
    assert found["carry"] == {
        "mode": "european", "pref_rate_ppm": 80_000, "catch_up_ppm": 1_000_000, "carry_ppm": 200_000,
    }  # fmt: skip
    assert found["limits"]["holding_ppm"] == 125_000
    put(manager, f"/funds/{fund[1]}/edit", **FORM | {"name": "三号基金", "version": str(found["version"])})
    stale = put(
        manager, f"/funds/{fund[1]}/edit", 412, **FORM | {"name": "四号", "version": str(found["version"])}
    )
    assert "四号" in stale.text
    assert "三号基金" in manager.get("/funds").text
    assert "三号基金" in manager.get("/search?q=三号").text
    vehicle = put(manager, "/funds/new", **FORM | {"name": "载体", "parent_id": fund[1]})
    assert "载体" in manager.get(f"/funds/{fund[1]}").text
    assert "三号基金" in manager.get(vehicle.headers["Location"].removesuffix("/lps")).text


def test_the_start_page_leads_to_the_first_fund_until_there_is_one(person: Callable[..., Person]) -> None:
    manager = Web(person("fund"))
    assert 'href="/funds/new"' in manager.get("/").text
    put(manager, "/funds/new", **FORM)
    assert 'href="/funds/new"' not in manager.get("/").text
    assert 'href="/funds/new"' not in Web(person("investor")).get("/").text


def test_a_form_shows_the_percentages_that_it_saves(manager: Web) -> None:
    place = (
        put(manager, "/funds/new", **FORM | {"late_rate_ppm": "0.25"})
        .headers["Location"]
        .removesuffix("/lps")
    )
    page = manager.get(place + "/edit").text
    for name in ("fee_rate_ppm", "pref_rate_ppm", "catch_up_ppm", "carry_ppm", "late_rate_ppm"):
        shown = re.search(rf'name="{name}"[^>]*value="([^"]*)"|value="([^"]*)"[^>]*name="{name}"', page)
        assert shown, name
        wanted = "0.25" if name == "late_rate_ppm" else FORM[name].rstrip(" %")
        assert (shown[1] or shown[2]) == wanted, name


def test_what_is_wrong_stands_beside_its_box_and_what_was_typed_stays(manager: Web) -> None:
    answer = put(manager, "/funds/new", 422, **FORM | {"name": "", "pref_rate_ppm": "120", "target": "viel"})
    for text in ("Enter a percentage from 0 to 100", 'value="viel"', 'value="120"', "This is required"):
        assert text in answer.text
    again = put(manager, "/funds/new", 409, **FORM | {"name": "一号基金"})
    assert "choose another name" in again.text


def test_a_closing_is_shown_before_it_is_held(house: House, manager: Web) -> None:
    house.paid(house.called(date(2025, 1, 20), 1_000_000), date(2025, 1, 20))
    stand(date(2025, 1, 30))
    path, box = f"/funds/{house.fund_id}/closings", f"commit-{house.partners['c']}"
    typed = {"on": "2025-01-30", "equalisation_rate_ppm": "6", box: "1000万"}
    shown = put(manager, path, 200, act="preview", **typed)
    assert "500,000.00" in shown.text
    assert 'value="1000万"' in shown.text
    assert house.positions()["c"].commitment == yuan(0)
    assert "not positive" not in put(manager, path, 422, act="hold", **typed | {box: "x"}).text
    put(manager, path, act="hold", **typed)
    assert house.positions()["c"].contributed.amount == yuan(500_000)
    held = manager.get(f"/funds/{house.fund_id}/lps").text
    assert "Closing 2" in held
    move = {
        "from_lp_id": house.partners["c"],
        "to_lp_id": house.partners["d"],
        "amount": "400万",
        "on": "2025-01-30",
    }
    put(manager, f"/funds/{house.fund_id}/transfers", 422, **move | {"amount": "2亿"})
    put(manager, f"/funds/{house.fund_id}/transfers", **move)
    assert house.positions()["d"].commitment == yuan(4_000_000)


def test_a_call_is_drafted_looked_at_issued_and_paid(house: House, manager: Web) -> None:
    stand(date(2025, 1, 20))
    root = f"/funds/{house.fund_id}/calls"
    empty = put(manager, root, 422, due_on="2025-02-01")
    assert "Give at least 1" in empty.text
    drafted = put(manager, root, due_on="2025-02-01", investment="80万", fee="20万", text="首期")
    page = drafted.headers["Location"]
    assert "600,000.00" in manager.get(page).text
    put(manager, f"{page}/issue", version="1")
    put(manager, f"{page}/issue", 409)
    paid = {
        "lp_id": house.partners["a"],
        "amount": "10万",
        "currency": "CNY",
        "on": "2025-01-20",
        "reference": "B1",
    }
    put(manager, f"{page}/payments", 422, **paid | {"amount": "70万"})
    put(manager, f"{page}/payments", 422, **paid | {"currency": "USD"})
    put(manager, f"{page}/payments", **paid)
    text = manager.get(page).text
    assert "B1" in text
    assert "100,000.00" in text
    overview = manager.get(f"/funds/{house.fund_id}").text
    assert "900,000.00" in overview
    put(manager, f"{page}/cancel", 409, reason="x")
    alone = put(manager, root, due_on="2025-02-01", investment="10万", excused=[house.partners["b"]])
    put(manager, f"{alone.headers['Location']}/issue", version="1")
    assert house.positions()["b"].called.amount == yuan(400_000)
    assert house.positions()["a"].called.amount == yuan(700_000)


def test_late_interest_alone_is_typed_in_on_the_page_of_a_paid_call(house: House, manager: Web) -> None:
    call = house.called(date(2025, 2, 1), 1_000_000)
    house.paid(call, date(2025, 4, 15))
    house.sign_in()
    page = f"/funds/{house.fund_id}/calls/{call.id}"
    assert 'id="pay"' in manager.get(page).text
    typed = {
        "lp_id": house.partners["a"],
        "on": "2025-04-15",
        "reference": "ICBC 9",
        "amount": "",
        "currency": "CNY",
    }
    assert "Enter what came in" in manager.post(f"{page}/payments", data=typed | {"interest": ""}).text
    assert manager.post(f"{page}/payments", data=typed | {"interest": "12,000"}).status_code == 303
    assert house.ask(queries.cash) == yuan(1_012_000)


def test_a_call_is_found_by_its_reference_by_who_may_see_it(house: House, manager: Web) -> None:
    call = house.called(date(2025, 2, 1), 1_000_000)
    lines = house.ask(lambda _fund: queries.call_lines([call])[call.id])
    mine, other = (next(line for line in lines if line.lp_id == house.partners[name]) for name in ("a", "b"))
    house.sign_in()

    def found(browser: Any, words: str) -> str:
        return str(browser.get(f"/search?q={words}").text).partition("<main")[2]

    for words in (mine.reference, mine.reference.lower(), mine.reference[:7]):
        assert f'href="/funds/{house.fund_id}/calls/{call.id}"' in found(manager, words)
    assert "/calls/" not in found(manager, "DF")
    partner = house.lp.browser()
    assert f'href="/funds/{house.fund_id}/lps/{mine.lp_id}"' in found(partner, mine.reference)
    assert "/funds/" not in found(partner, other.reference)
    assert "/funds/" not in found(house.stranger.browser(), mine.reference)

    def asked(who: Any, words: str) -> list[tuple[str, str, str]]:
        hits = who.get("/search", query_string={"q": words}).json["items"]
        return [(hit["kind"], hit["id"], hit["url"]) for hit in hits]

    place = f"/funds/{house.fund_id}"
    assert asked(house.manager, mine.reference) == [("capital_call", call.id, f"{place}/calls/{call.id}")]
    assert asked(house.lp, mine.reference.lower()) == [("capital_call", call.id, f"{place}/lps/{mine.lp_id}")]
    assert asked(house.lp, other.reference) == asked(house.stranger, mine.reference) == []


def test_costs_and_a_distribution_through_the_pages(house: House, manager: Web) -> None:
    house.paid(house.called(date(2025, 1, 20), 1_000_000), date(2025, 1, 20))
    stand(date(2025, 2, 1))
    root = f"/funds/{house.fund_id}"
    put(
        manager,
        f"{root}/charges",
        kind="expense",
        amount="1万",
        currency="CNY",
        on="2025-02-01",
        reference="R1",
        text="Audit",
    )
    put(
        manager,
        f"{root}/charges",
        422,
        kind="expense",
        amount="1",
        currency="CNY",
        on="2025-02-01",
        reference="",
    )
    put(manager, f"{root}/fees", 422, period="2025Q1")
    costs = manager.get(f"{root}/costs").text
    pay = re.search(r'action="(/funds/\S+/charges/\S+/pay)"', costs)
    assert pay
    put(manager, pay[1], on="2025-02-01")
    put(manager, pay[1], on="2025-02-01")
    assert house.ask(queries.cash) == yuan(990_000)
    prepared = put(
        manager, f"{root}/distributions", amount="10万", recallable="2万", on="2025-02-01", text="first"
    )
    page = prepared.headers["Location"]
    put(manager, f"{page}/approve", 403)
    other = Web(house.second)
    assert "asks you to approve" in other.get("/").text
    put(other, f"{page}/approve", version="1")
    assert "Posted" in other.get(page).text
    assert "60,000.00" in other.get(f"{root}/lps/{house.partners['a']}").text
    put(manager, f"{root}/clawback", 409, on="2025-02-01", tax_ppm="0")


def test_a_partner_sees_its_own_place_and_nothing_else(house: House, manager: Web) -> None:
    call = house.called(date(2025, 1, 20), 1_000_000)
    partner, stranger = Web(house.lp), Web(house.stranger)
    root, own, other = f"/funds/{house.fund_id}", house.partners["a"], house.partners["b"]
    assert "Capital call 1" in partner.get("/").text
    assert partner.get(root).headers["Location"] == f"{root}/lps/{own}"
    place = partner.get(f"{root}/lps/{own}")
    assert "600,000.00" in place.text
    assert "400,000.00" not in place.text
    for path in ("lps", "calls", f"calls/{call.id}", "costs", "distributions", "statements", "edit", f"lps/{other}",
                 f"calls/{call.id}/notices/{other}.pdf", f"statements/{own}"):  # fmt: skip
        assert partner.get(f"{root}/{path}").status_code == 404, path
    assert partner.get(f"{root}/calls/{call.id}/notices/{own}.pdf").status_code == 200
    for path in ("", f"/lps/{own}", f"/calls/{call.id}/notices/{own}.pdf"):
        assert stranger.get(f"{root}{path}").status_code == 404
    house.sign_in()
    shown = house.lp.get(f"/funds/{house.fund_id}/calls").json["items"][0]
    assert (shown["amount"], [line["lp_id"] for line in shown["lines"]]) == (None, [own])
    book = house.ask(queries.book_of_fund)
    assert partner.get(f"/books/{book.id}").status_code == 404
    put(manager, f"{root}/statements", 422, period="2025Q1")


def test_nobody_is_flooded_with_invitations(house: House, manager: Web) -> None:
    page = f"/funds/{house.fund_id}/lps/{house.partners['b']}/invite"
    for _ in range(limits.MAILS_PER_ACCOUNT):
        put(manager, page, email="b@partner.test")
    put(manager, page, 429, email="b@partner.test")
    put(manager, page, email="c@partner.test")


def test_an_outside_party_takes_its_place_by_a_mailed_link_once(
    app: Flask, house: House, manager: Web, person: Callable[..., Person]
) -> None:
    page = f"/funds/{house.fund_id}/lps/{house.partners['b']}"
    put(manager, f"{page}/invite", 422, email="nobody")
    put(manager, f"{page}/invite", email="b@partner.test")
    jobs.run_due()
    mails = [path.read_bytes() for path in Path(app.instance_path).rglob("*.eml")]
    text = email.message_from_bytes(mails[0], policy=email.policy.default).get_body(("plain",)).get_content()
    link = re.search(r"/fund-invitations/[\w-]+", text)
    assert link
    joining = Web(person("investor"))
    assert "takes the place of b" in joining.get(link[0]).text
    assert put(manager, link[0], 409).text.count("cannot be its own partner") >= 1
    put(joining, link[0])
    assert joining.get(page).status_code == 200
    assert joining.get(link[0]).status_code == 404
    assert Web(house.lp).get(page).status_code == 404


def test_an_export_of_a_partners_organisation_tells_nothing_of_the_others(
    house: House, tmp_path: Path
) -> None:
    house.paid(house.called(date(2025, 1, 20), 1_000_000), date(2025, 1, 20))
    house.distributed(date(2025, 1, 20), 100_000)
    exporting.export(house.app.extensions["dealflow.settings"], house.lp.organisation_id, tmp_path / "lp")
    texts = [path.read_text("utf-8") for path in (tmp_path / "lp").rglob("*.json")]
    told = "".join(texts)
    assert house.partners["a"] in told
    for other in ("b", "c", "d"):
        assert house.partners[other] not in told
