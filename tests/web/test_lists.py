"""What every list takes: pages of itself, words and orders; anything else is refused by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from dealflow.accounts.models import User
from dealflow.core import db, jobs, narrowing
from dealflow.core.http import Endpoint
from dealflow.core.paging import Query, cursor_for
from tests.conftest import Person
from tests.factories import world as worlds
from tests.sweep.matrix_cases import Case, address, cases, more_objects
from tests.sweep.routes import Route, routes

# A comparison is told whole.
WHOLE = {"GET /api/v1/projects/{project_id}/diff"}
NOWHERE = "qqzzyyxx"


def described(route: Route) -> Endpoint:
    found: Endpoint = route.view.endpoint  # type: ignore[attr-defined]
    return found


def lists(app: Flask) -> list[Route]:
    found = [r for r in routes(app) if r.is_api and r.method == "GET" and described(r).lists]
    assert {str(r) for r in found} > WHOLE
    return [r for r in found if str(r) not in WHOLE]


def test_every_list_takes_pages_words_and_orders(app: Flask) -> None:
    assert len(lists(app)) > 60
    loose = [
        str(r) for r in lists(app)
        if not issubclass(described(r).query or object, Query) or {"q", "sort"} - set(described(r).query.model_fields)  # type: ignore[union-attr]
    ]  # fmt: skip
    assert loose == []
    document: Any = app.test_client().get("/api/openapi.json").json
    told = {parameter["name"] for parameter in document["paths"]["/api/v1/members"]["get"]["parameters"]}
    assert told == {"limit", "cursor", "q", "sort"}


def test_what_a_list_does_not_take_is_refused_by_name(app: Flask, person: Callable[..., Person]) -> None:
    who = person()
    for route in lists(app):
        answer = who.get(route.path({}).removeprefix("/api/v1"), query_string={"nonsense": "x"})
        problems = [(e["field"], e["code"]) for e in answer.json["errors"]]
        assert (answer.status_code, problems) == (422, [("nonsense", "unknown_field")]), str(route)


def test_every_list_finds_nothing_by_words_that_stand_nowhere_and_all_rows_in_any_order(
    app: Flask, person: Callable[..., Person]
) -> None:
    world = worlds.build(person)
    more_objects(world)
    jobs.run_due()
    every, filled, undeclared = {str(r) for r in lists(app)}, set[str](), set[str]()
    for case in (c for c in cases(app) if str(c.route) in every):
        path = address(case, world).removeprefix("/api/v1")
        for who in (world[f"{house}.owner"] for house in ("creator", "investor", "fund")):
            whole = who.get(path, query_string={"limit": 200})
            if whole.status_code != 200 or not whole.json["items"]:
                continue
            filled.add(str(case.route))
            shape: Any = described(case.route).returns
            told = {key for row in whole.json["items"] for key in row}
            undeclared |= {f"{case.route}: {key}" for key in told - shape.model_fields.keys()}
            nothing = who.get(path, query_string={"q": NOWHERE}).json
            assert (nothing["items"], nothing["total"]) == ([], 0), case.name
            hold_in_order(who, path, case, whole.json)
    assert undeclared == set()
    assert len(filled) > 45, sorted(every - filled)


def hold_in_order(who: Person, path: str, case: Case, whole: dict[str, Any]) -> None:
    """All rows of a list come in each order that it is asked for, the other way round with a minus."""
    order = described(case.route).query.model_fields["sort"]  # type: ignore[union-attr]
    if not order.description:  # an order of its own has its tests where it is
        return
    fields = [name for name, value in whole["items"][0].items() if isinstance(value, str | int)]
    for name in fields[:2]:
        up, down = (
            who.get(path, query_string={"sort": sort, "limit": 200}).json for sort in (name, f"-{name}")
        )
        assert "items" in up, (case.name, name, up)
        assert up["total"] == down["total"] == whole["total"], (case.name, name)
        values = [row[name] for row in up["items"]]
        assert Counter(map(str, values)) == Counter(str(row[name]) for row in whole["items"]), (
            case.name,
            name,
        )
        known = [value for value in values if value is not None]
        assert known[::-1] == [row[name] for row in down["items"] if row[name] is not None] or len(
            set(known)
        ) < len(known), case.name
        if known and all(isinstance(value, int) for value in known):
            assert known == sorted(known), (case.name, name)


def named(who: Person, name: str) -> Person:
    with db.system_edge() as session:
        session.get_one(User, who.user_id).name = name
    return who


def test_members_are_found_ordered_and_paged(person: Callable[..., Person]) -> None:
    owner = named(person("investor"), "赵敏")
    for name in ("Zoe Müller", "anna Schmidt", "Bea Schmidt"):
        named(person(organisation_id=owner.organisation_id), name)
    names = [row["name"] for row in owner.get("/members", query_string={"sort": "-name"}).json["items"]]
    assert names == ["赵敏", "Zoe Müller", "Bea Schmidt", "anna Schmidt"]
    first = owner.get("/members", query_string={"q": "ＳＣＨＭＩＤＴ", "sort": "name", "limit": 1}).json
    assert ([row["name"] for row in first["items"]], first["total"]) == (["anna Schmidt"], 2)
    rest = owner.get(
        "/members", query_string={"q": "schmidt", "sort": "name", "cursor": first["next_cursor"]}
    ).json
    assert ([row["name"] for row in rest["items"]], rest["next_cursor"]) == (["Bea Schmidt"], None)
    assert owner.get("/members", query_string={"q": "bea schmidt"}).json["total"] == 1
    assert owner.get("/members", query_string={"q": "bea müller"}).json["total"] == 0


def test_a_list_too_long_to_look_through_says_so(
    person: Callable[..., Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(narrowing, "MOST", 1)
    owner = person("investor")
    named(person(organisation_id=owner.organisation_id), "Zoe")
    answer = owner.get("/members", query_string={"q": "zoe"}, headers={"Accept-Language": "zh"})
    assert answer.status_code == 422
    (error,) = answer.json["errors"]
    assert (error["field"], error["code"]) == ("q", "too_many_rows")
    assert "筛选" in error["message"]
    assert owner.get("/members").json["total"] == 2


@pytest.mark.parametrize(
    ("path", "sort"), [("/tranches", "namex"), ("/members", "-password"), ("/members", "--name")]
)
def test_an_order_that_a_list_does_not_have_is_refused(
    person: Callable[..., Person], path: str, sort: str
) -> None:
    answer = person("investor").get(path, query_string={"sort": sort})
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "sort")


def test_clauses_and_timelines_come_in_pages(app: Flask, person: Callable[..., Person]) -> None:
    world = worlds.build(person)
    who = world["investor.owner"]
    for path in (f"/term-sheets/{world.ids['proposed']}/clauses", f"/deals/{world.ids['deal']}/timeline"):
        whole = who.get(path, query_string={"limit": 200}).json
        assert whole["total"] == len(whole["items"]) > 0
        first = who.get(path, query_string={"limit": 1}).json
        items = list(first["items"])
        if cursor := first["next_cursor"]:
            items += who.get(path, query_string={"cursor": cursor, "limit": 200}).json["items"]
        assert items == whole["items"]
        beyond = who.get(path, query_string={"cursor": cursor_for(whole["total"])}).json
        assert (beyond["items"], beyond["total"]) == ([], whole["total"])
