"""Money comes in once, whoever records it at the same moment, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask

from dealflow.core import db, jobs
from dealflow.core.actor import Actor
from dealflow.core.money import Money
from dealflow.notify.models import Notification
from dealflow.releases import queries, service, statements
from dealflow.releases.models import AdSpend, Receipt, Statement
from tests.concurrency.conftest import at_once
from tests.conftest import Person
from tests.factories import pitches
from tests.factories.releases import cny, evidence, receipt

FAR = date(2100, 1, 1)


@pytest.fixture
def two(app: Flask, person: Callable[..., Person]) -> tuple[Person, Person, str]:
    """Two people of one creator, and their project."""
    owner = person("creator")
    member = person("creator", "member", organisation_id=owner.organisation_id)
    return owner, member, pitches.published(owner)["id"]


def count(model: Any) -> int:
    with db.system_edge(write=False) as session:
        return int(session.query(model).count())


def test_one_reference_at_once_is_one_entry(two: tuple[Person, Person, str]) -> None:
    owner, member, project = two
    path, body = f"/projects/{project}/receipts", receipt(document_id=evidence(owner, project))
    answers = at_once([lambda who=who: who.post(path, body) for who in (owner, member) * 4])
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json["id"] for answer in answers}) == 1
    assert count(Receipt) == 1


def test_other_content_at_once_lets_one_in_and_refuses_the_rest(two: tuple[Person, Person, str]) -> None:
    owner, _member, project = two
    path, body = f"/projects/{project}/receipts", receipt(document_id=evidence(owner, project))
    answers = at_once([lambda n=n: owner.post(path, body | {"amount": cny(n + 1)}) for n in range(6)])
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    assert count(Receipt) == 1


def test_corrections_at_once_never_add_up_to_something_else(two: tuple[Person, Person, str]) -> None:
    owner, member, project = two
    paper = evidence(owner, project)
    made = owner.post(f"/projects/{project}/receipts", receipt(amount=1000, document_id=paper)).json
    wanted = [(owner, 700), (member, 400), (owner, 100)]
    calls = [
        lambda who=who, amount=amount: who.post(
            f"/receipts/{made['id']}/corrections",
            {"amount": cny(amount), "reason": "r", "external_ref": f"c-{amount}", "document_id": paper},
        )
        for who, amount in wanted
    ]
    answers = at_once(calls)
    assert {answer.status_code for answer in answers} <= {201, 409}
    with db.system_edge(write=False):
        rows = queries.payable(project, FAR)
    assert sum(row.amount.amount_minor for row in rows) in [amount for _who, amount in wanted]


def _csv(first: int, last: int) -> bytes:
    rows = "".join(f"2026-09-01,H{n},1\n" for n in range(first, last))
    return f"日期,编号,金额\n{rows}".encode()


def _import(who: Actor, project: str, data: bytes, name: str) -> str:
    def upload() -> str:
        with db.edge(actor=who):
            return str(statements.upload(who, project, statements.receive(who, project, data, name))[0].id)

    def run(statement_id: str) -> str:
        with db.edge(actor=who):
            return str(statements.run(who, statement_id).state)

    statement_id = db.retrying(upload)
    return db.retrying(lambda: run(statement_id))


def test_a_statement_imported_by_two_people_at_once_has_one_effect(two: tuple[Person, Person, str]) -> None:
    owner, member, project = two
    data = _csv(0, 300)
    states = at_once(
        [lambda who=who: _import(who.actor, project, data, "september.csv") for who in (owner, member)]
    )
    assert states == ["done", "done"]
    assert (count(Statement), count(Receipt)) == (1, 300)


def test_statements_that_overlap_at_once_write_each_row_once(two: tuple[Person, Person, str]) -> None:
    owner, member, project = two
    parts = [(owner, 0, 300), (member, 150, 450), (owner, 100, 400)]
    at_once(
        [
            lambda who=who, first=first, last=last: _import(
                who.actor, project, _csv(first, last), f"{first}.csv"
            )
            for who, first, last in parts
        ]
    )
    assert count(Receipt) == 450
    with db.system_edge(write=False) as session:
        results = [row.result["counts"] for row in session.query(Statement)]
    assert sum(found["create"] for found in results) == 450
    assert sum(found["same"] for found in results) == 450
    assert not any(found["error"] for found in results)


def test_two_jobs_of_one_large_statement_write_it_once(two: tuple[Person, Person, str]) -> None:
    owner, member, project = two
    data = _csv(0, 900)
    for who in (owner, member):
        _import(who.actor, project, data, "large.csv")
    waiting = jobs.due()
    at_once([lambda job=job: jobs.run(job) for job in waiting for _twice in range(2)])
    jobs.run_due()
    assert (count(Statement), count(Receipt)) == (1, 900)


def test_a_cap_crossed_by_two_at_once_is_told_once(two: tuple[Person, Person, str]) -> None:
    owner, member, project = two
    with db.system_edge():
        service.set_ad_cap(project, Money(1000), "ts_1")
    more = {"platform": "douyin", "document_id": evidence(owner, project)}
    calls = [
        lambda who=who, n=n: who.post(f"/projects/{project}/ad-spend", receipt(f"a-{n}", 300) | more)
        for n, who in enumerate((owner, member, owner, member))
    ]
    answers = at_once(calls)
    assert {answer.status_code for answer in answers} == {201}
    assert count(AdSpend) == 4
    with db.system_edge(write=False) as session:
        told = [row.code for row in session.query(Notification).filter_by(user_id=owner.user_id)]
    assert sorted(set(told)) == ["ad_cap_near", "ad_cap_reached"]
    assert len(told) == 2
