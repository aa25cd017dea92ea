"""Logging in, by page and by token."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from dealflow.accounts import limits
from dealflow.accounts.models import User
from dealflow.core import clock, db
from tests.accounts.conftest import PASSWORD


def token(app: Any, email: str, password: str, address: str = "10.0.0.1", **more: Any) -> Any:
    return app.test_client().post(
        "/api/v1/tokens",
        json={"email": email, "password": password, "label": "test"} | more,
        environ_overrides={"REMOTE_ADDR": address},
        headers={"Accept-Language": "en"},
    )


def test_a_token_opens_the_api(app: Any, person: Any, with_password: Any) -> None:
    who = with_password(person("investor"))
    answer = token(app, who.email.upper(), PASSWORD)
    assert answer.status_code == 201
    assert set(answer.json) >= {"token", "expires_at"}
    me = app.test_client().get("/api/v1/me", headers={"Authorization": f"Bearer {answer.json['token']}"})
    assert me.json == {
        "user": {
            "id": who.user_id, "name": who.actor.user_name, "email": who.email, "locale": "zh", "time_zone": "Asia/Shanghai",
        },
        "organisations": [
            {"id": who.organisation_id, "name": who.actor.organisation_name, "kind": "investor", "role": "owner"}
        ],
    }  # fmt: skip


def test_unknown_wrong_and_disabled_answer_alike(app: Any, person: Any, with_password: Any) -> None:
    who, shut = with_password(person()), with_password(person())
    with db.system_edge() as session:
        session.get_one(User, shut.user_id).disabled_at = clock.now()
    answers = [
        token(app, "nobody@example.test", PASSWORD),
        token(app, who.email, "wrong password"),
        token(app, shut.email, PASSWORD),
    ]
    assert {a.status_code for a in answers} == {401}
    assert len({a.data for a in answers}) == 1
    assert len({frozenset(k for k, _v in a.headers) for a in answers}) == 1
    assert answers[0].json["code"] == "wrong_credentials"


def test_the_pages_answer_alike_too(app: Any, person: Any, with_password: Any, browser: Any) -> None:
    who = with_password(person())
    texts = set()
    for address in ("nobody@example.test", who.email):
        surfer = browser()
        answer = surfer.log_in(address, "wrong password")
        assert answer.status_code == 401
        # A CSRF token tells the second it was made in.
        texts.add(re.sub(r"I[jm][\w.-]{60,}", "", answer.text.replace(address, "")))
    assert len(texts) == 1


@pytest.mark.parametrize("known", [True, False])
def test_guessing_is_stopped_but_locks_nobody_out(
    app: Any, person: Any, with_password: Any, known: bool
) -> None:
    email = with_password(person()).email if known else "nobody@example.test"
    statuses = [token(app, email, "wrong password").status_code for _ in range(12)]
    assert statuses == [401] * limits.PER_ACCOUNT + [429] * 2
    refused = token(app, email, PASSWORD)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 601
    if known:
        assert token(app, email, PASSWORD, address="10.0.0.2").status_code == 201
        clock.set_base(clock.now() + limits.WINDOW + timedelta(seconds=1))
        assert token(app, email, PASSWORD).status_code == 201


def test_one_address_cannot_try_many_accounts(app: Any, person: Any, with_password: Any) -> None:
    regular, other = with_password(person()), with_password(person())
    assert token(app, regular.email, PASSWORD).status_code == 201
    with db.system_edge():
        for number in range(limits.PER_ADDRESS):
            limits.failed(limits.account_key(f"a{number}@example.test"), "10.0.0.1")
    assert token(app, "x@example.test", "wrong").status_code == 429
    assert token(app, other.email, PASSWORD).status_code == 429
    assert token(app, regular.email, PASSWORD).status_code == 201, "who got in from here before still does"
    assert token(app, other.email, PASSWORD, address="10.0.0.2").status_code == 201


def test_success_clears_the_count(app: Any, person: Any, with_password: Any) -> None:
    who = with_password(person())
    for _round in range(3):
        for _ in range(limits.PER_ACCOUNT - 1):
            assert token(app, who.email, "wrong password").status_code == 401
        assert token(app, who.email, PASSWORD).status_code == 201


def test_long_and_broken_passwords_are_refused(app: Any) -> None:
    assert token(app, "a@example.test", "x" * 5000).status_code == 422
    assert token(app, "a@example.test", "x\x00y").status_code == 422
    assert token(app, "a@example.test", "x" * 1_000_000).status_code == 422


def test_the_session_id_is_new_after_login_and_dead_after_logout(
    app: Any, person: Any, with_password: Any, browser: Any
) -> None:
    who = with_password(person())
    surfer = browser()
    surfer.log_in(who.email)
    first = surfer.client.get_cookie("dealflow").value
    surfer.get("/settings")
    surfer.client.delete_cookie("dealflow")
    surfer.log_in(who.email)
    assert surfer.client.get_cookie("dealflow").value != first
    kept = surfer.client.get_cookie("dealflow").value
    assert surfer.post("/logout").status_code == 303
    assert not surfer.logged_in
    surfer.client.set_cookie("dealflow", kept)
    assert not surfer.logged_in
    surfer.client.set_cookie("dealflow", first)
    assert surfer.logged_in, "the other browser's session is another one"


def test_logging_in_again_ends_the_session_before(
    app: Any, person: Any, with_password: Any, browser: Any
) -> None:
    who = with_password(person())
    surfer = browser()
    surfer.log_in(who.email)
    old = surfer.client.get_cookie("dealflow").value
    surfer.post("/login", email=who.email, password=PASSWORD)
    assert surfer.logged_in
    surfer.client.set_cookie("dealflow", old)
    assert not surfer.logged_in


@pytest.mark.parametrize(
    "target", ["//evil.test", "https:evil.test", "/\\evil.test", "/%0d%0aX: y\r\nX: y", "javascript:alert(1)"]
)
def test_next_stays_here(app: Any, person: Any, with_password: Any, browser: Any, target: str) -> None:
    who = with_password(person())
    answer = browser().log_in(who.email, next=target)
    assert answer.status_code == 303
    assert answer.location == "/"


def test_next_leads_on(app: Any, person: Any, with_password: Any, browser: Any) -> None:
    answer = browser().log_in(with_password(person()).email, next="/settings/tokens?x=1")
    assert answer.location == "/settings/tokens?x=1"


def test_login_needs_the_csrf_token_and_counts_nothing_without(
    app: Any, person: Any, with_password: Any, browser: Any
) -> None:
    who = with_password(person())
    surfer = browser()
    for _ in range(limits.PER_ACCOUNT + 1):
        assert surfer.post("/login", email=who.email, password="wrong").status_code == 400
    assert surfer.log_in(who.email).status_code == 303


@pytest.mark.parametrize("spoilt", ["flip", "none-alg", "query", "cookie", "empty"])
def test_bad_tokens_are_refused(app: Any, person: Any, spoilt: str) -> None:
    good = person().token
    client = app.test_client()
    if spoilt == "query":
        answer = client.get(f"/api/v1/me?token={good}&access_token={good}")
    elif spoilt == "cookie":
        client.set_cookie("token", good)
        answer = client.get("/api/v1/me")
    else:
        bad = {
            "flip": good[:-1] + ("A" if good[-1] != "A" else "B"), "none-alg": "eyJhbGciOiJub25lIn0.e30.", "empty": "",
        }[spoilt]  # fmt: skip
        answer = client.get("/api/v1/me", headers={"Authorization": f"Bearer {bad}"})
    assert answer.status_code == 401


def test_a_token_expires(app: Any, person: Any) -> None:
    who = person()
    assert who.get("/me").status_code == 200
    clock.set_base(clock.now() + timedelta(days=31))
    assert who.get("/me").status_code == 401


def test_an_idle_session_ends_and_a_used_one_goes_on(app: Any, person: Any) -> None:
    who = person()
    used, idle = who.browser(), who.browser()
    start = clock.now()
    for day in (2, 4):
        clock.set_base(start + timedelta(days=day))
        assert used.get("/api/v1/me").status_code == 200
    assert idle.get("/api/v1/me").status_code == 401
    clock.set_base(start + timedelta(days=15))
    assert used.get("/api/v1/me").status_code == 401
