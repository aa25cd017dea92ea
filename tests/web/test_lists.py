"""What a list takes: pages of itself, words or an order only where it has a search or orders; anything else is refused by name."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from dealflow.core import jobs
from dealflow.core.http import Endpoint
from dealflow.core.paging import Query, Searched, cursor_for
from tests.conftest import Person
from tests.factories import world as worlds
from tests.sweep.routes import Route, routes

# Where there is something to find: who looks, and what the address names by which name of the world.
FILLED: dict[str, tuple[str, dict[str, str]]] = {
    "/api/v1/audit": ("creator.owner", {}),
    "/api/v1/deals": ("creator.owner", {}),
    "/api/v1/funds": ("fund.owner", {}),
    "/api/v1/funds/<fund_id>/holdings": ("fund.owner", {"fund_id": "fund"}),
    "/api/v1/mandates": ("investor.owner", {}),
    "/api/v1/mandates/<mandate_id>/matches": ("investor.owner", {"mandate_id": "mandate"}),
    "/api/v1/projects": ("creator.owner", {}),
    "/api/v1/projects/<project_id>/receipts": ("creator.owner", {"project_id": "released"}),
}
# Without words it finds nothing; what it finds with them is tests/web/test_search_api.py.
SEARCH = "/api/v1/search"
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


def test_every_list_takes_pages(app: Flask) -> None:
    assert len(lists(app)) > 60
    loose = [str(r) for r in lists(app) if not issubclass(described(r).query or object, Query)]
    assert loose == []


def test_what_a_list_does_not_take_is_refused_by_name(app: Flask, person: Callable[..., Person]) -> None:
    who = person()
    for route in lists(app):
        taken = described(route).query.model_fields  # type: ignore[union-attr]
        for name in {"q", "sort", "nonsense"} - set(taken):
            answer = who.get(route.path({}).removeprefix("/api/v1"), query_string={name: "x"})
            problems = [(e["field"], e["code"]) for e in answer.json["errors"]]
            assert (answer.status_code, problems) == (422, [(name, "unknown_field")]), f"{route} {name}"


def test_only_what_is_declared_as_searched_takes_words(app: Flask) -> None:
    for route in lists(app):
        query = described(route).query
        assert query is not None
        assert ("q" in query.model_fields) == issubclass(query, Searched), str(route)


def test_every_list_that_takes_words_finds_nothing_by_words_that_stand_nowhere(
    app: Flask, person: Callable[..., Person]
) -> None:
    world = worlds.build(person)
    jobs.run_due()
    searched = {r.rule: r for r in lists(app) if "q" in described(r).query.model_fields}  # type: ignore[union-attr]
    assert set(searched) == {*FILLED, SEARCH}
    for rule, (who, named) in FILLED.items():
        path = searched[rule].path({k: world.ids[v] for k, v in named.items()}).removeprefix("/api/v1")
        everything, nothing = world[who].get(path), world[who].get(path, query_string={"q": NOWHERE})
        assert everything.status_code == nothing.status_code == 200, f"{rule}: {nothing.json}"
        assert everything.json["total"] > 0, f"{rule}: {who} sees nothing there"
        assert (nothing.json["total"], nothing.json["items"]) == (0, []), rule


@pytest.mark.parametrize("sort", ["name", "long_stop "])
def test_an_order_that_a_list_does_not_have_is_refused(person: Callable[..., Person], sort: str) -> None:
    answer = person("investor").get("/tranches", query_string={"sort": sort + "x"})
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
