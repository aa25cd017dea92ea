"""Two hands on one deal: both sides moving, an approval given twice, a move taken back while a newer one comes, one
introduction accepted and declined in the same moment. One is first, the other is told, and the parties never disagree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from dealflow.core import db, invariants
from tests.concurrency.conftest import at_once
from tests.conftest import Person
from tests.deals.conftest import arrange, move, stages
from tests.factories import pitches

ROUNDS = 3


@pytest.fixture(autouse=True)
def sound(app: Flask) -> Iterator[None]:
    """Every invariant holds after each race."""
    yield
    with db.system_edge(write=False):
        assert {name: lines for name, lines in invariants.run_all().items() if lines} == {}


@pytest.fixture
def sides(person: Callable[..., Person]) -> tuple[Person, Person, Person]:
    """A creator, an investor and the investor's colleague."""
    investor = person("investor")
    return person("creator"), investor, person("investor", "member", organisation_id=investor.organisation_id)


def opened(creator: Person, investor: Person) -> str:
    deal = investor.post("/deals", {"project_id": pitches.published(creator)["id"]})
    assert deal.status_code == 201, deal.json
    return str(deal.json["id"])


def kinds(who: Person, deal: str) -> list[str]:
    return [e["kind"] for e in who.get(f"/deals/{deal}/timeline").json["items"]]


def test_of_both_sides_that_end_a_deal_one_is_first(sides: tuple[Person, Person, Person]) -> None:
    creator, investor, _colleague = sides
    for _round in range(ROUNDS):
        deal = opened(creator, investor)
        answers = at_once(
            [
                lambda d=deal: move(investor, d, to="closed_lost", reason="No"),
                lambda d=deal: move(creator, d, to="closed_lost", reason="No"),
            ]
        )
        assert Counter(a.status_code for a in answers) == {200: 1, 409: 1}
        assert kinds(creator, deal) == ["moved", "opened"]


def test_a_step_forward_and_an_end_at_once_leave_one_history(sides: tuple[Person, Person, Person]) -> None:
    creator, investor, _colleague = sides
    for _round in range(ROUNDS):
        deal = opened(creator, investor)
        at_once(
            [
                lambda d=deal: move(investor, d, to="intro", version=1),
                lambda d=deal: move(creator, d, to="closed_lost", reason="No", version=1),
            ]
        )
        events = [e for e in creator.get(f"/deals/{deal}/timeline").json["items"] if e["kind"] == "moved"]
        assert len(events) == 1
        assert creator.get(f"/deals/{deal}").json["stage"] == events[0]["data"]["after"]


def test_a_move_is_taken_back_or_followed_by_a_newer_one_and_never_both(
    sides: tuple[Person, Person, Person],
) -> None:
    creator, investor, colleague = sides
    for _round in range(ROUNDS):
        deal = opened(creator, investor)
        first = move(investor, deal, to="intro").json
        undone, newer = at_once(
            [
                lambda b=first["move_id"]: investor.post(f"/deals/moves/{b}/undo"),
                lambda d=deal, v=first["version"]: move(colleague, d, to="data_room", version=v),
            ]
        )
        assert (undone.status_code, newer.status_code) in ((200, 412), (412, 200))
        stage = creator.get(f"/deals/{deal}").json["stage"]
        assert stage == ("interest" if undone.status_code == 200 else "data_room")


def test_a_move_is_taken_back_once(sides: tuple[Person, Person, Person]) -> None:
    creator, investor, colleague = sides
    deal = opened(creator, investor)
    batch = move(investor, deal, to="intro").json["move_id"]
    answers = at_once(
        [lambda who=who: who.post(f"/deals/moves/{batch}/undo") for who in (investor, colleague) * 2]
    )
    assert Counter(a.status_code for a in answers) == {200: 1, 409: 3}
    assert kinds(creator, deal).count("taken_back") == 1


def test_of_two_who_move_many_each_deal_moves_once(sides: tuple[Person, Person, Person]) -> None:
    creator, investor, colleague = sides
    deals = [opened(creator, investor) for _ in range(4)]
    ids = stages(investor)
    body = {"deals": [{"id": d, "version": 1} for d in deals], "stage_id": ids["Introduction"]}
    other = body | {"deals": list(reversed(body["deals"])), "stage_id": ids["Negotiation"]}
    answers = at_once(
        [lambda: investor.post("/deals/moves", body), lambda: colleague.post("/deals/moves", other)]
    )
    assert sorted(a.status_code for a in answers)[0] == 200
    assert all(a.status_code in (200, 412) for a in answers)
    for deal in deals:
        assert kinds(creator, deal) == ["moved", "opened"]


def test_an_approval_is_given_or_refused_once(
    sides: tuple[Person, Person, Person], person: Callable[..., Person]
) -> None:
    creator, investor, colleague = sides
    third = person("investor", "member", organisation_id=investor.organisation_id)
    ids = arrange(investor, intro={"approval": True})
    for _round in range(ROUNDS):
        deal = opened(creator, investor)
        waits = move(colleague, deal, stage_id=ids["Introduction"]).json["approval"]["id"]
        path = f"/deals/{deal}/approvals/{waits}"
        answers = at_once(
            [
                lambda p=path: investor.post(f"{p}/approve"),
                lambda p=path: third.post(f"{p}/refuse", {"answer": "Not yet"}),
            ]
        )
        assert Counter(a.status_code for a in answers) == {200: 1, 409: 1}
        moved = creator.get(f"/deals/{deal}").json["stage"] == "intro"
        assert moved == (answers[0].status_code == 200)


def test_an_introduction_is_accepted_or_declined_and_never_both(
    sides: tuple[Person, Person, Person], person: Callable[..., Person]
) -> None:
    creator, investor, _colleague = sides
    partner = person("creator", "member", organisation_id=creator.organisation_id)
    for _round in range(ROUNDS):
        project = pitches.published(creator)
        asked = investor.post("/introductions", {"project_id": project["id"]}).json["id"]
        path = f"/introductions/{asked}"
        answers = at_once(
            [
                lambda p=path: creator.post(f"{p}/accept"),
                lambda p=path: partner.post(f"{p}/decline", {"answer": "No"}),
                lambda p=path: investor.post(f"{p}/withdraw"),
            ]
        )
        assert Counter(a.status_code for a in answers) == {200: 1, 409: 2}
        state = investor.get(path).json["state"]
        assert (state == "accepted") == (answers[0].status_code == 200)


def test_many_who_ask_at_once_take_different_places_of_the_day(
    sides: tuple[Person, Person, Person],
) -> None:
    creator, investor, colleague = sides
    projects = [pitches.published(creator) for _ in range(12)]

    def ask(who: Person, project: dict[str, Any]) -> Any:
        return who.post("/introductions", {"project_id": project["id"]})

    answers = at_once(
        [
            lambda w=who, p=project: ask(w, p)
            for who, project in zip((investor, colleague) * 6, projects, strict=True)
        ]
    )
    codes = Counter(a.status_code for a in answers)
    assert codes[201] <= 10
    assert set(codes) <= {201, 409, 429}
    assert investor.get("/introductions?limit=200").json["total"] == codes[201]


def test_two_who_open_the_first_deals_of_a_house_share_its_pipeline(
    sides: tuple[Person, Person, Person],
) -> None:
    creator, investor, colleague = sides
    projects = [pitches.published(creator) for _ in range(2)]
    answers = at_once(
        [
            lambda w=who, p=project: w.post("/deals", {"project_id": p["id"]})
            for who, project in zip((investor, colleague), projects, strict=True)
        ]
    )
    assert [a.status_code for a in answers] == [201, 201]
    assert investor.get("/pipelines").json["total"] == 1
