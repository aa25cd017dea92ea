"""Two parties at one term sheet at the same instant: one is first, the other is told, and nothing is half done.

Control runs, each with one guard taken away: `test_without_the_guard_a_version_…` (accepting what was replaced),
`test_without_the_check_of_its_base_…` (two counters at once); the one of the queue that is down stands in `test_signing`."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from dealflow.accounts import limits
from dealflow.core import db, invariants, jobs
from dealflow.core.actor import Actor
from dealflow.core.errors import DomainError
from dealflow.core.outbox import OutboxEvent
from dealflow.termsheets import queries, service
from dealflow.termsheets.models import Acceptance, TermSheet
from dealflow.termsheets.service import base
from tests.concurrency.conftest import at_once
from tests.conftest import Person
from tests.factories import pitches

Sheet = dict[str, Any]


@pytest.fixture
def creator(person: Callable[..., Person]) -> Person:
    return person("creator")


@pytest.fixture
def investor(person: Callable[..., Person]) -> Person:
    return person("investor")


@pytest.fixture
def sheet(creator: Person, investor: Person) -> Sheet:
    """A term sheet that the investor proposed."""
    deal = investor.post("/deals", {"project_id": pitches.published(creator)["id"]}).json
    drafted = investor.post(f"/deals/{deal['id']}/term-sheets", {"template": "loan"}).json
    return dict(investor.post(f"/term-sheets/{drafted['id']}/propose").json)


def counter(who: Person, sheet: Sheet, days: int, number: int = 1) -> Any:
    terms = copy.deepcopy(sheet["terms"])
    terms["exclusivity"]["days"] = days
    return who.post(f"/term-sheets/{sheet['id']}/versions", {"terms": terms, "base_version": number})


def sign(who: Person, sheet: Sheet, number: int) -> str:
    """The state after starting to sign, or the refusal's code."""
    try:
        with who.app.app_context(), db.edge(actor=who.actor):
            return service.start_signing(who.actor, sheet["id"], version=number).state
    except DomainError as refusal:
        return refusal.code


def consistent() -> None:
    with db.system_edge(write=False):
        assert not any(invariants.run_all().values())


def test_of_two_who_counter_at_once_one_is_stale(sheet: Sheet, creator: Person, investor: Person) -> None:
    for number in (1, 2, 3):
        calls = [lambda who=who, d=d, n=number: counter(who, sheet, d, n) for who, d in ((creator, 7 + number), (investor, 40 + number))]  # fmt: skip
        answers = at_once(calls)
        assert sorted(a.status_code for a in answers) == [201, 409]
        assert next(a.json["code"] for a in answers if a.status_code == 409) == "stale_base"
        assert creator.get(f"/term-sheets/{sheet['id']}").json["current_version"] == number + 1
    consistent()


def test_accepting_meets_a_counter_and_nobody_accepts_what_was_replaced(
    sheet: Sheet, creator: Person, investor: Person
) -> None:
    path = f"/term-sheets/{sheet['id']}"
    accepted, countered = at_once(
        [lambda: creator.post(f"{path}/accept", {"version": 1}), lambda: counter(investor, sheet, 12)]
    )
    assert countered.status_code == 201
    assert accepted.status_code == 200 or accepted.json["code"] == "superseded"
    now = creator.get(path).json
    assert (now["state"], now["current_version"]) == ("countered", 2)
    assert [a["side"] for a in now["accepted_by"]] == ["investor"]
    consistent()


def test_a_double_click_accepts_once(sheet: Sheet, creator: Person) -> None:
    answers = at_once([lambda: creator.post(f"/term-sheets/{sheet['id']}/accept", {"version": 1})] * 6)
    assert {(a.status_code, a.json["state"]) for a in answers} == {(200, "accepted")}
    with db.system_edge(write=False) as session:
        rows = session.query(Acceptance).filter_by(term_sheet_id=sheet["id"])
        assert Counter((row.side, row.number) for row in rows) == {("investor", 1): 1, ("project", 1): 1}
        assert session.query(OutboxEvent).filter_by(name="TermSheetAccepted").count() == 1


def test_a_double_click_proposes_once(creator: Person, investor: Person) -> None:
    deal = investor.post("/deals", {"project_id": pitches.published(creator)["id"]}).json
    drafted = investor.post(f"/deals/{deal['id']}/term-sheets", {"template": "loan"}).json
    answers = at_once([lambda: investor.post(f"/term-sheets/{drafted['id']}/propose")] * 6)
    assert Counter(a.status_code for a in answers) == {200: 1, 409: 5}
    told = [n for n in creator.get("/notifications").json["items"] if drafted["id"] in n["link"]]
    assert len(told) == 1


def test_a_clause_is_accepted_once_by_a_double_click(sheet: Sheet, creator: Person) -> None:
    path = f"/term-sheets/{sheet['id']}/clauses/law/accept"
    answers = at_once([lambda: creator.post(path, {"version": 1})] * 6)
    assert {a.status_code for a in answers} == {200}
    assert {tuple(a.json["agreed"]) for a in answers} == {("investor", "project")}


def test_what_was_just_superseded_is_not_signed(sheet: Sheet, creator: Person, investor: Person) -> None:
    creator.post(f"/term-sheets/{sheet['id']}/accept")
    signed, countered = at_once([lambda: sign(investor, sheet, 1), lambda: counter(creator, sheet, 12)])
    now = creator.get(f"/term-sheets/{sheet['id']}").json
    if countered.status_code == 201:
        assert signed in ("superseded", "invalid_transition")
        assert (now["state"], now["current_version"]) == ("countered", 2)
    else:
        assert (signed, countered.json["code"]) == ("signing", "invalid_transition")
        assert (now["state"], now["current_version"]) == ("signing", 1)
    consistent()


def test_one_term_sheet_of_a_deal_is_signed(sheet: Sheet, creator: Person, investor: Person) -> None:
    other = investor.post(f"/deals/{sheet['deal_id']}/term-sheets", {"template": "presale"}).json
    investor.post(f"/term-sheets/{other['id']}/propose")
    for found in (sheet, other):
        assert creator.post(f"/term-sheets/{found['id']}/accept").json["state"] == "accepted"
    results = at_once([lambda: sign(investor, sheet, 1), lambda: sign(creator, other, 1)])
    assert sorted(results) == ["conflict", "signing"]


@pytest.fixture
def unguarded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody holds the row, and nobody looks at the version a counter-proposal was made from."""

    def loose(sheet: TermSheet) -> TermSheet:
        return sheet

    monkeypatch.setattr(base, "hold", loose)
    known = service.accept

    def any_version(actor: Actor, term_sheet_id: str, *, version: int | None = None) -> TermSheet:
        limits.take_turns("control")
        return known(actor, term_sheet_id, version=None)

    monkeypatch.setattr(service, "accept", any_version)


@pytest.mark.usefixtures("unguarded")
def test_without_the_guard_a_version_is_accepted_unseen(
    sheet: Sheet, creator: Person, investor: Person
) -> None:
    assert counter(investor, sheet, 12).status_code == 201
    answer = creator.post(f"/term-sheets/{sheet['id']}/accept", {"version": 1})
    assert (answer.status_code, answer.json["state"]) == (200, "accepted")


def test_without_the_check_of_its_base_a_counter_buries_one_nobody_saw(
    sheet: Sheet, creator: Person, investor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = service.add_version

    def upon_whatever_is_there(actor: Actor, term_sheet_id: str, *, base_version: int, **more: Any) -> Any:
        current = queries.get(actor, term_sheet_id).current_number
        return known(actor, term_sheet_id, base_version=current, **more)

    monkeypatch.setattr(service, "add_version", upon_whatever_is_there)
    answers = [counter(who, sheet, days) for who, days in ((creator, 8), (investor, 41))]
    assert [(a.status_code, a.json["number"]) for a in answers] == [(201, 2), (201, 3)]


def test_a_queue_that_is_down_stops_neither_talks_nor_prints(sheet: Sheet, creator: Person) -> None:
    def unreachable(_job_id: str) -> None:
        raise ConnectionError("the queue is down")

    jobs.wake_with(unreachable)
    assert creator.post(f"/term-sheets/{sheet['id']}/accept").json["state"] == "accepted"
    assert creator.get(f"/term-sheets/{sheet['id']}.pdf?lang=en").data.startswith(b"%PDF-")
    jobs.wake_with(None)
    assert jobs.run_due() >= 1, "what the queue did not hear of is done by the sweep"
