"""Introductions: either side asks, the other answers; contacts are hidden until both agree; spam has no way in."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from dealflow.core import clock, db, invariants, jobs
from dealflow.deals.models import Introduction
from tests.conftest import Person
from tests.deals.conftest import People, move
from tests.factories import pitches

MANDATE = {"name": "M", "capital": {"amount_minor": 10**9, "currency": "CNY"}, "allow_discovery": True}


@pytest.fixture(autouse=True)
def sound(app: Any) -> Any:
    """Every invariant holds after each test, and the clock runs again."""
    yield
    clock.freeze(None)
    with db.system_edge(write=False):
        assert {name: lines for name, lines in invariants.run_all().items() if lines} == {}


def ask(who: Person, project: dict[str, Any], **more: Any) -> Any:
    return who.post("/introductions", {"project_id": project["id"], "note": "May we talk?"} | more)


def test_accepting_exchanges_contacts_and_opens_the_deal_at_its_introduction(people: People) -> None:
    creator, investor, project = people
    asked = ask(investor, project).json
    path = f"/introductions/{asked['id']}"
    assert [i["id"] for i in creator.get("/introductions?asked=us&state=waiting").json["items"]] == [
        asked["id"]
    ]
    accepted = creator.post(f"{path}/accept", {"answer": "Gladly"}).json
    assert accepted["contacts"]["investor"]["email"] == investor.email
    assert investor.get(path).json["contacts"]["project"]["email"] == creator.email
    deal = investor.get(f"/deals/{accepted['deal_id']}").json
    assert (deal["stage"], deal["investor_organisation_id"]) == ("intro", investor.organisation_id)
    kinds = [e["kind"] for e in creator.get(f"/deals/{deal['id']}/timeline").json["items"]]
    assert kinds == ["introduced", "moved", "opened"]
    assert investor.email in creator.browser().get(f"/deals/{deal['id']}").text
    codes = [n["code"] for n in investor.get("/notifications").json["items"]]
    assert "intro_accepted" in codes


@pytest.mark.parametrize("state", ["waiting", "declined", "withdrawn"])
def test_nothing_of_the_other_sides_people_is_shown_before_both_agree(people: People, state: str) -> None:
    creator, investor, project = people
    investor.post("/deals", {"project_id": project["id"], "note": "Hello"})
    path = f"/introductions/{ask(investor, project).json['id']}"
    if state == "declined":
        creator.post(f"{path}/decline", {"answer": "Not this time"})
    elif state == "withdrawn":
        investor.post(f"{path}/withdraw")
    deal = investor.get("/deals").json["items"][0]["id"]
    for reader, other in ((creator, investor), (investor, creator)):
        seen = [
            json.dumps(reader.get(address).json)
            for address in (
                path,
                "/introductions",
                f"/deals/{deal}",
                f"/deals/{deal}/timeline",
                "/notifications",
            )
        ]
        browser = reader.browser()
        pages = (path, "/introductions", f"/deals/{deal}", "/deals", "/notifications", "/")
        seen += [browser.get(address).text for address in pages]
        name = other.actor.user_name
        assert not [text for text in seen if other.email in text or name in text]


def test_declining_needs_a_word_and_leaves_the_pair_in_peace(people: People) -> None:
    creator, investor, project = people
    path = f"/introductions/{ask(investor, project).json['id']}"
    assert creator.post(f"{path}/decline").json["errors"][0]["field"] == "answer"
    assert creator.post(f"{path}/decline", {"answer": "Round is full"}).json["state"] == "declined"
    assert investor.get(path).json["answer"] == "Round is full"
    assert investor.get("/deals").json["total"] == 0
    again = ask(investor, project)
    assert (again.status_code, again.json["code"]) == (409, "cooling_down")
    with db.system_edge() as session:
        row = session.query(Introduction).one()
        row.answered_at = row.answered_at - timedelta(days=91)
    assert ask(investor, project).status_code == 201


def test_one_waits_for_a_pair_and_only_those_asked_answer(
    people: People, person: Callable[..., Person]
) -> None:
    creator, investor, project = people
    path = f"/introductions/{ask(investor, project).json['id']}"
    assert ask(investor, project).json["code"] == "conflict"
    assert investor.post(f"{path}/accept").status_code == 403
    assert creator.post(f"{path}/withdraw").status_code == 403
    stranger = person("investor")
    for verb in ("accept", "decline", "withdraw"):
        assert stranger.post(f"{path}/{verb}").status_code == 404
    assert investor.post(f"{path}/withdraw").json["state"] == "withdrawn"
    late = creator.post(f"{path}/accept")
    assert (late.status_code, late.json["code"]) == (409, "invalid_transition")


def test_a_day_has_so_many_places(people: People) -> None:
    creator, investor, _project = people
    for number in range(10):
        assert ask(investor, pitches.published(creator, title={"en": f"F{number}"})).status_code == 201
    last = pitches.published(creator, title={"en": "Last"})
    refused = ask(investor, last)
    assert (refused.status_code, refused.json["code"]) == (429, "too_many")
    assert 0 < int(refused.headers["Retry-After"]) <= 86_400
    clock.freeze(clock.now() + timedelta(days=1))
    assert ask(investor, last).status_code == 201


def test_an_owner_asks_investors_that_let_themselves_be_found(
    people: People, person: Callable[..., Person]
) -> None:
    creator, investor, project = people
    named = {"investor_organisation_id": investor.organisation_id}
    assert ask(creator, project).json["errors"][0]["field"] == "investor_organisation_id"
    assert ask(creator, project, **named).status_code == 404
    assert investor.post("/mandates", MANDATE).status_code == 201
    assert ask(person("creator"), project, **named).status_code in (403, 404)
    hidden = pitches.published(creator, visibility="invited")
    assert ask(creator, hidden, **named).json["code"] == "not_shown"
    asked = ask(creator, project, **named).json
    assert (asked["asked_by"], asked["mandate_id"]) == ("project", None)
    accepted = investor.post(f"/introductions/{asked['id']}/accept").json
    deal = creator.get(f"/deals/{accepted['deal_id']}").json
    assert (deal["stage"], deal["investor_organisation_id"]) == ("intro", investor.organisation_id)


def test_a_deal_that_is_open_moves_to_its_introduction_and_a_later_one_stays(people: People) -> None:
    creator, investor, project = people
    deal = investor.post("/deals", {"project_id": project["id"]}).json["id"]
    move(investor, deal, to="data_room")
    asked = ask(investor, project).json
    accepted = creator.post(f"/introductions/{asked['id']}/accept").json
    assert accepted["deal_id"] == deal
    assert creator.get(f"/deals/{deal}").json["stage"] == "data_room"
    assert ask(investor, project).json["code"] == "introduced"


def test_what_nobody_answers_expires(people: People) -> None:
    creator, investor, project = people
    path = f"/introductions/{ask(investor, project).json['id']}"
    clock.freeze(clock.now() + timedelta(days=15))
    jobs.sweep()
    jobs.run_due()
    assert investor.get(path).json["state"] == "expired"
    assert "intro_expired" in [n["code"] for n in investor.get("/notifications").json["items"]]
    assert creator.post(f"{path}/accept").json["code"] == "invalid_transition"


def test_a_match_asks_through_the_same_door(people: People) -> None:
    creator, investor, project = people
    mandate = investor.post("/mandates", MANDATE).json["id"]
    body = {"project_id": project["id"], "action": "request_intro", "reason": "Please"}
    assert investor.post(f"/mandates/{mandate}/feedback", body).json["intro_requested_at"]
    found = creator.get("/introductions").json["items"]
    assert [(i["note"], i["mandate_id"], i["asked_by"]) for i in found] == [("Please", None, "investor")]
    assert investor.get("/introductions").json["items"][0]["mandate_id"] == mandate
    other = investor.post("/mandates", MANDATE | {"name": "N"}).json["id"]
    assert investor.post(f"/mandates/{other}/feedback", body).json["intro_requested_at"]
    assert creator.get("/introductions").json["total"] == 1


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_pages_lead_from_asking_to_the_deal(people: People, lang: str) -> None:
    creator, investor, project = people
    ours, theirs = investor.browser(lang), creator.browser(lang)
    assert f"/introductions/new?project_id={project['id']}" in ours.get(f"/projects/{project['id']}").text
    assert ours.get(f"/introductions/new?project_id={project['id']}").status_code == 200
    sent = ours.post("/introductions", data={"project_id": project["id"], "note": "Hello"})
    assert sent.status_code == 303
    again = ours.post("/introductions", data={"project_id": project["id"], "note": "Hello once more"})
    assert again.status_code == 409
    assert "Hello once more" in again.text
    assert ("已有" if lang == "zh" else "waits for an answer already") in again.text
    page = theirs.get(sent.location).text
    assert f'action="{sent.location}/accept"' in page
    assert theirs.post(f"{sent.location}/decline", data={"answer": ""}).status_code == 422
    assert sent.location in theirs.get("/").text
    assert theirs.post(f"{sent.location}/accept", data={"answer": ""}).status_code == 303
    assert creator.email in ours.get(sent.location).text
