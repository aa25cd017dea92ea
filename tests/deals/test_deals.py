"""Deals over API and pages: who may, what moves, what the other party sees."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from dealflow.core import db, invariants
from tests.conftest import Person
from tests.deals.conftest import People
from tests.factories import pitches


def _open(investor: Person, project: dict[str, Any]) -> Any:
    return investor.post("/deals", {"project_id": project["id"], "note": "We like it"})


def test_an_investor_opens_a_deal_and_both_parties_see_it(deal: dict[str, Any], people: People) -> None:
    creator, investor, _project = people
    for who in (creator, investor):
        answer = who.get(f"/deals/{deal['id']}")
        assert answer.status_code == 200
        assert answer.json["stage"] == "interest"
        assert [d["id"] for d in who.get("/deals").json["items"]] == [deal["id"]]
    events = creator.get(f"/deals/{deal['id']}/timeline").json["items"]
    assert [(e["kind"], e["text"], e["side"]) for e in events] == [("opened", "We like it", "investor")]


def test_a_stranger_does_not_learn_that_it_exists(
    deal: dict[str, Any], person: Callable[..., Person]
) -> None:
    stranger = person("investor")
    assert stranger.get(f"/deals/{deal['id']}").status_code == 404
    assert stranger.get(f"/deals/{deal['id']}/timeline").status_code == 404
    assert stranger.post(f"/deals/{deal['id']}/transitions", {"to": "intro"}).status_code == 404
    assert stranger.get("/deals").json["total"] == 0


def test_a_second_open_deal_about_the_same_project_is_refused(deal: dict[str, Any], people: People) -> None:
    _creator, investor, project = people
    again = _open(investor, project)
    assert (again.status_code, again.json["code"]) == (409, "conflict")


def test_after_closing_another_deal_may_be_opened(deal: dict[str, Any], people: People) -> None:
    _creator, investor, project = people
    assert (
        investor.post(
            f"/deals/{deal['id']}/transitions", {"to": "closed_lost", "reason": "no fit"}
        ).status_code
        == 200
    )
    assert _open(investor, project).status_code == 201


def test_moves_follow_the_machine(deal: dict[str, Any], people: People) -> None:
    creator, investor, _project = people
    path = f"/deals/{deal['id']}/transitions"
    assert investor.post(path, {"to": "funded", "reason": "x"}).json["code"] == "invalid_transition"
    assert investor.post(path, {"to": "intro"}).json["stage"] == "intro"
    assert creator.post(path, {"to": "negotiation"}).status_code == 403
    assert investor.post(path, {"to": "negotiation"}).json["stage"] == "negotiation"
    missing = investor.post(path, {"to": "signed"})
    assert (missing.status_code, missing.json["errors"][0]["field"]) == (422, "reason")
    assert investor.post(path, {"to": "moon"}).json["errors"][0]["code"] == "not_a_choice"
    declined = creator.post(path, {"to": "closed_lost", "reason": "Another investor was quicker"})
    assert declined.json["stage"] == "closed_lost"
    assert declined.json["close_reason"] == "Another investor was quicker"
    assert investor.post(path, {"to": "intro"}).status_code == 409


def test_a_viewer_sees_and_cannot_move(
    deal: dict[str, Any], people: People, person: Callable[..., Person]
) -> None:
    viewer = person("investor", "viewer", organisation_id=people[1].organisation_id)
    assert viewer.get(f"/deals/{deal['id']}").status_code == 200
    assert viewer.post(f"/deals/{deal['id']}/transitions", {"to": "intro"}).status_code == 403
    assert _open(viewer, people[2]).status_code == 403


def test_only_investors_open_deals_and_only_about_what_they_may_see(
    people: People, person: Callable[..., Person]
) -> None:
    creator, investor, project = people
    assert creator.post("/deals", {"project_id": project["id"]}).status_code == 403
    hidden = creator.post("/projects", pitches.complete(title={"zh": "草稿"})).json
    assert _open(investor, hidden).status_code == 404
    assert _open(investor, {"id": "prj_" + "0" * 26}).status_code == 404


def test_the_same_idempotency_key_opens_one_deal(people: People) -> None:
    _creator, investor, project = people
    body = {"project_id": project["id"]}
    first, second = (
        investor.call("POST", "/deals", json=body, headers={"Idempotency-Key": "k1"}) for _ in range(2)
    )
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.data == second.data
    other = investor.call("POST", "/deals", json=body | {"note": "x"}, headers={"Idempotency-Key": "k1"})
    assert (other.status_code, other.json["code"]) == (422, "idempotency_mismatch")


def test_of_many_at_once_exactly_one_opens(people: People) -> None:
    _creator, investor, project = people
    barrier, statuses = threading.Barrier(8), []

    def attempt() -> None:
        barrier.wait()
        statuses.append(_open(investor, project).status_code)

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201] + [409] * 7
    with db.system_edge(write=False):
        assert not any(invariants.run_all().values())


def test_private_notes_stay_with_their_organisation(deal: dict[str, Any], people: People) -> None:
    creator, investor, _project = people
    page = investor.browser().post(f"/deals/{deal['id']}/notes", data={"text": "CANARY-note"})
    assert page.status_code == 303
    assert "CANARY-note" in investor.browser().get(f"/deals/{deal['id']}").text
    assert "CANARY-note" not in creator.browser().get(f"/deals/{deal['id']}").text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_pages_show_list_and_deal(deal: dict[str, Any], people: People, lang: str) -> None:
    creator, investor, project = people
    for who in (creator, investor):
        listed = who.browser(lang).get("/deals")
        assert listed.status_code == 200
        assert project["title"][lang] in listed.text
        shown = who.browser(lang).get(f"/deals/{deal['id']}")
        assert shown.status_code == 200
        assert "We like it" in shown.text


def test_a_stale_move_from_a_page_is_refused(deal: dict[str, Any], people: People) -> None:
    _creator, investor, _project = people
    investor.post(f"/deals/{deal['id']}/transitions", {"to": "intro"})
    late = investor.browser().post(
        f"/deals/{deal['id']}/transitions", data={"to": "negotiation", "version": deal["version"]}
    )
    assert late.status_code == 412


def test_a_reason_that_is_missing_on_the_page_is_asked_for(deal: dict[str, Any], people: People) -> None:
    _creator, investor, _project = people
    page = investor.browser().post(
        f"/deals/{deal['id']}/transitions", data={"to": "closed_lost", "version": "1"}
    )
    assert page.status_code == 422
    assert "Say in a few words what happened" in page.text


def test_the_mandate_of_a_deal_is_the_investors_own_matter(
    person: Callable[..., Person], people: People
) -> None:
    creator, investor, project = people
    wanted = {"name": "M", "capital": {"amount_minor": 100, "currency": "CNY"}}
    first, second = (investor.post("/mandates", wanted | {"name": name}).json["id"] for name in "MN")
    deal = investor.post("/deals", {"project_id": project["id"], "mandate_id": first}).json
    path, board = f"/deals/{deal['id']}", "/deals/board?mandate_id="
    before = creator.get(path)
    assert first not in before.text + creator.get("/deals").text
    assert creator.get(board + first).json["total"] == 0
    assert investor.get(board + first).json["total"] == 1
    changed = investor.patch(path, {"mandate_id": second}, deal["version"])
    assert (changed.json["mandate_id"], changed.json["version"]) == (second, deal["version"] + 1)
    after = creator.get(path)
    assert (after.data, after.headers["ETag"]) == (before.data, before.headers["ETag"])
    for value in (None, first, second):
        creator.patch(path, {"mandate_id": value, "next_step": str(value)}, creator.get(path).json["version"])
    assert investor.get(path).json["mandate_id"] == second, "the other side takes nothing away"


def test_a_rule_of_the_project_side_does_not_ask_whether_there_is_a_mandate(
    deal: dict[str, Any], people: People
) -> None:
    creator, _investor, _project = people
    pipeline = creator.get("/pipelines").json["items"][0]
    stages = [
        {"id": s["id"], "state": s["state"], "required": ["mandate"] * (s["state"] == "closed_lost")}
        for s in pipeline["stages"]
    ]
    assert creator.patch(f"/pipelines/{pipeline['id']}", {"stages": stages}, pipeline["version"]).json
    lost = next(s["id"] for s in pipeline["stages"] if s["state"] == "closed_lost")
    moved = creator.post(f"/deals/{deal['id']}/transitions", {"stage_id": lost, "reason": "no"})
    assert moved.status_code == 200, moved.json


def test_deals_are_found_by_project_and_party(deal: dict[str, Any], people: People) -> None:
    creator, investor, project = people
    other = pitches.published(creator, title={"zh": "另一部_100%戏", "en": "Another Play"})
    second = _open(investor, other).json["id"]

    def found(q: str, **more: Any) -> list[str]:
        answer = investor.get("/deals", query_string={"q": q, **more}).json
        assert answer["total"] >= len(answer["items"])
        return [item["id"] for item in answer["items"]]

    name = creator.actor.organisation_name
    assert found("一部 PLAY") == found("_100%") == found("另一") == [second]
    assert found(project["title"]["zh"]) == [deal["id"]]
    assert found(name) == [second, deal["id"]]
    assert found(name, limit=1) == [second]
    assert found(name, stage="intro") == found("100_") == found("\\") == []
