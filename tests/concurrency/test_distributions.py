"""Two runs at once, two approvals at once, a payout marked twice at once: one effect."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dealflow.core import db
from dealflow.ledger import verification
from dealflow.recoupment.models import DistributionRun
from tests.concurrency.conftest import at_once
from tests.conftest import Person
from tests.factories.distributions import Stage, by_payee, staged


@pytest.fixture
def stage(person: Callable[..., Person]) -> Stage:
    made = staged(person)
    made.receipt("2026-10-01", 30_000_000)
    return made


def third(stage: Stage, person: Callable[..., Person]) -> Person:
    return person("creator", "member", organisation_id=stage.creator.organisation_id)


def test_many_runs_at_once_are_one_preview(stage: Stage) -> None:
    makers = [stage.creator, stage.colleague] * 3
    answers = at_once(
        [
            lambda who=who: who.post(
                f"/projects/{stage.project}/distributions/run", {"through": "2026-10-31"}
            )
            for who in makers
        ]
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["id"] for answer in answers}) == 1
    with db.system_edge(write=False) as session:
        assert session.query(DistributionRun).count() == 1


def test_many_approvals_at_once_post_once(stage: Stage, person: Callable[..., Person]) -> None:
    run = stage.run("2026-10-31").json
    approvers = [stage.colleague, third(stage, person)] * 3
    answers = at_once(
        [lambda who=who: who.post(f"/distribution-runs/{run['id']}/approve") for who in approvers]
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]
    shown = stage.creator.get(f"/projects/{stage.project}/ledger").json
    assert [entry["kind"] for entry in shown["items"]].count("distribution") == 1
    with db.system_edge(write=False):
        assert list(verification.verify()) == []


def test_a_payout_marked_by_many_at_once_is_one_transfer(stage: Stage) -> None:
    run = stage.posted("2026-10-31")
    me = stage.investor.organisation_id
    body = {"payee": me, "on": "2026-11-02"}
    answers = at_once(
        [
            lambda n=n: stage.creator.post(
                f"/distribution-runs/{run['id']}/payouts", body | {"bank_reference": f"r{n}"}
            )
            for n in range(5)
        ]
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    shown = stage.creator.get(f"/projects/{stage.project}/ledger").json
    assert [p["amount"]["amount_minor"] for p in shown["payouts"]] == [by_payee(run)[me]]
    with db.system_edge(write=False):
        assert list(verification.verify()) == []
