"""What a browser is protected by: CSRF tokens, headers on every answer, local targets only, verbs that mean one thing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from dealflow.core import db
from tests.conftest import Person
from tests.factories import pitches
from tests.sweep.routes import Route, routes
from tests.web.calls import RANDOM_ID, is_problem

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture
def creator(person: Callable[..., Person]) -> Person:
    """An owner of a creator's organisation."""
    return person("creator")


def guarded(who: Person) -> FlaskClient:
    """A logged-in browser with the CSRF check on, as in production."""
    client = who.browser()
    who.app.config["WTF_CSRF_ENABLED"] = True
    return client


def token_of(client: FlaskClient) -> str:
    """The CSRF token in a page of this browser."""
    found = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/projects").text)
    assert found
    return found[1]


def unsafe(app: Flask) -> list[Route]:
    return [route for route in routes(app) if route.method in UNSAFE]


def as_forged(answer: Any) -> bool:
    """Whether an answer is the refusal of a request without a good token."""
    told = answer.json["code"] == "csrf" if answer.is_json else "This form is no longer valid" in answer.text
    return bool(answer.status_code == 400 and told)


def test_no_unsafe_route_is_done_without_a_token(app: Flask, creator: Person) -> None:
    client = guarded(creator)
    for route in unsafe(app):
        if route.endpoint == "accounts_api.create_token":
            continue  # Credentials in the body: there is nothing that a forger could ride on.
        answer = client.open(route.path({}), method=route.method, data={"csrf_token": ""})
        assert as_forged(answer), f"{route}: {answer.status_code}"


def test_no_unsafe_route_is_done_with_the_token_of_another_session(
    app: Flask, creator: Person, person: Callable[..., Person]
) -> None:
    foreign = token_of(guarded(person("creator")))
    client = guarded(creator)
    for route in unsafe(app):
        if route.endpoint == "accounts_api.create_token":
            continue
        answer = client.open(route.path({}), method=route.method, headers={"X-CSRFToken": foreign})
        assert as_forged(answer), f"{route}: {answer.status_code}"


def test_a_page_needs_and_takes_the_token_of_its_own_form(creator: Person) -> None:
    client = guarded(creator)
    made = creator.post("/projects", pitches.complete()).json
    assert as_forged(client.post(f"/projects/{made['id']}/publish"))
    assert creator.get(f"/projects/{made['id']}").json["status"] == "draft"
    assert (
        client.post(f"/projects/{made['id']}/publish", data={"csrf_token": token_of(client)}).status_code
        == 303
    )
    assert creator.get(f"/projects/{made['id']}").json["status"] == "published"


def test_the_api_by_session_needs_the_header(creator: Person) -> None:
    client = guarded(creator)
    refused = client.post("/api/v1/projects", json={})
    is_problem(refused, 400, "csrf")
    disguised = client.post("/api/v1/projects", data='{"logline": "a"}', content_type="text/plain")
    is_problem(disguised, 400, "csrf")
    assert client.get("/api/v1/projects").json["total"] == 0
    headers = {"X-CSRFToken": token_of(client)}
    assert client.post("/api/v1/projects", json={}, headers=headers).status_code == 201


def test_the_api_by_token_needs_no_header(app: Flask, creator: Person) -> None:
    guarded(creator)
    assert creator.post("/projects", {}).status_code == 201


def test_nobody_is_logged_in_by_another_site(app: Flask, person: Callable[..., Person]) -> None:
    guarded(person("creator"))
    answer = app.test_client().post("/login", data={"email": "a@example.test", "password": "x" * 10})
    assert answer.status_code == 400


HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def is_safe(answer: Any, name: object) -> None:
    """Assert that an answer carries every security header."""
    for header, value in HEADERS.items():
        assert answer.headers[header] == value, f"{name}: {header}"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy, name
    assert "frame-ancestors 'none'" in policy, name
    assert "unsafe" not in policy, name
    assert "*" not in policy, name
    assert "http" not in policy, name
    assert answer.headers["Permissions-Policy"], name
    assert answer.headers["X-Request-Id"], name


def test_every_route_carries_the_security_headers(app: Flask, creator: Person) -> None:
    clients = {"anonymous": app.test_client(), "logged in": creator.browser()}
    for route in routes(app):
        for who, client in clients.items():
            answer = client.open(route.path({"filename": "css/base.css"}), method=route.method)
            is_safe(answer, f"{who}: {route}")
            answer.close()
            if route.endpoint != "static":
                assert "Cookie" in answer.headers.get("Vary", ""), route
                assert re.search(r"no-store|private", answer.headers["Cache-Control"]), route


@pytest.mark.parametrize(
    "path", ["/no/such/page", "/static/none.css", "/static/../app.py", "/api/v1/none", "/%00", "/login/"]
)
def test_errors_carry_the_security_headers(app: Flask, path: str) -> None:
    answer = app.test_client().get(path)
    assert answer.status_code == 404
    is_safe(answer, path)


def test_a_500_carries_the_security_headers(
    app: Flask, creator: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dealflow.pitches import queries

    monkeypatch.setattr(queries, "get", lambda *_args: 1 // 0)
    answer = creator.browser().get(f"/projects/prj_{RANDOM_ID}")
    assert answer.status_code == 500
    is_safe(answer, "500")
    assert "Traceback" not in answer.text
    assert answer.headers["X-Request-Id"] in answer.text


def test_cookies_are_hidden_from_scripts_and_other_sites(app: Flask, creator: Person) -> None:
    cookies = creator.browser().get("/projects?lang=en").headers.getlist("Set-Cookie")
    cookies += app.test_client().get("/login").headers.getlist("Set-Cookie")
    assert cookies
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie


def test_over_https_cookies_are_bound_to_the_host(settings: Any, creator: Person) -> None:
    from dealflow import create_app

    app = create_app(settings.with_(base_url="https://deals.example"))
    answer = app.test_client().get("/login", base_url="https://deals.example")
    cookie = next(
        c for c in answer.headers.getlist("Set-Cookie") if "csrf" in c or "dealflow" in c.split("=")[0]
    )
    assert cookie.startswith("__Host-")
    assert "Secure" in cookie
    assert "Domain" not in cookie
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    db.database().engine.dispose()


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example", "https://evil.example", "https:evil.example", "/\\evil.example", "\\\\evil.example",
        "javascript:alert(1)", "/\t/evil.example", "/%0d%0aSet-Cookie:a=b", "/ok\r\nSet-Cookie: a=b", "evil.example", "///evil.example",
    ],
)  # fmt: skip
def test_next_leads_nowhere_but_here(creator: Person, target: str) -> None:
    answer = creator.browser().get("/login", query_string={"next": target})
    assert answer.status_code in (302, 303)
    location = answer.headers["Location"]
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))
    assert "evil.example" not in location or location.startswith("/%0d")
    assert "a" not in {cookie.split("=")[0] for cookie in answer.headers.getlist("Set-Cookie")}


def test_next_leads_on_to_a_page_of_ours(app: Flask, creator: Person) -> None:
    sent = app.test_client().get("/deals?stage=intro")
    assert (sent.status_code, sent.headers["Location"]) == (302, "/login?next=/deals?stage%3Dintro")
    assert creator.browser().get("/login?next=/deals").headers["Location"] == "/deals"


def test_the_language_comes_from_address_then_cookie_then_browser(app: Flask, creator: Person) -> None:
    def lang(client: FlaskClient, path: str, header: str = "") -> str:
        found = re.search(
            r'<html[^>]* lang="([^"]+)"', client.get(path, headers={"Accept-Language": header}).text
        )
        assert found
        return found[1]

    client = app.test_client()
    assert lang(client, "/login") == "zh-CN"
    assert lang(client, "/login", "en-GB,en;q=0.8") == "en"
    assert lang(client, "/login", "fr, zh;q=0.2") == "zh-CN"
    assert lang(client, "/login?lang=en") == "en"
    assert lang(client, "/login", "zh") == "en"
    assert lang(client, "/login?lang=xx", "zh") == "en"
    assert lang(client, "/login?lang=zh", "en") == "zh-CN"


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), (f"/deals/deal_{RANDOM_ID}", 404)])
def test_error_pages_speak_the_readers_language(creator: Person, lang: str, path: str, status: int) -> None:
    answer = creator.browser(lang).get(path)
    assert answer.status_code == status
    assert answer.mimetype == "text/html"
    assert f'lang="{"zh-CN" if lang == "zh" else "en"}"' in answer.text
    assert ("There is nothing here that you may see" in answer.text) == (lang == "en")


def test_head_answers_like_get_without_a_body(app: Flask, creator: Person) -> None:
    client = creator.browser()
    for route in routes(app):
        if route.method != "GET" or route.parameters:
            continue
        seen, head = client.get(route.rule), client.head(route.rule)
        assert (head.status_code, head.data) == (seen.status_code, b""), route


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "get", "POST"])
def test_other_verbs_are_refused(creator: Person, method: str) -> None:
    answer = creator.browser().open("/api/v1/me", method=method)
    assert answer.status_code in (200, 405) if method == "get" else answer.status_code == 405


def test_options_tells_verbs_and_does_nothing(app: Flask) -> None:
    for route in routes(app):
        answer = app.test_client().options(route.path({"filename": "css/base.css"}))
        assert answer.status_code in (200, 404), route
        assert answer.data == b"" or answer.status_code == 404
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    "disguise",
    [
        {"headers": {"X-HTTP-Method-Override": "DELETE"}},
        {"headers": {"X-HTTP-Method": "DELETE"}},
        {"query_string": {"_method": "DELETE"}},
    ],
)
def test_a_verb_in_disguise_stays_what_it_is(creator: Person, disguise: dict[str, Any]) -> None:
    made = creator.post("/projects", pitches.complete()).json
    answer = creator.browser().get(f"/projects/{made['id']}/archive", **disguise)
    assert answer.status_code == 405
    assert creator.get(f"/projects/{made['id']}").json == made


@pytest.mark.parametrize(
    "path",
    [
        "/PROJECTS",
        "//projects",
        "/projects/",
        "/projects.json",
        "/%70rojects/x/y/z",
        "/projects;a=b",
        "/./deals/",
    ],
)
def test_another_spelling_of_an_address_opens_nothing(app: Flask, path: str) -> None:
    answer = app.test_client().get(path)
    assert answer.status_code in (302, 308, 404)
    if answer.status_code == 302:
        assert answer.headers["Location"].startswith("/login")


def test_reading_runs_in_a_transaction_that_cannot_write(app: Flask, creator: Person) -> None:
    """Every GET route either says that it writes or opens a reading transaction and sends no changing SQL."""
    changing: list[str] = []
    engine = db.database().engine

    def watch(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if re.match(r"\s*(INSERT|UPDATE|DELETE|REPLACE|BEGIN IMMEDIATE)", statement, re.IGNORECASE):
            changing.append(statement)

    made = creator.post("/projects", pitches.complete()).json
    client = creator.browser()
    event.listen(engine, "before_cursor_execute", watch)
    for route in routes(app):
        if route.method != "GET" or getattr(route.view, "writes", False):
            continue
        changing.clear()
        client.get(route.path({"project_id": made["id"], "filename": "css/base.css"})).close()
        assert not changing, f"{route}: {changing}"
    client.post(f"/projects/{made['id']}/publish")
    assert changing  # the watch sees what writes
