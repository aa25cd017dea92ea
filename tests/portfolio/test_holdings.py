"""Holdings over the API: bookings and valuations once, corrections, rates, ends, strangers."""

from __future__ import annotations

import hashlib
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy.exc import DatabaseError

from dealflow.core import clock, db, ids
from dealflow.core.invariants import run_all
from dealflow.files import access
from dealflow.ledger import verification
from dealflow.portfolio import queries
from dealflow.portfolio.models import Valuation
from dealflow.portfolio.service import booking
from tests.factories import rooms
from tests.portfolio.conftest import Portfolio, stand

FLOW = {
    "on": "2026-10-01",
    "kind": "cost",
    "amount": {"amount_minor": 50_000_00, "currency": "CNY"},
    "reference": "bank 7",
}


def sound() -> None:
    with db.system_edge(write=False):
        assert list(verification.verify()) == []


def standing(portfolio: Portfolio, name: str, on: date) -> dict[str, Any]:
    return portfolio.ask(lambda actor: booking.standing_dict(queries.get(actor, portfolio.ids[name]), on))


def test_the_books_agree_with_the_rows_and_bookings_enter_once(portfolio: Portfolio) -> None:
    sound()
    place = f"/holdings/{portfolio.ids['Night Train']}/cashflows"
    first, again = (portfolio.manager.post(place, FLOW) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.get_json()["id"] == again.get_json()["id"]
    other = portfolio.manager.post(place, FLOW | {"on": "2026-10-02"})
    assert (other.status_code, other.get_json()["code"]) == (409, "reference_taken")
    listed = portfolio.manager.get(place).get_json()
    assert [row["amount_minor"] for row in listed["items"]] == [1_200_000_00, 50_000_00]
    assert all(row["entry_id"] for row in listed["items"])
    sound()


def test_a_backdated_booking_shifts_what_stands_after_it(portfolio: Portfolio) -> None:
    portfolio.value("龙王归来", date(2025, 6, 30), 2_300_000)
    portfolio.flow("龙王归来", date(2025, 8, 1), "cost", 100_000, "late invoice")
    assert standing(portfolio, "龙王归来", date(2025, 8, 31))["value_minor"] == 2_400_000_00
    assert standing(portfolio, "龙王归来", date(2026, 9, 30))["value_minor"] == 2_100_000_00
    sound()


def test_a_booking_is_taken_back_once(portfolio: Portfolio) -> None:
    place = f"/holdings/{portfolio.ids['Night Train']}/cashflows"
    made = portfolio.manager.post(place, FLOW).get_json()
    back = portfolio.manager.post(f"{place}/{made['id']}/reverse", {"reason": "entered twice by hand"})
    assert (back.status_code, back.get_json()["amount_minor"]) == (201, -50_000_00)
    assert portfolio.manager.post(f"{place}/{made['id']}/reverse", {"reason": "again"}).status_code == 409
    assert standing(portfolio, "Night Train", clock.today())["cost_minor"] == 1_200_000_00
    sound()


def test_another_currency_needs_the_days_rate(portfolio: Portfolio) -> None:
    place = f"/holdings/{portfolio.ids['Night Train']}/cashflows"
    foreign = FLOW | {"amount": {"amount_minor": 10_000_00, "currency": "USD"}}
    refused = portfolio.manager.post(place, foreign).get_json()
    assert refused["errors"][0]["field"] == "rate"
    made = portfolio.manager.post(place, foreign | {"rate": "7.1234"}).get_json()
    assert (made["amount_minor"], made["given"]["currency"]) == (71_234_00, "USD")
    # As the table of rates writes the inverse of a large one.
    dong = foreign | {
        "amount": {"amount_minor": 10**9, "currency": "VND"},
        "reference": "v",
        "rate": "0.0002777006388",
    }
    assert portfolio.manager.post(place, dong).get_json()["amount_minor"] == 277_700_64
    useless = portfolio.manager.post(place, FLOW | {"rate": "7", "reference": "x"})
    assert useless.get_json()["errors"][0]["code"] == "not_needed"


def test_valuations_are_appended_and_never_changed(portfolio: Portfolio) -> None:
    place = f"/holdings/{portfolio.ids['Night Train']}/valuations"
    body = {
        "on": "2026-10-31", "value": {"amount_minor": 900_000_00, "currency": "CNY"}, "method": "written_down",
        "evidence_class": "self_reported", "evidence": "Delay of the shoot", "reference": "v1",
    }  # fmt: skip
    made = portfolio.manager.post(place, body)
    assert made.status_code == 201
    assert made.get_json()["user_name"]
    assert portfolio.manager.post(place, body).get_json()["id"] == made.get_json()["id"]
    later = portfolio.manager.post(
        place, body | {"reference": "v2", "value": {"amount_minor": 950_000_00, "currency": "CNY"}}
    )
    assert later.status_code == 201
    assert standing(portfolio, "Night Train", clock.today())["value_minor"] == 950_000_00
    with db.system_edge() as session:
        session.get_one(Valuation, made.get_json()["id"]).value_minor = 1
        with pytest.raises(DatabaseError, match="append_only"):
            session.flush()
        session.rollback()
    missing = portfolio.manager.post(place, body | {"evidence": "", "reference": "v3"})
    assert missing.get_json()["errors"][0]["field"] == "evidence"
    sound()


def _paper(portfolio: Portfolio, who: Any = None, content: bytes | None = None) -> Any:
    file = (BytesIO(rooms.pdf(1) if content is None else content), "评估报告.pdf")
    place = f"/holdings/{portfolio.ids['Night Train']}/valuation-documents"
    return (who or portfolio.manager).call("POST", place, data={"file": file})


def test_a_valuation_rests_on_a_document_that_its_own_organisation_reads(portfolio: Portfolio) -> None:
    paper = _paper(portfolio)
    assert paper.status_code == 201, paper.get_json()
    document = paper.get_json()
    place = f"/holdings/{portfolio.ids['Night Train']}/valuations"
    body = {
        "on": "2026-10-31", "value": {"amount_minor": 900_000_00, "currency": "CNY"}, "method": "market_multiple",
        "evidence_class": "third_party", "evidence": "Appraisal", "reference": "v1", "document_id": document["document_id"],
    }  # fmt: skip
    made = portfolio.manager.post(place, body)
    assert (made.status_code, made.get_json()["document"]) == (201, document)
    assert portfolio.manager.get(place).get_json()["items"][-1]["document"]["name"] == "评估报告.pdf"
    own, foreign = portfolio.manager.browser("zh"), portfolio.house.stranger.browser()
    assert "评估报告.pdf" in own.get(f"/holdings/{portfolio.ids['Night Train']}").text
    at = f"/files/{document['document_id']}"
    fetched = own.get(at)
    assert (fetched.status_code, hashlib.sha256(fetched.data).hexdigest()) == (200, document["sha256"])
    assert fetched.headers["Content-Disposition"].startswith("attachment")
    assert (foreign.get(at).status_code, portfolio.house.lp.browser().get(at).status_code) == (404, 404)
    with db.system_edge(write=False):
        assert access.still_used("portfolio.valuation", [document["document_id"]]) == {
            document["document_id"]
        }


def test_a_document_must_be_handed_in_for_a_valuation_by_the_same_house(portfolio: Portfolio) -> None:
    assert _paper(portfolio, portfolio.house.stranger).status_code == 404
    assert _paper(portfolio, content=b"#!/bin/sh\n").status_code == 415
    place = f"/holdings/{portfolio.ids['Night Train']}/valuations"
    body = {
        "on": "2026-10-31", "value": {"amount_minor": 1, "currency": "CNY"}, "method": "market_multiple",
        "evidence_class": "third_party", "evidence": "Appraisal", "reference": "v1", "document_id": ids.new("fil"),
    }  # fmt: skip
    refused = portfolio.manager.post(place, body)
    assert (refused.status_code, refused.get_json()["errors"][0]["field"]) == (422, "document_id")


def test_the_form_of_a_valuation_takes_its_document_along(portfolio: Portfolio) -> None:
    at = f"/holdings/{portfolio.ids['Night Train']}"
    client = portfolio.manager.browser()
    typed = {
        "on": "2026-10-31", "value": "900,000", "method": "contracted", "evidence_class": "third_party",
        "evidence": "Contract with the platform", "reference": "v9",
    }  # fmt: skip
    bad = client.post(f"{at}/valuations", data=typed | {"file": (BytesIO(b"<html>"), "a.pdf")})
    assert (bad.status_code, "Contract with the platform" in bad.text) == (415, True)
    assert (
        client.post(
            f"{at}/valuations", data=typed | {"file": (BytesIO(rooms.pdf(1)), "合同.pdf")}
        ).status_code
        == 303
    )
    assert "合同.pdf" in client.get(at).text
    plain = client.post(f"{at}/valuations", data=typed | {"reference": "v10", "file": (BytesIO(b""), "")})
    assert plain.status_code == 303


def test_an_ended_holding_takes_no_more(portfolio: Portfolio) -> None:
    ended = portfolio.ids["闪婚"]
    refused = portfolio.manager.post(f"/holdings/{ended}/cashflows", FLOW)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "invalid_transition")
    found = standing(portfolio, "闪婚", clock.today())
    assert (found["value_minor"], found["realised_minor"]) == (0, -900_000_00)
    early = portfolio.manager.post(
        f"/holdings/{portfolio.ids['龙王归来']}/close", {"status": "exited", "on": "2026-01-01"}
    )
    assert early.get_json()["errors"][0]["code"] == "booked_later"


def test_a_fund_holds_a_project_or_a_name_once(portfolio: Portfolio) -> None:
    place = f"/funds/{portfolio.fund_id}/holdings"
    assert portfolio.manager.post(place, {"name": "闪婚"}).status_code == 409
    assert portfolio.manager.post(place, {}).get_json()["errors"][0]["field"] == "name"
    own = portfolio.manager.post("/funds/own/holdings", {"name": "闪婚"})
    assert own.get_json()["fund_id"] is None
    booked = portfolio.manager.post(f"/holdings/{own.get_json()['id']}/cashflows", FLOW)
    assert booked.status_code == 201
    sound()


def test_follow_on_rights_are_decided_once_and_lapse(portfolio: Portfolio) -> None:
    place = f"/holdings/{portfolio.ids['龙王归来']}/follow-ons"
    body = {
        "due_on": "2026-11-20",
        "amount": {"amount_minor": 300_000_00, "currency": "CNY"},
        "text": "Second season",
    }
    made = portfolio.manager.post(place, body).get_json()
    assert portfolio.manager.post(place, body).status_code == 409
    stand(date(2026, 11, 21))
    portfolio.sign_in()
    late = portfolio.manager.post(f"{place}/{made['id']}/decide", {"state": "exercised"})
    assert late.status_code == 409
    waived = portfolio.manager.post(f"{place}/{made['id']}/decide", {"state": "waived"})
    assert waived.get_json()["state"] == "waived"
    assert portfolio.manager.post(f"{place}/{made['id']}/decide", {"state": "waived"}).status_code == 409


def test_others_do_not_know_of_it(portfolio: Portfolio) -> None:
    holding = portfolio.ids["龙王归来"]
    for who in (portfolio.house.stranger, portfolio.house.lp):
        for path in (
            f"/holdings/{holding}",
            f"/holdings/{holding}/cashflows",
            f"/funds/{portfolio.fund_id}/metrics",
            f"/funds/{portfolio.fund_id}/holdings",
        ):
            assert who.get(path).status_code == 404, path
        assert who.post(f"/holdings/{holding}/cashflows", FLOW).status_code == 404


def test_a_stale_change_is_refused_and_the_invariants_hold(portfolio: Portfolio) -> None:
    holding = portfolio.ids["龙王归来"]
    assert portfolio.manager.patch(f"/holdings/{holding}", {"watched": True}, 1).status_code == 200
    assert portfolio.manager.patch(f"/holdings/{holding}", {"watched": False}, 1).status_code == 412
    with db.system_edge(write=False):
        assert not [line for name, lines in run_all().items() if "portfolio" in name for line in lines]
