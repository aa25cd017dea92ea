"""Codes of the second step guessed from many addresses by somebody who knows the password: stopped, and locking nobody out."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from sqlalchemy import select

from dealflow.accounts import limits, otp, passwords
from dealflow.accounts.models import LoginAttempt, User
from dealflow.audit.models import AuditEvent
from dealflow.core import clock, db
from tests.accounts.conftest import PASSWORD
from tests.conftest import Person

HOME = "10.0.0.1"
# Each try costs a hash of the password; what holds for a few holds for thirty.
MOST = 6


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CODES_PER_ACCOUNT", MOST)


@pytest.fixture
def still_clock(app: Any) -> Iterator[None]:
    clock.freeze(clock.now())
    yield
    clock.freeze(None)


@pytest.fixture
def who(person: Any, with_password: Any, still_clock: None) -> Person:
    """Somebody who uses an authenticator, and signed in with it at home."""
    made: Person = with_password(person())
    with db.system_edge() as session:
        user = session.get_one(User, made.user_id)
        user.otp_secret, user.otp_enabled_at = otp.seal(otp.new_secret()), clock.now() - timedelta(days=1)
    assert token(made, HOME, otp=right(made)).status_code == 201
    clock.freeze(clock.now() + timedelta(seconds=60))
    return made


def token(who: Person, address: str, password: str = PASSWORD, **more: str) -> Any:
    body = {"email": who.email, "password": password, "label": "test"} | more
    headers, place = {"Accept-Language": "en"}, {"REMOTE_ADDR": address}
    return who.app.test_client().post("/api/v1/tokens", json=body, environ_overrides=place, headers=headers)


def right(who: Person) -> str:
    with db.system_edge(write=False) as session:
        secret = otp.unseal(str(session.get_one(User, who.user_id).otp_secret))
    return pyotp.TOTP(str(secret)).at(clock.now())


def wrong(who: Person, number: int = 0) -> str:
    generator = [f"{n:06}" for n in range(number, number + 5)]
    secret_near = {right(who)}
    for shift in (-30, 30):
        with db.system_edge(write=False) as session:
            secret = otp.unseal(str(session.get_one(User, who.user_id).otp_secret))
        secret_near.add(pyotp.TOTP(str(secret)).at(clock.now() + timedelta(seconds=shift)))
    return next(code for code in generator if code not in secret_near)


def guessed(who: Person, times: int = MOST, base: int = 0) -> list[int]:
    return [token(who, f"10.1.{base}.{n}", otp=wrong(who)).status_code for n in range(times)]


def test_guesses_from_many_addresses_are_stopped_and_the_owner_is_let_in(
    who: Person, outbox: Any, person: Any
) -> None:
    assert guessed(who) == [401] * MOST
    refused = token(who, "10.2.0.1", otp=wrong(who))
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= limits.CODE_WINDOW.total_seconds() + 1
    assert "recovery code" in refused.json["detail"]
    told = token(who, "10.2.0.2", otp=right(who))
    assert (told.status_code, told.json["detail"]) == (429, refused.json["detail"]), (
        "the right one is not told"
    )
    # At home the same code opens: it was not spent on the refusal.
    assert token(who, HOME, otp=right(who)).status_code == 201
    with db.system_edge() as session:
        codes = otp.new_recovery_codes(session.get_one(User, who.user_id))
    assert token(who, "10.2.0.3", otp=codes[0]).status_code == 201
    assert token(who, "10.2.0.4", otp=codes[0]).status_code == 429, "once"
    clock.freeze(clock.now() + timedelta(seconds=60))
    assert token(who, "10.2.0.3", otp=right(who)).status_code == 201, "a place that is known by now"
    (mail,) = outbox()
    assert mail["To"] == who.email
    with db.system_edge(write=False) as session:
        found = session.scalars(
            select(AuditEvent).where(AuditEvent.tag == "accounts:otp:codes-guessed")
        ).all()
    assert [row.object_id for row in found] == [who.user_id]


def test_whoever_does_not_know_the_password_cannot_use_the_tries_up(who: Person) -> None:
    for n in range(MOST + 5):
        assert token(who, f"10.3.0.{n}", "wrong password", otp="000000").status_code == 401
    assert token(who, "10.4.0.1", otp=right(who)).status_code == 201


def test_a_new_password_begins_anew_and_so_does_a_day(who: Person) -> None:
    guessed(who)
    assert token(who, "10.5.0.1", otp=right(who)).status_code == 429
    with db.system_edge() as session:
        session.get_one(User, who.user_id).password_hash = passwords.hash_password("eleven blue umbrellas")
    assert token(who, "10.5.0.1", "eleven blue umbrellas", otp=right(who)).status_code == 201
    clock.freeze(clock.now() + timedelta(seconds=60))
    with db.system_edge() as session:
        session.get_one(User, who.user_id).password_hash = passwords.hash_password(PASSWORD)
    guessed(who, base=1)
    clock.freeze(clock.now() + limits.WINDOW + timedelta(hours=1))
    with db.system_edge():
        limits.forget()
    assert token(who, "10.5.0.2", otp=right(who)).status_code == 429, (
        "the count outlives the sweep of a shorter one"
    )
    clock.freeze(clock.now() + limits.CODE_WINDOW)
    assert token(who, "10.5.0.2", otp=right(who)).status_code == 201
    with db.system_edge() as session:
        limits.forget()
        kept = session.scalars(select(LoginAttempt.address)).all()
    assert not any(address.startswith("code:") for address in kept)


def test_ones_own_slips_are_forgotten_where_the_right_code_came(who: Person) -> None:
    for n in range(MOST + 2):
        place = f"10.6.{n // 4}.1"
        assert token(who, place, otp=wrong(who)).status_code == 401
        if n % 4 == 3:
            clock.freeze(clock.now() + timedelta(seconds=60))
            assert token(who, place, otp=right(who)).status_code == 201
            clock.freeze(clock.now() + timedelta(seconds=60))
    assert token(who, "10.7.0.1", otp=right(who)).status_code == 201


def test_a_place_from_before_the_second_step_is_none_that_is_known(
    person: Any, with_password: Any, still_clock: None
) -> None:
    made: Person = with_password(person())
    assert token(made, "10.8.0.1").status_code == 201
    clock.freeze(clock.now() + timedelta(seconds=60))
    with db.system_edge() as session:
        user = session.get_one(User, made.user_id)
        user.otp_secret, user.otp_enabled_at = otp.seal(otp.new_secret()), clock.now()
    guessed(made)
    assert token(made, "10.8.0.1", otp=right(made)).status_code == 429


def test_many_addresses_at_once_do_not_outrun_the_limit(who: Person) -> None:
    answers: list[int] = []
    code = wrong(who)

    def guess(place: int) -> None:
        answers.extend(token(who, f"10.9.{place}.{n}", otp=code).status_code for n in range(4))

    threads = [threading.Thread(target=guess, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(answers) == {401: MOST, 429: 16 - MOST}


def test_thirty_tries_a_day_are_few_among_a_million_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert limits.CODES_PER_ACCOUNT == 30
    assert timedelta(days=1) == limits.CODE_WINDOW
    assert limits.PER_ACCOUNT < limits.CODES_PER_ACCOUNT, "one place does not use them up at once"


def test_the_page_says_what_helps(who: Person, browser: Any) -> None:
    guessed(who)
    surfer = browser("10.10.0.1")
    surfer.log_in(who.email)
    surfer.get("/login/code")
    refused = surfer.post("/login/code", code=right(who))
    assert refused.status_code == 429
    assert "Use a recovery code" in refused.text
