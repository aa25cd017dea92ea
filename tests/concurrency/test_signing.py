"""Signatures given at the same instant: each once, in order, and never on a version that was countered.

Control runs, each with one guard taken away: `test_without_the_turn_…` (whose turn it is: many at once, the double click; that a person signs a
round once is a constraint besides),
`test_without_the_version_…` (what was just superseded), `test_without_the_guard_…` (queue down)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from dealflow.accounts import limits
from dealflow.core import clock, db, invariants, jobs
from dealflow.signing import queries, service
from dealflow.signing.models import SigningRound, SigningStep
from tests.concurrency.conftest import at_once
from tests.conftest import Person
from tests.factories import pitches
from tests.signing.test_rounds import authenticator

CLIENTS = 6
Sides = tuple[list[Person], Person, dict[str, Any]]


@pytest.fixture
def sides(person: Callable[..., Person]) -> Sides:
    """Several people of the investor, the creator, and a term sheet both accepted."""
    creator, first = person("creator"), person("investor")
    others = [person("investor", "member", organisation_id=first.organisation_id) for _ in range(CLIENTS - 1)]
    deal = first.post("/deals", {"project_id": pitches.published(creator)["id"]}).json
    sheet = first.post(f"/deals/{deal['id']}/term-sheets", {"template": "loan"}).json
    first.post(f"/term-sheets/{sheet['id']}/propose")
    accepted = creator.post(f"/term-sheets/{sheet['id']}/accept")
    assert accepted.status_code == 200, accepted.json
    return [first, *others], creator, accepted.json


def test_of_many_who_sign_for_one_side_one_does(sides: Sides) -> None:
    people, creator, sheet = sides
    path = f"/term-sheets/{sheet['id']}/sign"
    codes = Counter(a.status_code for a in at_once([lambda who=who: who.post(path) for who in people]))
    assert codes[200] == 1
    assert codes[200] + codes[409] == CLIENTS
    assert creator.post(path).json["state"] == "executed"
    with db.system_edge(write=False):
        assert not any(invariants.run_all().values())


def test_signing_and_countering_at_once_leave_one_of_the_two(sides: Sides) -> None:
    people, creator, sheet = sides
    terms = dict(sheet["terms"])
    terms["exclusivity"] = {**terms["exclusivity"], "days": 3}
    answers = at_once(
        [
            lambda: people[0].post(f"/term-sheets/{sheet['id']}/sign", {"version": 1}),
            lambda: creator.post(f"/term-sheets/{sheet['id']}/versions", {"terms": terms, "base_version": 1}),
        ]
    )
    signed, countered = (answer.status_code for answer in answers)
    shown = creator.get(f"/term-sheets/{sheet['id']}").json
    assert (signed, countered, shown["state"]) in ((200, 409, "signing"), (409, 201, "countered"))


def test_a_double_click_signs_once(sides: Sides) -> None:
    people, _creator, sheet = sides
    path = f"/term-sheets/{sheet['id']}/sign"
    codes = Counter(a.status_code for a in at_once([lambda: people[0].post(path) for _ in range(4)]))
    assert (codes[200], codes[409]) == (1, 3)


def test_guesses_of_a_code_at_once_do_not_outrun_the_limit_and_a_code_opens_once(sides: Sides) -> None:
    people, _creator, sheet = sides
    path, codes = f"/term-sheets/{sheet['id']}/sign", authenticator(people[0])
    right = codes.at(clock.now())
    opened = at_once([lambda: people[0].post(path, {"otp": right}) for _ in range(4)])
    assert Counter(a.status_code for a in opened) == {200: 1, 422: 3}

    def guess(client: int) -> list[int]:
        return [people[0].post(path, {"otp": f"{client:03}{n:03}"}).status_code for n in range(4)]

    answers = at_once([lambda client=client: guess(client) for client in range(CLIENTS)])
    told = Counter(status for found in answers for status in found)
    left = limits.PER_ACCOUNT - 3
    assert told == {422: left, 429: 4 * CLIENTS - left}


def test_without_the_turn_one_side_signs_for_both(sides: Sides, monkeypatch: pytest.MonkeyPatch) -> None:
    def whoever_comes(_actor: Any, _signing: SigningRound, found: list[SigningStep]) -> Any:
        return queries.waiting(found)

    monkeypatch.setattr(service, "_turn", whoever_comes)
    people, _creator, sheet = sides
    answers = [who.post(f"/term-sheets/{sheet['id']}/sign") for who in people[:2]]
    assert [a.status_code for a in answers] == [200, 200]
    assert people[0].get(f"/term-sheets/{sheet['id']}").json["state"] == "executed"


def superseded(sides: Sides) -> Any:
    """The investor signs the version it read, while another was countered and accepted by both."""
    people, creator, sheet = sides
    terms = {**sheet["terms"], "exclusivity": {**sheet["terms"]["exclusivity"], "days": 3}}
    path = f"/term-sheets/{sheet['id']}"
    assert creator.post(f"{path}/versions", {"terms": terms, "base_version": 1}).status_code == 201
    assert people[1].post(f"{path}/accept", {"version": 2}).json["state"] == "accepted"
    return people[0].post(f"{path}/sign", {"version": 1})


def test_a_version_that_was_just_superseded_is_not_signed(sides: Sides) -> None:
    refused = superseded(sides)
    assert (refused.status_code, refused.json["code"]) == (409, "superseded")


def test_without_the_version_somebody_signs_what_was_never_read(
    sides: Sides, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = service.sign
    monkeypatch.setattr(service, "sign", lambda *given, version=None, **more: known(*given, **more))
    signed = superseded(sides)
    assert (signed.status_code, signed.json["state"]) == (200, "signing")


def unreachable(_job_id: str) -> None:
    raise ConnectionError("the queue is down")


def test_a_queue_that_is_down_delays_the_file_and_nothing_else(sides: Sides) -> None:
    people, creator, sheet = sides
    path = f"/term-sheets/{sheet['id']}"
    jobs.wake_with(unreachable)
    assert people[0].post(f"{path}/sign").status_code == 200
    assert creator.post(f"{path}/sign").json["state"] == "executed"
    assert creator.get(f"{path}/signed.pdf").status_code == 404
    jobs.wake_with(None)
    jobs.run_due()
    assert creator.get(f"{path}/signed.pdf").data.startswith(b"%PDF")


def test_without_the_guard_a_queue_that_is_down_fails_the_last_signature(
    sides: Sides, monkeypatch: pytest.MonkeyPatch
) -> None:
    people, creator, sheet = sides
    assert people[0].post(f"/term-sheets/{sheet['id']}/sign").status_code == 200
    monkeypatch.setattr(jobs, "_wake", unreachable)
    assert creator.post(f"/term-sheets/{sheet['id']}/sign").status_code == 500
