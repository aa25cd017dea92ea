"""Versions over HTTP: ETag and 304, If-Match on PATCH, and lists in pages with cursors."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Person
from tests.factories import pitches
from tests.web.calls import is_problem, raw


@pytest.fixture
def creator(person: Callable[..., Person]) -> Person:
    """An owner of a creator's organisation."""
    return person("creator")


@pytest.fixture
def draft(creator: Person) -> dict[str, Any]:
    """A project of the creator's."""
    return dict(creator.post("/projects", pitches.complete()).json)


def test_an_answer_carries_its_version_as_etag(creator: Person, draft: dict[str, Any]) -> None:
    answer = creator.get(f"/projects/{draft['id']}")
    assert answer.headers["ETag"] == f'"{draft["version"]}"'
    assert {"id", "version", "created_at", "updated_at"} <= set(answer.json)


def test_who_has_the_version_gets_304_without_a_body(creator: Person, draft: dict[str, Any]) -> None:
    path = f"/projects/{draft['id']}"
    same = raw(creator, "GET", path, If_None_Match=f'"{draft["version"]}"')
    assert (same.status_code, same.data) == (304, b"")
    creator.patch(path, {"logline": "changed"}, draft["version"])
    assert raw(creator, "GET", path, If_None_Match=f'"{draft["version"]}"').status_code == 200


def test_304_is_no_way_to_learn_of_a_foreign_object(
    draft: dict[str, Any], person: Callable[..., Person]
) -> None:
    stranger = person("investor")
    for tag in (f'"{draft["version"]}"', "*"):
        assert raw(stranger, "GET", f"/projects/{draft['id']}", If_None_Match=tag).status_code == 404


def test_patch_without_if_match_is_428(creator: Person, draft: dict[str, Any]) -> None:
    answer = raw(creator, "PATCH", f"/projects/{draft['id']}", b'{"logline": "x"}')
    is_problem(answer, 428, "precondition_required")


def test_patch_of_an_old_version_is_412_and_names_the_present_one(
    creator: Person, draft: dict[str, Any]
) -> None:
    path = f"/projects/{draft['id']}"
    newer = creator.patch(path, {"logline": "first"}, draft["version"]).json
    assert newer["version"] > draft["version"]
    answer = creator.patch(path, {"logline": "second"}, draft["version"])
    is_problem(answer, 412, "stale_version")
    assert answer.json["current_version"] == newer["version"]
    assert creator.get(path).json["logline"] == "first"


@pytest.mark.parametrize(
    "tag", ["*", "abc", '"1", "2"', '"999999999999"', "-1", '"１"', '"1' + "0" * 500 + '"']
)
def test_an_if_match_that_is_no_version_changes_nothing(
    creator: Person, draft: dict[str, Any], tag: str
) -> None:
    answer = raw(
        creator, "PATCH", f"/projects/{draft['id']}", b'{"logline": "x"}',
        If_Match=tag.encode().decode("latin-1"),
    )  # fmt: skip
    is_problem(answer, 412, "stale_version")
    assert creator.get(f"/projects/{draft['id']}").json == draft


def test_a_weak_tag_is_taken_for_the_version(creator: Person, draft: dict[str, Any]) -> None:
    answer = raw(
        creator,
        "PATCH",
        f"/projects/{draft['id']}",
        b'{"logline": "x"}',
        If_Match=f'W/"{draft["version"]}"',
    )
    assert answer.status_code == 200


def test_patch_of_a_foreign_object_is_404_whatever_the_version(
    draft: dict[str, Any], person: Callable[..., Person]
) -> None:
    stranger = person("creator")
    for version in (draft["version"], 99):
        is_problem(stranger.patch(f"/projects/{draft['id']}", {}, version), 404, "not_found")


def test_pages_of_a_list_hold_everything_once(creator: Person) -> None:
    made = {creator.post("/projects", {"title": {"zh": f"第{n}部"}}).json["id"] for n in range(7)}
    seen, cursor, calls = [], "", 0
    while calls == 0 or cursor:
        page = creator.get(f"/projects?limit=3{'&cursor=' + cursor if cursor else ''}").json
        assert page["total"] == 7
        assert len(page["items"]) <= 3
        seen += [item["id"] for item in page["items"]]
        cursor, calls = page["next_cursor"], calls + 1
    assert calls == 3
    assert len(seen) == 7
    assert set(seen) == made


@pytest.mark.parametrize("limit", ["0", "-1", "201", "1e3", "abc", "", "50.5", "９", "true", "9" * 400])
def test_a_limit_out_of_bounds_is_422(creator: Person, limit: str) -> None:
    answer = creator.get(f"/projects?limit={limit}")
    if limit == "９":  # a full-width nine is a nine to some readers; it must never be a failure of ours
        assert answer.status_code in (200, 422)
        return
    is_problem(answer, 422, "invalid")
    assert answer.json["errors"][0]["field"] == "limit"


@pytest.mark.parametrize("limit", [1, 200])
def test_the_bounds_themselves_are_allowed(creator: Person, limit: int) -> None:
    assert creator.get(f"/projects?limit={limit}").status_code == 200


def _cursor(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


TAMPERED = [
    "x", "%00", "====", "b", "雨", "x" * 200, "x" * 201, _cursor("o:-1"), _cursor("o:1;DROP"), _cursor("p:1"),
    _cursor("o:" + "9" * 30), _cursor("o:１"), _cursor("o:"), _cursor("o:²"), "' OR 1=1 --",
]  # fmt: skip


@pytest.mark.parametrize("cursor", TAMPERED)
def test_a_tampered_cursor_is_422(creator: Person, cursor: str) -> None:
    answer = creator.get("/projects", query_string={"cursor": cursor})
    is_problem(answer, 422, "invalid")
    assert answer.json["errors"][0]["field"] == "cursor"


def test_a_cursor_beyond_the_end_is_an_empty_page(creator: Person, draft: dict[str, Any]) -> None:
    page = creator.get("/projects", query_string={"cursor": _cursor("o:999999999")}).json
    assert (page["items"], page["next_cursor"], page["total"]) == ([], None, 1)


def test_a_cursor_of_somebody_else_shows_ones_own_list(
    creator: Person, draft: dict[str, Any], person: Callable[..., Person]
) -> None:
    creator.post("/projects", {"title": {"zh": "二"}})
    cursor = creator.get("/projects?limit=1").json["next_cursor"]
    assert person("creator").get(f"/projects?cursor={cursor}").json["items"] == []


@pytest.mark.parametrize("query", ["limit=1&limit=2", "sort=hidden_column", "sort=organisation_id", "nope=1"])
def test_parameters_given_twice_or_unknown_are_422(creator: Person, query: str) -> None:
    is_problem(creator.get(f"/projects?{query}"), 422, "invalid")


def test_query_parameters_where_none_belong_are_refused(creator: Person) -> None:
    is_problem(creator.post("/projects?status=published", {}), 400, "unexpected_query")


@pytest.mark.parametrize("q", ["%", "_", "\\", "'", '" OR NEAR(', "\x00", "雨落", "%' --"])
def test_search_takes_every_character_literally(creator: Person, draft: dict[str, Any], q: str) -> None:
    answer = creator.get("/projects", query_string={"q": q})
    if answer.status_code == 422:
        assert q == "\x00"
        return
    found = [item["id"] for item in answer.json["items"]]
    assert found == ([draft["id"]] if q == "雨落" else [])
