"""Coming in: registration, first run, invitations, the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from dealflow.accounts.models import Membership, Organisation, User
from dealflow.audit import service as audit
from dealflow.core import clock, db
from tests.accounts.conftest import PASSWORD, link_in

FORM = {
    "organisation": "晨星影业",
    "kind": "studio",
    "name": "林 晓",
    "email": "linxiao@example.test",
    "password": PASSWORD,
}


def count(model: Any) -> int:
    with db.system_edge(write=False) as session:
        return len(session.scalars(select(model)).all())


def test_an_organisation_registers_itself(app: Any, browser: Any, outbox: Any) -> None:
    surfer = browser()
    surfer.get("/signup")
    assert surfer.post("/signup", **FORM).location == "/signup/sent"
    assert count(User) == 0
    (mail,) = outbox()
    assert mail["To"] == FORM["email"]
    path = link_in(mail, "/signup")
    assert surfer.get(path).status_code == 200
    assert count(User) == 0, "opening the link changes nothing"
    assert surfer.post(path).status_code == 303
    me = surfer.client.get("/api/v1/me").json
    assert me["organisations"][0] | {"id": ""} == {
        "id": "",
        "name": "晨星影业",
        "kind": "studio",
        "role": "owner",
    }
    assert surfer.get(path).status_code == 404, "once"


def test_a_registration_link_grows_old(app: Any, browser: Any, outbox: Any) -> None:
    surfer = browser()
    surfer.get("/signup")
    surfer.post("/signup", **FORM)
    path = link_in(outbox()[0], "/signup")
    clock.set_base(clock.now() + timedelta(days=2, minutes=1))
    assert surfer.get(path).status_code == 404


def test_registering_a_known_address_looks_the_same(app: Any, person: Any, browser: Any, outbox: Any) -> None:
    who, surfer = person(), browser()
    answers = []
    for address in (who.email, "new@example.test"):
        surfer.get("/signup")
        answer = surfer.post("/signup", **FORM | {"email": address})
        answers.append((answer.status_code, answer.location, sorted(k for k, _v in answer.headers)))
    assert answers[0] == answers[1]
    known, fresh = outbox()
    assert known["To"] == who.email
    assert "/signup/" not in known.get_body(("plain",)).get_content()
    assert link_in(fresh, "/signup")
    assert count(Organisation) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "no address"), ("email", "a@b.test\r\nBcc: c@d.test"), ("kind", "park"), ("organisation", ""), ("name", "x" * 201),
        ("password", "short12"), ("password", "password1"), ("password", "x" * 129), ("password", "my-Dealflow-login"),
        ("password", "linxiao-2026"), ("password", "aaaaaaaaaaaa"),
    ],
)  # fmt: skip
def test_bad_registrations_are_told_why(browser: Any, outbox: Any, field: str, value: str) -> None:
    surfer = browser()
    surfer.get("/signup")
    answer = surfer.post("/signup", **FORM | {field: value})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    if field not in ("organisation", "password"):
        assert FORM["organisation"] in answer.text, "what was typed is kept"
    assert outbox() == []


@pytest.mark.parametrize(
    "password", ["a" * 6 + "🎬b", " leading", "x" * 72 + "ab", "correct horse battery staple" * 4]
)
def test_good_passwords_are_taken_whole(browser: Any, outbox: Any, password: str) -> None:
    surfer = browser()
    surfer.get("/signup")
    assert surfer.post("/signup", **FORM | {"password": password}).status_code == 303
    surfer.get(link_in(outbox()[0], "/signup"))
    assert surfer.post(link_in(outbox()[0], "/signup")).status_code == 303
    assert browser().log_in(FORM["email"], password[:-1] + "?").status_code == 401
    assert browser().log_in(FORM["email"], password).status_code == 303


def test_mails_are_counted(app: Any, browser: Any, outbox: Any) -> None:
    surfer = browser()
    surfer.get("/signup")
    statuses = [surfer.post("/signup", **FORM).status_code for _ in range(4)]
    assert statuses == [303, 303, 303, 429]
    assert len(outbox()) == 3


def test_the_first_run_makes_the_administrator_once(app: Any, browser: Any) -> None:
    surfer = browser()
    assert surfer.get("/").location == "/login"
    assert surfer.get("/login").location == "/setup"
    assert surfer.get("/setup").status_code == 200
    form = {k: v for k, v in FORM.items() if k != "kind"}
    assert surfer.post("/setup", **form | {"password": "short"}).status_code == 422
    assert surfer.post("/setup", **form).status_code == 303
    assert surfer.client.get("/api/v1/me").json["organisations"][0]["kind"] == "platform"
    assert surfer.get("/admin").status_code == 200
    assert surfer.get("/setup").status_code == 404
    assert surfer.post("/setup", **form | {"email": "b@example.test"}).status_code == 404
    assert count(User) == 1


def invite(person: Any, email: str, role: str = "member") -> Any:
    return person.post("/invitations", {"email": email, "role": role})


def test_somebody_new_joins_by_invitation(app: Any, person: Any, browser: Any, outbox: Any) -> None:
    boss = person("creator")
    assert invite(boss, "New@Example.test", "viewer").status_code == 201
    path = link_in(outbox()[0], "/invitations")
    surfer = browser()
    assert "new@example.test" in surfer.get(path).text
    assert surfer.post(path, name="Ke", password=PASSWORD).status_code == 303
    assert surfer.client.get("/api/v1/me").json["organisations"][0]["role"] == "viewer"
    assert browser().get(path).status_code == 404, "once"
    assert [m["role"] for m in boss.get("/members").json["items"]] == ["owner", "viewer"]


def test_somebody_known_joins_and_switches(
    app: Any, person: Any, with_password: Any, browser: Any, outbox: Any
) -> None:
    boss, guest = person("creator"), with_password(person("investor"))
    assert invite(boss, guest.email).json.keys() == invite(boss, "new@example.test").json.keys()
    path = link_in(outbox()[0], "/invitations")
    stranger = browser()
    assert "Sign in" in stranger.get(path).text
    stranger.get("/login")
    assert stranger.post(path, name="Thief", password=PASSWORD).status_code == 409
    surfer = browser()
    surfer.log_in(guest.email)
    surfer.get(path)
    before = surfer.client.get_cookie("dealflow").value
    assert surfer.post(f"{path}/accept").status_code == 303
    assert surfer.client.get_cookie("dealflow").value != before
    assert surfer.client.get("/api/v1/organisation").json["kind"] == "creator"
    surfer.get("/settings")
    assert surfer.post("/settings/organisation", organisation=guest.organisation_id).status_code == 303
    assert surfer.client.get("/api/v1/organisation").json["kind"] == "investor"
    assert (
        guest.get("/organisation", headers={"X-Organisation": boss.organisation_id}).json["kind"] == "creator"
    )
    with db.system_edge(write=False):
        assert list(audit.verify()) == []


def test_another_person_cannot_accept(
    app: Any, person: Any, with_password: Any, browser: Any, outbox: Any
) -> None:
    boss, guest, thief = person(), person(), with_password(person())
    invite(boss, guest.email)
    path = link_in(outbox()[0], "/invitations")
    surfer = browser()
    surfer.log_in(thief.email)
    assert surfer.post(f"{path}/accept").status_code == 403


@pytest.mark.parametrize("spoil", ["withdraw", "replace", "age", "demote"])
def test_invitations_that_no_longer_hold(
    app: Any, person: Any, browser: Any, outbox: Any, spoil: str
) -> None:
    boss = person()
    second = person(organisation_id=boss.organisation_id)
    made = invite(boss, "new@example.test").json
    path = link_in(outbox()[0], "/invitations")
    if spoil == "withdraw":
        assert boss.call("DELETE", f"/invitations/{made['id']}").status_code == 204
    elif spoil == "replace":
        invite(boss, "new@example.test")
    elif spoil == "age":
        clock.set_base(clock.now() + timedelta(days=7, minutes=1))
    else:
        row = next(m for m in second.get("/members").json["items"] if m["user_id"] == boss.user_id)
        assert second.patch(f"/members/{row['id']}", {"role": "member"}, row["version"]).status_code == 200
    assert browser().get(path).status_code == 404


def test_only_owners_invite(app: Any, person: Any) -> None:
    boss = person()
    for role in ("member", "viewer"):
        assert (
            invite(person(role=role, organisation_id=boss.organisation_id), "x@example.test").status_code
            == 403
        )
    assert invite(boss, boss.email).status_code == 409


def test_a_further_organisation(app: Any, person: Any) -> None:
    who = person("creator")
    client = who.browser()
    assert (
        client.post("/settings/organisations/new", data={"organisation": "", "kind": "fund"}).status_code
        == 422
    )
    assert (
        client.post("/settings/organisations/new", data={"organisation": "二号", "kind": "fund"}).status_code
        == 303
    )
    assert client.get("/api/v1/organisation").json["name"] == "二号"
    assert len(who.get("/me").json["organisations"]) == 2


def test_the_command_makes_people(app: Any, browser: Any) -> None:
    command = [
        sys.executable,
        "-m",
        "dealflow.cli",
        "user",
        "create",
        "--email",
        "Ops@Example.test",
        "--name",
        "Ops",
    ]
    command += ["--organisation", "园区", "--kind", "park", "--role", "owner", "--password-stdin"]
    url = app.extensions["dealflow.settings"].database_url
    environ = os.environ | {"DEALFLOW_INSTANCE": app.instance_path, "DEALFLOW_DATABASE_URL": url}
    run = subprocess.run(
        command, input=PASSWORD + "\n", env=environ, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert browser().log_in("ops@example.test").status_code == 303
    for password, reason in ((PASSWORD, "email"), ("short", "password")):
        address = "ops@example.test" if reason == "email" else "other@example.test"
        again = [address if part == "Ops@Example.test" else part for part in command]
        run = subprocess.run(
            again, input=password + "\n", env=environ, capture_output=True, text=True, check=False
        )
        assert run.returncode != 0
        assert run.stderr.startswith(f"dealflow: {reason}")
        assert "Traceback" not in run.stderr
    with db.system_edge(write=False) as session:
        assert len(session.scalars(select(Membership)).all()) == 1
