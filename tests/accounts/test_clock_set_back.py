"""A clock that is set back by a day revives nothing that has run out, and keeps nobody waiting for that day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from dealflow.accounts.models import EmailLink, Invitation
from dealflow.core import clock, db, jobs
from tests.accounts.conftest import PASSWORD, link_in

DAY = timedelta(days=1)


def swept() -> None:
    """What the worker does each minute, on a clock that stands."""
    clock.freeze(clock.now())
    jobs.schedule()
    jobs.run_due()


@pytest.mark.parametrize("late", [timedelta(0), timedelta(hours=3)])
def test_a_reset_link_that_ran_out_stays_dead(
    app: Any, person: Any, with_password: Any, browser: Any, outbox: Any, late: timedelta
) -> None:
    who, surfer = with_password(person()), browser()
    surfer.get("/forgot")
    surfer.post("/forgot", email=who.email)
    path = link_in(outbox()[0], "/reset")
    clock.freeze(clock.now() + timedelta(minutes=10, seconds=1) + late)
    assert surfer.get(path).status_code == 404
    clock.freeze(clock.now() - DAY)
    assert surfer.get(path).status_code == 404
    assert surfer.post(path, password="an entirely new one").status_code == 404


def test_a_link_that_was_just_sent_by_a_host_whose_clock_is_ahead_works(
    app: Any, person: Any, browser: Any, outbox: Any
) -> None:
    boss = person("creator")
    assert boss.post("/invitations", {"email": "new@example.test", "role": "viewer"}).status_code == 201
    path = link_in(outbox()[0], "/invitations")
    clock.freeze(clock.now() - timedelta(seconds=20))
    assert browser().get(path).status_code == 200


def test_an_invitation_that_ran_out_stays_dead(app: Any, person: Any, browser: Any, outbox: Any) -> None:
    boss = person("creator")
    assert boss.post("/invitations", {"email": "new@example.test", "role": "owner"}).status_code == 201
    path = link_in(outbox()[0], "/invitations")
    clock.freeze(clock.now() + timedelta(days=7, minutes=1))
    swept()
    clock.freeze(clock.now() - DAY)
    assert browser().get(path).status_code == 404
    with db.system_edge(write=False) as session:
        assert session.query(Invitation).one().ended_at is not None


def test_a_registration_that_ran_out_stays_dead_and_forgets_what_was_typed(
    app: Any, browser: Any, outbox: Any
) -> None:
    surfer = browser()
    surfer.get("/signup")
    sent = {
        "organisation": "新机构",
        "kind": "creator",
        "name": "Wu",
        "email": "wu@example.test",
        "password": PASSWORD,
    }
    assert surfer.post("/signup", **sent).status_code == 303
    path = link_in(outbox()[0], "/signup")
    clock.freeze(clock.now() + timedelta(days=2, minutes=1))
    swept()
    with db.system_edge(write=False) as session:
        assert session.query(EmailLink).one().payload is None
    clock.freeze(clock.now() - DAY)
    assert surfer.get(path).status_code == 404


@pytest.mark.parametrize("days", [3, 14])
def test_a_session_that_ran_out_unseen_stays_dead(
    app: Any, person: Any, with_password: Any, browser: Any, days: int
) -> None:
    who, surfer = with_password(person()), browser()
    surfer.log_in(who.email)
    clock.freeze(clock.now() + timedelta(days=days, minutes=1))
    swept()
    clock.freeze(clock.now() - DAY)
    assert not surfer.logged_in


def test_a_token_that_ran_out_unseen_stays_dead(app: Any, person: Callable[..., Any]) -> None:
    who = person()
    clock.freeze(clock.now() + timedelta(days=30, minutes=1))
    swept()
    clock.freeze(clock.now() - DAY)
    assert who.get("/me").status_code == 401
