"""Refusals of the API: one shape, the caller's language, the right status and code for every kind of bad input."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from dealflow.core import db
from dealflow.core.http import JSON_LIMIT
from tests.conftest import Person
from tests.factories import pitches
from tests.web.calls import RANDOM_ID, is_problem, raw


@pytest.fixture
def creator(person: Callable[..., Person]) -> Person:
    """An owner of a creator's organisation."""
    return person("creator")


@pytest.fixture
def draft(creator: Person) -> dict[str, Any]:
    """A project of the creator's."""
    return dict(creator.post("/projects", pitches.complete()).json)


def test_without_login_everything_but_logging_in_is_401(app: Flask) -> None:
    answer = app.test_client().get("/api/v1/projects")
    is_problem(answer, 401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_what_one_may_not_know_of_is_404_like_what_does_not_exist(
    draft: dict[str, Any], person: Callable[..., Person]
) -> None:
    stranger = person("investor")
    foreign, random = stranger.get(f"/projects/{draft['id']}"), stranger.get(f"/projects/prj_{RANDOM_ID}")
    is_problem(foreign, 404, "not_found")
    assert foreign.data == random.data
    is_problem(stranger.get("/no-such-thing"), 404, "not_found")


def test_what_one_may_see_and_not_do_is_403(
    creator: Person, draft: dict[str, Any], person: Callable[..., Person]
) -> None:
    viewer = person("creator", "viewer", organisation_id=creator.organisation_id)
    is_problem(viewer.patch(f"/projects/{draft['id']}", {"logline": "x"}, draft["version"]), 403, "forbidden")


def test_a_wrong_method_is_405_and_names_the_right_ones(creator: Person, draft: dict[str, Any]) -> None:
    answer = creator.call("PUT", f"/projects/{draft['id']}", json={})
    is_problem(answer, 405, "method_not_allowed")
    assert {"GET", "PATCH"} <= set(answer.headers["Allow"].split(", "))


def test_a_state_that_does_not_allow_it_is_409(creator: Person, draft: dict[str, Any]) -> None:
    answer = creator.post(f"/projects/{draft['id']}/withdraw")
    is_problem(answer, 409, "invalid_transition")


def test_a_publication_with_gaps_is_422_and_names_each(creator: Person) -> None:
    made = creator.post("/projects", {"title": {"zh": "空"}}).json
    answer = creator.post(f"/projects/{made['id']}/publish")
    assert answer.status_code == 422
    named = {error["field"].split(".")[0] for error in answer.json["errors"]}
    assert named >= {"logline", "genres", "ask", "budget", "stage", "instruments"}


def test_a_body_beyond_the_limit_is_413(creator: Person) -> None:
    is_problem(
        raw(creator, "POST", "/projects", b'{"logline": "' + b"x" * JSON_LIMIT + b'"}'), 413, "too_large"
    )


def test_the_language_is_the_callers(creator: Person) -> None:
    texts = {}
    for header in ("en", "zh-CN,zh;q=0.9", "fr;q=0.9,en;q=0.3,zh;q=0.5", "*", "", "en;q=x"):
        answer = raw(creator, "GET", f"/projects/prj_{RANDOM_ID}", Accept_Language=header)
        texts[header] = answer.json["title"]
    assert texts["en"] == "There is nothing here that you may see"
    chinese = texts["zh-CN,zh;q=0.9"]
    assert chinese != texts["en"]
    assert {chinese, texts["en"]} == set(texts.values())
    assert texts["fr;q=0.9,en;q=0.3,zh;q=0.5"] == chinese


def test_messages_of_fields_are_in_the_callers_language(creator: Person) -> None:
    english, chinese = (
        raw(creator, "POST", "/projects", b'{"logline": 5}', Accept_Language=lang).json["errors"][0]
        for lang in ("en", "zh")
    )
    assert english["field"] == chinese["field"] == "logline"
    assert english["code"] == chinese["code"] == "wrong_type"
    assert english["message"] == "Enter a text"
    assert chinese["message"] != english["message"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"organisation_id": "org_" + RANDOM_ID}, "organisation_id"),
        ({"version": 7}, "version"),
        ({"id": "x"}, "id"),
        ({"owner_id": "x"}, "owner_id"),
        ({"title": {"zh": "甲", "fr": "a"}}, "title.fr"),
        ({"ask": {"amount_minor": 1, "currency": "CNY", "vat": 1}}, "ask.vat"),
        ({"team": [{"name": "a", "role": "b", "credits": 1, "age": 3}]}, "team.0.age"),
        ({"__class__": 1}, "__class__"),
    ],
)
def test_unknown_fields_are_named_at_any_depth(creator: Person, body: dict[str, Any], path: str) -> None:
    answer = creator.post("/projects", body)
    is_problem(answer, 422, "invalid")
    assert [(e["field"], e["code"]) for e in answer.json["errors"]] == [(path, "unknown_field")]
    assert creator.get("/projects?mine=true").json["total"] == 0


BROKEN = {
    "duplicate key": (b'{"logline": "a", "logline": "b"}', "duplicate_key"),
    "duplicate key below": (b'{"title": {"zh": "a", "zh": "b"}}', "duplicate_key"),
    "NaN": (b'{"format": {"minutes_per_episode": NaN}}', "bad_json"),
    "Infinity": (b'{"format": {"minutes_per_episode": -Infinity}}', "bad_json"),
    "deep lists": (b'{"genres": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", "bad_json"),
    "deep objects": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "bad_json"),
    "cut off": (b'{"logline": "a', "bad_json"),
    "empty": (b"", "bad_json"),
    "two values": (b"{} {}", "bad_json"),
    "GB18030": ('{"logline": "雨落旧城"}'.encode("gb18030"), "bad_json"),
    "broken UTF-8": (b'{"logline": "\xff\xfe"}', "bad_json"),
    "overlong UTF-8": (b'{"logline": "\xc0\xaf"}', "bad_json"),
    "lone surrogate": (b'{"logline": "\\ud83d"}', "bad_json"),
    "byte order mark": (b'\xef\xbb\xbf{"logline": "a"}', "bad_json"),
    "UTF-16": ('{"logline": "a"}'.encode("utf-16"), "bad_json"),
    "comments": (b'{"logline": "a" /* b */}', "bad_json"),
    "packed": (gzip.compress(b'{"logline": "a"}'), "bad_json"),
    "an endless number": (b'{"ask": {"amount_minor": ' + b"9" * 100_000 + b"}}", "bad_json"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_bytes_that_are_no_json_are_400(creator: Person, name: str) -> None:
    data, code = BROKEN[name]
    is_problem(raw(creator, "POST", "/projects", data), 400, code)


@pytest.mark.parametrize("data", [b"[]", b'"text"', b"1", b"true", b'[{"logline": "a"}]'])
def test_json_that_is_no_object_is_422(creator: Person, data: bytes) -> None:
    answer = raw(creator, "POST", "/projects", data)
    assert answer.status_code == 422
    assert answer.json["code"] == "invalid"


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json", ""],
)
def test_another_content_type_is_refused(creator: Person, kind: str) -> None:
    answer = raw(creator, "POST", "/projects", b'{"logline": "a"}', Content_Type=kind)
    is_problem(answer, 400, "not_json")


MONEY: list[tuple[Any, str, str]] = [
    ({"amount_minor": -1, "currency": "CNY"}, "ask.amount_minor", "too_small"),
    ({"amount_minor": 10**15 + 1, "currency": "CNY"}, "ask.amount_minor", "too_large"),
    ({"amount_minor": 10**40, "currency": "CNY"}, "ask.amount_minor", "too_large"),
    ({"amount_minor": 1.5, "currency": "CNY"}, "ask.amount_minor", "wrong_type"),
    ({"amount_minor": "1", "currency": "CNY"}, "ask.amount_minor", "wrong_type"),
    ({"amount_minor": "４５万", "currency": "CNY"}, "ask.amount_minor", "wrong_type"),
    ({"amount_minor": True, "currency": "CNY"}, "ask.amount_minor", "wrong_type"),
    ({"amount_minor": 1e309, "currency": "CNY"}, "ask.amount_minor", ""),
    ({"amount_minor": 1, "currency": "XYZ"}, "ask.currency", "unknown_currency"),
    ({"amount_minor": 1, "currency": "cny"}, "ask.currency", "unknown_currency"),
    ({"amount_minor": 1, "currency": "人民币"}, "ask.currency", "unknown_currency"),
    ({"currency": "CNY"}, "ask.amount_minor", "required"),
    (450000, "ask", "wrong_type"),
    ("45万", "ask", "wrong_type"),
    ([], "ask", "wrong_type"),
]


@pytest.mark.parametrize(("value", "field", "code"), MONEY)
def test_money_is_whole_minor_units_or_refused(creator: Person, value: Any, field: str, code: str) -> None:
    if code == "":
        data = json.dumps({"ask": value}).replace("Infinity", "1e309").encode()
        assert raw(creator, "POST", "/projects", data).status_code in (400, 422)
        return
    answer = creator.post("/projects", {"ask": value})
    is_problem(answer, 422, "invalid")
    assert (answer.json["errors"][0]["field"], answer.json["errors"][0]["code"]) == (field, code)


def test_the_largest_money_is_kept_exactly(creator: Person) -> None:
    for amount in (0, 1, 10**15 - 1, 10**15):
        made = creator.post("/projects", {"ask": {"amount_minor": amount, "currency": "CNY"}})
        assert made.status_code == 201
        assert creator.get(f"/projects/{made.json['id']}").json["ask"]["amount_minor"] == amount


@pytest.mark.parametrize(
    "schedule",
    [
        {"prep": "2026-02-30"},
        {"prep": "0000-01-01"},
        {"prep": "10000-01-01"},
        {"prep": "24.11.2026"},
        {"prep": 20261124},
        {"prep": "2026-11-24T00:00:00Z"},
        {"shoot_start": "2027-02-08", "shoot_end": "2027-02-01"},
    ],
)
def test_dates_that_are_none_or_out_of_order_are_422(creator: Person, schedule: dict[str, Any]) -> None:
    answer = creator.post("/projects", {"schedule": schedule})
    is_problem(answer, 422, "invalid")
    assert all(error["field"].startswith("schedule") for error in answer.json["errors"])


@pytest.mark.parametrize(
    "text",
    ["{{7*7}}", "{% raw %}", "<script>alert(1)</script>", "{0.__class__}", "${x}", "%(name)s", "🎬 \u202e"],
)
def test_any_text_is_kept_and_given_back_as_it_is(creator: Person, text: str) -> None:
    made = creator.post("/projects", {"logline": text, "title": {"zh": text}})
    assert made.status_code == 201
    assert made.json["logline"] == text.strip()


@pytest.mark.parametrize("text", ["a\x00b", "a\x1bb", "x" * 301])
def test_texts_with_control_characters_or_too_long_are_422(creator: Person, text: str) -> None:
    answer = creator.post("/projects", {"logline": text})
    is_problem(answer, 422, "invalid")
    assert answer.json["errors"][0]["field"] == "logline"
    assert creator.get("/projects?mine=true").json["total"] == 0


def test_a_refused_change_changes_nothing(creator: Person, draft: dict[str, Any]) -> None:
    answer = creator.patch(
        f"/projects/{draft['id']}", {"logline": "new", "ask": {"amount_minor": -1}}, draft["version"]
    )
    assert answer.status_code == 422
    assert creator.get(f"/projects/{draft['id']}").json == draft


def test_many_tries_are_429_with_the_time_to_wait(app: Flask) -> None:
    client = app.test_client()
    body = {"email": "nobody@example.test", "password": "wrong-password", "label": "t"}
    answers = [client.post("/api/v1/tokens", json=body, headers={"Accept-Language": "en"}) for _ in range(12)]
    assert {a.status_code for a in answers[:10]} == {401}
    is_problem(answers[-1], 429, "too_many")
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 601


def test_a_database_that_stays_busy_is_503_with_the_time_to_wait(
    creator: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    def locked(*_args: Any, **_kwargs: Any) -> None:
        raise OperationalError("COMMIT", {}, Exception("database is locked"))

    monkeypatch.setattr(db.Session, "commit", locked)
    answer = creator.post("/projects", {})
    is_problem(answer, 503, "unavailable")
    assert int(answer.headers["Retry-After"]) >= 1


def test_a_defect_of_ours_is_a_500_that_tells_nothing(
    creator: Person, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from dealflow.pitches import queries

    def broken(*_args: Any, **_kwargs: Any) -> None:
        raise ZeroDivisionError("CANARY-inner-state")

    monkeypatch.setattr(queries, "get", broken)
    answer = creator.get(f"/projects/prj_{RANDOM_ID}")
    is_problem(answer, 500, "internal_error")
    assert b"CANARY" not in answer.data
    assert b"Traceback" not in answer.data
    assert answer.headers["X-Request-Id"] in caplog.text


def test_a_currency_that_is_not_known_is_422(person: Callable[..., Person]) -> None:
    manager = person("fund")
    refused = manager.post("/funds", {"name": "一号基金", "currency": "XXX"})
    assert refused.status_code == 422
    assert [(e["field"], e["code"]) for e in refused.json["errors"]] == [("currency", "unknown_currency")]
    assert manager.get("/funds").json["total"] == 0
    assert manager.post("/funds", {"name": "一号基金", "currency": "USD"}).status_code == 201
