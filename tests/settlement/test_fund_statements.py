"""Calls of funds paid from bank statements: suggested by name, reference and amount; in parts, late, beyond what is owed;
once; taken back; kept from other houses and from partners."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from io import BytesIO
from typing import Any

import pytest

from dealflow.core import clock
from tests.conftest import Person
from tests.factories.commitments import upload
from tests.factories.funds import cny
from tests.settlement.conftest import later, renewed
from tests.settlement.test_tranches import sound

HEADER = "交易时间,收入金额,支出金额,对方户名,交易用途"
NAME = "远山资本有限公司"


def rows(*lines: tuple[int, str, str], day: date | None = None) -> bytes:
    """A statement in the columns of a bank: (minor units, payer, remarks) of what came in."""
    on = (day or clock.today()).isoformat()
    body = [f"{on},{minor / 100:.2f},,{payer},{text}" for minor, payer, text in lines]
    return "\n".join([HEADER, *body, f"{on},,1.00,银行,费"]).encode()


class House:
    """A manager with a fund of two partners, one of them on the platform, and an issued call of 10,000 yuan."""

    def __init__(self, manager: Person, lp: Person, name: str = "一号基金", late_ppm: int = 0) -> None:
        self.manager, self.lp = manager, lp
        terms = {"name": name, "started_on": "2025-01-01", "late_rate_ppm": late_ppm}
        self.fund = manager.post("/funds", terms).json["id"]
        self.path = f"/funds/{self.fund}"
        partners = [
            {"organisation_id": lp.organisation_id, "name": NAME, "amount": cny(60_000_00)},
            {"name": "通州湾母基金", "amount": cny(40_000_00)},
        ]
        closed = manager.post(f"{self.path}/commitments", {"on": "2025-01-10", "commitments": partners})
        self.mine, self.other = (row["lp_id"] for row in closed.json["commitments"])
        self.call = self.issue(10_000_00)

    def issue(self, minor: int) -> dict[str, Any]:
        body = {"due_on": clock.today().isoformat(), "purposes": [{"amount": cny(minor)}]}
        drafted = self.manager.post(f"{self.path}/calls", body).json
        issued = self.manager.post(f"{self.path}/calls/{drafted['id']}/issue")
        assert issued.status_code == 200, issued.json
        return dict(issued.json)

    def asked(self, lp_id: str, call: dict[str, Any] | None = None) -> dict[str, Any]:
        """What a call asks of a partner, as it is now."""
        found = self.manager.get(f"{self.path}/calls/{(call or self.call)['id']}").json
        return next(line for line in found["lines"] if line["lp_id"] == lp_id)

    def bring(self, content: bytes, **fields: str) -> list[dict[str, Any]]:
        """Import a statement; the lines that wait."""
        sent = upload(self.manager, "/bank-statements", content, **fields)
        assert sent.status_code == 201, sent.json
        return list(self.manager.get("/bank-lines?state=new").json["items"])

    def confirm(self, line: dict[str, Any], call_id: str, **more: Any) -> Any:
        return self.manager.post(f"/bank-lines/{line['id']}/confirm", {"call_id": call_id, **more})

    def overpaid(self) -> int:
        """What the partner's page says that it overpaid, in minor units, by its entries."""
        rows = self.manager.get(f"{self.path}/payments?limit=200").json["items"]
        undone = {row["reverses_id"] for row in rows}
        signs = {"payment": 1, "refund": -1, "offset": 0, "reversal": 0}
        standing = [row for row in rows if row["id"] not in undone]
        used = sum(row["amount"]["amount_minor"] for row in standing if row["kind"] == "offset")
        return sum(signs[row["kind"]] * row["excess"]["amount_minor"] for row in standing) - used


@pytest.fixture
def house(person: Callable[..., Person]) -> House:
    return House(person("fund"), person("investor", name=NAME))


def test_a_line_is_suggested_for_a_partners_part_and_posted_when_confirmed(house: House) -> None:
    mine, other = house.asked(house.mine), house.asked(house.other)
    lines = house.bring(
        rows(
            (6_000_00, NAME, f"实缴 {mine['reference']}"),
            (1_00, "无关", "利息"),
            (4_000_00, "通州湾母基金", ""),
        )
    )
    by_amount = {line["amount"]["amount_minor"]: line for line in lines}
    (found,) = by_amount[6_000_00]["suggestions"]
    assert (found["call_id"], found["party"]) == (mine["id"], NAME)
    assert [r["code"] for r in found["reasons"]][:3] == ["reference", "amount", "payer"]
    assert by_amount[1_00]["suggestions"] == []
    (found,) = by_amount[4_000_00]["suggestions"]
    assert (found["call_id"], [r["code"] for r in found["reasons"]][:2]) == (other["id"], ["amount", "payer"])
    done = house.confirm(by_amount[6_000_00], mine["id"])
    assert done.status_code == 201, done.json
    assert (done.json["kind"], done.json["fund_id"]) == ("fund", house.fund)
    assert house.asked(house.mine)["state"] == "paid"
    (payment,) = house.manager.get(f"{house.path}/payments").json["items"]
    assert (payment["id"], payment["typed"], payment["payer"]) == (done.json["id"], False, NAME)
    assert payment["bank_line_id"] == by_amount[6_000_00]["id"]
    line = house.manager.get(f"/bank-lines/{by_amount[6_000_00]['id']}").json
    assert (line["state"], line["payment"]["id"]) == ("matched", payment["id"])
    assert house.confirm(by_amount[6_000_00], other["id"]).status_code == 409
    assert house.manager.get(house.path).json["cash"]["amount_minor"] == 6_000_00
    sound()


def test_parts_then_late_interest_then_what_is_beyond(person: Callable[..., Person]) -> None:
    house = House(person("fund"), person("investor", name=NAME), late_ppm=100_000)
    mine = house.asked(house.mine)
    (line,) = house.bring(rows((2_000_00, NAME, "")))
    assert [r["code"] for r in line["suggestions"][0]["reasons"]] == ["part", "payer", "day"]
    house.confirm(line, mine["id"])
    later(73)
    renewed(house.manager)
    # 4,000 yuan at 10 % for 73 days is 80 yuan.
    (line,) = house.bring(rows((4_100_00, NAME, "")))
    done = house.confirm(line, mine["id"]).json
    parts = {name: done[name]["amount_minor"] for name in ("principal", "interest", "excess")}
    assert parts == {"principal": 4_000_00, "interest": 80_00, "excess": 20_00}
    assert house.asked(house.mine)["late_interest"]["amount_minor"] == 0
    # What was overpaid is used for the next call, and the rest paid back.
    second = house.issue(10_00)
    path = f"{house.path}/calls/{second['id']}/offsets"
    used = house.manager.post(path, {"lp_id": house.mine})
    assert (used.status_code, used.json["amount"]["amount_minor"]) == (201, 6_00)
    assert house.manager.post(path, {"lp_id": house.mine}).json["code"] == "nothing_overpaid"
    assert house.overpaid() == 14_00
    back = f"{house.path}/lps/{house.mine}/refunds"
    body = {"amount": cny(15_00), "reference": "OUT-1", "reason": "多付"}
    assert house.manager.post(back, body).status_code == 422
    refunded = house.manager.post(back, body | {"amount": cny(14_00)})
    again = house.manager.post(back, body | {"amount": cny(14_00)})
    assert (refunded.status_code, again.json["id"]) == (201, refunded.json["id"])
    assert house.overpaid() == 0
    # The payment stands below what was made of it.
    undo = f"{house.path}/payments/{done['id']}/reverse"
    assert house.manager.post(undo, {"reason": "x"}).json["code"] == "built_upon"
    for made in (refunded, used):
        answer = house.manager.post(f"{house.path}/payments/{made.json['id']}/reverse", {"reason": "x"})
        assert answer.status_code == 201, answer.json
    assert house.manager.post(undo, {"reason": "对错了"}).status_code == 201
    assert house.manager.post(undo, {"reason": "x"}).json["code"] == "already_reversed"
    assert house.asked(house.mine)["open"]["amount_minor"] == 4_000_00
    assert house.manager.get(f"/bank-lines/{line['id']}").json["state"] == "new"
    assert house.confirm(line, mine["id"]).status_code == 201
    sound()


def test_what_was_typed_in_is_not_recorded_again_from_the_statement(house: House) -> None:
    mine, path = house.asked(house.mine), f"{house.path}/calls/{house.call['id']}/payments"
    header = "交易日,流水号,贷方金额,借方金额,收(付)方名称,摘要"
    content = f"{header}\n{clock.today():%Y%m%d},C-77,6000.00,,{NAME},款\n".encode()
    typed = house.manager.post(path, {"lp_id": house.mine, "amount": cny(6_000_00), "reference": "C-77"})
    assert (typed.status_code, typed.json["typed"]) == (201, True)
    (line,) = house.bring(content)
    assert house.confirm(line, mine["id"]).json["code"] == "recorded_before"
    undo = f"{house.path}/payments/{typed.json['id']}/reverse"
    assert house.manager.post(undo, {"reason": "按对账单"}).status_code == 201
    assert house.confirm(line, mine["id"]).status_code == 201
    # The other way round the same reference gives the payment there is.
    again = house.manager.post(path, {"lp_id": house.mine, "amount": cny(6_000_00), "reference": "C-77"})
    assert (again.status_code, again.json["typed"]) == (201, False)
    assert house.asked(house.mine)["paid"]["amount_minor"] == 6_000_00
    sound()


def test_a_call_that_is_paid_holds_what_comes_once_more_as_overpaid(house: House) -> None:
    mine = house.asked(house.mine)
    first, second = house.bring(rows((6_000_00, NAME, "一"), (6_000_00, NAME, "二")))
    assert house.confirm(first, mine["id"]).status_code == 201
    waiting = house.manager.get(f"/bank-lines/{second['id']}").json
    assert [s["call_id"] for s in waiting["suggestions"]] == []
    done = house.confirm(second, mine["id"])
    assert (done.status_code, done.json["excess"]["amount_minor"]) == (201, 6_000_00)
    # It is the partner's: the fund cannot share it out.
    refused = house.manager.post(f"{house.path}/distributions", {"amount": cny(6_000_01)})
    assert refused.json["errors"][0]["code"] == "not_enough_cash"
    sound()


def test_each_account_pays_the_calls_of_its_own_fund(house: House) -> None:
    second = House(house.manager, house.lp, name="二号基金")
    content = rows((6_000_00, NAME, ""))
    unsaid = upload(house.manager, "/bank-statements", content)
    assert (unsaid.status_code, unsaid.json["errors"][0]["field"]) == (422, "fund_id")
    (line,) = house.bring(content, fund_id=second.fund)
    (found,) = line["suggestions"]
    assert found["call_id"] == second.asked(second.mine)["id"]
    crossed = house.confirm(line, house.asked(house.mine)["id"])
    assert crossed.json["errors"][0]["code"] == "other_account"
    assert house.manager.get(f"/bank-lines?fund_id={house.fund}").json["total"] == 0
    assert house.manager.get(f"/bank-lines?fund_id={second.fund}").json["total"] == 1
    # It was the account of the other fund: the file is imported once more for it, and the wrong line set aside.
    again = upload(house.manager, "/bank-statements", content, fund_id=second.fund)
    assert (again.status_code, again.json["fresh"]) == (200, 1)
    right = upload(house.manager, "/bank-statements", content, fund_id=house.fund)
    assert (right.status_code, right.json["fresh"]) == (201, 1)
    assert house.manager.post(f"/bank-lines/{line['id']}/ignore", {"reason": "错账户"}).status_code == 200
    (line,) = house.manager.get("/bank-lines?state=new").json["items"]
    assert house.confirm(line, house.asked(house.mine)["id"]).status_code == 201
    sound()


def test_money_in_another_currency_is_taken_at_a_rate(house: House) -> None:
    mine = house.asked(house.mine)
    (line,) = house.bring(rows((500_00, NAME, "")), currency="USD")
    assert (line["amount"]["currency"], line["suggestions"]) == ("USD", [])
    assert house.confirm(line, mine["id"]).json["errors"][0]["field"] == "rate"
    done = house.confirm(line, mine["id"], rate="7.1")
    assert (done.status_code, done.json["principal"]["amount_minor"]) == (201, 3_550_00)
    sound()


def test_what_a_distribution_was_computed_with_stays(house: House, person: Callable[..., Person]) -> None:
    second = person("fund", "member", organisation_id=house.manager.organisation_id)
    (line,) = house.bring(rows((6_000_00, NAME, "")))
    made = house.confirm(line, house.asked(house.mine)["id"]).json
    waits = second.post(f"{house.path}/distributions", {"amount": cny(1_000_00)}).json
    assert house.manager.post(f"{house.path}/distributions/{waits['id']}/approve").status_code == 200
    refused = house.manager.post(f"{house.path}/payments/{made['id']}/reverse", {"reason": "x"})
    assert (refused.status_code, refused.json["code"]) == (409, "built_upon")
    sound()


def test_statements_are_the_managers_alone(house: House, person: Callable[..., Person]) -> None:
    (line,) = house.bring(rows((6_000_00, NAME, "")))
    viewer = person("fund", "viewer", organisation_id=house.manager.organisation_id)
    stranger, mine = person("fund"), house.asked(house.mine)
    assert viewer.get("/bank-lines").json["total"] == 1
    assert viewer.post(f"/bank-lines/{line['id']}/confirm", {"call_id": mine["id"]}).status_code == 403
    assert house.lp.get("/bank-lines").status_code == 403
    assert house.lp.get(f"/bank-lines/{line['id']}").status_code == 404
    assert stranger.get("/bank-lines").json["total"] == 0
    assert stranger.get(f"/bank-lines/{line['id']}").status_code == 404
    other = upload(stranger, "/bank-statements", rows((1_00, "x", "")), fund_id=house.fund)
    assert other.json["errors"][0]["code"] == "unknown_fund"
    # A stranger's own line cannot be put on a call of this fund.
    stranger.post("/funds", {"name": "别家"})
    upload(stranger, "/bank-statements", rows((6_000_00, NAME, "")))
    (theirs,) = stranger.get("/bank-lines").json["items"]
    assert theirs["suggestions"] == []
    assert stranger.post(f"/bank-lines/{theirs['id']}/confirm", {"call_id": mine["id"]}).status_code == 404
    # The partner reads its payment, not the line behind it.
    house.confirm(line, mine["id"])
    (seen,) = house.lp.get(f"{house.path}/payments").json["items"]
    assert (seen["amount"]["amount_minor"], seen["bank_line_id"]) == (6_000_00, None)


def test_the_pages_lead_from_the_call_to_the_statement_and_back(house: House) -> None:
    page, mine = house.manager.browser("en"), house.asked(house.mine)
    here = f"/funds/{house.fund}/calls/{house.call['id']}"
    assert "/bank?state=new&amp;fund_id=" in page.get(here).text
    assert mine["reference"] in house.lp.browser("en").get(f"/funds/{house.fund}/lps/{house.mine}").text
    sent = page.post(
        "/bank", data={"file": (BytesIO(rows((7_000_00, NAME, mine["reference"]))), "a.csv"), "fund_id": house.fund}
    )  # fmt: skip
    assert sent.status_code == 303
    assert "Lines yet to be matched: 1" in page.get("/").text
    (line,) = house.manager.get("/bank-lines").json["items"]
    wrong = page.post(f"/bank/lines/{line['id']}/confirm", data={"call_id": "none"})
    assert (wrong.status_code, "Choose the call" in wrong.text) == (422, True)
    done = page.post(f"/bank/lines/{line['id']}/confirm", data={"call_id": mine["id"]})
    assert done.headers["Location"].endswith(here)
    shown = page.get(here).text
    assert "From a bank statement" in shown
    second = house.issue(10_000_00)
    used = page.post(f"/funds/{house.fund}/calls/{second['id']}/offset", data={"lp_id": house.mine})
    assert used.status_code == 303
    assert (
        page.post(f"/funds/{house.fund}/calls/{second['id']}/offset", data={"lp_id": house.mine}).status_code
        == 409
    )
    (entry,) = [e for e in house.manager.get(f"{house.path}/payments").json["items"] if e["kind"] == "offset"]
    undo = f"/funds/{house.fund}/payments/{entry['id']}/reverse"
    assert page.post(undo, data={"reason": ""}).status_code == 422
    assert page.post(undo, data={"reason": "x"}).status_code == 303
    back = f"/funds/{house.fund}/lps/{house.mine}/refunds"
    fields = {
        "amount": ["1000", "CNY"],
        "on": clock.today().isoformat(),
        "reference": "OUT",
        "reason": "多付",
    }
    assert page.post(back, data=fields | {"amount": ["2000", "CNY"]}).status_code == 422
    assert page.post(back, data=fields).status_code == 303
    assert house.overpaid() == 0
    for lang in ("zh", "en"):
        for who, path in (
            (house.manager, "/bank"),
            (house.manager, here),
            (house.lp, f"/funds/{house.fund}/lps/{house.mine}"),
        ):
            assert who.browser(lang).get(path).status_code == 200
    sound()
