"""Passwords, the second step, sessions, tokens: changing them ends what an intruder may hold."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from dealflow.accounts import limits
from dealflow.accounts.models import User
from dealflow.core import clock, db, jobs
from tests.accounts.conftest import PASSWORD, Browser, link_in

NEW = "eleven blue umbrellas"


def api_token(app: Any, email: str, password: str = PASSWORD, **more: Any) -> Any:
    body = {"email": email, "password": password, "label": "test"} | more
    return app.test_client().post("/api/v1/tokens", json=body)


@pytest.fixture
def still_clock(app: Any) -> Any:
    """The clock stands, so that one code stays the code."""
    clock.freeze(clock.now())
    yield
    clock.freeze(None)


def test_a_new_password_ends_everything_else(app: Any, person: Any, with_password: Any, browser: Any) -> None:
    who = with_password(person())
    here, there = browser(), browser()
    here.log_in(who.email)
    there.log_in(who.email)
    here.get("/settings/security")
    before = here.client.get_cookie("dealflow").value
    assert here.post("/settings/security/password", current="wrong", new=NEW).status_code == 422
    assert here.post("/settings/security/password", current=PASSWORD, new="dealflow1").status_code == 422
    assert here.post("/settings/security/password", current=PASSWORD, new=PASSWORD).status_code == 422
    assert here.post("/settings/security/password", current=PASSWORD, new=NEW).status_code == 303
    assert here.logged_in
    assert not there.logged_in
    assert who.get("/me").status_code == 401
    here.client.set_cookie("dealflow", before)
    assert not here.logged_in, "the old id is dead here too"
    assert api_token(app, who.email, PASSWORD).status_code == 401
    assert api_token(app, who.email, NEW).status_code == 201


def test_guessing_the_present_password_is_stopped(
    app: Any, person: Any, with_password: Any, browser: Any
) -> None:
    who = with_password(person())
    surfer = browser()
    surfer.log_in(who.email)
    statuses = [
        surfer.post("/settings/security/password", current="wrong", new=NEW).status_code
        for _ in range(limits.PER_ACCOUNT + 1)
    ]
    assert statuses == [422] * limits.PER_ACCOUNT + [429]
    assert browser().log_in(who.email).status_code == 303


def test_resetting(app: Any, person: Any, with_password: Any, browser: Any, outbox: Any) -> None:
    who, surfer, old = with_password(person()), browser(), browser()
    old.log_in(who.email)
    surfer.get("/forgot")
    answers = [surfer.post("/forgot", email=address) for address in (who.email, "nobody@example.test")]
    assert {(a.status_code, a.location, a.data) for a in answers} == {(303, "/signup/sent", answers[0].data)}
    (mail,) = outbox()
    path = link_in(mail, "/reset")
    surfer.get(path)
    assert surfer.post(path, password="short").status_code == 422
    assert surfer.post(path, password=NEW).location == "/login"
    assert surfer.post(path, password=NEW + "!").status_code == 404, "once"
    assert not old.logged_in
    assert who.get("/me").status_code == 401
    assert browser().log_in(who.email, NEW).status_code == 303
    assert [m["To"] for m in outbox()] == [who.email] * 2, "and the owner is told"


@pytest.mark.parametrize("spoil", ["age", "change", "other"])
def test_reset_links_that_no_longer_hold(
    app: Any, person: Any, with_password: Any, browser: Any, outbox: Any, spoil: str
) -> None:
    who, surfer = with_password(person()), browser()
    surfer.get("/forgot")
    surfer.post("/forgot", email=who.email)
    path = link_in(outbox()[0], "/reset")
    if spoil == "age":
        clock.set_base(clock.now() + timedelta(minutes=10, seconds=1))
    elif spoil == "change":
        owner = browser()
        owner.log_in(who.email)
        owner.post("/settings/security/password", current=PASSWORD, new=NEW)
    else:
        path = path[:-1] + ("A" if path[-1] != "A" else "B")
    over = surfer.get(path)
    assert over.status_code == 404
    assert 'href="/forgot">' in over.text, "where one gets on"


def test_the_link_names_the_configured_host(app: Any, person: Any, outbox: Any) -> None:
    who, client = person(), app.test_client()
    page = client.get("/forgot", headers={"Host": "evil.test", "X-Forwarded-Host": "evil.test"})
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]  # type: ignore[index]
    headers = {"Host": "evil.test", "X-Forwarded-Host": "evil.test"}
    assert (
        client.post("/forgot", data={"email": who.email, "csrf_token": token}, headers=headers).status_code
        == 303
    )
    assert "evil" not in outbox()[0].as_string()
    assert link_in(outbox()[0], "/reset")


def enable_otp(surfer: Browser) -> tuple[str, list[str]]:
    """Switch the second step on: the secret and the recovery codes."""
    surfer.get("/settings/security")
    assert surfer.post("/settings/security/otp/begin", **{"otp-current": PASSWORD}).status_code == 303
    page = surfer.get("/settings/security").text
    assert "data:image/svg+xml" in page
    secret = re.search(r"<code class=\"num\">([A-Z2-7]{32})</code>", page)[1]  # type: ignore[index]
    assert surfer.post("/settings/security/otp", code="000000").status_code == 422
    done = surfer.post("/settings/security/otp", code=code_of(secret))
    assert done.status_code == 200
    codes = re.findall(r"<code>(\w{4}-\w{4}-\w{4})</code>", done.text)
    assert len(codes) == 10
    return secret, codes


def code_of(secret: str) -> str:
    return pyotp.TOTP(secret).at(clock.now())


@pytest.mark.usefixtures("still_clock")
def test_ones_own_session_is_marked_from_the_page_of_the_recovery_codes_on(
    person: Any, with_password: Any, browser: Any
) -> None:
    who, surfer, again = with_password(person()), browser(), browser()
    surfer.log_in(who.email)
    surfer.post("/settings/security/otp/begin", **{"otp-current": PASSWORD})
    page = surfer.get("/settings/security").text
    secret = re.search(r"<code class=\"num\">([A-Z2-7]{32})</code>", page)[1]  # type: ignore[index]
    pages = [surfer.post("/settings/security/otp", code=code_of(secret)).text]
    again.log_in(who.email)
    clock.freeze(clock.now() + timedelta(seconds=60))  # a code opens once
    assert again.post("/login/code", code=code_of(secret)).status_code == 303
    pages.append(again.get("/settings/security").text)
    assert [text.count("This browser") for text in pages] == [1, 1]
    assert [len(re.findall(r"/settings/security/sessions/\w+/end\"", text)) for text in pages] == [0, 1]


@pytest.mark.usefixtures("still_clock")
def test_the_second_step(app: Any, person: Any, with_password: Any, browser: Any) -> None:
    who, surfer, other = with_password(person()), browser(), browser()
    other.log_in(who.email)
    surfer.log_in(who.email)
    secret, recovery = enable_otp(surfer)
    assert surfer.logged_in
    assert not other.logged_in
    assert api_token(app, who.email).json["code"] == "otp_required"
    assert api_token(app, who.email, otp=code_of(secret)).json["code"] == "wrong_code", (
        "it was used to switch on"
    )
    clock.freeze(clock.now() + timedelta(seconds=30))
    wide = " ".join(chr(ord(c) + 0xFEE0) for c in code_of(secret))
    assert api_token(app, who.email, otp=wide).status_code == 201
    assert api_token(app, who.email, otp=code_of(secret) + " ").status_code == 401, "replay"
    assert api_token(app, who.email, "wrong", otp=code_of(secret)).json["code"] == "wrong_credentials"
    fresh = browser()
    assert fresh.log_in(who.email, next="/settings").location.startswith("/login/code")
    assert not fresh.logged_in
    fresh.get("/login/code?next=/settings")
    assert fresh.post("/login/code", code="123456").status_code == 401
    assert fresh.post("/login/code", code=recovery[0].upper().replace("-", " ")).status_code == 303
    assert fresh.logged_in
    assert api_token(app, who.email, otp=recovery[0]).status_code == 401, "once"
    surfer.get("/settings/security")
    assert surfer.post("/settings/security/otp/disable", **{"otp-current": "wrong"}).status_code == 422
    assert surfer.post("/settings/security/otp/disable", **{"otp-current": PASSWORD}).status_code == 303
    assert api_token(app, who.email).status_code == 201


@pytest.mark.usefixtures("still_clock")
def test_the_password_proof_of_the_first_step_grows_old(
    app: Any, person: Any, with_password: Any, browser: Any
) -> None:
    who, surfer, fresh = with_password(person()), browser(), browser()
    surfer.log_in(who.email)
    secret, _codes = enable_otp(surfer)
    clock.freeze(clock.now() + timedelta(seconds=30))
    fresh.get("/login")
    assert fresh.get("/login/code").location.startswith("/login")
    assert fresh.post("/login/code", code=code_of(secret)).location == "/login"
    fresh.log_in(who.email)
    clock.freeze(clock.now() + timedelta(minutes=5, seconds=1))
    assert fresh.post("/login/code", code=code_of(secret)).location == "/login"
    assert not fresh.logged_in


@pytest.mark.usefixtures("still_clock")
def test_many_guesses_at_once_do_not_outrun_the_limit(
    app: Any, person: Any, with_password: Any, browser: Any
) -> None:
    who, surfer = with_password(person()), browser()
    surfer.log_in(who.email)
    secret, _codes = enable_otp(surfer)
    clock.freeze(clock.now() + timedelta(seconds=30))
    right = code_of(secret)
    wrong = [f"{n:06}" for n in range(40) if f"{n:06}" != right]
    statuses: list[int] = []

    def guess(codes: list[str]) -> None:
        statuses.extend(api_token(app, who.email, otp=code).status_code for code in codes)

    threads = [threading.Thread(target=guess, args=(wrong[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses.count(401) == limits.PER_ACCOUNT
    assert set(statuses) == {401, 429}
    assert api_token(app, who.email, otp=right).status_code == 429, "the right one is not told either"


def test_the_secret_is_not_kept_in_the_clear(app: Any, person: Any, with_password: Any, browser: Any) -> None:
    who, surfer = with_password(person()), browser()
    surfer.log_in(who.email)
    secret, _codes = enable_otp(surfer)
    with db.system_edge(write=False) as session:
        assert secret not in str(session.get_one(User, who.user_id).otp_secret)


def test_tokens_are_shown_once_scoped_and_revoked(
    app: Any, person: Any, with_password: Any, browser: Any
) -> None:
    who, other = with_password(person()), person()
    surfer = browser()
    surfer.log_in(who.email)
    surfer.get("/settings/tokens")
    form = {"label": "ledger export", "scopes": "read", "days": "10"}
    assert surfer.post("/settings/tokens", **form, current="wrong").status_code == 422
    page = surfer.post("/settings/tokens", **form, current=PASSWORD).text
    secret = re.search(r"dft_[\w-]{43}", page)[0]  # type: ignore[index]
    assert secret not in surfer.get("/settings/tokens").text
    headers = {"Authorization": f"Bearer {secret}"}
    client = app.test_client()
    assert client.get("/api/v1/me", headers=headers).status_code == 200
    invited = client.post(
        "/api/v1/invitations", json={"email": "a@example.test", "role": "viewer"}, headers=headers
    )
    assert invited.status_code == 403, "it may only read"
    listed = next(t for t in who.get("/tokens").json["items"] if t["label"] == "ledger export")
    assert secret not in str(listed)
    assert listed["used_at"]
    assert other.call("DELETE", f"/tokens/{listed['id']}").status_code == 404
    assert who.call("DELETE", f"/tokens/{listed['id']}").status_code == 204
    assert client.get("/api/v1/me", headers=headers).status_code == 401
    assert who.call("DELETE", f"/tokens/{listed['id']}").status_code == 404


def test_a_token_of_one_organisation_opens_no_other(
    app: Any, person: Any, with_password: Any, browser: Any
) -> None:
    who = with_password(person("creator"))
    surfer = browser()
    surfer.log_in(who.email)
    surfer.get("/settings/tokens")
    page = surfer.post(
        "/settings/tokens", label="x", scopes=["read", "write"], days="10", current=PASSWORD
    ).text
    headers = {"Authorization": "Bearer " + re.findall(r"dft_[\w-]{43}", page)[0]}
    surfer.post("/settings/organisations/new", organisation="Second", kind="fund")
    second = surfer.client.get("/api/v1/organisation").json["id"]
    client = app.test_client()
    assert client.get("/api/v1/organisation", headers=headers).json["id"] == who.organisation_id
    assert client.get("/api/v1/organisation", headers=headers | {"X-Organisation": second}).status_code == 404
    assert who.get("/organisation", headers={"X-Organisation": second}).status_code == 200


def test_sessions_are_listed_and_ended(app: Any, person: Any) -> None:
    who, stranger = person(), person()
    here, there, third = who.browser(), who.browser(), who.browser()
    listed = here.get("/api/v1/sessions").json["items"]
    assert (len(listed), sum(row["current"] for row in listed)) == (3, 1)
    mine = {row["id"] for row in listed if not row["current"]}
    one = there.get("/api/v1/sessions").json["items"]
    that = next(row["id"] for row in one if row["current"])
    assert stranger.call("DELETE", f"/sessions/{that}").status_code == 404
    assert here.post(f"/settings/security/sessions/{that}/end").status_code == 303
    assert there.get("/api/v1/me").status_code == 401
    assert that in mine
    assert here.post("/settings/security/sessions/end-others").status_code == 303
    assert third.get("/api/v1/me").status_code == 401
    assert here.get("/api/v1/me").status_code == 200


def test_the_profile(app: Any, person: Any) -> None:
    client = person().browser()
    assert client.post("/settings", data={"name": "A", "locale": "fr", "time_zone": "UTC"}).status_code == 422
    assert client.post("/settings", data={"name": "", "locale": "en", "time_zone": "UTC"}).status_code == 422
    saved = client.post("/settings", data={"name": "<b>A</b>", "locale": "zh", "time_zone": "Europe/Berlin"})
    assert saved.status_code == 303
    assert client.get_cookie("lang").value == "zh"  # type: ignore[union-attr]
    assert "&lt;b&gt;A&lt;/b&gt;" in client.get("/settings").text
    assert client.get("/api/v1/me").json["user"]["time_zone"] == "Europe/Berlin"


def test_the_platform_looks_after_people_and_jobs(app: Any, person: Any, with_password: Any) -> None:
    admin, who = person("platform"), with_password(person())
    client, theirs = admin.browser(), who.browser()
    for path in ("/admin", "/admin/users", "/admin/jobs", "/admin/audit"):
        assert client.get(path).status_code == 200
        assert theirs.get(path).status_code == 403
    assert who.email in client.get(f"/admin/users?q={who.email[:6]}").text
    assert client.post(f"/admin/users/{who.user_id}/disable", data={"reason": "fraud"}).status_code == 303
    assert theirs.get("/api/v1/me").status_code == 401
    assert who.get("/me").status_code == 401
    assert api_token(app, who.email).status_code == 401
    assert "fraud" in client.get("/admin/audit").text
    assert client.post(f"/admin/users/{who.user_id}/enable").status_code == 303
    assert api_token(app, who.email).status_code == 201
    assert theirs.get("/api/v1/me").status_code == 401, "what was ended stays ended"
    assert client.post(f"/admin/users/{admin.user_id}/disable").status_code == 303
    assert admin.get("/me").status_code == 200


def test_dead_jobs_run_again(app: Any, person: Any) -> None:
    works = []

    @jobs.job("test.accounts.flaky", tries=1)
    def flaky() -> None:
        if not works:
            raise RuntimeError("CANARY: no network")

    who, admin = person(), person("platform")
    with db.system_edge():
        job_id = jobs.enqueue("test.accounts.flaky", {}, actor=who.actor)
    jobs.run_due()
    shown = who.get(f"/jobs/{job_id}").json
    assert (shown["state"], shown["error"]) == ("dead", "RuntimeError")
    assert person().get(f"/jobs/{job_id}").status_code == 404
    client = admin.browser()
    assert "CANARY" in client.get("/admin/jobs").text
    works.append(1)
    assert client.post(f"/admin/jobs/{job_id}/retry").status_code == 303
    jobs.run_due()
    assert who.get(f"/jobs/{job_id}").json["state"] == "done"
    assert client.post(f"/admin/jobs/{job_id}/retry").status_code == 409
