"""Figures of deals, and reminders before a next step is due."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dealflow.core import clock, jobs
from tests.deals.conftest import People, move
from tests.factories import pitches


@pytest.fixture(autouse=True)
def running() -> Any:
    """The clock runs again after each test."""
    yield
    clock.freeze(None)


def test_the_funnel_counts_what_was_reached_and_forgets_what_was_taken_back(
    deal: dict[str, Any], people: People
) -> None:
    creator, investor, _project = people
    start = clock.now()
    other = investor.post("/deals", {"project_id": pitches.published(creator)["id"]}).json["id"]
    clock.freeze(start + timedelta(days=4))
    move(investor, deal["id"], to="intro")
    clock.freeze(start + timedelta(days=10))
    move(investor, deal["id"], to="negotiation")
    slip = move(investor, other, to="negotiation").json["move_id"]
    assert investor.post(f"/deals/moves/{slip}/undo").status_code == 200
    reason = investor.get("/close-reasons?outcome=lost").json["items"][0]
    move(investor, deal["id"], to="closed_lost", reason="Over", reason_id=reason["id"])
    found = investor.get("/deals/figures").json
    steps = {s["state"]: s for s in found["steps"]}
    assert {state: s["reached"] for state, s in steps.items()} == {
        "interest": 2, "intro": 1, "data_room": 1, "negotiation": 1, "signed": 0, "funded": 0, "closed_won": 0,
    }  # fmt: skip
    assert (steps["interest"]["here"], steps["negotiation"]["lost_here"]) == (1, 1)
    assert steps["interest"]["median_days"] == pytest.approx(4, abs=0.1)
    assert steps["intro"]["median_days"] == pytest.approx(6, abs=0.1)
    assert found["reasons"] == [{"outcome": "lost", "label": reason["label"], "count": 1}]
    assert creator.get("/deals/figures").json["reasons"] == []
    later = (start + timedelta(days=30)).date().isoformat()
    assert investor.get(f"/deals/figures?begun_from={later}").json["total"] == 0


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_draws_the_funnel_with_its_table(deal: dict[str, Any], people: People, lang: str) -> None:
    text = people[1].browser(lang).get("/deals/figures").text
    assert text.count("bars__row") >= 7
    assert "<table" in text


def test_a_next_step_is_reminded_of_once_and_in_time(deal: dict[str, Any], people: People) -> None:
    creator, investor, _project = people
    day = clock.today() + timedelta(days=5)
    own = {
        "next_step": "Call them",
        "next_step_on": day.isoformat(),
        "remind_days": 2,
        "assignee_id": investor.user_id,
    }
    version = investor.patch(f"/deals/{deal['id']}", own, 1).json["version"]
    for days, told in ((1, 0), (3, 1), (4, 1)):
        clock.freeze(clock.now() + timedelta(days=1) if days > 3 else clock.now() + timedelta(days=days))
        jobs.sweep()
        jobs.run_due()
        notes = [n for n in investor.get("/notifications").json["items"] if n["code"] == "next_step_due"]
        assert len(notes) == told, days
    assert "Call them" in notes[0]["title"]
    assert investor.get(f"/deals/{deal['id']}").json["version"] == version
    assert not [n for n in creator.get("/notifications").json["items"] if n["code"] == "next_step_due"]


@pytest.mark.parametrize(("lang", "words"), [("zh", "：Call them"), ("en", "”: Call them")])
def test_a_step_whose_day_has_passed_says_since_when(
    deal: dict[str, Any], people: People, lang: str, words: str
) -> None:
    _creator, investor, _project = people
    day = clock.today() + timedelta(days=1)
    own = {"next_step": "Call them", "next_step_on": day.isoformat(), "assignee_id": investor.user_id}
    investor.patch(f"/deals/{deal['id']}", own, 1)
    clock.freeze(clock.now() + timedelta(days=3))
    page = investor.browser(lang).get("/").text
    assert words in page
    assert ("起逾期" if lang == "zh" else "Overdue since") in page
    assert day.isoformat() not in page


def test_a_date_needs_a_step_and_the_other_side_sees_nothing_of_it(
    deal: dict[str, Any], people: People
) -> None:
    creator, investor, _project = people
    bare = investor.patch(f"/deals/{deal['id']}", {"next_step_on": "2026-12-24"}, 1)
    assert bare.json["errors"][0]["field"] == "next_step"
    own = {"next_step": "CANARY-step", "amount": {"amount_minor": 123_456_700, "currency": "CNY"}}
    assert investor.patch(f"/deals/{deal['id']}", own, 1).status_code == 200
    stale = investor.patch(f"/deals/{deal['id']}", own, 1)
    assert stale.status_code == 412
    theirs = creator.get(f"/deals/{deal['id']}").json
    assert (theirs["next_step"], theirs["amount"], theirs["version"]) == (None, None, 1)
    text = creator.browser().get(f"/deals/{deal['id']}").text + creator.browser().get("/deals").text
    assert "CANARY-step" not in text
    assert "1,234,567" not in text
