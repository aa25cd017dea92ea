"""A database of the release before, in which deals stayed funded after their money had gone: the upgrade brings them back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from alembic import command
from sqlalchemy import select

from dealflow.audit import service as audit
from dealflow.core import clock, db, invariants, jobs
from dealflow.core.actor import SYSTEM
from dealflow.core.jobs import Job
from dealflow.settings import Settings
from dealflow.settlement.service import paying
from dealflow.web import migrate
from tests.conftest import Person
from tests.factories.commitments import executed

BEFORE = "0037"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def parties(person: Callable[..., Person]) -> tuple[Person, Person]:
    return person("creator", name="星火影业有限公司"), person("investor", name="远山资本有限公司")


def funded(creator: Person, investor: Person) -> dict[str, Any]:
    """A deal that its payment made funded, with the payment."""
    made = executed(creator, investor)
    tranche = made["commitment"]["tranches"][0]
    call = creator.post(f"/tranches/{tranche['id']}/calls").json
    body = {"amount": call["amount"], "on": clock.today().isoformat(), "reference": call["reference"]}
    paid = creator.post(f"/payment-calls/{call['id']}/payments", body)
    assert paid.status_code == 201, paid.json
    assert stage(investor, made) == "funded"
    return made | {"payment": paid.json, "tranche": tranche, "call": call}


def stage(who: Person, made: dict[str, Any]) -> str:
    return str(who.get(f"/deals/{made['deal']['id']}").json["stage"])


def take_back(creator: Person, made: dict[str, Any], reason: str) -> None:
    path = f"/payments/{made['payment']['id']}/reverse"
    assert creator.post(path, {"reason": reason}).status_code == 201


def waiting() -> list[str]:
    with db.system_edge(write=False) as session:
        wanted = select(Job.id).where(Job.kind == "settlement.follow_late", Job.state == "queued")
        return list(session.scalars(wanted))


def upgraded(settings: Settings) -> None:
    """The database as the release before left it, brought to this one."""
    chosen = migrate.config(settings.database_url)
    command.stamp(chosen, "head")
    command.downgrade(chosen, BEFORE)
    assert migrate.present(settings.database_url) == BEFORE
    migrate.upgrade(settings.database_url)


def broken() -> dict[str, list[str]]:
    with db.system_edge(write=False):
        assert list(audit.verify()) == []
        return {name: lines for name, lines in invariants.run_all().items() if lines}


def test_deals_whose_money_went_back_before_the_rule_follow_it(
    settings: Settings, parties: tuple[Person, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    creator, investor = parties
    reversed_one, refunded, won, by_hand = (funded(creator, investor) for _n in range(4))
    path = f"/deals/{won['deal']['id']}/transitions"
    assert investor.post(path, {"to": "closed_won", "reason": "完成"}).status_code == 200
    take_back(creator, by_hand, "入错账")
    path = f"/deals/{by_hand['deal']['id']}/transitions"
    assert investor.post(path, {"to": "funded", "reason": "线下已付"}).status_code == 200
    with monkeypatch.context() as before:
        before.setattr(paying, "follow", lambda *_args, **_named: None)
        take_back(creator, reversed_one, "入错账")
        take_back(creator, won, "银行退汇")
        body = {"on": clock.today().isoformat(), "reason": "终止合作", "amount": refunded["call"]["amount"]}
        gone = creator.post(f"/tranches/{refunded['tranche']['id']}/refunds", body)
        assert gone.status_code == 201, gone.json
    stranded = {reversed_one["deal"]["id"], refunded["deal"]["id"], won["deal"]["id"]}
    (lines,) = broken().values()
    assert {line.split()[1].rstrip(":") for line in lines} == stranded
    upgraded(settings)
    (job_id,) = waiting()
    assert jobs.run(job_id) == "done"
    assert [stage(investor, made) for made in (reversed_one, refunded, won, by_hand)] == [
        "signed", "signed", "closed_won", "funded",
    ]  # fmt: skip
    assert broken() == {}
    for made, words in (
        (reversed_one, ("Taken back from Funded to Signed", "入错账")),
        (refunded, ("终止合作",)),
        (won, ("The money that made this deal funded is no longer there", "银行退汇")),
    ):
        shown = investor.browser("en").get(f"/deals/{made['deal']['id']}").text
        assert all(word in shown for word in words), words
    told = [row["code"] for row in investor.get("/notifications").json["items"]]
    # One for the payment that was taken back under the rule, one for each that was not.
    assert told.count("settlement.unfunded") == 4
    tags = [row["tag"] for row in creator.get("/audit?limit=200").json["items"]]
    assert tags.count("deals:deal:taken_back") == 2
    # Paid again, a deal is funded again; and nothing is left to do.
    again = {"amount": reversed_one["call"]["amount"], "on": clock.today().isoformat(), "reference": "second"}
    assert creator.post(f"/payment-calls/{reversed_one['call']['id']}/payments", again).status_code == 201
    assert stage(investor, reversed_one) == "funded"
    with db.system_edge():
        assert paying.follow_late(SYSTEM) == 0


def test_a_database_without_such_deals_gets_no_job(
    settings: Settings, parties: tuple[Person, Person]
) -> None:
    funded(*parties)
    upgraded(settings)
    assert waiting() == []
