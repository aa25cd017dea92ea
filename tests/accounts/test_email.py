"""Changing one's e-mail address: proven by the new mailbox, told to the old one, and no word about whose it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dealflow.accounts import limits
from dealflow.accounts.models import User
from dealflow.audit.models import AuditEvent
from dealflow.core import clock, db
from tests.accounts.conftest import PASSWORD, link_in
from tests.accounts.test_security import NEW, api_token

FRESH = "fresh@example.test"


@pytest.fixture
def surfer(person: Any, with_password: Any, browser: Any) -> Any:
    """Somebody who is logged in, with `email` and `who`."""
    who, made = with_password(person()), browser()
    made.who, made.email = who, who.email
    made.log_in(who.email)
    return made


def ask(surfer: Any, email: str = FRESH, current: str = PASSWORD) -> Any:
    surfer.get("/settings")
    return surfer.post("/settings/email", **{"new-email": email, "new-current": current})


def test_the_address_changes_once_the_new_mailbox_was_opened(app: Any, surfer: Any, outbox: Any) -> None:
    assert ask(surfer).status_code == 303
    assert FRESH in surfer.get("/settings").text
    told, asked = sorted(outbox(), key=lambda mail: mail["To"] == FRESH)
    assert (told["To"], asked["To"]) == (surfer.email, FRESH)
    assert FRESH in told.get_body(("plain",)).get_content()
    path = link_in(asked, "/email")
    before = surfer.client.get_cookie("dealflow").value
    assert surfer.get(path).status_code == 200
    assert api_token(app, surfer.email).status_code == 201, "opening the link alone changes nothing"
    assert surfer.post(path).location == "/settings"
    assert surfer.post(path).status_code == 404, "once"
    assert api_token(app, surfer.email).status_code == 401
    assert api_token(app, FRESH).status_code == 201
    assert surfer.logged_in
    surfer.client.set_cookie("dealflow", before)
    assert not surfer.logged_in, "the session took a new id"
    assert [mail["To"] for mail in outbox()].count(surfer.email) == 2, "the old mailbox learns of both steps"
    with db.system_edge(write=False) as session:
        events = session.query(AuditEvent).filter(AuditEvent.tag.startswith("accounts:email")).all()
        assert [e.tag.rpartition(":")[2] for e in events] == ["change-asked", "changed"]
        assert (events[1].before, events[1].after) == ({"email": surfer.email}, {"email": FRESH})


def test_a_taken_address_gets_the_same_answer_and_its_owner_a_mail_without_a_link(
    app: Any, surfer: Any, person: Any, outbox: Any
) -> None:
    other = person()
    answers = []
    for address in (other.email, FRESH):
        answer = ask(surfer, address)
        page = surfer.get("/settings").text.replace(address, "ADDRESS")
        shown = page[page.index('id="email"') :].partition("</section>")[0].replace(surfer.token, "TOKEN")
        answers.append((answer.status_code, answer.location, shown))
    assert answers[0] == answers[1]
    api = surfer.who.post("/me/email", {"email": other.email, "current": PASSWORD})
    assert (api.status_code, api.json["pending"]) == (202, other.email)
    mails = [mail for mail in outbox() if mail["To"] == other.email]
    assert len(mails) == 2
    assert not any("/email/" in mail.as_string() for mail in mails)


@pytest.mark.parametrize("spoil", ["age", "password", "again", "withdrawn", "taken"])
def test_links_that_no_longer_hold(app: Any, surfer: Any, person: Any, outbox: Any, spoil: str) -> None:
    ask(surfer)
    path = link_in(next(mail for mail in outbox() if mail["To"] == FRESH), "/email")
    if spoil == "age":
        clock.set_base(clock.now() + timedelta(days=1, seconds=1))
    elif spoil == "password":
        surfer.get("/settings/security")
        surfer.post("/settings/security/password", current=PASSWORD, new=NEW)
    elif spoil == "again":
        ask(surfer, "another@example.test")
    elif spoil == "withdrawn":
        assert surfer.post("/settings/email/keep").status_code == 303
        assert surfer.post("/settings/email/keep").status_code == 404
    else:
        other = person()
        with db.system_edge() as session:
            session.get_one(User, other.user_id).email = FRESH
    surfer.get("/settings")
    assert surfer.post(path).status_code == (409 if spoil == "taken" else 404)
    with db.system_edge(write=False) as session:
        assert session.get_one(User, surfer.who.user_id).email == surfer.email


def test_the_password_is_asked_for_and_guessing_it_is_stopped(app: Any, surfer: Any, outbox: Any) -> None:
    assert ask(surfer, current="").status_code == 422
    api = surfer.who.post("/me/email", {"email": FRESH, "current": "wrong"})
    assert (api.status_code, api.json["errors"][0]["code"]) == (422, "wrong_password")
    statuses = [ask(surfer, current="wrong").status_code for _ in range(limits.PER_ACCOUNT)]
    assert statuses == [422] * (limits.PER_ACCOUNT - 1) + [429], "both surfaces count together"
    assert outbox() == []


def test_what_was_mailed_to_the_old_address_opens_nothing_afterwards(
    app: Any, surfer: Any, browser: Any, outbox: Any
) -> None:
    stranger = browser()
    stranger.get("/forgot")
    stranger.post("/forgot", email=surfer.email)
    reset = link_in(outbox()[0], "/reset")
    ask(surfer)
    path = link_in(next(mail for mail in outbox() if mail["To"] == FRESH), "/email")
    surfer.get(path)
    surfer.post(path)
    assert stranger.get(reset).status_code == 404


def test_the_same_and_broken_addresses_are_named(surfer: Any) -> None:
    for email, code in (
        (surfer.email, "same"),
        ("no address", "wrong_form"),
        ("a" * 300 + "@x.test", "too_long"),
    ):
        answer = surfer.who.post("/me/email", {"email": email, "current": PASSWORD})
        assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, code)
    assert ask(surfer, surfer.email.upper()).status_code == 422
    assert surfer.who.get("/me/email").json == {"email": surfer.email, "pending": None, "expires_at": None}
    assert surfer.who.call("DELETE", "/me/email").status_code == 404


def test_nobody_floods_a_mailbox(surfer: Any, outbox: Any) -> None:
    statuses = [ask(surfer).status_code for _ in range(limits.MAILS_PER_ACCOUNT + 1)]
    assert statuses == [303] * limits.MAILS_PER_ACCOUNT + [429]
