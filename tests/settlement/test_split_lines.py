"""One transfer for several calls: suggested when their sum is the line, split to the minor unit, taken back as one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from dealflow.core import clock
from dealflow.core.money import Money
from dealflow.ledger.rates import in_quote
from dealflow.settlement.suggesting import Candidate, suggest_split
from tests.conftest import Person
from tests.factories.commitments import executed, upload
from tests.factories.funds import cny
from tests.settlement.conftest import called, later, pay, renewed
from tests.settlement.test_fund_statements import NAME, House, rows
from tests.settlement.test_tranches import sound, state


@pytest.fixture
def house(person: Callable[..., Person]) -> House:
    return House(person("fund"), person("investor", name=NAME))


@pytest.fixture
def two(house: House) -> tuple[House, dict[str, Any], dict[str, Any]]:
    """A fund with two issued calls, of which each asks 6,000 yuan of the partner on the platform."""
    return house, house.asked(house.mine), house.asked(house.mine, house.issue(10_000_00))


def split(who: Person, line: dict[str, Any], *parts: tuple[str, int | None], **more: Any) -> Any:
    given = [
        {"call_id": call_id} | ({} if minor is None else {"amount": cny(minor)}) for call_id, minor in parts
    ]
    return who.post(f"/bank-lines/{line['id']}/split", {"parts": given, **more})


def test_a_transfer_for_two_calls_is_suggested_confirmed_and_taken_back_as_one(
    two: tuple[House, dict[str, Any], dict[str, Any]],
) -> None:
    house, first, second = two
    (line,) = house.bring(rows((12_000_00, NAME, "")))
    found = line["split"]
    assert {(p["call_id"], p["amount"]["amount_minor"]) for p in found["parts"]} == {
        (first["id"], 6_000_00), (second["id"], 6_000_00),
    }  # fmt: skip
    assert [reason["code"] for reason in found["reasons"]] == ["sum", "payer"]
    done = split(house.manager, line, (first["id"], 6_000_00), (second["id"], None))
    assert done.status_code == 201, done.json
    assert [row["call_id"] for row in done.json["items"]] == [first["id"], second["id"]]
    shown = house.manager.get(f"/bank-lines/{line['id']}").json
    assert (shown["state"], shown["payment"], len(shown["payments"])) == ("matched", None, 2)
    assert house.manager.get(house.path).json["cash"]["amount_minor"] == 12_000_00
    again = split(house.manager, line, (first["id"], 6_000_00), (second["id"], None))
    assert (again.status_code, again.json["code"]) == (409, "invalid_transition")
    assert house.confirm(line, first["id"]).status_code == 409
    sound()
    undo = f"{house.path}/payments/{done.json['items'][1]['id']}/reverse"
    assert house.manager.post(undo, {"reason": "对错了"}).status_code == 201
    other = f"{house.path}/payments/{done.json['items'][0]['id']}/reverse"
    assert house.manager.post(other, {"reason": "x"}).json["code"] == "already_reversed"
    assert house.manager.get(f"/bank-lines/{line['id']}").json["state"] == "new"
    assert house.manager.get(house.path).json["cash"]["amount_minor"] == 0
    sound()
    assert split(house.manager, line, (second["id"], 5_999_99), (first["id"], 6_000_01)).status_code == 201
    sound()


def test_what_a_part_leaves_stays_open_and_what_it_brings_beyond_is_held(
    two: tuple[House, dict[str, Any], dict[str, Any]],
) -> None:
    house, first, second = two
    (line,) = house.bring(rows((10_000_01, NAME, "")))
    assert line["split"] is None
    done = split(house.manager, line, (first["id"], 7_000_00), (second["id"], 3_000_01)).json["items"]
    parts = [(row["principal"]["amount_minor"], row["excess"]["amount_minor"]) for row in done]
    assert parts == [(6_000_00, 1_000_00), (3_000_01, 0)]
    assert house.overpaid() == 1_000_00
    (rest,) = [
        claim for claim in house.bring(rows((2_999_99, NAME, "")))[0]["suggestions"]
        if claim["call_id"] == second["id"]
    ]  # fmt: skip
    assert rest["outstanding"]["amount_minor"] == 2_999_99
    sound()


def test_parts_that_do_not_come_to_the_line_are_refused_whole(
    two: tuple[House, dict[str, Any], dict[str, Any]], person: Callable[..., Person]
) -> None:
    house, first, second = two
    (line,) = house.bring(rows((12_000_00, NAME, "")))
    one, other = first["id"], second["id"]
    for parts, field, code in (
        (((one, 12_000_00),), "parts", "wrong_number"),
        (((one, 6_000_00), (other, 5_000_00)), "parts", "sum_differs"),
        (((one, 6_000_00), (other, 6_000_01)), "parts", "sum_differs"),
        (((one, 12_000_00), (other, None)), "parts", "nothing_left"),
        (((one, 6_000_00), (one, 6_000_00)), "parts.1.call_id", "twice"),
        (((one, None), (other, None)), "parts.1.amount", "required"),
        (((one, 12_000_00), (other, 0)), "parts.1.amount", "not_positive"),
        (((one, 6_000_00), ("none", 6_000_00)), "parts", "required"),
    ):
        refused = split(house.manager, line, *parts)
        assert refused.status_code == 422, (parts, refused.json)
        error = refused.json["errors"][0]
        assert (error["field"], error["code"]) == (field, code)
    told = split(house.manager, line, (one, 6_000_00), (other, 5_000_00)).json["errors"][0]["message"]
    assert all(amount in told for amount in ("CNY 11,000.00", "CNY 12,000.00", "CNY 1,000.00"))
    foreign = {
        "parts": [{"call_id": one, "amount": {"amount_minor": 1, "currency": "USD"}}, {"call_id": other}]
    }
    refused = house.manager.post(f"/bank-lines/{line['id']}/split", foreign)
    assert refused.json["errors"][0]["code"] == "currency_mismatch"
    viewer = person("fund", "viewer", organisation_id=house.manager.organisation_id)
    assert split(viewer, line, (one, 6_000_00), (other, 6_000_00)).status_code == 403
    assert split(person("fund"), line, (one, 6_000_00), (other, 6_000_00)).status_code == 404
    assert house.manager.get(f"/bank-lines/{line['id']}").json["state"] == "new"
    assert house.manager.get(f"{house.path}/payments").json["total"] == 0
    sound()


def test_a_refusal_of_one_part_leaves_nothing_of_the_others(
    two: tuple[House, dict[str, Any], dict[str, Any]], person: Callable[..., Person]
) -> None:
    house, first, second = two
    header = "交易日,流水号,贷方金额,借方金额,收(付)方名称,摘要"
    (line,) = house.bring(f"{header}\n{clock.today():%Y%m%d},C-77,12000.00,,{NAME},款\n".encode())
    calls = house.manager.get(f"{house.path}/calls").json["items"]
    latest = max(calls, key=lambda call: call["number"])
    typed = {"lp_id": house.mine, "amount": cny(6_000_00), "reference": "C-77"}
    assert house.manager.post(f"{house.path}/calls/{latest['id']}/payments", typed).status_code == 201
    refused = split(house.manager, line, (first["id"], 6_000_00), (second["id"], 6_000_00))
    assert (refused.status_code, refused.json["code"]) == (409, "recorded_before")
    other = House(house.manager, house.lp, name="二号基金")
    crossed = split(house.manager, line, (first["id"], 5_000_00), (other.asked(other.mine)["id"], 7_000_00))
    assert (crossed.status_code, crossed.json["errors"][0]["code"]) == (422, "other_account")
    assert crossed.json["errors"][0]["field"] == "parts.1.call_id"
    assert house.manager.get(f"/bank-lines/{line['id']}").json["state"] == "new"
    assert house.manager.get(f"{house.path}/payments").json["total"] == 1
    sound()


def test_parts_in_another_currency_come_to_what_the_whole_line_is(
    two: tuple[House, dict[str, Any], dict[str, Any]],
) -> None:
    house, first, second = two
    (line,) = house.bring(rows((500_01, NAME, "")), currency="USD")
    dollars = [
        {"call_id": key, "amount": {"amount_minor": minor, "currency": "USD"}}
        for key, minor in ((first["id"], 166_71), (second["id"], 333_30))
    ]
    done = house.manager.post(f"/bank-lines/{line['id']}/split", {"parts": dollars, "rate": "7.1239"})
    assert done.status_code == 201, done.json
    came = [row["amount"]["amount_minor"] for row in done.json["items"]]
    assert sum(came) == in_quote(500_01, "USD", "CNY", Decimal("7.1239"))
    apart = [in_quote(minor, "USD", "CNY", Decimal("7.1239")) for minor in (166_71, 333_30)]
    assert sum(apart) != sum(came), "each for itself they would come to a fen more or less"
    sound()


@pytest.fixture
def calls(creator: Person, investor: Person) -> list[dict[str, Any]]:
    """Two commitments of one investor to two projects, with a call for the first tranche of each."""
    made = [executed(creator, investor) for _n in range(2)]
    return [each | {"call": called(creator, each["commitment"]["tranches"][0])} for each in made]


def waiting(creator: Person, minor: int, text: str = "") -> dict[str, Any]:
    """A line of so much from the investor on the house's own account."""
    content = f"交易时间,收入金额,支出金额,对方户名,交易用途\n{clock.today()},{minor / 100:.2f},,远山资本有限公司,{text}\n"
    assert upload(creator, "/bank-statements", content.encode()).status_code == 201
    (line,) = creator.get("/bank-lines?state=new").json["items"]
    return dict(line)


def test_one_transfer_funds_two_deals_and_both_fall_back_with_it(
    calls: list[dict[str, Any]], creator: Person, investor: Person
) -> None:
    minors = [each["call"]["amount"]["amount_minor"] for each in calls]
    line = waiting(creator, sum(minors), " ".join(each["call"]["reference"] for each in calls))
    found = line["split"]
    assert [reason["code"] for reason in found["reasons"]] == ["sum", "reference", "payer"]
    parts = [(part["call_id"], part["amount"]["amount_minor"]) for part in found["parts"]]
    done = split(creator, line, *parts)
    assert done.status_code == 201, done.json

    def stages() -> list[str]:
        return [investor.get(f"/deals/{each['deal']['id']}").json["stage"] for each in calls]

    assert stages() == ["funded", "funded"]
    sound()
    undone = creator.post(f"/payments/{done.json['items'][0]['id']}/reverse", {"reason": "银行退汇"})
    assert undone.status_code == 201, undone.json
    assert stages() == ["signed", "signed"]
    assert [state(creator, each["commitment"]["tranches"][0]) for each in calls] == ["called", "called"]
    assert creator.get(f"/bank-lines/{line['id']}").json["state"] == "new"
    sound()
    # What stands on one of the payments keeps the line whole.
    done = split(creator, line, *[(call_id, minor) for call_id, minor in parts])
    back = {"amount": cny(1), "on": clock.today().isoformat(), "reason": "x"}
    refunded = calls[1]["commitment"]["tranches"][0]["id"]
    assert creator.post(f"/tranches/{refunded}/refunds", back | {"amount": calls[1]["call"]["amount"]}).status_code == 201  # fmt: skip
    first = next(row for row in done.json["items"] if row["call_id"] == calls[0]["call"]["id"])
    refused = creator.post(f"/payments/{first['id']}/reverse", {"reason": "x"})
    assert (refused.status_code, refused.json["code"]) == (409, "built_upon")
    assert stages()[0] == "funded"
    sound()


def test_late_interest_of_a_paid_tranche_and_the_next_call_are_paid_by_one_transfer(
    calls: list[dict[str, Any]], creator: Person
) -> None:
    late, other = (each["call"] for each in calls)
    later(60)
    renewed(creator)
    assert pay(creator, late, late["amount"]["amount_minor"]).status_code == 201
    owed = creator.get(f"/payment-calls/{late['id']}").json
    assert owed["state"] == "paid"
    interest = owed["interest_owed"]["amount_minor"]
    assert interest > 0
    running = creator.get(f"/payment-calls/{other['id']}").json["interest_owed"]["amount_minor"]
    line = waiting(creator, other["amount"]["amount_minor"] + running + interest)
    parts = {part["call_id"]: part["amount"]["amount_minor"] for part in line["split"]["parts"]}
    assert parts == {late["id"]: interest, other["id"]: other["amount"]["amount_minor"] + running}
    done = split(creator, line, *parts.items())
    assert done.status_code == 201, done.json
    assert {row["call_id"]: row["interest"]["amount_minor"] for row in done.json["items"]} == {
        late["id"]: interest, other["id"]: running,
    }  # fmt: skip
    assert all(row["excess"]["amount_minor"] == 0 for row in done.json["items"])
    assert creator.get(f"/payment-calls/{late['id']}").json["interest_owed"]["amount_minor"] == 0
    sound()


def test_sums_are_found_by_payer_and_told_with_their_reasons() -> None:
    day = clock.today()

    def owed(key: str, minor: int, payer: str = "p", late: int = 0, due: int = 0) -> Candidate:
        return Candidate(
            key, f"DF-{key}", Money(minor), late, day + timedelta(days=due), ["甲资本"], [], payer
        )

    three = [owed("a1", 100), owed("b2", 200, late=5), owed("c3", 400, due=40)]

    def found(minor: int, text: str = "", rows: list[Candidate] = three) -> Any:
        return suggest_split(Money(minor), "甲资本有限公司", text, day, rows)

    assert found(705).parts == (("a1", 100), ("b2", 205), ("c3", 400))
    assert found(700).parts == (("a1", 100), ("b2", 200), ("c3", 400))
    assert found(305).parts == (("a1", 100), ("b2", 205)), "all that is due by then"
    assert found(500, "DF-a1/DF-c3").parts == (("a1", 100), ("c3", 400))
    assert found(500, "DF-a1/DF-c3").reasons == ("sum", "reference", "payer_alike")
    assert found(500) is None
    assert found(100) is None, "one call is no split"
    assert found(300, rows=[owed("a1", 100), owed("b2", 200, payer="q")]) is None, "of two payers"


def test_the_page_splits_and_keeps_what_was_typed(two: tuple[House, dict[str, Any], dict[str, Any]]) -> None:
    house, first, second = two
    (line,) = house.bring(rows((12_000_00, NAME, "")))
    page, path = house.manager.browser("en"), f"/bank/lines/{line['id']}/split"
    shown = page.get("/bank").text
    assert "The amount is what this payer owes of these calls together" in shown
    assert f'name="amount-{first["id"]}" value="6,000"' in shown
    boxes = {f"amount-{first['id']}": "6,000.00", f"amount-{second['id']}": "5,900"}
    refused = page.post(path, data=boxes)
    assert refused.status_code == 422
    assert "CNY 100.00" in refused.text
    assert 'value="5,900"' in refused.text
    wrong = page.post(path, data=boxes | {f"amount-{second['id']}": "viel"})
    assert wrong.status_code == 422
    assert 'value="viel"' in wrong.text
    assert f'id="{line["id"]}-{second["id"]}-error"' in wrong.text
    done = page.post(path, data=boxes | {f"amount-{second['id']}": "6000"})
    assert (done.status_code, done.headers["Location"].partition("?")[0]) == (303, "/bank")
    assert page.get("/bank").text.count("¥6,000.00 to the call") == 2
    assert page.post(path, data=boxes).status_code == 409
    for lang in ("zh", "en"):
        assert house.manager.browser(lang).get("/bank").status_code == 200
    sound()
