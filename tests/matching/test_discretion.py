"""A nosy creator edits a pitch again and again to read what mandates keep to themselves, and learns little."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealflow.core import clock
from dealflow.matching import advice, discretion, live
from ml import constraints
from tests.conftest import Person
from tests.factories import pitches

LIMIT = 77_312_937  # fen: the secret
RANGE = (10_000_000, 1_000_000_000)


def cny(minor: int) -> dict[str, Any]:
    return {"amount_minor": minor, "currency": "CNY"}


def mandate(**changes: Any) -> dict[str, Any]:
    """One that allows to be found and keeps its limit to itself."""
    secret = {"ask": {"max": cny(LIMIT)}, "words_none": ["CANARY-word"]}
    body = {"name": "CANARY-name", "capital": cny(5 * 10**9), "constraints": secret, "allow_discovery": True}
    return body | {"preferences": {"genres": {"revenge": 1.0}, "text": "CANARY-text"}} | changes


class Nosy:
    """A creator with one published pitch, who changes its ask and looks at what is told."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.project = pitches.published(person)

    def ask(self, minor: int) -> None:
        """Set the ask, and the use of funds with it."""
        funds = [{"label": "制作", "kind": "production", "amount": cny(minor)}]
        changes = {
            "ask": cny(minor),
            "budget": cny(2 * minor),
            "use_of_funds": funds,
            "min_ticket": cny(100_000),
        }
        done = self.person.patch(f"/projects/{self.project['id']}", changes, self.project["version"])
        assert done.status_code == 200, done.json
        self.project = done.json

    def found(self, house: str) -> bool:
        """Whether a house is named among the investors that fit."""
        items = self.person.get(f"/projects/{self.project['id']}/investors").json["items"]
        return house in [item["organisation_id"] for item in items]

    def bisect(self, house: str, edits: int) -> tuple[int, int]:
        """What is known of the limit after so many edits, if every answer is believed."""
        low, high = RANGE
        for _ in range(edits):
            middle = round(math.sqrt(low * high))
            self.ask(middle)
            low, high = (middle, high) if self.found(house) else (low, middle)
        return low, high


def bits(low: int, high: int) -> float:
    """How much an interval tells of a limit that could have lain anywhere in RANGE on a log scale."""
    return math.log2(math.log(RANGE[1] / RANGE[0]) / math.log(high / low))


@pytest.fixture
def nosy(person: Callable[..., Person]) -> Nosy:
    return Nosy(person("creator"))


def test_bisection_finds_a_limit_to_a_step_at_best(
    nosy: Nosy,
    person: Callable[..., Person],
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[..., None],
) -> None:
    investor = person("investor")
    assert investor.post("/mandates", mandate()).status_code == 201
    guarded = nosy.bisect(investor.organisation_id, 16)
    # Six answers were given; the rest were about the sixth state, and believing them leads astray.
    assert not guarded[0] <= LIMIT <= guarded[1] or guarded[1] / guarded[0] >= 1.25
    # With days to spare for every look, a step of the scale is all there is to find.
    nearest = (
        discretion.step(cny(LIMIT), upper=True)["amount_minor"],
        discretion.step(cny(LIMIT), upper=False)["amount_minor"],
    )
    best = bits(nearest[1], nearest[0])
    monkeypatch.setattr(
        discretion, "passes", lambda stated, content: not constraints.evaluate(stated, content)
    )
    monkeypatch.setattr(discretion, "look", lambda actor, project: discretion.Look(live.content_of(project)))
    low, high = nosy.bisect(investor.organisation_id, 16)
    assert low <= LIMIT <= high
    learnt = bits(low, high)
    record_property("bits_without_guards", round(learnt, 1))
    record_property("bits_with_guards_at_most", round(best, 1))

    assert learnt > 15
    assert best < 5


def test_dislikes_are_found_no_faster_than_a_few_genres_a_day(
    nosy: Nosy,
    person: Callable[..., Person],
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[..., None],
) -> None:
    tried = [
        "sweet",
        "horror",
        "comedy",
        "suspense",
        "ceo",
        "mafia",
        "costume",
        "wuxia",
        "medical",
        "war_god",
    ]
    disliked = {"horror", "mafia", "war_god"}
    wishes = {"genres": {"revenge": 1.0} | dict.fromkeys(disliked, -1.0)}
    investor = person("investor")
    assert investor.post("/mandates", mandate(constraints={}, preferences=wishes)).status_code == 201

    def score(genres: list[str]) -> int:
        done = nosy.person.patch(
            f"/projects/{nosy.project['id']}", {"genres": genres}, nosy.project["version"]
        )
        assert done.status_code == 200, done.json
        nosy.project = done.json
        (found,) = nosy.person.get(f"/projects/{nosy.project['id']}/investors").json["items"]
        return int(found["score"])

    def learnt() -> set[str]:
        usual = score(["revenge", "urban"])
        return {genre for genre in tried if score(["revenge", genre]) < usual}

    guarded = learnt()
    answered, unanswered = (
        set(tried[: discretion.MOST_OF_PROJECT - 1]),
        set(tried[discretion.MOST_OF_PROJECT - 1 :]),
    )
    assert guarded & answered == disliked & answered
    # The rest is told about the last state that was answered, the same whatever is tried.
    assert guarded & unanswered in (set(), unanswered)
    monkeypatch.setattr(discretion, "look", lambda actor, project: discretion.Look(live.content_of(project)))
    free = learnt()
    record_property("dislikes_found_without_guards", len(free & disliked))
    record_property("dislikes_found_in_a_day_with_guards", len(guarded & answered))
    assert free == disliked


def test_edits_within_a_step_tell_nothing(nosy: Nosy, person: Callable[..., Person]) -> None:
    houses = [person("investor") for _ in range(5)]
    for number, house in enumerate(houses):
        # Limits spread over the very step that the edits move in.
        stated = mandate(constraints={"ask": {"max": cny(64_000_000 + 3_000_000 * number)}})
        assert house.post("/mandates", stated).status_code == 201
    told = set()
    for minor in (63_500_000, 70_000_000, 79_000_000):
        nosy.ask(minor)
        names = [nosy.found(house.organisation_id) for house in houses]
        tips = nosy.person.get(f"/projects/{nosy.project['id']}/advice").json
        told.add(str((names, sum(tip["mandates_gained"] for tip in tips) > 0)))
    assert len(told) == 1


def test_a_pitch_can_be_asked_about_in_a_few_states_a_day(nosy: Nosy, person: Callable[..., Person]) -> None:
    investor = person("investor")
    investor.post("/mandates", mandate())
    house = investor.organisation_id
    for number in range(discretion.MOST_OF_PROJECT):
        nosy.ask(20_000_000 + number)
        assert nosy.found(house)
    nosy.ask(900_000_000)
    assert nosy.found(house), "the last state that was asked about stands"
    page = nosy.person.browser().get(f"/projects/{nosy.project['id']}/advice")
    assert "a few states a day" in page.text
    clock.set_base(clock.now() + timedelta(days=1, minutes=1))
    assert not nosy.found(house)


def test_what_is_told_concerns_several_houses(nosy: Nosy, person: Callable[..., Person]) -> None:
    one = person("investor")
    for number in range(6):
        one.post("/mandates", mandate(name=f"M{number}"))
    nosy.ask(90_000_000)
    assert nosy.person.get(f"/projects/{nosy.project['id']}/advice").json == []
    for _ in range(2):
        person("investor").post("/mandates", mandate())
    nosy.ask(90_000_001)
    tips = nosy.person.get(f"/projects/{nosy.project['id']}/advice").json
    assert {tip["mandates_gained"] for tip in tips if tip["change"]["field"] == "ask"} == {advice.GROUP}


def test_nothing_private_reaches_the_owner(nosy: Nosy, person: Callable[..., Person]) -> None:
    for _ in range(6):
        investor = person("investor")
        made = investor.post("/mandates", mandate()).json
        answer = {"project_id": nosy.project["id"], "action": "pass", "reason": "CANARY-reason"}
        investor.post(f"/mandates/{made['id']}/feedback", answer)
    browser = nosy.person.browser()
    for path in ("", "/investors", "/advice"):
        text = browser.get(f"/projects/{nosy.project['id']}{path}").text
        assert "CANARY" not in text
        assert str(LIMIT) not in text
    for path in ("/investors", "/advice"):
        assert "CANARY" not in nosy.person.get(f"/projects/{nosy.project['id']}{path}").text


@given(amount=st.integers(1, 10**12))
def test_a_step_holds_its_amount_and_is_a_quarter_wide(amount: int) -> None:
    low, high = (discretion.step(cny(amount), upper=upper)["amount_minor"] for upper in (False, True))
    assert low <= amount <= high
    assert amount < 100 or high <= 1.3 * low + 1


def test_credits_are_known_to_a_group_only() -> None:
    team = {"team": [{"credits": 4}, {"credits": 1}]}
    assert {sum(m["credits"] for m in end["team"]) for end in discretion.ends(team)} == {3}
