"""Commitments from signed terms, and what becomes of tranches until they are called."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from dealflow.core import clock, db, invariants, mail
from dealflow.core.actor import SYSTEM
from dealflow.core.outbox import emit
from dealflow.ledger import verification
from dealflow.releases import queries as releases
from dealflow.releases.events import ReleasePublished
from dealflow.settlement import milestones, queries, service
from dealflow.settlement.states import MILESTONE_LABELS
from dealflow.termsheets.library.terms import MILESTONES
from tests.conftest import Person
from tests.factories import pitches
from tests.factories.commitments import deliver, executed, signed, upload
from tests.settlement.conftest import called, later, renewed


def sound() -> None:
    """Every invariant holds."""
    with db.system_edge(write=False):
        assert not any(invariants.run_all().values()), invariants.run_all()
        assert list(verification.verify()) == []


def state(who: Person, tranche: dict[str, Any]) -> str:
    return str(who.get(f"/tranches/{tranche['id']}").json["state"])


def test_signed_terms_become_a_commitment_once(
    made: dict[str, Any], creator: Person, investor: Person
) -> None:
    commitment, terms = made["commitment"], made["sheet"]["terms"]
    assert commitment["amount"] == terms["investment"]["amount"]
    assert [(t["amount"], t["milestone"], t["long_stop"], t["on_miss"]) for t in commitment["tranches"]] == [
        (t["amount"], t["milestone"], t["long_stop"], t["on_miss"]) for t in terms["tranches"]
    ]
    assert [t["state"] for t in commitment["tranches"]] == ["open", "waiting", "waiting", "waiting"]
    assert commitment["late_rate_ppm"] == terms["remedies"]["late_rate_ppm"]
    with db.system_edge():
        again = service.commit(SYSTEM, made["sheet"]["id"], 1)
        assert again.id == commitment["id"]
    assert investor.get("/commitments").json["total"] == 1
    sound()


def test_signatures_of_both_sides_lead_to_a_commitment(creator: Person, investor: Person) -> None:
    deal = investor.post("/deals", {"project_id": pitches.published(creator)["id"]}).json
    sheet = investor.post(f"/deals/{deal['id']}/term-sheets", {"template": "loan"}).json
    assert investor.post(f"/term-sheets/{sheet['id']}/propose").status_code == 200
    assert creator.post(f"/term-sheets/{sheet['id']}/accept").status_code == 200
    assert investor.post(f"/term-sheets/{sheet['id']}/sign").status_code == 200
    assert creator.post(f"/term-sheets/{sheet['id']}/sign").json["state"] == "executed"
    assert creator.get("/commitments").json["total"] == 0
    deliver("event:TermSheetExecuted:settlement")
    (found,) = creator.get("/commitments").json["items"]
    assert (found["term_sheet_id"], found["deal_id"]) == (sheet["id"], deal["id"])


def test_the_day_of_signing_is_that_of_the_last_signature_and_not_of_the_job(
    creator: Person, investor: Person
) -> None:
    # An evening in UTC is the next day where the parties sign.
    evening = clock.now().replace(hour=17, minute=30)
    clock.set_base(evening)
    made = signed(creator, investor, "equity_spv", {})
    later(3)
    deliver("event:TermSheetExecuted:settlement")
    (found,) = creator.get("/commitments").json["items"]
    assert found["executed_on"] == (evening.date() + timedelta(days=1)).isoformat()
    assert found["tranches"][0]["opened_on"] == found["executed_on"]
    sheet = creator.get(f"/term-sheets/{made['sheet']['id']}").json
    assert clock.day_of(clock.parse(sheet["closed_at"])).isoformat() == found["executed_on"]


def test_signed_terms_that_were_not_heard_of_are_caught_up_with(creator: Person, investor: Person) -> None:
    signed(creator, investor, "loan", {})
    signed(creator, investor, "presale", {}, title={"zh": "第二个"})
    with db.system_edge():
        assert (service.catch_up(SYSTEM), service.catch_up(SYSTEM)) == (2, 0)
    assert investor.get("/commitments").json["total"] == 2
    sound()


def test_the_cap_of_ad_spend_is_told_to_the_room_of_releases(made: dict[str, Any]) -> None:
    with db.system_edge(write=False):
        (cap,) = releases.caps(made["deal"]["project_id"])
        assert cap.cap.json() == made["sheet"]["terms"]["ad_spend"]["cap"]


def test_milestones_of_the_terms_are_those_of_this_room() -> None:
    assert set(MILESTONES) == set(MILESTONE_LABELS)
    assert set(milestones.recorded()) == {"signing", "released"}


@pytest.mark.parametrize("template", ["revenue_share", "loan", "presale"])
def test_every_template_makes_a_commitment(creator: Person, investor: Person, template: str) -> None:
    commitment = executed(creator, investor, template=template)["commitment"]
    first = commitment["tranches"][0]
    if first["state"] == "waiting":
        assert investor.post(f"/tranches/{first['id']}/release").status_code == 200
    call = called(creator, first)
    body = {"amount": call["amount"], "on": clock.today().isoformat()}
    assert creator.post(f"/payment-calls/{call['id']}/payments", body).status_code == 201
    sound()


def test_strangers_know_nothing_and_each_side_does_its_own(
    commitment: dict[str, Any], creator: Person, investor: Person, person: Callable[..., Person]
) -> None:
    stranger = person("investor")
    first, second = commitment["tranches"][:2]
    for path in (f"/commitments/{commitment['id']}", f"/tranches/{first['id']}"):
        assert stranger.get(path).status_code == 404
    assert stranger.get("/tranches").json["total"] == 0
    assert stranger.post(f"/tranches/{first['id']}/hold", {"reason": "x"}).status_code == 404
    for action in ("release", "hold"):
        refused = creator.post(f"/tranches/{second['id']}/{action}", {"reason": "x"})
        assert refused.status_code == 403, action
    assert investor.post(f"/tranches/{first['id']}/calls").status_code == 403
    viewer = person("investor", "viewer", organisation_id=investor.organisation_id)
    assert viewer.get(f"/tranches/{second['id']}").status_code == 200
    assert viewer.post(f"/tranches/{second['id']}/release").status_code == 403


def test_the_investor_releases_early_and_holds_with_a_reason(
    commitment: dict[str, Any], creator: Person, investor: Person
) -> None:
    second = commitment["tranches"][1]
    path = f"/tranches/{second['id']}"
    assert investor.post(f"{path}/hold", {"reason": " "}).status_code == 422
    held = investor.post(f"{path}/hold", {"reason": "账目未到"}).json
    assert (held["state"], held["reason"]) == ("held", "账目未到")
    later(10)
    lifted = investor.post(f"{path}/release").json
    assert lifted["state"] == "waiting"
    assert date.fromisoformat(lifted["long_stop"]) - date.fromisoformat(second["long_stop"]) == timedelta(
        days=10
    )
    opened = investor.post(f"{path}/release", {"reason": "信任"}).json
    assert (opened["state"], opened["opened_by"]) == ("open", "release")
    again = investor.post(f"{path}/release")
    assert (again.status_code, again.json["code"]) == (409, "invalid_transition")
    assert creator.post(f"{path}/calls").status_code == 201
    assert investor.post(f"{path}/hold", {"reason": "x"}).status_code == 409
    sound()


def test_a_proof_is_handed_in_by_the_project_and_answered_by_the_investor(
    commitment: dict[str, Any], creator: Person, investor: Person
) -> None:
    tranche = commitment["tranches"][2]
    path = f"/tranches/{tranche['id']}/proofs"
    proof = upload(creator, path, b"%PDF-1.4\n%%EOF\n", "wrap.pdf", note="杀青")
    assert proof.status_code == 201, proof.json
    assert upload(creator, path, b"%PDF-1.4\n%%EOF\n", "two.pdf").status_code == 409
    assert upload(investor, path, b"%PDF-1.4\n%%EOF\n", "x.pdf").status_code == 403
    answer = f"/proofs/{proof.json['id']}"
    assert creator.post(f"{answer}/accept").status_code == 403
    assert creator.post(f"{answer}/reject", {"reason": "x"}).status_code == 403
    read = investor.browser().get(f"/files/{proof.json['file_id']}")
    assert read.status_code == 200
    read.close()
    assert investor.post(f"{answer}/reject", {"reason": ""}).status_code == 422
    assert investor.post(f"{answer}/reject", {"reason": "看不清"}).json["state"] == "rejected"
    assert investor.post(f"{answer}/accept").status_code == 409
    second = upload(creator, path, b"%PDF-1.4\n%%EOF\n", "clear.pdf")
    assert second.status_code == 201
    assert investor.post(f"/proofs/{second.json['id']}/accept").json["state"] == "accepted"
    shown = creator.get(f"/tranches/{tranche['id']}").json
    assert (shown["state"], shown["opened_by"]) == ("open", "proof")
    assert creator.get(path).json["total"] == 2


def test_a_release_on_record_opens_what_waits_for_it(creator: Person, investor: Person) -> None:
    found = executed(creator, investor, template="presale")
    last = found["commitment"]["tranches"][3]
    assert last["milestone"] == "released"
    with db.system_edge():
        for number in "12":
            emit(
                ReleasePublished(
                    f"rel_{number}", found["deal"]["project_id"], "2026-01-01", investor.organisation_id, creator.organisation_id
                )
            )  # fmt: skip
    deliver("event:ReleasePublished:settlement")
    shown = investor.get(f"/tranches/{last['id']}").json
    assert (shown["state"], shown["opened_by"], shown["opened_on"]) == ("open", "record", "2026-01-01")
    with db.system_edge(write=False):
        facts = queries.facts(found["deal"]["project_id"], investor.organisation_id)
        assert [f.kind for f in facts] == ["released"]


def test_a_confirmation_opens_the_tranches_of_whoever_confirmed(
    creator: Person, investor: Person, person: Callable[..., Person]
) -> None:
    other, third = person("fund", name="观澜基金有限公司"), person("investor", name="青石资本有限公司")
    project_id = signed(creator, investor, "presale", {})["deal"]["project_id"]
    signed(creator, other, "presale", {}, project_id=project_id)
    deliver("event:TermSheetExecuted:settlement")
    released = creator.post(
        f"/projects/{project_id}/releases", {"platform": "hongguo", "released_on": "2026-01-01"}
    ).json

    def last(who: Person) -> dict[str, Any]:
        found = who.get(f"/projects/{project_id}/commitments").json["items"]
        assert len(found) == 1
        return dict(found[0]["tranches"][3])

    def confirmed_by(who: Person) -> list[str]:
        known = who.get(f"/releases/{released['id']}").json["confirmations"]
        return [seen["organisation_id"] for seen in known]

    assert investor.post(f"/releases/{released['id']}/confirm").status_code == 200
    deliver("event:ReleasePublished:settlement")
    assert (last(investor)["state"], last(other)["state"]) == ("open", "waiting")
    assert confirmed_by(creator) == confirmed_by(investor) == [investor.organisation_id]
    assert confirmed_by(other) == []
    page = other.browser().get(f"/tranches/{last(other)['id']}?lang=en").text
    assert "Is the series out?" in page
    assert f"/releases/{released['id']}" in page
    assert "Look whether" in other.browser().get("/?lang=en").text

    # Who signs later is not bound by what others confirmed either; its own word opens its tranche.
    signed(creator, third, "presale", {}, project_id=project_id)
    deliver("event:TermSheetExecuted:settlement")
    assert last(third)["state"] == "waiting"
    for who in (other, third):
        assert who.post(f"/releases/{released['id']}/confirm").status_code == 200
    deliver("event:ReleasePublished:settlement")
    assert [last(who)["state"] for who in (investor, other, third)] == ["open"] * 3
    assert len(confirmed_by(creator)) == 3
    # Who confirms before its commitment is made finds the tranche open.
    fourth = person("investor", name="长河资本有限公司")
    signed(creator, fourth, "presale", {}, project_id=project_id)
    assert fourth.post(f"/releases/{released['id']}/confirm").status_code == 200
    deliver("event:ReleasePublished:settlement")
    deliver("event:TermSheetExecuted:settlement")
    assert last(fourth)["state"] == "open"


def terms_with(on_miss: str) -> dict[str, Any]:
    """Three tranches of which the second is missed soon."""
    day = clock.today()
    steps = [("a", 40, "signing", 5), ("b", 30, "script_locked", 20), ("c", 30, "delivered", 200)]
    return {
        "investment": {"amount": {"amount_minor": 100_00, "currency": "CNY"}},
        "tranches": [
            {"id": key, "amount": {"amount_minor": part * 100, "currency": "CNY"}, "milestone": milestone, "note": "",
             "long_stop": (day + timedelta(days=days)).isoformat(), "on_miss": on_miss}
            for key, part, milestone, days in steps
        ],
    }  # fmt: skip


def miss() -> None:
    with db.system_edge():
        service.miss_due()


@pytest.mark.parametrize("on_miss", ["cancel", "extend", "investor_option"])
def test_a_missed_date_starts_what_the_terms_say(creator: Person, investor: Person, on_miss: str) -> None:
    tranches = executed(creator, investor, terms=terms_with(on_miss))["commitment"]["tranches"]
    later(20)
    miss()
    assert state(investor, tranches[1]) == "waiting"
    later(1)
    miss()
    miss()
    states = [state(investor, t) for t in tranches]
    if on_miss == "cancel":
        assert states == ["open", "cancelled", "cancelled"]
    elif on_miss == "extend":
        assert states == ["open", "waiting", "waiting"]
        later(31)
        renewed(investor)
        miss()
        assert [state(investor, t) for t in tranches] == ["open", "cancelled", "cancelled"]
    else:
        assert states == ["open", "missed", "waiting"]
        assert investor.get(f"/tranches/{tranches[1]['id']}").json["may"] == ["release", "extend", "end"]
        assert creator.post(f"/tranches/{tranches[1]['id']}/extend").status_code == 403
        longer = investor.post(f"/tranches/{tranches[1]['id']}/extend", {"reason": "再给一个月"}).json
        assert longer["long_stop"] == (clock.today() + timedelta(days=30)).isoformat()
        assert investor.post(f"/tranches/{tranches[1]['id']}/end", {"reason": "x"}).status_code == 409
        later(31)
        renewed(investor)
        miss()
        ended = investor.post(f"/tranches/{tranches[1]['id']}/end", {"reason": "不再投资"})
        assert ended.status_code == 200
        assert [state(investor, t) for t in tranches] == ["open", "cancelled", "cancelled"]
    sound()


PDF = b"%PDF-1.4\n%%EOF\n"


@pytest.mark.parametrize("answer", ["accept", "reject"])
def test_a_proof_handed_in_by_the_date_is_answered_before_anything_lapses(
    creator: Person, investor: Person, answer: str
) -> None:
    tranches = executed(creator, investor, terms=terms_with("cancel"))["commitment"]["tranches"]
    proof = upload(creator, f"/tranches/{tranches[1]['id']}/proofs", PDF, "scripts.pdf").json
    later(25)
    renewed(investor)
    miss()
    assert [state(investor, t) for t in tranches] == ["open", "waiting", "waiting"]
    assert investor.post(f"/proofs/{proof['id']}/{answer}", {"reason": "缺第三集"}).status_code == 200
    renewed(creator)
    if answer == "reject":
        # What is handed in after the date stops nothing.
        assert upload(creator, f"/tranches/{tranches[1]['id']}/proofs", PDF, "late.pdf").status_code == 201
    miss()
    expected = ["open", "open", "waiting"] if answer == "accept" else ["open", "cancelled", "cancelled"]
    assert [state(investor, t) for t in tranches] == expected
    sound()


def test_a_late_proof_is_accepted_while_the_tranche_is_missed_and_not_once_it_lapsed(
    creator: Person, investor: Person
) -> None:
    tranches = executed(creator, investor, terms=terms_with("investor_option"))["commitment"]["tranches"]
    later(21)
    renewed(investor)
    renewed(creator)
    proofs = [
        upload(creator, f"/tranches/{tranche['id']}/proofs", PDF, "late.pdf").json for tranche in tranches[1:]
    ]
    miss()
    assert state(investor, tranches[1]) == "missed"
    assert investor.post(f"/proofs/{proofs[0]['id']}/accept").status_code == 200
    found = investor.get(f"/tranches/{tranches[1]['id']}").json
    assert (found["state"], found["opened_by"]) == ("open", "proof")
    later(200)
    renewed(investor)
    # Handed in long before its own date, the other proof keeps its tranche until it is answered.
    miss()
    assert state(investor, tranches[2]) == "waiting"
    assert investor.post(f"/proofs/{proofs[1]['id']}/reject", {"reason": "不完整"}).status_code == 200
    renewed(creator)
    last = upload(creator, f"/tranches/{tranches[2]['id']}/proofs", PDF, "last.pdf").json
    miss()
    assert investor.post(f"/tranches/{tranches[2]['id']}/end", {"reason": "结束"}).status_code == 200
    refused = investor.post(f"/proofs/{last['id']}/accept")
    assert (refused.status_code, refused.json["code"]) == (409, "invalid_transition")
    page = investor.browser().get(f"/tranches/{tranches[2]['id']}").text
    assert f"/proofs/{last['id']}/accept" not in page
    assert "last.pdf" not in investor.browser().get("/").text
    sound()


def test_a_proof_is_handed_in_while_the_tranche_is_on_hold(
    commitment: dict[str, Any], creator: Person, investor: Person
) -> None:
    tranche = commitment["tranches"][2]
    assert investor.post(f"/tranches/{tranche['id']}/hold", {"reason": "等一等"}).status_code == 200
    assert "prove" in creator.get(f"/tranches/{tranche['id']}").json["may"]
    assert "/proofs" in creator.browser().get(f"/tranches/{tranche['id']}").text
    proof = upload(creator, f"/tranches/{tranche['id']}/proofs", PDF, "wrap.pdf").json
    assert investor.post(f"/proofs/{proof['id']}/accept").status_code == 200
    assert state(investor, tranche) == "held"
    assert "prove" not in creator.get(f"/tranches/{tranche['id']}").json["may"]
    assert investor.post(f"/tranches/{tranche['id']}/release").json["state"] == "open"


def test_people_are_told_by_mail_of_a_commitment_and_a_missed_date(
    creator: Person, investor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, str]] = []
    real = mail.send
    monkeypatch.setattr(
        mail,
        "send",
        lambda address, title, *rest, **more: (
            sent.append((address, title)),
            real(address, title, *rest, **more),
        ),
    )
    first = executed(creator, investor, terms=terms_with("investor_option"))["commitment"]["tranches"][0]
    call = called(creator, first)
    later(21)
    miss()
    told = [title for address, title in sent if address == investor.email]
    assert [t for t in told if call["amount"]["currency"] in t], told
    assert len([t for t in told if "长期" in t or "最后期限" in t or "long-stop" in t]) == 1, told


def test_the_list_filters_by_state_project_and_day(made: dict[str, Any], investor: Person) -> None:
    commitment = made["commitment"]
    assert investor.get("/tranches").json["total"] == 4
    assert [t["state"] for t in investor.get("/tranches?state=open").json["items"]] == ["open"]
    project = made["deal"]["project_id"]
    assert investor.get(f"/tranches?project_id={project}&limit=3").json["next_cursor"]
    first_long_stop = commitment["tranches"][1]["long_stop"]
    due = investor.get(f"/tranches?due_by={first_long_stop}").json["items"]
    assert commitment["tranches"][1]["id"] in [t["id"] for t in due]
    assert investor.get("/tranches?state=nothing").status_code == 422


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_pages_show_it_to_both_sides(
    made: dict[str, Any], creator: Person, investor: Person, lang: str
) -> None:
    commitment, deal = made["commitment"], made["deal"]
    first = commitment["tranches"][0]
    for who in (creator, investor):
        page = who.browser(lang)
        for path in (
            "/tranches", f"/commitments/{commitment['id']}", f"/tranches/{first['id']}", f"/projects/{deal['project_id']}/commitments",
            f"/deals/{deal['id']}", "/", f"/projects/{deal['project_id']}",
        ):  # fmt: skip
            answer = page.get(path)
            assert answer.status_code == 200, path
            assert re.search(r"第\s?1\s?期|Tranche 1|/tranches", answer.text), path
    assert "/tranches/" in creator.browser().get("/").text


def test_a_form_that_is_refused_keeps_what_was_typed(commitment: dict[str, Any], investor: Person) -> None:
    page = investor.browser()
    second = commitment["tranches"][1]
    refused = page.post(f"/tranches/{second['id']}/hold", data={"reason": ""})
    assert refused.status_code == 422
    done = page.post(f"/tranches/{second['id']}/hold", data={"reason": "wait for papers"})
    assert done.status_code == 303
    assert "wait for papers" in page.get(f"/tranches/{second['id']}").text
