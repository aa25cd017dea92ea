"""Papers issued anew after a correction: numbered, with why; the old stay readable as they were, and the partner is told once."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import text

from dealflow.core import db, i18n, invariants
from dealflow.funds import papers, queries, service
from dealflow.ledger import verification
from tests.funds.conftest import House, Web, stand, yuan

REASON = "审计费记账日有误"


@pytest.fixture
def corrected(house: House) -> House:
    """Statements of the first quarter of 2025, after which an expense of that quarter came to light."""
    house.paid(house.called(date(2025, 2, 1), 1_000_000), date(2025, 2, 1))
    stand(date(2025, 4, 2))
    house.do(service.issue_statements, period="2025Q1")
    house.do(service.charge, kind="expense", on=date(2025, 3, 31), amount=yuan(50_000), reference="late")
    house.sign_in()
    return house


def sound() -> None:
    with db.system_edge(write=False):
        assert not any(invariants.run_all().values()), invariants.run_all()
        assert list(verification.verify()) == []


def read(house: House, name: str = "a", who: Any = None, **query: Any) -> Any:
    path = f"/funds/{house.fund_id}/statements/{house.partners[name]}"
    return (who or house.manager).get(path, query_string={"period": "2025Q1"} | query)


def closing(found: dict[str, Any]) -> int:
    (line,) = [row for row in found["columns"] if row["key"] == "closing"]
    return int(line["period"]["amount_minor"])


def told(house: House, code: str = "fund_revision") -> list[dict[str, Any]]:
    return [row for row in house.lp.get("/notifications?limit=200").json["items"] if row["code"] == code]


def test_a_statement_is_issued_anew_with_its_number_and_why(corrected: House) -> None:
    first = read(corrected).json
    assert (first["number"], first["revision"], first["superseded_by"]) == (1, None, None)
    path = f"/funds/{corrected.fund_id}/statements/revisions"
    body = {"period": "2025Q1", "reason": REASON}
    refused = corrected.manager.post(path, body | {"reason": ""})
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "reason")
    assert corrected.manager.post(path, body | {"period": "2024Q4"}).json["errors"][0]["code"] == "not_issued"
    assert (corrected.lp.post(path, body).status_code, corrected.stranger.post(path, body).status_code) == (
        403,
        404,
    )
    made = corrected.manager.post(path, body)
    assert made.status_code == 201, made.json
    assert {row["lp_id"] for row in made.json["items"]} == {corrected.partners[name] for name in "ab"}
    again = corrected.manager.post(path, body)
    assert (again.status_code, again.json["code"]) == (409, "nothing_changed")
    now, old = read(corrected, who=corrected.lp).json, read(corrected, who=corrected.lp, number=1).json
    assert (now["number"], now["revision"]["reason"], now["superseded_by"]) == (2, REASON, None)
    assert now["revision"]["replaces"] == {"number": 1, "issued_on": "2025-04-02", "sha256": first["sha256"]}
    assert (old["sha256"], old["superseded_by"], closing(old)) == (first["sha256"], 2, closing(first))
    assert closing(first) - closing(now) == 30_000_00
    assert read(corrected, number=3).status_code == 404
    (message,) = told(corrected)
    assert REASON in message["text"]
    listed = corrected.lp.get(f"/funds/{corrected.fund_id}/statements").json["items"]
    assert [(row["number"], row["sha256"]) for row in listed] == [(2, now["sha256"])]
    (mine,) = corrected.lp.get(f"/funds/{corrected.fund_id}/revisions").json["items"]
    assert (mine["about"], mine["kind"], mine["reason"]) == (listed[0]["id"], "statement", REASON)
    tags = [row["tag"] for row in corrected.manager.get("/audit?limit=200").json["items"]]
    assert tags.count("funds:paper:issued_anew") == 1
    sound()
    # A further correction makes a third issue, which replaces the second.
    corrected.do(service.charge, kind="expense", on=date(2025, 3, 30), amount=yuan(1_000), reference="later")
    made = corrected.manager.post(path, body | {"lp_id": corrected.partners["a"]})
    assert [row["replaces"]["number"] for row in made.json["items"]] == [2]
    assert read(corrected, number=2).json["superseded_by"] == 3
    assert read(corrected, "b").json["number"] == 2
    with pytest.raises(Exception, match="append_only"), db.system_edge() as session:
        session.execute(text("DELETE FROM fund_revision"))
    sound()


def test_files_of_each_issue_are_kept_and_say_what_they_replace(corrected: House) -> None:
    path = f"/funds/{corrected.fund_id}/statements/{corrected.partners['a']}"
    query = {"period": "2025Q1", "lang": "en"}
    before = {form: corrected.lp.get(f"{path}.{form}", query_string=query).data for form in ("pdf", "xlsx")}
    corrected.do(service.revise_statements, period="2025Q1", reason=REASON)
    for form, content in before.items():
        old = corrected.lp.get(f"{path}.{form}", query_string=query | {"number": 1})
        assert old.data == content
        assert f"-superseded.{form}" in old.headers["Content-Disposition"]
        assert corrected.lp.get(f"{path}.{form}", query_string=query).data != content
    book = CalamineWorkbook.from_filelike(
        io.BytesIO(corrected.lp.get(f"{path}.xlsx", query_string=query).data)
    )
    rows = book.get_sheet_by_index(0).to_python()
    assert rows[0][2] == "Issue 2"
    assert "It replaces issue 1 of 2025-04-02. Reason: " + REASON in rows[1][2]
    with i18n.using("en"):
        printed = papers.statement_html(read(corrected).json, "2025-04-02", "x")
    assert "It replaces issue 1 of 2025-04-02." in printed
    assert REASON in printed


def test_a_statement_from_before_figures_were_told_is_printed_and_compared_by_what_it_says(
    corrected: House,
) -> None:
    data = read(corrected).json
    del data["performance"], data["revision"]
    with i18n.using("en"):
        assert "Net IRR" not in papers.statement_html(data, "2025-04-02", "x")


def test_the_pages_offer_it_where_something_changed_and_show_all_issues(corrected: House) -> None:
    web = Web(corrected.manager)
    page = f"/funds/{corrected.fund_id}/statements/{corrected.partners['a']}?period=2025Q1"
    assert 'action="/funds/' + corrected.fund_id + '/statements/revisions"' in web.get(page).text
    send = f"/funds/{corrected.fund_id}/statements/revisions"
    fields = {"period": "2025Q1", "lp_id": corrected.partners["a"], "reason": ""}
    assert web.post(send, fields).status_code == 422
    refused = web.post(send, {"period": "soon", "reason": REASON})
    assert refused.status_code == 422
    assert REASON in refused.text, "what was typed is kept"
    assert web.post(send, fields | {"reason": REASON}).status_code == 303
    shown = web.get(page).text
    assert "replaces issue 1. Reason: " + REASON in shown
    assert "/statements/revisions" not in shown, "nothing is left to issue anew"
    old = corrected.lp.browser("en").get(f"{page}&number=1").text
    assert "Superseded: issue 2 of" in old
    assert "被取代" in corrected.lp.browser("zh").get(f"{page}&number=1").text
    assert "Issue 2" in web.get(f"/funds/{corrected.fund_id}/statements").text
    assert web.post(send, {"period": "2025Q1", "reason": REASON}).status_code == 303
    assert web.post(send, {"period": "2025Q1", "reason": REASON}).status_code == 409


def test_the_notice_of_a_call_follows_an_earlier_call_that_is_cancelled_and_the_account(house: House) -> None:
    first = house.called(date(2025, 2, 1), 500_000)
    call = house.called(date(2025, 3, 1), 1_000_000)
    house.sign_in()
    assert house.ask(lambda fund: service.changed_calls(fund, call)) == []
    path = f"/funds/{house.fund_id}/calls/{call.id}/notices/{house.partners['a']}.pdf"
    before = house.lp.get(path, query_string={"lang": "en"}).data
    house.do(service.cancel_call, first.id, reason="重复发出")
    send = f"/funds/{house.fund_id}/calls/{call.id}/revisions"
    made = house.manager.post(send, {"reason": "前一次缴款已取消"})
    assert made.status_code == 201, made.json
    mine = next(row for row in made.json["items"] if row["lp_id"] == house.partners["a"])
    facts = mine["content"]
    assert (facts["called_before_minor"], facts["unfunded_after_minor"]) == (0, 5_400_000_00)
    assert house.lp.get(path, query_string={"lang": "en", "number": 1}).data == before
    assert house.lp.get(path, query_string={"lang": "en"}).data != before
    assert len(told(house)) == 1
    assert house.manager.post(send, {"reason": "x"}).json["code"] == "nothing_changed"
    house.do(service.edit, {"payment_details": "工商银行 6222"})
    web = Web(house.manager)
    page = web.get(f"/funds/{house.fund_id}/calls/{call.id}").text
    assert "Issue notices anew" in page
    assert web.post(f"/funds/{house.fund_id}/calls/{call.id}/revisions", {"reason": ""}).status_code == 422
    assert (
        web.post(f"/funds/{house.fund_id}/calls/{call.id}/revisions", {"reason": "收款账户更正"}).status_code
        == 303
    )
    seen = house.lp.browser("en").get(f"/funds/{house.fund_id}/lps/{house.partners['a']}").text
    assert "收款账户更正" in seen
    assert "number=1" in seen
    cancelled = house.manager.post(f"/funds/{house.fund_id}/calls/{first.id}/revisions", {"reason": "x"})
    assert (cancelled.status_code, cancelled.json["code"]) == (409, "invalid_transition")
    with i18n.using("en"):
        line = next(
            row
            for row in house.ask(lambda fund: queries.call_lines([call])[call.id])
            if row.lp_id == house.partners["a"]
        )
        edition = house.ask(lambda fund: service.call_editions(fund, call)[line.lp_id].last)
        printed = house.ask(lambda fund: papers.notice_html(fund, call, line, edition))
    assert "Issue 3" in printed
    assert "工商银行 6222" in printed
    sound()


def test_the_notice_of_a_distribution_follows_what_is_corrected(house: House) -> None:
    early = house.called(date(2025, 2, 1), 1_000_000)
    house.paid(early, date(2025, 2, 1))
    stray = house.called(date(2025, 2, 10), 300_000)
    row = house.distributed(date(2025, 3, 1), 200_000)
    house.sign_in()
    assert house.ask(lambda fund: service.changed_distributions(fund, row)) == []
    house.do(service.cancel_call, stray.id, reason="重复发出")
    send = f"/funds/{house.fund_id}/distributions/{row.id}/revisions"
    path = f"/funds/{house.fund_id}/distributions/{row.id}/notices/{house.partners['a']}.pdf"
    before = house.lp.get(path, query_string={"lang": "zh"}).data
    web = Web(house.manager)
    assert "Issue notices anew" in web.get(f"/funds/{house.fund_id}/distributions/{row.id}").text
    assert web.post(send, {"reason": "缴款取消"}).status_code == 303
    (mine,) = house.lp.get(f"/funds/{house.fund_id}/revisions").json["items"]
    assert mine["content"]["position"]["unfunded"] == 5_400_000_00
    assert house.lp.get(path, query_string={"lang": "zh", "number": 1}).data == before
    newer = house.lp.get(path, query_string={"lang": "zh"})
    assert newer.data.startswith(b"%PDF")
    assert newer.data != before
    assert house.manager.post(send, {"reason": "x"}).json["code"] == "nothing_changed"
    assert house.stranger.post(send, {"reason": "x"}).status_code == 404
    sound()


def test_a_partner_whose_name_was_mistyped_gets_its_papers_anew(corrected: House) -> None:
    lp_id = corrected.partners["a"]
    corrected.do(service.revise_statements, period="2025Q1", reason=REASON)
    place = f"/funds/{corrected.fund_id}/lps/{lp_id}"
    web, before = Web(corrected.manager), read(corrected).json["lp"]["name"]
    shown = corrected.manager.browser("zh").get(place).text
    assert before in shown
    assert shown.count('id="name"') == 1, "the box and its label belong together"
    assert 'for="name">文件上的名称' in shown.replace("\n", ""), "a firm has no 姓名"
    assert web.post(f"{place}/name", {"name": " "}).status_code == 422
    other = corrected.manager.get(f"/funds/{corrected.fund_id}/lps/{corrected.partners['b']}").json["name"]
    taken = web.post(f"{place}/name", {"name": other})
    assert taken.status_code == 409
    assert "Another partner of this fund has this name" in taken.text
    assert (corrected.lp.post(f"{place}/name", {"name": "x"}).status_code, corrected.stranger.post(f"{place}/name", {"name": "x"}).status_code) == (403, 404)  # fmt: skip
    assert web.post(f"{place}/name", {"name": "启东临港产业投资（有限合伙）"}).status_code == 303
    assert read(corrected).json["lp"]["name"] == before, "what was issued stays"
    assert "启东临港产业投资（有限合伙）" in told(corrected, "fund_partner_name")[0]["title"]
    send = f"/funds/{corrected.fund_id}/statements/revisions"
    made = corrected.manager.post(send, {"period": "2025Q1", "reason": "名称更正"})
    assert [row["lp_id"] for row in made.json["items"]] == [lp_id]
    assert read(corrected).json["lp"]["name"] == "启东临港产业投资（有限合伙）"
    tags = [row["tag"] for row in corrected.manager.get("/audit?limit=200").json["items"]]
    assert tags.count("funds:lp:renamed") == 1
    sound()
