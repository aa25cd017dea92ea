"""What is secret is in no log, no table and no queue; what is logged is one line, whatever was sent."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import argon2
import pytest
from flask import Flask

from dealflow.accounts import passwords
from dealflow.accounts.models import User
from dealflow.core import db, jobs
from tests.conftest import Person

PASSWORD = "seven green lanterns"
NEXT = "eleven blue umbrellas"


def everything_kept(app: Flask) -> str:
    """All cells of all tables as text."""
    with db.system_edge(write=False) as session:
        connection = session.connection()
        rows = [
            str(tuple(row))
            for table in db.Base.metadata.sorted_tables
            for row in connection.execute(table.select())
        ]
    return "\n".join(rows)


def test_passwords_tokens_and_links_are_kept_nowhere(
    app: Flask, person: Callable[..., Person], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    who = person("creator")
    with db.system_edge() as session:
        session.get_one(User, who.user_id).password_hash = passwords.hash_password(PASSWORD)
    client = app.test_client()
    credentials = {"email": who.email, "password": PASSWORD, "label": "x"}
    token = client.post("/api/v1/tokens", json=credentials, headers={"Idempotency-Key": "k"}).json["token"]
    hook = who.post("/webhooks", {"label": "x", "url": "https://a.example/", "kinds": ["deal.opened"]},
                    headers={"Authorization": f"Bearer {who.token}", "Idempotency-Key": "h"}).json["secret"]  # fmt: skip
    app.config["WTF_CSRF_ENABLED"] = False
    client.post("/login", data={"email": who.email, "password": PASSWORD})
    client.post("/settings/security/password", data={"current": PASSWORD, "new": NEXT})
    client.post(
        "/signup",
        data={
            "organisation": "X",
            "kind": "creator",
            "name": "Y",
            "email": "y@example.test",
            "password": NEXT,
        },
    )
    client.post("/forgot", data={"email": who.email})
    client.post("/login", data={"email": who.email, "password": "wrong " + PASSWORD})
    jobs.run_due()
    mails = [path.read_text() for path in (Path(app.instance_path) / "mail").glob("*.eml")]
    links = {line.rpartition("/")[2] for mail in mails for line in mail.splitlines() if line.startswith("http://localhost/") and len(line) > 55}  # fmt: skip
    assert links
    cookie = client.get_cookie("dealflow")
    kept, logged = everything_kept(app), caplog.text
    for secret in {PASSWORD, NEXT, token, hook, who.token, *links, cookie.value if cookie else "none"}:
        assert secret not in kept, secret
        assert secret not in logged, secret
    assert not any(PASSWORD in mail or NEXT in mail for mail in mails)


@pytest.mark.parametrize("path", ["/admin/users", "/api/v1/genres"])
def test_a_refusal_is_logged_with_who_and_what(
    person: Callable[..., Person], caplog: pytest.LogCaptureFixture, path: str
) -> None:
    who = person("creator", "viewer")
    caplog.set_level(logging.INFO)
    answer: Any
    if path.startswith("/api"):
        answer = who.post("/genres", {"term": "x_y", "zh": "某", "en": "X", "facet": "setting"})
    else:
        answer = who.browser().get(path)
    assert answer.status_code == 403
    (line,) = [record.getMessage() for record in caplog.records if "refused forbidden" in record.getMessage()]
    assert who.user_id in line
    assert path in line
    assert answer.headers["X-Request-Id"] in line


@pytest.mark.parametrize("sent", ["a%0Ab", "%1B[31mred", "%E2%80%A8x", "x" * 5000, "%0d%0aSet-Cookie:x"])
def test_a_log_line_stays_one_line(app: Flask, caplog: pytest.LogCaptureFixture, sent: str) -> None:
    caplog.set_level(logging.INFO)
    headers = {"User-Agent": "x\x1b[31m" + "y" * 100_000, "Authorization": "Bearer x"}
    app.test_client().get(f"/api/v1/projects/{sent}", headers=headers)
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("dealflow")]
    assert lines
    for line in lines:
        assert line.isprintable()
        assert len(line) < 600


def test_a_known_and_an_unknown_address_cost_the_same_work(
    app: Flask, person: Callable[..., Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    known, disabled = person(), person()
    with db.system_edge() as session:
        for who in (known, disabled):
            session.get_one(User, who.user_id).password_hash = passwords.hash_password(PASSWORD)
        session.get_one(User, disabled.user_id).disabled_at = session.get_one(User, known.user_id).created_at
    hashed: list[str] = []
    verify = passwords._hasher.verify

    class Counting(argon2.PasswordHasher):
        def verify(self, kept: Any, typed: Any) -> Any:
            hashed.append(typed)
            return verify(kept, typed)

    made = Counting(time_cost=2, memory_cost=19456, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", made)
    work = []
    for email, typed in (
        (known.email, "wrong"),
        ("nobody@example.test", "wrong"),
        (disabled.email, PASSWORD),
    ):
        hashed.clear()
        answer = app.test_client().post(
            "/api/v1/tokens", json={"email": email, "password": typed, "label": "x"}
        )
        work.append((answer.status_code, answer.json["code"], len(hashed)))
    assert work == [(401, "wrong_credentials", 1)] * 3


def test_inviting_a_known_and_an_unknown_address_looks_the_same(
    person: Callable[..., Person],
) -> None:
    owner, other = person(), person()
    answers = [
        owner.post("/invitations", {"email": e, "role": "viewer"}) for e in (other.email, "new@example.test")
    ]
    assert [a.status_code for a in answers] == [201, 201]
    assert answers[0].json.keys() == answers[1].json.keys()


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_what_a_proxy_on_this_machine_passes_on_gets_no_metrics(app: Flask, header: str) -> None:
    client = app.test_client()
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", headers={header: "203.0.113.7"}).status_code == 404
