"""The API of mandates: what is stored, what is refused, who may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from dealflow.audit.models import AuditEvent
from dealflow.core import db, invariants
from tests.conftest import Person
from tests.factories import mandates

Make = Callable[..., Person]
CNY = "CNY"


def fields(answer: Any) -> dict[str, str]:
    """Field → code of a refusal."""
    assert answer.status_code == 422, answer.json
    return {error["field"]: error["code"] for error in answer.json["errors"]}


def cny(amount: int, currency: str = CNY) -> dict[str, Any]:
    return {"amount_minor": amount, "currency": currency}


def test_a_mandate_comes_back_as_it_was_sent(person: Make) -> None:
    investor = person("investor")
    made = mandates.stated(investor)
    assert made["id"].startswith("mnd_")
    assert made["version"] == 1
    assert made["active"] is True
    sent = mandates.complete()
    for name, value in sent.items():
        assert made[name] == value, name
    again = investor.get(f"/mandates/{made['id']}")
    assert again.json == made
    assert again.headers["ETag"] == '"1"'


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"name": ""}, "name", "too_short"),
        ({"capital": None}, "capital", "wrong_type"),
        ({"capital": cny(-1)}, "capital.amount_minor", "too_small"),
        ({"capital": cny(10**16)}, "capital.amount_minor", "too_large"),
        ({"capital": cny(1, "XXX")}, "capital.currency", "unknown_currency"),
        ({"surprise": 1}, "surprise", "unknown_field"),
        ({"constraints": {"genres_any": ["no_such"]}}, "constraints.genres_any.0", "unknown_genre"),
        ({"constraints": {"languages_any": ["Klingonish"]}}, "constraints.languages_any.0", "unknown_language"),
        ({"constraints": {"regions_any": ["CN-QQ"]}}, "constraints.regions_any.0", "unknown_region"),
        ({"constraints": {"stages_any": ["later"]}}, "constraints.stages_any.0", "not_a_choice"),
        ({"constraints": {"budget": {"min": cny(2), "max": cny(1)}}}, "constraints.budget.max", "min_above_max"),
        ({"constraints": {"ask": {"min": cny(1), "max": cny(2, "USD")}}}, "constraints.ask.max", "currency_mismatch"),
        ({"constraints": {"genres_any": ["sweet"], "genres_none": ["sweet"]}}, "constraints.genres_none", "contradiction"),
        ({"constraints": {"min_credits": -1}}, "constraints.min_credits", "too_small"),
        ({"constraints": {"words_none": [""]}}, "constraints.words_none.0", "too_short"),
        ({"preferences": {"genres": {"sweet": 1.5}}}, "preferences.genres.sweet", "too_large"),
        ({"preferences": {"genres": {"no_such": 1}}}, "preferences.genres.no_such.[key]", "unknown_genre"),
        ({"preferences": {"weight_text": -2}}, "preferences.weight_text", "too_small"),
        ({"max_per_project": cny(500_000_001)}, "max_per_project", "above_capital"),
    ],
)  # fmt: skip
def test_refusals_name_field_and_reason(person: Make, changes: dict[str, Any], field: str, code: str) -> None:
    answer = person("investor").post("/mandates", mandates.complete(**changes))
    assert fields(answer).get(field) == code, answer.json


def test_a_refusal_speaks_both_languages(person: Make) -> None:
    body = mandates.complete(constraints={"genres_any": ["no_such"]})
    answer = person("investor").post("/mandates", body, headers={"Accept-Language": "zh"})
    assert answer.json["errors"][0]["message"] == "“no_such” 不在题材词表中"


def test_a_change_replaces_what_it_names_and_needs_the_version(person: Make) -> None:
    investor = person("investor")
    made = mandates.stated(investor)
    path = f"/mandates/{made['id']}"
    changed = investor.patch(path, {"constraints": {"min_credits": 3}}, 1)
    assert changed.status_code == 200, changed.json
    assert changed.json["constraints"] == {"min_credits": 3}
    assert changed.json["preferences"] == made["preferences"]
    assert changed.json["version"] == 2
    assert investor.patch(path, {"name": "x"}, 1).status_code == 412
    assert investor.call("PATCH", path, json={"name": "x"}).status_code == 428
    same = investor.patch(path, {"constraints": {"min_credits": 3}}, 2)
    assert same.json["version"] == 2


def test_a_change_may_not_break_the_whole(person: Make) -> None:
    investor = person("investor")
    made = mandates.stated(investor)
    answer = investor.patch(f"/mandates/{made['id']}", {"capital": cny(1)}, 1)
    assert fields(answer) == {"max_per_project": "above_capital"}


def test_what_states_nothing_is_left_out(person: Make) -> None:
    empty = {"genres_any": [], "budget": {}, "review_passed": False, "words_none": []}
    made = mandates.stated(
        person("investor"), constraints=empty, preferences={"weight_text": 0, "genres": {}}
    )
    assert made["constraints"] == {}
    assert made["preferences"] == {"weight_text": 0.0}


def test_the_list_filters_searches_and_pages(person: Make) -> None:
    investor = person("investor")
    for number in range(3):
        mandates.stated(investor, name=f"Mandate {number}", active=number != 1)
    mandates.stated(person("investor"), name="Mandate of others")
    assert [m["name"] for m in investor.get("/mandates?sort=name").json["items"]] == [
        "Mandate 0", "Mandate 1", "Mandate 2",
    ]  # fmt: skip
    assert investor.get("/mandates?active=false").json["total"] == 1
    assert investor.get("/mandates?q=mandate 2").json["total"] == 1
    mandates.stated(investor, name="Mandate 3", capital={"amount_minor": 500, "currency": "USD"})
    assert investor.get("/mandates?currency=USD").json["total"] == 1
    assert investor.get("/mandates?currency=XYZ").status_code == 422
    first = investor.get("/mandates?sort=name&limit=2").json
    rest = investor.get(f"/mandates?sort=name&limit=2&cursor={first['next_cursor']}").json
    assert [m["name"] for m in rest["items"]] == ["Mandate 2", "Mandate 3"]
    assert rest["next_cursor"] is None
    assert investor.get("/mandates?sort=capital").status_code == 422


def test_deleting_takes_it_away_for_good(person: Make) -> None:
    investor = person("investor")
    made = mandates.stated(investor, external_id="A-1")
    assert investor.call("DELETE", f"/mandates/{made['id']}").status_code == 204
    assert investor.get(f"/mandates/{made['id']}").status_code == 404
    assert investor.get("/mandates").json["total"] == 0
    mandates.stated(investor, external_id="A-1")


def test_an_external_id_is_taken_once(person: Make) -> None:
    investor = person("investor")
    mandates.stated(investor, external_id="A-1")
    assert fields(investor.post("/mandates", mandates.complete(external_id="A-1"))) == {
        "external_id": "taken"
    }
    mandates.stated(person("fund"), external_id="A-1")


def test_others_do_not_know_of_it_and_viewers_only_look(person: Make) -> None:
    investor = person("investor")
    viewer = person("investor", "viewer", organisation_id=investor.organisation_id)
    path = f"/mandates/{mandates.stated(investor)['id']}"
    for stranger in (person("investor"), person("creator"), person("platform")):
        assert stranger.get(path).status_code == 404
        assert stranger.patch(path, {"name": "x"}, 1).status_code == 404
        assert stranger.call("DELETE", path).status_code == 404
    assert viewer.get(path).status_code == 200
    assert viewer.patch(path, {"name": "x"}, 1).status_code == 403
    assert viewer.call("DELETE", path).status_code == 403
    assert viewer.post("/mandates", mandates.complete()).status_code == 403
    assert person("creator").post("/mandates", mandates.complete()).status_code == 403


def test_every_change_is_in_the_audit(person: Make) -> None:
    investor = person("investor")
    made = mandates.stated(investor)
    investor.patch(f"/mandates/{made['id']}", {"active": False}, 1)
    investor.call("DELETE", f"/mandates/{made['id']}")
    with db.system_edge(write=False) as session:
        rows = session.scalars(
            select(AuditEvent).where(AuditEvent.object_id == made["id"]).order_by(AuditEvent.number)
        ).all()
        assert [row.tag for row in rows] == [
            "mandates:mandate:created", "mandates:mandate:changed", "mandates:mandate:deleted",
        ]  # fmt: skip
        assert (rows[1].before, rows[1].after) == ({"active": True}, {"active": False})


def test_the_invariants_hold_and_see_a_broken_mandate(person: Make) -> None:
    from dealflow.mandates.models import Mandate

    made = mandates.stated(person("investor"))
    with db.system_edge() as session:
        assert not any(invariants.run_all().values())
        session.get_one(Mandate, made["id"]).constraints = {"genres_any": ["lost"]}
        session.flush()
        assert invariants.run_all()["mandates obey their rules"]
        session.rollback()
