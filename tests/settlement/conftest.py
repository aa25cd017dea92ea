"""A term sheet that everybody signed, and the commitment it became."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest

from dealflow.accounts import identity
from dealflow.accounts.models import User
from dealflow.core import clock, db, jobs
from dealflow.core.jobs import Job
from dealflow.termsheets import service as termsheets
from tests.conftest import Person
from tests.factories import pitches


def deliver(prefix: str) -> None:
    """Run the jobs that wait and whose kind begins so; prints and rankings are not needed here."""
    with db.system_edge(write=False) as session:
        rows = session.query(Job.id).filter(Job.state == "queued", Job.kind.like(f"{prefix}%")).all()
    for (job_id,) in rows:
        assert jobs.run(job_id) == "done"


def renewed(who: Person) -> None:
    """A fresh token, after weeks have passed."""
    with db.system_edge() as session:
        who.token = identity.issue_token(session.get_one(User, who.user_id), label="later")[0]


def executed(
    creator: Person,
    investor: Person,
    *,
    template: str = "equity_spv",
    terms: dict[str, Any] | None = None,
    **project: Any,
) -> dict[str, Any]:
    """A deal about a new project whose term sheet both signed, and its commitment."""
    deal = investor.post("/deals", {"project_id": pitches.published(creator, **project)["id"]}).json
    sheet = investor.post(f"/deals/{deal['id']}/term-sheets", {"template": template, "terms": terms or {}})
    assert sheet.status_code == 201, sheet.json
    with db.edge(actor=investor.actor):
        termsheets.propose(investor.actor, sheet.json["id"])
    with db.edge(actor=creator.actor):
        termsheets.accept(creator.actor, sheet.json["id"])
        termsheets.start_signing(creator.actor, sheet.json["id"])
        termsheets.complete(creator.actor, sheet.json["id"])
    deliver("event:TermSheetExecuted:settlement")
    found = creator.get(f"/projects/{deal['project_id']}/commitments").json
    assert found["total"] == 1, found
    return {"deal": deal, "sheet": sheet.json, "commitment": found["items"][0]}


@pytest.fixture
def creator(person: Callable[..., Person]) -> Person:
    return person("creator", name="星火影业有限公司")


@pytest.fixture
def investor(person: Callable[..., Person]) -> Person:
    return person("investor", name="远山资本有限公司")


@pytest.fixture
def made(creator: Person, investor: Person) -> dict[str, Any]:
    """An executed term sheet of four tranches, the first due at signing."""
    return executed(creator, investor)


@pytest.fixture
def commitment(made: dict[str, Any]) -> dict[str, Any]:
    return dict(made["commitment"])


def called(creator: Person, tranche: dict[str, Any]) -> dict[str, Any]:
    """A call for an open tranche."""
    answer = creator.post(f"/tranches/{tranche['id']}/calls")
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def pay(creator: Person, call: dict[str, Any], minor: int, **more: Any) -> Any:
    """Record a payment of so many minor units today."""
    body = {
        "amount": {"amount_minor": minor, "currency": call["amount"]["currency"]},
        "on": clock.today().isoformat(),
    }
    return creator.post(f"/payment-calls/{call['id']}/payments", body | more)


def upload(who: Person, path: str, content: bytes, name: str = "file.csv", **fields: str) -> Any:
    """Send a file to the API."""
    client = who.app.test_client()
    headers = {"Authorization": f"Bearer {who.token}", "Accept-Language": "en"}
    data = {"file": (BytesIO(content), name), **fields}
    return client.post(f"/api/v1{path}", data=data, headers=headers, content_type="multipart/form-data")


def later(days: int) -> None:
    """Let so many days pass."""
    clock.set_base(clock.now() + timedelta(days=days))
