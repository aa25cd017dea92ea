"""Notices of closings: what a closing means for each partner, as it stood on the day, for its own eyes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pypdfium2
import pytest

from dealflow.core import db, invariants
from dealflow.funds import queries, service
from tests.funds.conftest import House, Web


@pytest.fixture
def later(house: House) -> House:
    """A second closing half a year after a call that was paid: c joins a and b with 5 million."""
    house.paid(house.called(date(2025, 2, 1), 1_000_000), date(2025, 2, 1))
    house.close(date(2025, 8, 1), c=5_000_000)
    house.sign_in()
    return house


def path_of(house: House, closing: Any, name: str) -> str:
    return f"/funds/{house.fund_id}/closings/{closing.id}/notices/{house.partners[name]}.pdf"


def words(content: bytes) -> str:
    with pypdfium2.PdfDocument(content) as opened:
        return "\n".join(page.get_textpage().get_text_bounded() for page in opened)


def closings(house: House) -> list[Any]:
    found: list[Any] = house.ask(lambda fund: queries.closings(fund.id))
    return found


def test_it_says_what_each_partner_pays_or_gets_and_for_which_call(later: House) -> None:
    first, second = closings(later)
    # A third of the call goes over, with 6 % a year for 181 days on it.
    newcomer = second.notices[later.partners["c"]]
    assert newcomer["calls"][0]["amount_minor"] == 333_333_33
    assert newcomer["calls"][0]["interest_minor"] == newcomer["moved"]["interest_paid"] == 9_917_81
    assert (newcomer["commitment_minor"], newcomer["whole_minor"]) == (5_000_000_00, 15_000_000_00)
    told = {name: second.notices[later.partners[name]]["calls"][0] for name in "abc"}
    for key in ("amount_minor", "interest_minor"):
        assert sum(row[key] for row in told.values()) == 0
    text = words(later.manager.get(path_of(later, second, "c"), query_string={"lang": "en"}).data)
    for shown in ("CN¥333,333.33", "CN¥9,917.81", "CN¥343,251.14", "6.00%", "33.33%", "2025-02-01"):
        assert shown in text, shown
    chinese = words(later.lp.get(path_of(later, second, "a"), query_string={"lang": "zh"}).data)
    assert "本次交割贵方应收" in chinese
    assert "¥200,000.00" in chinese
    before = words(later.lp.get(path_of(later, first, "a"), query_string={"lang": "en"}).data)
    assert "Nothing is paid at this closing" in before


def test_it_stays_as_it_was_whatever_is_changed_before_it_is_drawn(later: House) -> None:
    later.do(service.edit, {"name": "改名基金", "payment_details": "elsewhere"})
    _first, second = closings(later)
    drawn = later.manager.get(path_of(later, second, "c"), query_string={"lang": "zh"}).data
    assert "一号基金" in words(drawn)
    assert "elsewhere" not in words(drawn)
    assert later.manager.get(path_of(later, second, "c"), query_string={"lang": "zh"}).data == drawn


def test_a_partner_reads_its_own_from_its_place_and_no_others(later: House) -> None:
    first, second = closings(later)
    own, other = path_of(later, second, "a"), path_of(later, second, "c")
    place = Web(later.lp).get(f"/funds/{later.fund_id}/lps/{later.partners['a']}").text
    assert place.count(own) == 1
    assert other not in place
    assert Web(later.lp).get(own).data.startswith(b"%PDF")
    page = Web(later.manager).get(f"/funds/{later.fund_id}/lps").text
    assert own in page
    assert other in page
    for who, place in ((later.lp, other), (later.stranger, own)):
        assert who.get(place).status_code == 404
        assert Web(who).get(place).status_code == 404
    # Nobody is told of a closing at which it had no commitment.
    assert later.manager.get(path_of(later, first, "c")).status_code == 404


def test_who_adds_to_a_commitment_is_told_both_sides(house: House) -> None:
    house.paid(house.called(date(2025, 2, 1), 1_000_000), date(2025, 2, 1))
    house.close(date(2025, 8, 1), a=2_000_000)
    told = closings(house)[-1].notices[house.partners["a"]]
    assert (told["new_minor"], told["commitment_minor"]) == (2_000_000_00, 8_000_000_00)
    assert told["moved"]["contribution"] > told["moved"]["refund"] > 0
    assert 0 < told["calls"][0]["amount_minor"] < told["moved"]["contribution"]


def test_a_notice_is_issued_anew_where_names_or_the_account_to_pay_to_were_wrong(later: House) -> None:
    _first, second = closings(later)
    send = f"/funds/{later.fund_id}/closings/{second.id}/revisions"
    unchanged = later.manager.post(send, {"reason": "更正"})
    assert (unchanged.status_code, unchanged.json["code"]) == (409, "nothing_changed")
    query = {"lang": "zh"}
    own, newcomer = path_of(later, second, "a"), path_of(later, second, "c")
    before = {path: later.manager.get(path, query_string=query).data for path in (own, newcomer)}
    later.do(service.edit, {"payment_details": "工商银行 6222"})
    web, page = Web(later.manager), f"/funds/{later.fund_id}/lps"
    assert "Issue the notices of closing 2 anew" in web.get(page).text
    assert (later.lp.post(send, {"reason": "x"}).status_code, later.stranger.post(send, {"reason": "x"}).status_code) == (403, 404)  # fmt: skip
    refused = web.post(send, {"reason": ""})
    assert refused.status_code == 422
    assert 'id="reason-2-error"' in refused.text
    assert web.post(send, {"reason": "收款账户更正"}).status_code == 303
    # Who gets money back reads no account in its notice: nothing changed for it.
    made = later.manager.get(f"/funds/{later.fund_id}/revisions").json["items"]
    assert [(row["kind"], row["lp_id"], row["number"]) for row in made] == [
        ("closing", later.partners["c"], 2)
    ]
    assert later.lp.get(f"/funds/{later.fund_id}/revisions").json["items"] == []
    renewed = later.manager.get(newcomer, query_string=query)
    for shown in ("工商银行 6222", "收款账户更正", "¥343,251.14"):
        assert shown in words(renewed.data), shown
    old = later.manager.get(newcomer, query_string=query | {"number": 1})
    assert old.data == before[newcomer]
    assert "-superseded.pdf" in old.headers["Content-Disposition"]
    shown = web.get(page).text
    assert "收款账户更正" in shown
    assert f"{newcomer}?number=1" in shown
    assert "Issue the notices of closing 2 anew" not in shown


def test_all_partners_get_a_corrected_name_and_are_told_once(later: House) -> None:
    _first, second = closings(later)
    later.do(service.edit, {"name": "改名基金"})
    send = f"/funds/{later.fund_id}/closings/{second.id}/revisions"
    made = later.manager.post(send, {"reason": "基金名称更正"}).json["items"]
    assert {row["lp_id"] for row in made} == {later.partners[name] for name in "abc"}
    own = path_of(later, second, "a")
    text = words(later.lp.get(own, query_string={"lang": "en"}).data)
    assert "改名基金" in text
    assert "Issue 2" in text
    place = later.lp.browser("en").get(f"/funds/{later.fund_id}/lps/{later.partners['a']}").text
    assert f"{own}?number=1" in place
    assert "基金名称更正" in place
    assert later.lp.get(own, query_string={"number": 3}).status_code == 404
    told = [row for row in later.lp.get("/notifications").json["items"] if row["code"] == "fund_revision"]
    assert [
        "Issue 2. Reason: 基金名称更正" in row["text"] or "基金名称更正" in row["text"] for row in told
    ] == [True]
    with db.system_edge(write=False):
        assert not any(invariants.run_all().values()), invariants.run_all()
