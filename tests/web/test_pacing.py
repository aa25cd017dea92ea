"""Calls in a minute: counted per token, person and address; one who asks too fast is told when to go on, others go on."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dealflow.accounts import identity, limits
from dealflow.accounts.models import User
from dealflow.core import clock, db
from dealflow.settings import Settings
from tests.conftest import Person

MOST, VERIFIED = 6, 3


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Few calls in a minute, and fewer for verifying."""
    return settings.with_(calls_per_minute=MOST, verify_per_minute=VERIFIED)


@pytest.fixture
def anybody(app: Flask) -> FlaskClient:
    """Somebody who does not say who they are."""
    return app.test_client()


@pytest.fixture(autouse=True)
def still_clock(app: Flask) -> Iterator[None]:
    """The clock stands until a test moves it."""
    clock.freeze(clock.now())
    yield
    clock.freeze(None)


def later(seconds: float) -> None:
    clock.freeze(clock.now() + timedelta(seconds=seconds))


def statuses(call: Callable[[], Any], times: int) -> list[int]:
    return [call().status_code for _ in range(times)]


def another_token(who: Person) -> Person:
    with db.system_edge() as session:
        secret, _row = identity.issue_token(session.get_one(User, who.user_id), label="more")
    return Person(who.app, who.user_id, who.organisation_id, who.email, secret)


def send(client: FlaskClient, path: str, content: bytes = b"%PDF-1.7 nothing") -> Any:
    return client.post(path, data={"file": (io.BytesIO(content), "x.pdf")})


def test_calls_beyond_the_limit_are_told_when_to_go_on(person: Callable[..., Person]) -> None:
    who = person()
    assert statuses(lambda: who.get("/me"), MOST) == [200] * MOST
    refused = who.get("/me")
    assert (refused.status_code, refused.mimetype) == (429, "application/problem+json")
    assert refused.headers["Retry-After"] == "10"
    assert refused.json["code"] == "too_many"
    assert refused.json["detail"] == "These are more calls than allowed in a minute. Go on in 10 s."
    assert "10 秒后继续" in who.call("GET", "/me", headers={"Accept-Language": "zh"}).get_data(True)
    later(9)
    assert who.get("/me").headers["Retry-After"] == "1"
    later(1)
    assert statuses(lambda: who.get("/me"), 2) == [200, 429]
    later(limits.MINUTE)
    assert statuses(lambda: who.get("/me"), MOST + 1) == [200] * MOST + [429]


def test_without_a_wish_the_api_speaks_the_callers_own_language(person: Callable[..., Person]) -> None:
    who = person()
    with db.system_edge() as session:
        session.get_one(User, who.user_id).locale = "zh"
    headers = {"Authorization": f"Bearer {who.token}"}
    for _ in range(MOST):
        who.get("/me")
    assert "秒后继续" in who.app.test_client().get("/api/v1/me", headers=headers).get_data(True)


@pytest.mark.parametrize(("lang", "said"), [("en", "Go on in 10 s."), ("zh", "10 秒后继续")])
def test_a_page_says_it_in_the_readers_language(person: Callable[..., Person], lang: str, said: str) -> None:
    browser = person().browser(lang)
    assert statuses(lambda: browser.get("/settings"), MOST).count(429) == 0
    refused = browser.get("/settings")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "10")
    assert said in refused.text
    assert 'href="/settings"' in refused.text  # try again
    assert said in browser.post("/settings", data={"name": "x"}).text


def test_more_tokens_and_another_login_bring_no_more_calls(person: Callable[..., Person]) -> None:
    who = person()
    assert statuses(lambda: who.get("/me"), MOST) == [200] * MOST
    assert another_token(who).get("/me").status_code == 429
    assert who.browser().get("/settings").status_code == 429


def test_others_go_on(person: Callable[..., Person], anybody: FlaskClient) -> None:
    who, other = person(), person()
    colleague = person(organisation_id=who.organisation_id, role="member")
    assert 429 in statuses(lambda: who.get("/me"), MOST + 1)
    assert other.get("/me").status_code == 200
    assert colleague.get("/me").status_code == 200
    assert anybody.get("/forgot").status_code == 200


def test_who_does_not_say_who_they_are_counts_by_address(anybody: FlaskClient) -> None:
    def login(address: str = "192.0.2.7", **headers: str) -> int:
        answer = anybody.get("/forgot", environ_base={"REMOTE_ADDR": address}, headers=headers)
        return int(answer.status_code)

    assert [login() for _ in range(MOST + 1)] == [200] * MOST + [429]
    for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded"):
        assert login(**{name: "203.0.113.9"}) == 429, f"{name} is believed"
    assert login("192.0.2.8") == 200
    assert [login(f"2001:db8:1:2::{n}") for n in range(MOST + 1)] == [200] * MOST + [429]
    assert login("2001:db8:1:3::1") == 200


def test_what_a_trusted_proxy_says_is_the_address(settings: Settings) -> None:
    from dealflow import create_app

    client = create_app(settings.with_(trusted_proxies=1)).test_client()

    def login(forwarded: str) -> int:
        return int(client.get("/forgot", headers={"X-Forwarded-For": forwarded}).status_code)

    assert [login("203.0.113.9") for _ in range(MOST + 1)] == [200] * MOST + [429]
    assert login("198.51.100.1, 203.0.113.9") == 429, "what the sender put before the proxy's word counts"
    assert login("203.0.113.10") == 200


def test_tokens_that_open_nothing_count_for_the_address(anybody: FlaskClient) -> None:
    def guess(number: int) -> int:
        headers = {"Authorization": f"Bearer dft_{number}"}
        return int(anybody.get("/api/v1/me", headers=headers).status_code)

    assert [guess(number) for number in range(MOST + 1)] == [401] * MOST + [429]
    assert anybody.get("/forgot").status_code == 429


def test_what_comes_too_fast_waits_for_no_writer(person: Callable[..., Person]) -> None:
    who = person()
    for _ in range(MOST):
        who.get("/me")
    with db.system_edge():  # holds the database; whoever waits for it is refused with 503 after ten seconds
        assert who.post("/projects").status_code == 429


DOORS = {
    "a code on its page": lambda client: client.get("/verify/AAAAA-AAAAA-AAAAA-AAAAA"),
    "a code in the form": lambda client: client.get("/verify?code=AAAAA-AAAAA-AAAAA-AAAAA"),
    "a code through the API": lambda client: client.get("/api/v1/verify/AAAAA-AAAAA-AAAAA-AAAAA"),
    "a file on the page": lambda client: send(client, "/verify"),
    "a file through the API": lambda client: send(client, "/api/v1/verify"),
}


@pytest.mark.parametrize("name", DOORS)
def test_verifying_has_a_count_of_its_own(app: Flask, anybody: FlaskClient, name: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    assert 429 not in statuses(lambda: send(anybody, "/api/v1/verify"), VERIFIED)
    refused = DOORS[name](anybody)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "20")
    assert anybody.get("/forgot").status_code == 200
    later(20)
    assert DOORS[name](anybody).status_code != 429


def test_a_file_to_verify_that_comes_too_fast_is_not_read(anybody: FlaskClient) -> None:
    class Sent(io.BytesIO):
        """A body that tells whether it was looked at."""

        touched = False

        def read(self, *args: Any) -> bytes:
            self.touched = True
            return super().read(*args)

        readinto = readline = None  # type: ignore[assignment]

    for _ in range(VERIFIED):
        send(anybody, "/api/v1/verify")
    body = Sent(b"x" * 1000)
    answer = anybody.post(
        "/api/v1/verify",
        input_stream=body,
        content_length=1000,
        content_type="multipart/form-data; boundary=x",
    )
    assert answer.status_code == 429
    assert not body.touched


def test_static_files_and_the_state_of_the_machine_are_not_counted(anybody: FlaskClient) -> None:
    def look(path: str) -> int:
        with anybody.get(path) as answer:
            return int(answer.status_code)

    for path in ("/healthz", "/readyz", "/static/css/base.css"):
        assert [look(path) for _ in range(MOST + 1)] == [200] * (MOST + 1), path


def test_none_is_no_limit(settings: Settings) -> None:
    from dealflow import create_app

    client = create_app(settings.with_(calls_per_minute=0, verify_per_minute=0)).test_client()
    assert 429 not in statuses(lambda: client.get("/verify"), MOST + 1)


def test_processes_count_together() -> None:
    meter = limits.Meter()
    if not (child := os.fork()):
        meter.count("a", 2)
        os._exit(0)
    os.waitpid(child, 0)
    assert [meter.count("a", 2) > 0 for _ in range(2)] == [False, True]


def test_strangers_do_not_slow_each_other_down() -> None:
    meter = limits.Meter()
    assert [meter.count(f"caller {n}", 1) for n in range(1000)] == [0.0] * 1000
    assert all(meter.count(f"caller {n}", 1) > 0 for n in range(1000))


def test_a_clock_that_is_set_back_keeps_nobody_waiting_longer() -> None:
    meter = limits.Meter()
    assert meter.count("a", 1) == 0
    later(-3600)
    assert [meter.count("a", 1), meter.count("a", 1)] == [0, 60]
