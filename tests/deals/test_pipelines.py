"""Pipelines: own stages within the states both parties share, their rules, reasons of closing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dealflow.core import db, invariants
from tests.conftest import Person
from tests.deals.conftest import People, arrange, move, split, stages
from tests.factories import pitches

DEFAULT = ["interest", "intro", "data_room", "negotiation", "signed", "funded", "closed_won", "closed_lost"]


@pytest.fixture(autouse=True)
def sound(app: Any) -> Any:
    """Every invariant holds after each test."""
    yield
    with db.system_edge(write=False):
        assert {name: lines for name, lines in invariants.run_all().items() if lines} == {}


def test_everybody_who_deals_begins_with_the_usual_stages(person: Callable[..., Person]) -> None:
    found = person("fund").get("/pipelines").json
    assert [s["state"] for s in found["items"][0]["stages"]] == DEFAULT
    assert (found["total"], found["items"][0]["is_default"]) == (1, True)


def test_moving_within_a_state_is_seen_by_the_own_side_alone(deal: dict[str, Any], people: People) -> None:
    creator, investor, _project = people
    ids = split(investor, "interest", "First call")
    before = creator.get(f"/deals/{deal['id']}").json
    moved = move(investor, deal["id"], stage_id=ids["First call"]).json
    assert (moved["stage"], moved["pipeline_stage_id"]) == ("interest", ids["First call"])
    assert moved["version"] == deal["version"] + 1
    assert creator.get(f"/deals/{deal['id']}").json == before
    assert [e["kind"] for e in creator.get(f"/deals/{deal['id']}/timeline").json["items"]] == ["opened"]


def test_the_other_side_follows_a_move_into_its_own_stage(deal: dict[str, Any], people: People) -> None:
    creator, investor, _project = people
    ids = split(creator, "negotiation", "Lawyers")
    move(investor, deal["id"], to="negotiation")
    followed = creator.get(f"/deals/{deal['id']}").json
    assert (followed["stage"], followed["pipeline_stage_id"]) == ("negotiation", ids["Negotiation"])
    inside = move(creator, deal["id"], stage_id=ids["Lawyers"])
    assert (inside.status_code, inside.json["stage"]) == (200, "negotiation")


def test_the_project_side_moves_within_its_states_and_declines_and_nothing_else(
    deal: dict[str, Any], people: People
) -> None:
    creator, _investor, _project = people
    ids = stages(creator)
    assert move(creator, deal["id"], stage_id=ids["Introduction"]).status_code == 403
    declined = move(creator, deal["id"], stage_id=ids["Closed: lost"], reason="Another was quicker")
    assert (declined.status_code, declined.json["stage"]) == (200, "closed_lost")


def test_a_stage_names_everything_it_asks_for(deal: dict[str, Any], people: People) -> None:
    _creator, investor, _project = people
    ids = arrange(investor, data_room={"required": ["amount", "assignee", "next_step", "note", "mandate"]})
    refused = move(investor, deal["id"], stage_id=ids["Data room"])
    assert refused.status_code == 422
    assert {e["field"] for e in refused.json["errors"]} == {
        "amount", "assignee", "next_step", "note", "mandate",
    }  # fmt: skip
    mandate = investor.post(
        "/mandates", {"name": "M", "capital": {"amount_minor": 100, "currency": "CNY"}}
    ).json
    own = {
        "amount": {"amount_minor": 5_000_000, "currency": "CNY"}, "assignee_id": investor.user_id,
        "next_step": "Read the budget", "mandate_id": mandate["id"],
    }  # fmt: skip
    assert investor.patch(f"/deals/{deal['id']}", own, deal["version"]).status_code == 200
    still = move(investor, deal["id"], stage_id=ids["Data room"])
    assert [e["field"] for e in still.json["errors"]] == ["note"]
    investor.browser().post(f"/deals/{deal['id']}/notes", data={"text": "Solid"})
    assert move(investor, deal["id"], stage_id=ids["Data room"]).json["stage"] == "data_room"


def test_only_those_a_stage_admits_bring_deals_there(
    deal: dict[str, Any], people: People, person: Callable[..., Person]
) -> None:
    _creator, owner, _project = people
    member = person("investor", "member", organisation_id=owner.organisation_id)
    ids = arrange(owner, intro={"movers": "assignee"}, data_room={"movers": "owners"})
    assert move(member, deal["id"], stage_id=ids["Introduction"]).status_code == 403
    owner.patch(f"/deals/{deal['id']}", {"assignee_id": member.user_id}, 1)
    assert move(member, deal["id"], stage_id=ids["Introduction"]).status_code == 200
    assert move(member, deal["id"], stage_id=ids["Data room"]).status_code == 403
    assert move(owner, deal["id"], stage_id=ids["Data room"]).status_code == 200


def test_a_second_member_approves_and_nobody_their_own_move(
    deal: dict[str, Any], people: People, person: Callable[..., Person]
) -> None:
    creator, owner, _project = people
    member = person("investor", "member", organisation_id=owner.organisation_id)
    ids = arrange(owner, negotiation={"approval": True})
    asked = move(member, deal["id"], stage_id=ids["Negotiation"]).json
    assert (asked["stage"], asked["approval"]["state"]) == ("interest", "waiting")
    assert creator.get(f"/deals/{deal['id']}").json["approval"] is None
    path = f"/deals/{deal['id']}/approvals/{asked['approval']['id']}"
    assert member.post(f"{path}/approve").status_code == 403
    assert creator.post(f"{path}/approve").status_code == 404
    assert any("approve" in n["title"] for n in owner.get("/notifications").json["items"])
    assert move(owner, deal["id"], stage_id=ids["Negotiation"]).json["code"] == "conflict"
    assert owner.post(f"{path}/approve").json["stage"] == "negotiation"
    assert owner.post(f"{path}/approve").json["code"] == "invalid_transition"


def test_an_approval_is_refused_with_a_word_and_overtaken_by_another_move(
    deal: dict[str, Any], people: People, person: Callable[..., Person]
) -> None:
    _creator, owner, _project = people
    member = person("investor", "member", organisation_id=owner.organisation_id)
    ids = arrange(owner, negotiation={"approval": True})
    first = move(member, deal["id"], stage_id=ids["Negotiation"]).json["approval"]["id"]
    path = f"/deals/{deal['id']}/approvals"
    assert owner.post(f"{path}/{first}/refuse").json["errors"][0]["field"] == "answer"
    assert owner.post(f"{path}/{first}/refuse", {"answer": "Too early"}).json["stage"] == "interest"
    second = move(member, deal["id"], stage_id=ids["Negotiation"]).json["approval"]["id"]
    assert move(owner, deal["id"], stage_id=ids["Introduction"]).status_code == 200
    late = owner.post(f"{path}/{second}/approve")
    assert (late.status_code, late.json["code"]) == (409, "invalid_transition")


def test_an_approval_needs_somebody_to_give_it(people: People) -> None:
    alone = people[1]
    pipeline = alone.get("/pipelines").json["items"][0]
    wanted = [{"id": s["id"], "state": s["state"], "approval": True} for s in pipeline["stages"]]
    answer = alone.patch(f"/pipelines/{pipeline['id']}", {"stages": wanted}, 1)
    assert answer.json["errors"][0]["code"] == "nobody_to_approve"


@pytest.mark.parametrize(
    ("states", "code"),
    [
        (DEFAULT[1:], "state_missing"),
        ([DEFAULT[1], DEFAULT[0], *DEFAULT[2:]], "wrong_order"),
    ],
)
def test_a_pipeline_has_all_states_in_their_order(people: People, states: list[str], code: str) -> None:
    answer = people[1].post("/pipelines", {"name": "odd", "stages": [{"state": s} for s in states]})
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, code)


def test_deals_of_a_removed_stage_stand_in_the_next_one_of_its_state(
    deal: dict[str, Any], people: People
) -> None:
    _creator, investor, _project = people
    ids = split(investor, "interest", "First call")
    move(investor, deal["id"], stage_id=ids["First call"])
    pipeline = investor.get("/pipelines").json["items"][0]
    kept = [{"id": s["id"], "state": s["state"]} for s in pipeline["stages"] if s["name"] != "First call"]
    investor.patch(f"/pipelines/{pipeline['id']}", {"stages": kept}, pipeline["version"])
    now = investor.get(f"/deals/{deal['id']}").json
    assert now["pipeline_stage_id"] == ids["Interest"]
    assert now["version"] == 3


def test_several_pipelines_and_which_takes_new_deals(
    deal: dict[str, Any], people: People, person: Callable[..., Person]
) -> None:
    creator, investor, _project = people
    second = investor.post("/pipelines", {"name": "Overseas", "is_default": True}).json
    assert investor.post("/pipelines", {"name": "Overseas"}).json["code"] == "conflict"
    fresh = investor.post("/deals", {"project_id": pitches.published(creator)["id"]}).json
    assert fresh["pipeline_id"] == second["id"]
    stage = next(s["id"] for s in second["stages"] if s["state"] == "interest")
    carried = move(investor, deal["id"], stage_id=stage).json
    assert (carried["stage"], carried["pipeline_id"]) == ("interest", second["id"])
    usual = next(p for p in investor.get("/pipelines").json["items"] if not p["is_default"])
    move(investor, deal["id"], stage_id=usual["stages"][0]["id"])
    put_away = investor.patch(f"/pipelines/{usual['id']}", {"archived": True}, usual["version"])
    assert put_away.json["archived"] is True
    assert investor.get(f"/deals/{deal['id']}").json["pipeline_id"] == second["id"]
    refused = investor.patch(f"/pipelines/{second['id']}", {"archived": True}, second["version"])
    assert refused.json["errors"][0]["code"] == "is_default"


def test_a_stale_pipeline_is_refused(people: People) -> None:
    _creator, investor, _project = people
    pipeline = investor.get("/pipelines").json["items"][0]
    path = f"/pipelines/{pipeline['id']}"
    assert investor.patch(path, {"name": "A"}, 1).json["version"] > 1
    assert investor.patch(path, {"name": "B"}, 1).status_code == 412
    assert investor.call("PATCH", path, json={"name": "B"}).status_code == 428


def test_each_side_keeps_its_own_reason_of_closing(deal: dict[str, Any], people: People) -> None:
    creator, investor, _project = people
    added = investor.post("/close-reasons", {"outcome": "lost", "label": "Star left"}).json
    won = investor.get("/close-reasons?outcome=won").json["items"][0]["id"]
    wrong = move(investor, deal["id"], to="closed_lost", reason="Over", reason_id=won)
    assert wrong.json["errors"][0]["field"] == "reason_id"
    lost = move(investor, deal["id"], to="closed_lost", reason="Over", reason_id=added["id"]).json
    assert lost["reason_id"] == added["id"]
    theirs = creator.get(f"/deals/{deal['id']}").json
    assert (theirs["reason_id"], theirs["close_reason"]) == (None, "Over")
    mine = next(r["id"] for r in creator.get("/close-reasons?outcome=lost").json["items"])
    changed = creator.patch(f"/deals/{deal['id']}", {"reason_id": mine}, theirs["version"])
    assert changed.json["reason_id"] == mine
    assert investor.call("DELETE", f"/close-reasons/{added['id']}").status_code == 204
    assert added["id"] not in [r["id"] for r in investor.get("/close-reasons").json["items"]]
    assert investor.get(f"/deals/{deal['id']}").json["reason_id"] == added["id"]


def test_pages_show_and_change_a_pipeline(people: People) -> None:
    _creator, investor, _project = people
    browser = investor.browser()
    assert "New deals begin here" in browser.get("/deals/pipelines").text
    pipeline = investor.get("/pipelines").json["items"][0]
    path = f"/deals/pipelines/{pipeline['id']}"
    assert browser.get(path).status_code == 200
    form: dict[str, Any] = {"version": pipeline["version"], "name": "Ours"}
    for at, stage in enumerate([*pipeline["stages"], {"id": "", "state": "negotiation"}]):
        form |= {f"stages-{at}-id": stage["id"], f"stages-{at}-state": stage["state"]}
        form |= {f"stages-{at}-place": str(at), f"stages-{at}-movers": "members"}
    form |= {"stages-8-name": "Lawyers", "stages-1-required": "amount", "stages-1-stale_days": "9"}
    assert browser.post(path, data=form).status_code == 303
    saved = investor.get(f"/pipelines/{pipeline['id']}").json
    names = [s["name"] for s in saved["stages"]]
    assert names[3:5] == ["Negotiation", "Lawyers"]
    assert (saved["name"], saved["stages"][1]["required"], saved["stages"][1]["stale_days"]) == (
        "Ours", ["amount"], 9,
    )  # fmt: skip
    late = browser.post(path, data=form)
    assert late.status_code == 412
    assert "Lawyers" in late.text
