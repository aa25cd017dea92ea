"""Controls of the row locks and of one constraint, on PostgreSQL (on SQLite a writer keeps every other writer out by itself).

Each pair runs in one forced order: the first reads the row it is about to change and stops; the second does its whole work if
it can; the first goes on. With the lock the second waits its turn and both are told the truth. With `FOR UPDATE` taken out of
the very same statements the second overtakes, and what the first was told or keeps is wrong.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text

from dealflow import create_app
from dealflow.core import db, invariants, jobs
from dealflow.settings import Settings
from dealflow.signing import queries, service
from tests.conftest import Person
from tests.deals.conftest import move
from tests.factories import pitches, rooms

BLOCKED_S, FREE_S = (
    0.7,
    60.0,
)  # who is held out is not waited for long; who is not gets the time a busy machine needs
ONCE = "uq__signing_step__round_id_user_id"
ACCEPTED_ONCE = "uq__term_sheet_acceptance__term_sheet_id_number_side"
_LOCK = re.compile(r"\s+FOR (UPDATE|SHARE)\b")
Call = Callable[[], Any]
Sides = tuple[Person, Person, Person]
pytestmark = pytest.mark.postgres


@pytest.fixture
def app(settings: Settings, filled_postgres_url: str) -> Iterator[Flask]:
    made = create_app(settings.with_(database_url=filled_postgres_url))
    jobs.wake_with(None)
    yield made
    db.database().engine.dispose()


@pytest.fixture(params=[True, False], ids=["locked", "without the lock"])
def locked(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


class Order:
    """The first call stops once it has read its row of `table` (and then something of `at`, where it looks again)."""

    def __init__(self, table: str, *, locked: bool, at: str = "") -> None:
        self.table, self.at, self.locked = table, at or table, locked
        self.has_read, self.second_done = threading.Event(), threading.Event()
        self.holds = self.overtaken = False
        self.first: threading.Thread | None = None

    def before(
        self, _c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
    ) -> Any:
        plain = statement.replace("\n", " ")
        if threading.current_thread() is self.first and f"FROM {self.table} " in plain:
            self.holds = self.holds or _LOCK.search(plain) is not None
        return (statement if self.locked else _LOCK.sub("", statement)), parameters

    def after(self, _c: Any, _cursor: Any, statement: str, _p: Any, _context: Any, _many: bool) -> None:
        if threading.current_thread() is not self.first or not self.holds or self.has_read.is_set():
            return
        if f"FROM {self.at} " in statement.replace("\n", " "):
            self.has_read.set()
            self.overtaken = self.second_done.wait(BLOCKED_S if self.locked else FREE_S)

    def run(self, first: Call, second: Call) -> list[Any]:
        """What both were answered."""
        answers: list[Any] = [None, None]

        def go(place: int, call: Call) -> None:
            answers[place] = call()

        def follow() -> None:
            assert self.has_read.wait(20), f"the first never held a row of {self.table}"
            go(1, second)
            self.second_done.set()

        self.first = threading.Thread(target=go, args=(0, first))
        other = threading.Thread(target=follow)
        engine = db.database().engine
        event.listen(engine, "before_cursor_execute", self.before, retval=True)
        event.listen(engine, "after_cursor_execute", self.after)
        for thread in (self.first, other):
            thread.start()
        for thread in (self.first, other):
            thread.join()
        event.remove(engine, "before_cursor_execute", self.before)
        event.remove(engine, "after_cursor_execute", self.after)
        return answers


@pytest.fixture
def sides(person: Callable[..., Person]) -> Sides:
    """A creator, an investor and the investor's colleague."""
    investor = person("investor")
    return person("creator"), investor, person("investor", "member", organisation_id=investor.organisation_id)


def codes(answers: list[Any]) -> list[Any]:
    """The status of what was done, the code of what was refused."""
    return [a.status_code if a.status_code < 400 else a.json["code"] for a in answers]


def sound() -> bool:
    with db.system_edge(write=False):
        return not any(invariants.run_all().values())


def proposed(creator: Person, investor: Person) -> dict[str, Any]:
    """A term sheet that the investor proposed."""
    deal = investor.post("/deals", {"project_id": pitches.published(creator)["id"]}).json
    sheet = investor.post(f"/deals/{deal['id']}/term-sheets", {"template": "loan"}).json
    return dict(investor.post(f"/term-sheets/{sheet['id']}/propose").json)


# Where two change one row, its version or its state still catches the one that was overtaken: nothing is lost then either, but
# who was first is turned away.


def test_accepting_while_the_other_side_counters(sides: Sides, locked: bool) -> None:
    creator, investor, _colleague = sides
    sheet = proposed(creator, investor)
    path = f"/term-sheets/{sheet['id']}"
    terms = {**sheet["terms"], "exclusivity": {**sheet["terms"]["exclusivity"], "days": 3}}
    order = Order("term_sheet", locked=locked)
    answers = order.run(
        lambda: creator.post(f"{path}/accept", {"version": 1}),
        lambda: investor.post(f"{path}/versions", {"terms": terms, "base_version": 1}),
    )
    assert order.overtaken != locked
    assert codes(answers) == ([200, 201] if locked else ["stale_version", 201])
    assert sound()


def test_a_double_click_on_accept(sides: Sides, locked: bool) -> None:
    """The second click waits and finds the acceptance; overtaken, the first is told of a state that is over."""
    creator, investor, _colleague = sides
    path = f"/term-sheets/{proposed(creator, investor)['id']}"
    order = Order("term_sheet", locked=locked, at="term_sheet_acceptance")
    answers = order.run(*[lambda: creator.post(f"{path}/accept", {"version": 1})] * 2)
    assert order.overtaken != locked
    told = [(a.status_code, a.json["state"]) for a in answers]
    assert told == [(200, "accepted" if locked else "proposed"), (200, "accepted")]
    assert [a["side"] for a in creator.get(path).json["accepted_by"]] == ["investor", "project"]
    assert sound()


@pytest.mark.parametrize("kept", [True, False], ids=["constraint", "without it"])
def test_a_double_click_on_accept_where_nobody_waits(sides: Sides, kept: bool) -> None:
    """The constraint alone keeps the overtaken click from a second acceptance; without it the record has two."""
    if not kept:
        with db.database().engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE term_sheet_acceptance DROP CONSTRAINT {ACCEPTED_ONCE}"))
    creator, investor, _colleague = sides
    path = f"/term-sheets/{proposed(creator, investor)['id']}"
    order = Order("term_sheet", locked=False, at="term_sheet_acceptance")
    answers = order.run(*[lambda: creator.post(f"{path}/accept", {"version": 1})] * 2)
    assert order.overtaken
    assert codes(answers) == ([200, 200] if kept else ["stale_version", 200])
    assert sound()


def test_two_colleagues_who_give_the_last_signature(
    sides: Sides, person: Callable[..., Person], locked: bool
) -> None:
    creator, investor, _colleague = sides
    partner = person("creator", "member", organisation_id=creator.organisation_id)
    path = f"/term-sheets/{proposed(creator, investor)['id']}"
    assert creator.post(f"{path}/accept").json["state"] == "accepted"
    assert investor.post(f"{path}/sign").json["state"] == "signing"
    order = Order("signing_round", locked=locked)
    answers = order.run(lambda: creator.post(f"{path}/sign"), lambda: partner.post(f"{path}/sign"))
    assert order.overtaken != locked
    assert codes(answers) == ([200, "invalid_transition"] if locked else ["invalid_transition", 200])
    assert sound()


@pytest.mark.parametrize("kept", [True, False], ids=["constraint", "without it"])
def test_a_double_click_on_sign_where_nobody_looks_whose_turn_it_is(
    sides: Sides, kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The constraint alone stops a person from signing twice; without it the click signs for the other side."""
    monkeypatch.setattr(service, "_turn", lambda _actor, _round, found: queries.waiting(found))
    if not kept:
        with db.database().engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE signing_step DROP CONSTRAINT {ONCE}"))
    creator, investor, _colleague = sides
    path = f"/term-sheets/{proposed(creator, investor)['id']}"
    assert creator.post(f"{path}/accept").json["state"] == "accepted"
    clicks = [investor.post(f"{path}/sign") for _ in range(2)]
    assert codes(clicks) == ([200, "conflict"] if kept else [200, 200])
    assert investor.get(path).json["state"] == ("signing" if kept else "executed")


def test_both_sides_end_a_deal(sides: Sides, locked: bool) -> None:
    creator, investor, _colleague = sides
    deal = str(investor.post("/deals", {"project_id": pitches.published(creator)["id"]}).json["id"])
    order = Order("deal", locked=locked)
    answers = order.run(
        lambda: move(investor, deal, to="closed_lost", reason="No"),
        lambda: move(creator, deal, to="closed_lost", reason="No"),
    )
    assert order.overtaken != locked
    assert codes(answers) == ([200, "invalid_transition"] if locked else ["invalid_transition", 200])
    assert sound()


def test_a_grant_is_revoked_while_somebody_opens(sides: Sides, locked: bool) -> None:
    creator, investor, _colleague = sides
    project = str(pitches.published(creator)["id"])
    document = rooms.upload(creator, project)["id"]
    rooms.grant(creator, project, investor)
    rooms.accept(investor, project)
    order = Order("data_grant", locked=locked, at="data_document_version")
    answers = order.run(
        lambda: investor.browser().get(f"/documents/{document}"),
        lambda: creator.call(
            "DELETE", f"/projects/{project}/grants?organisation_id={investor.organisation_id}"
        ),
    )
    assert [a.status_code for a in answers] == [200, 204]
    assert (order.overtaken, sound()) == (not locked, locked), "a record of reading after the revocation"
