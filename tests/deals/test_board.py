"""The board and the table: what they show, sum, filter and keep, and what moves from there do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from dealflow.core import clock, db
from tests.conftest import Person
from tests.deals.conftest import People, arrange, move, stages
from tests.factories import pitches

Deals = list[dict[str, Any]]


@pytest.fixture
def many(people: People) -> Deals:
    """Three deals of the investor, two with amounts of different currencies."""
    creator, investor, project = people
    projects = [project, *(pitches.published(creator, title={"en": f"Film {n}"}) for n in ("alpha", "beta"))]
    made = [investor.post("/deals", {"project_id": p["id"]}).json for p in projects]
    for deal, currency in zip(made, ("CNY", "USD", "CNY"), strict=True):
        amount = {"amount_minor": 1_000_000, "currency": currency}
        deal |= investor.patch(f"/deals/{deal['id']}", {"amount": amount}, 1).json
    return made


def test_columns_count_and_sum_by_currency(many: Deals, people: People) -> None:
    creator, investor, _project = people
    move(investor, many[2]["id"], to="intro")
    columns = {c["state"]: c for c in investor.get("/deals/board").json["columns"]}
    assert columns["interest"]["count"] == 2
    assert columns["interest"]["sums"] == [
        {"amount_minor": 1_000_000, "currency": "CNY"},
        {"amount_minor": 1_000_000, "currency": "USD"},
    ]
    assert columns["intro"]["sums"] == [{"amount_minor": 1_000_000, "currency": "CNY"}]
    theirs = {c["state"]: c for c in creator.get("/deals/board").json["columns"]}
    assert (theirs["interest"]["count"], theirs["interest"]["sums"]) == (2, [])


@pytest.mark.parametrize("view", ["board", "table"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_board_and_table_show_the_same_deals(many: Deals, people: People, lang: str, view: str) -> None:
    text = people[1].browser(lang).get(f"/deals?view={view}").text
    assert all(f'href="/deals/{deal["id"]}"' in text for deal in many)


def test_filters_narrow_board_table_and_sums_alike(many: Deals, people: People) -> None:
    _creator, investor, _project = people
    due = clock.today() - timedelta(days=2)
    step = {"next_step": "Call back", "next_step_on": due.isoformat(), "assignee_id": investor.user_id}
    investor.patch(f"/deals/{many[1]['id']}", step, many[1]["version"])
    for query in (
        "q=film+alpha",
        "due=overdue",
        "assignee=me",
        f"project_id={many[1]['project_id']}",
        "q=call",
    ):
        assert investor.get(f"/deals/board?{query}").json["total"] == 1, query
        for view in ("board", "table"):
            text = investor.browser().get(f"/deals?view={view}&{query}").text
            shown = [deal["id"] for deal in many if f'href="/deals/{deal["id"]}"' in text]
            assert shown == [many[1]["id"]], (view, query)
    assert investor.get("/deals/board?due=none").json["total"] == 2
    assert investor.get("/deals/board?assignee=none").json["total"] == 2
    assert investor.get("/deals/board?open=false").json["total"] == 0
    assert ": Call back" in investor.browser("en").get("/").text, "what is overdue waits on the start page"


def test_deals_that_stay_too_long_are_found(many: Deals, people: People) -> None:
    _creator, investor, _project = people
    arrange(investor, interest={"stale_days": 5})
    move(investor, many[0]["id"], to="intro")
    clock.freeze(clock.now() + timedelta(days=6))
    try:
        assert investor.get("/deals/board?stale=true").json["total"] == 2
        assert "too long here" in investor.browser().get("/deals").text
    finally:
        clock.freeze(None)


def test_a_column_shows_the_first_cards_and_counts_all(many: Deals, people: People) -> None:
    browser = people[1].browser()
    text = browser.get("/deals?per=2").text
    assert (text.count('class="kcard"'), "1 more" in text) == (2, True)
    assert browser.get("/deals?per=8").text.count('class="kcard"') == 3


def test_the_number_of_statements_does_not_grow(people: People) -> None:
    creator, investor, project = people
    investor.post("/deals", {"project_id": project["id"]})
    browser = investor.browser()
    before = {view: statements(lambda v=view: browser.get(f"/deals?view={v}")) for view in ("board", "table")}
    for number in range(6):
        investor.post("/deals", {"project_id": pitches.published(creator, title={"en": f"P{number}"})["id"]})
    for view, count in before.items():
        assert statements(lambda v=view: browser.get(f"/deals?view={v}")) == count
    assert max(before.values()) <= 16


def statements(call: Callable[[], Any]) -> int:
    """SQL statements of one request."""
    seen: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    engine = db.database().engine
    call()
    event.listen(engine, "before_cursor_execute", count)
    assert call().status_code == 200
    event.remove(engine, "before_cursor_execute", count)
    return len([s for s in seen if not s.startswith(("BEGIN", "PRAGMA"))])


def test_many_are_moved_at_once_and_taken_back(many: Deals, people: People) -> None:
    creator, investor, _project = people
    ids = stages(investor)
    body = {
        "deals": [{"id": d["id"], "version": d["version"]} for d in many],
        "stage_id": ids["Introduction"],
    }
    batch = investor.post("/deals/moves", body).json
    assert sorted(batch["done"]) == sorted(d["id"] for d in many)
    undone = investor.post(f"/deals/moves/{batch['id']}/undo").json
    assert (sorted(undone["done"]), undone["refused"]) == (sorted(batch["done"]), [])
    for deal in many:
        assert creator.get(f"/deals/{deal['id']}").json["stage"] == "interest"
        kinds = [e["kind"] for e in creator.get(f"/deals/{deal['id']}/timeline").json["items"]]
        assert kinds == ["taken_back", "moved", "opened"]
    again = investor.post(f"/deals/moves/{batch['id']}/undo")
    assert (again.status_code, again.json["code"]) == (409, "invalid_transition")
    assert creator.post(f"/deals/moves/{batch['id']}/undo").status_code == 404


def test_of_many_the_stale_ones_stay_and_are_named(many: Deals, people: People) -> None:
    _creator, investor, _project = people
    ids = stages(investor)
    move(investor, many[0]["id"], to="data_room")
    body = {
        "deals": [{"id": d["id"], "version": d["version"]} for d in many],
        "stage_id": ids["Negotiation"],
    }
    batch = investor.post("/deals/moves", body).json
    assert [r["deal_id"] for r in batch["refused"]] == [many[0]["id"]]
    assert batch["refused"][0]["code"] == "stale_version"
    assert len(batch["done"]) == 2


def test_a_newer_move_keeps_the_older_one_from_being_taken_back(deal: dict[str, Any], people: People) -> None:
    _creator, investor, _project = people
    first = move(investor, deal["id"], to="intro").json["move_id"]
    move(investor, deal["id"], to="data_room")
    refused = investor.post(f"/deals/moves/{first}/undo")
    assert (refused.status_code, refused.json["errors"][0]["code"]) == (412, "changed")
    assert "Data room" in refused.json["errors"][0]["message"]
    assert investor.get(f"/deals/{deal['id']}").json["stage"] == "data_room"


def test_what_was_signed_or_is_long_ago_is_not_taken_back(deal: dict[str, Any], people: People) -> None:
    _creator, investor, _project = people
    old = move(investor, deal["id"], to="negotiation").json["move_id"]
    clock.freeze(clock.now() + timedelta(minutes=31))
    try:
        assert investor.post(f"/deals/moves/{old}/undo").json["code"] == "invalid_transition"
        signed = move(investor, deal["id"], to="signed", reason="On paper").json["move_id"]
        assert investor.post(f"/deals/moves/{signed}/undo").json["code"] == "invalid_transition"
    finally:
        clock.freeze(None)


def test_a_lost_deal_comes_back_unless_another_was_opened(deal: dict[str, Any], people: People) -> None:
    _creator, investor, project = people
    lost = move(investor, deal["id"], to="closed_lost", reason="Slip").json["move_id"]
    assert investor.post(f"/deals/moves/{lost}/undo").status_code == 200
    back = investor.get(f"/deals/{deal['id']}").json
    assert (back["stage"], back["closed_at"], back["close_reason"]) == ("interest", None, None)
    lost = move(investor, deal["id"], to="closed_lost", reason="Really").json["move_id"]
    assert investor.post("/deals", {"project_id": project["id"]}).status_code == 201
    assert investor.post(f"/deals/moves/{lost}/undo").json["code"] == "conflict"


def test_a_stale_move_says_what_changed(deal: dict[str, Any], people: People) -> None:
    creator, investor, _project = people
    move(investor, deal["id"], to="intro")
    body = {"to": "closed_lost", "reason": "no", "version": 1}
    late = creator.post(f"/deals/{deal['id']}/transitions", body)
    assert (late.status_code, late.json["current_version"]) == (412, 2)
    assert late.json["errors"][0]["message"] == "It stands at “Introduction” now; moved by the investor"
    by_header = investor.call(
        "POST", f"/deals/{deal['id']}/transitions", json={"to": "data_room"}, headers={"If-Match": '"1"'}
    )
    assert by_header.status_code == 412
    page = creator.browser().post(
        f"/deals/{deal['id']}/transitions", data={"to": "closed_lost", "reason": "no", "version": "1"}
    )
    assert page.status_code == 412
    assert "Closed: lost" in page.text
    assert "moved by the investor" in page.text


def test_cards_move_without_scripts_and_the_place_is_kept(deal: dict[str, Any], people: People) -> None:
    _creator, investor, _project = people
    ids, browser = stages(investor), investor.browser()
    form = {"one": f"{deal['id']}:1", f"to-{deal['id']}": ids["Introduction"], "next": "/deals?q=&sort=since"}
    answer = browser.post("/deals/moves", data=form)
    assert answer.status_code == 303
    assert answer.location.startswith("/deals?q=&sort=since&done=bat_")
    assert answer.location.endswith(f"#d-{deal['id']}")
    page = browser.get(answer.location).text
    undo = page.split('action="/deals/moves/')[1].split('"')[0]
    assert browser.post(f"/deals/moves/{undo}", data={"next": "/deals?sort=since"}).status_code == 303
    assert investor.get(f"/deals/{deal['id']}").json["stage"] == "interest"


def test_what_a_stage_asks_for_is_asked_on_the_page_of_the_deal(deal: dict[str, Any], people: People) -> None:
    _creator, investor, _project = people
    ids, browser = arrange(investor, intro={"required": ["amount"]}), investor.browser()
    form = {"one": f"{deal['id']}:1", f"to-{deal['id']}": ids["Introduction"], "next": "/deals?sort=since"}
    page = browser.post("/deals/moves", data=form, follow_redirects=True).text
    assert "This stage asks for more" in page
    assert 'value="/deals?sort=since"' in page


def test_a_filter_is_kept_and_shared_inside_the_organisation(
    people: People, person: Callable[..., Person]
) -> None:
    _creator, investor, _project = people
    colleague = person("investor", "member", organisation_id=investor.organisation_id)
    query = {"open": "true", "sort": "since", "cursor": "x", "done": "y"}
    mine = investor.post("/deal-filters", {"name": "Mine", "query": query}).json
    assert mine["query"] == {"open": "true", "sort": "since"}
    ours = investor.post("/deal-filters", {"name": "Ours", "shared": True, "query": {"due": "week"}}).json
    assert [f["name"] for f in colleague.get("/deal-filters").json["items"]] == ["Ours"]
    assert person("fund").get("/deal-filters").json["items"] == []
    assert investor.post("/deal-filters", {"name": "Ours", "query": {}}).json["code"] == "conflict"
    bad = investor.post("/deal-filters", {"name": "Bad", "query": {"due": "someday"}})
    assert bad.json["errors"][0]["field"] == "query.due"
    assert colleague.call("DELETE", f"/deal-filters/{mine['id']}").status_code == 404
    assert colleague.call("DELETE", f"/deal-filters/{ours['id']}").status_code == 403
    assert investor.call("DELETE", f"/deal-filters/{ours['id']}").status_code == 204
