"""A holding takes over what waterfalls paid its owner, each line once, corrections included."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from dealflow.core import clock, db
from dealflow.ledger import verification
from dealflow.portfolio import incoming, overview
from dealflow.portfolio.service import following
from tests.conftest import Person
from tests.factories.commitments import executed
from tests.factories.distributions import Stage, staged
from tests.settlement.conftest import called, pay


@pytest.fixture
def stage(person: Callable[..., Person]) -> Iterator[Stage]:
    yield staged(person)
    clock.set_base(None)


def waiting(stage: Stage) -> list[incoming.Undecided]:
    actor = stage.investor.actor
    with db.edge(write=False, actor=actor):
        found = [row for row in incoming.undecided(actor) if row.arrival.source == "recoupment"]
        assert len(overview.decisions(actor, [])) >= len(found)
        return found


def test_payouts_enter_once_and_what_was_set_off_counts(stage: Stage) -> None:
    me = stage.investor.organisation_id
    wrong = stage.receipt("2026-10-01", 30_000_000)
    first = stage.posted("2026-10-31")
    body = {"payee": me, "on": "2026-11-02", "bank_reference": "ICBC-1"}
    assert stage.creator.post(f"/distribution-runs/{first['id']}/payouts", body).status_code == 201
    assert [row.reason for row in waiting(stage)] == [incoming.NO_HOLDING]
    made = stage.investor.post("/funds/own/holdings", {"project_id": stage.project})
    assert made.status_code == 201
    assert made.get_json()["name"]
    assert waiting(stage) == []
    place = f"/holdings/{made.get_json()['id']}"
    entered = [
        row
        for row in stage.investor.post(f"{place}/follow").get_json()["entered"]
        if row["source"] == "recoupment"
    ]
    assert [(row["kind"], row["amount_minor"]) for row in entered] == [("proceeds", 27_000_000)]
    assert stage.investor.post(f"{place}/follow").get_json()["entered"] == []
    stage.correct(wrong, 20_000_000)
    stage.posted("2026-10-31")
    stage.receipt("2026-11-03", 15_000_000)
    third = stage.posted("2026-11-20")
    paid = stage.creator.post(
        f"/distribution-runs/{third['id']}/payouts", body | {"bank_reference": "ICBC-2"}
    )
    assert paid.status_code == 201
    with db.system_edge():
        assert following.follow_project(stage.project) == 2
        assert following.follow_all() == 0
    flows = [
        row
        for row in stage.investor.get(f"{place}/cashflows").get_json()["items"]
        if row["source"] == "recoupment"
    ]
    assert sum(row["amount_minor"] * (1 if row["kind"] == "proceeds" else -1) for row in flows) == 31_500_000
    back = stage.investor.post(f"{place}/cashflows/{flows[0]['id']}/reverse", {"reason": "x"})
    assert back.status_code == 409
    with db.system_edge(write=False):
        assert list(verification.verify()) == []


def test_two_holdings_of_one_project_are_left_to_a_person(stage: Stage) -> None:
    fund = stage.investor
    assert fund.post("/funds/own/holdings", {"project_id": stage.project}).status_code == 201
    again = fund.post("/funds/own/holdings", {"project_id": stage.project, "name": "other"})
    assert again.status_code == 409
    assert stage.creator.post("/funds/own/holdings", {"name": "x"}).status_code == 404


def test_payments_of_a_commitment_are_cost_and_fall_away_when_taken_back(
    person: Callable[..., Person],
) -> None:
    creator, investor = person("creator"), person("investor")
    made = executed(creator, investor)
    call = called(creator, made["commitment"]["tranches"][0])
    with db.edge(write=False, actor=investor.actor):
        (item,) = overview.due(investor.actor, [])
        assert item.minor == -call["outstanding"]["amount_minor"]
    assert pay(creator, call, 100_000_00).status_code == 201
    project = made["commitment"]["project_id"]
    held = investor.post("/funds/own/holdings", {"project_id": project}).get_json()
    place = f"/holdings/{held['id']}"
    (row,) = investor.post(f"{place}/follow").get_json()["entered"]
    assert (row["kind"], row["amount_minor"], row["source"]) == ("cost", 100_000_00, "settlement")
    transfer = row["source_id"].partition(":")[0]
    taken = creator.post(f"/payments/{transfer}/reverse", {"reason": "Wrong project"})
    assert taken.status_code == 201, taken.json
    (back,) = investor.post(f"{place}/follow").get_json()["entered"]
    assert (back["amount_minor"], back["reverses_id"]) == (-100_000_00, row["id"])
    assert investor.post(f"{place}/follow").get_json()["entered"] == []
    with db.system_edge(write=False):
        assert list(verification.verify()) == []
