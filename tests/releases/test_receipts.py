"""Receipts: once for each reference, corrected by rows of their own, never paid when self-reported."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from dealflow.core import db, ids
from dealflow.core.invariants import run_all
from dealflow.core.money import Money
from dealflow.core.outbox import OutboxEvent
from dealflow.releases import queries
from tests.conftest import Person
from tests.factories import rooms
from tests.factories.releases import bind, cny, evidence, receipt
from tests.releases.conftest import House

FAR = date(2100, 1, 1)


def payable(house: House, through: date = FAR) -> list[queries.PayableReceipt]:
    with db.system_edge(write=False):
        return queries.payable(house.project_id, through)


def test_a_receipt_is_recorded_and_read_by_both_parties_and_nobody_else(house: House) -> None:
    made = house.creator.post(f"{house.at}/receipts", house.receipt())
    assert made.status_code == 201, made.json
    assert made.json["amount"] == cny(100_00)
    assert made.json["pays"] is True
    for who in (house.creator, house.investor):
        assert who.get(f"/receipts/{made.json['id']}").json == made.json
        assert who.get(f"{house.at}/receipts").json["total"] == 1
    assert house.stranger.get(f"/receipts/{made.json['id']}").status_code == 404
    assert house.stranger.get(f"{house.at}/receipts").status_code == 404
    assert house.stranger.post(f"{house.at}/receipts", house.receipt("x")).status_code == 404
    assert house.investor.post(f"{house.at}/receipts", house.receipt("x")).status_code == 403


def test_an_investor_reads_nothing_before_the_deal_is_signed_nor_after_it_is_lost(house: House) -> None:
    answer = house.stranger.post("/deals", {"project_id": house.project_id})
    for stage, status in (("negotiation", 404), ("signed", 200)):
        bind(answer.json["id"], stage)
        assert house.stranger.get(f"{house.at}/receipts").status_code == status
    lost = house.stranger.post(
        f"/deals/{answer.json['id']}/transitions", {"to": "closed_lost", "reason": "no"}
    )
    assert lost.status_code == 200, lost.json
    assert house.stranger.get(f"{house.at}/receipts").status_code == 404


def test_the_same_reference_twice_is_one_entry(house: House) -> None:
    first = house.creator.post(f"{house.at}/receipts", house.receipt())
    again = house.creator.post(f"{house.at}/receipts", house.receipt())
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    assert house.creator.get(f"{house.at}/receipts").json["total"] == 1


def test_other_content_under_a_reference_is_refused_and_named(house: House) -> None:
    house.creator.post(f"{house.at}/receipts", house.receipt())
    answer = house.creator.post(f"{house.at}/receipts", house.receipt(amount=7, territory="CN"))
    assert answer.status_code == 409
    assert {e["field"] for e in answer.json["errors"]} == {"amount", "territory"}
    assert "100.00" in answer.json["errors"][0]["message"]


def test_a_correction_is_a_row_of_its_own_with_the_difference(house: House) -> None:
    made = house.creator.post(f"{house.at}/receipts", house.receipt()).json
    path = f"/receipts/{made['id']}/corrections"
    lower = {"amount": cny(40_00), "reason": "refunds", "external_ref": "c-1"}
    first = house.creator.post(path, lower)
    assert first.status_code == 201, first.json
    assert (first.json["amount"], first.json["corrects"], first.json["on"]) == (
        cny(-60_00),
        made["id"],
        made["on"],
    )
    assert house.creator.post(path, lower).status_code == 200
    assert house.creator.post(path, lower | {"amount": cny(1)}).status_code == 409
    more = {"amount": cny(150_00), "reason": "found", "external_ref": "c-2", "document_id": house.paper}
    higher = house.creator.post(path, more)
    assert higher.json["amount"] == cny(110_00)
    assert house.creator.get(f"/receipts/{made['id']}").json == made
    rows = payable(house)
    assert [(row.amount.amount_minor, row.corrects) for row in rows] == [
        (100_00, None), (-60_00, made["id"]), (110_00, made["id"]),
    ]  # fmt: skip


def test_a_correction_that_says_nothing_is_refused(house: House) -> None:
    made = house.creator.post(f"{house.at}/receipts", house.receipt()).json
    for change, field in (
        ({"amount": cny(100_00)}, "amount"),
        ({"amount": {"amount_minor": 5, "currency": "USD"}}, "amount"),
        ({"reason": ""}, "reason"),
    ):
        values = {"amount": cny(1), "reason": "r", "external_ref": "c"} | change
        answer = house.creator.post(f"/receipts/{made['id']}/corrections", values)
        assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, field)


def test_receipts_that_no_longer_add_up_to_an_amount_are_refused(house: House) -> None:
    path = f"{house.at}/receipts"
    assert house.creator.post(path, house.receipt("a", 10**15)).status_code == 201
    assert house.creator.post(path, house.receipt("a", 10**15)).status_code == 200
    answer = house.creator.post(path, house.receipt("b", 1))
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, "too_large")
    assert house.creator.browser().get(f"{house.at}/releases").status_code == 200


def test_a_correction_is_not_corrected_itself(house: House) -> None:
    made = house.creator.post(f"{house.at}/receipts", house.receipt()).json
    values = {"amount": cny(1), "reason": "r", "external_ref": "c"}
    correction = house.creator.post(f"/receipts/{made['id']}/corrections", values).json
    answer = house.creator.post(f"/receipts/{correction['id']}/corrections", values | {"external_ref": "d"})
    assert answer.status_code == 422


def test_self_reported_money_pays_nobody_and_says_so(house: House) -> None:
    told = house.creator.post(
        f"{house.at}/receipts", house.receipt("own", evidence_class="self_reported")
    ).json
    assert told["pays"] is False
    house.creator.post(
        f"/receipts/{told['id']}/corrections", {"amount": cny(1), "reason": "r", "external_ref": "own-2"}
    )
    house.creator.post(f"{house.at}/receipts", house.receipt("late", on="2026-11-30"))
    house.creator.post(f"{house.at}/receipts", house.receipt("third", evidence_class="third_party"))
    assert {row.external_ref for row in payable(house)} == {"late", "third"}
    assert {row.external_ref for row in payable(house, date(2026, 10, 31))} == {"third"}


def test_a_document_of_the_project_is_read_by_the_parties(house: House) -> None:
    kept = rooms.send(house.creator, f"{house.at}/evidence", rooms.pdf(1), "statement.pdf")
    assert kept.status_code == 201, kept.json
    file_id = kept.json["document_id"]
    made = house.creator.post(f"{house.at}/receipts", house.receipt(document_id=file_id))
    assert made.json["document_id"] == file_id
    for who, status in ((house.creator, 200), (house.investor, 200), (house.stranger, 404)):
        answer = who.browser().get(f"/files/{file_id}")
        assert answer.status_code == status
        answer.close()
    assert rooms.send(house.investor, f"{house.at}/evidence", rooms.pdf(1), "x.pdf").status_code == 403
    unknown = house.creator.post(f"{house.at}/receipts", house.receipt("y", document_id=ids.new("fil")))
    assert unknown.json["errors"][0]["field"] == "document_id"


def test_the_database_lets_nobody_change_or_remove_an_entry(house: House) -> None:
    house.creator.post(f"{house.at}/receipts", house.receipt())
    for statement in ("UPDATE receipt SET amount_minor = 1", "DELETE FROM receipt"):
        with (
            pytest.raises(DBAPIError, match="append_only"),
            db.database().engine.begin() as connection,
        ):
            connection.execute(text(statement))


def test_higher_rooms_are_told_of_each_entry_and_the_invariants_hold(house: House) -> None:
    made = house.creator.post(f"{house.at}/receipts", house.receipt()).json
    house.creator.post(f"{house.at}/receipts", house.receipt())
    house.creator.post(
        f"/receipts/{made['id']}/corrections", {"amount": cny(1), "reason": "r", "external_ref": "c"}
    )
    with db.system_edge(write=False) as session:
        told = session.query(OutboxEvent).filter_by(name="ReceiptRecorded").all()
        assert [event.payload["project_id"] for event in told] == [house.project_id] * 2
        assert not [line for lines in run_all().values() for line in lines]


def test_nothing_is_recorded_for_a_project_that_is_not_there(person: Any) -> None:
    creator: Person = person("creator")
    assert creator.post(f"/projects/{ids.new('prj')}/receipts", receipt()).status_code == 404


def test_ad_spend_is_an_entry_once_and_only_proven_spend_is_audited(house: House) -> None:
    values = {
        "amount": cny(50_00), "on": "2026-10-01", "platform": "抖音", "source": "巨量引擎", "evidence_class": "platform_statement",
        "external_ref": "a-1",
    }  # fmt: skip
    for claimed in ("platform_statement", "platform_api"):
        bare = house.creator.post(f"{house.at}/ad-spend", values | {"evidence_class": claimed})
        assert (bare.status_code, bare.json["errors"][0]["field"]) == (422, "document_id")
    values["document_id"] = evidence(house.creator, house.project_id)
    first = house.creator.post(f"{house.at}/ad-spend", values)
    assert first.status_code == 201, first.json
    assert (first.json["audited"], first.json["platform"]) == (True, "douyin")
    assert house.creator.post(f"{house.at}/ad-spend", values).status_code == 200
    assert house.creator.post(f"{house.at}/ad-spend", values | {"amount": cny(1)}).status_code == 409
    more = {"evidence_class": "self_reported", "external_ref": "a-2"}
    house.creator.post(f"{house.at}/ad-spend", values | more)
    back = {"reversal": True, "external_ref": "a-3", "amount": cny(5_00), "document_id": None}
    house.creator.post(f"{house.at}/ad-spend", values | back)
    house.creator.post(
        f"{house.at}/ad-spend",
        values | {"evidence_class": "third_party", "external_ref": "a-4", "document_id": None},
    )
    with db.system_edge(write=False):
        rows = queries.ad_spend(house.project_id, FAR)
    found = [(row.amount, row.audited) for row in rows]
    assert found == [
        (Money(50_00), True), (Money(50_00), False), (Money(-5_00), True), (Money(50_00), False),
    ]  # fmt: skip


@pytest.mark.parametrize("claimed", ["platform_statement", "platform_api", "third_party"])
def test_what_pays_needs_a_document(house: House, claimed: str) -> None:
    bare = receipt("bare", evidence_class=claimed)
    answer = house.creator.post(f"{house.at}/receipts", bare)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "document_id")
    proven = house.creator.post(f"{house.at}/receipts", bare | {"document_id": house.paper}).json
    raised = {"amount": cny(900_00), "reason": "more", "external_ref": "bare-2"}
    path = f"/receipts/{proven['id']}/corrections"
    answer = house.creator.post(path, raised)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "document_id")
    with db.system_edge(write=False):
        assert sum(row.amount.amount_minor for row in queries.payable(house.project_id, FAR)) == 100_00
    assert house.creator.post(path, raised | {"document_id": house.paper}).status_code == 201
    lowered = raised | {"amount": cny(50_00), "external_ref": "bare-3"}
    assert house.creator.post(path, lowered).status_code == 201
    with db.system_edge(write=False):
        assert sum(row.amount.amount_minor for row in queries.payable(house.project_id, FAR)) == 50_00
