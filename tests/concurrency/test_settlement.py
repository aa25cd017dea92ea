"""Money at the same instant: a tranche called once, a call paid once, a statement imported once, an event heard twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from dealflow.core import clock, db, invariants
from dealflow.core.actor import SYSTEM
from dealflow.core.outbox import OutboxEvent
from dealflow.ledger import verification
from dealflow.settlement import service
from dealflow.settlement.models import MilestoneFact
from tests.concurrency.conftest import at_once
from tests.conftest import Person
from tests.factories.commitments import deliver, executed, signed, upload

CLIENTS = 6
Scene = tuple[list[Person], Person, dict[str, Any]]


@pytest.fixture
def scene(app: Flask, person: Callable[..., Person]) -> Scene:
    """Several people of the project, the investor, and a commitment."""
    first, investor = person("creator"), person("investor")
    others = [person("creator", "member", organisation_id=first.organisation_id) for _ in range(CLIENTS - 1)]
    return [first, *others], investor, executed(first, investor)["commitment"]


def sound() -> None:
    with db.system_edge(write=False):
        assert not any(invariants.run_all().values())
        assert list(verification.verify()) == []


def codes(answers: list[Any]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def test_an_event_heard_by_several_workers_makes_one_commitment(
    person: Callable[..., Person], app: Flask
) -> None:
    creator, investor = person("creator"), person("investor")
    sheet = signed(creator, investor, "loan", {})["sheet"]["id"]

    def hear() -> str:
        with db.system_edge():
            return service.commit(SYSTEM, sheet, 1).id

    made = at_once([lambda: db.retrying(hear) for _ in range(4)])
    assert len(set(made)) == 1
    assert creator.get("/commitments").json["total"] == 1
    sound()


def test_of_many_calls_for_a_tranche_one_is_made(scene: Scene) -> None:
    people, investor, commitment = scene
    path = f"/tranches/{commitment['tranches'][0]['id']}/calls"
    found = codes(at_once([lambda who=who: who.post(path) for who in people]))
    assert (found[201], found[409]) == (1, CLIENTS - 1)
    assert (
        investor.get(f"/commitments/{commitment['id']}").json["called"] == commitment["tranches"][0]["amount"]
    )
    sound()


def test_of_many_releases_of_a_tranche_one_counts(scene: Scene) -> None:
    _people, investor, commitment = scene
    path = f"/tranches/{commitment['tranches'][2]['id']}/release"
    found = codes(at_once([lambda: investor.post(path) for _ in range(CLIENTS)]))
    assert (found[200], found[409]) == (1, CLIENTS - 1)


def test_a_call_paid_by_many_at_once_is_paid_once(scene: Scene) -> None:
    people, investor, commitment = scene
    call = people[0].post(f"/tranches/{commitment['tranches'][0]['id']}/calls").json
    body = {"amount": call["amount"], "on": clock.today().isoformat()}
    path = f"/payment-calls/{call['id']}/payments"
    found = codes(
        at_once(
            [
                lambda who=who, n=n: who.post(path, body | {"reference": f"R{n % 2}"})
                for n, who in enumerate(people)
            ]
        )
    )
    assert (found[201], found[409]) == (1, CLIENTS - 1)
    shown = investor.get(f"/commitments/{commitment['id']}").json
    assert (shown["paid"], shown["overpaid"]["amount_minor"]) == (call["amount"], 0)
    sound()


def test_a_payment_and_a_hand_on_the_same_call_leave_the_books_whole(scene: Scene) -> None:
    people, _investor, commitment = scene
    call = people[0].post(f"/tranches/{commitment['tranches'][0]['id']}/calls").json
    half = call["amount"]["amount_minor"] // 2
    body = {"amount": {"amount_minor": half, "currency": "CNY"}, "on": clock.today().isoformat()}
    path = f"/payment-calls/{call['id']}"
    first = people[0].post(f"{path}/payments", body | {"reference": "A"}).json
    calls: list[Callable[[], Any]] = [
        lambda: people[1].post(f"{path}/payments", body | {"reference": "B"}),
        lambda: people[2].post(f"/payments/{first['id']}/reverse", {"reason": "x"}),
        lambda: people[3].post(f"/payments/{first['id']}/reverse", {"reason": "x"}),
        lambda: people[4].post(f"{path}/withdraw", {"reason": "x"}),
    ]
    answers = at_once(calls)
    assert sorted(a.status_code for a in answers[1:3]) == [201, 409]
    assert all(a.status_code < 500 for a in answers)
    sound()


def test_a_statement_that_many_import_at_once_is_imported_once(scene: Scene) -> None:
    people, _investor, commitment = scene
    call = people[0].post(f"/tranches/{commitment['tranches'][0]['id']}/calls").json
    today, whole = clock.today().isoformat(), f"{call['amount']['amount_minor'] / 100:.2f}"
    rows = "".join(f"{today},{n}.50,,甲方{n},款\n" for n in range(1, 20))
    content = f"交易时间,收入金额,支出金额,对方户名,交易用途\n{today},{whole},,甲方,{call['reference']}\n{rows}".encode()
    overlap = content + f"{today},77.00,,另一家,款\n".encode()
    files = [content] * 4 + [overlap] * 2
    answers = at_once(
        [lambda who=w, c=c: upload(who, "/bank-statements", c) for w, c in zip(people, files, strict=True)]
    )
    assert codes(answers) == Counter({201: 2, 200: 4}), [a.json for a in answers]
    assert people[0].get("/bank-lines").json["total"] == 21
    (line,) = [
        row
        for row in people[0].get("/bank-lines?limit=100").json["items"]
        if row["text"] == call["reference"]
    ]
    path = f"/bank-lines/{line['id']}/confirm"
    answers = at_once([lambda who=who: who.post(path, {"call_id": call["id"]}) for who in people])
    assert codes(answers) == Counter({201: 1, 409: CLIENTS - 1}), [a.json for a in answers]
    sound()


def test_a_line_that_many_split_at_once_pays_its_calls_once_and_goes_back_once(scene: Scene) -> None:
    people, investor, commitment = scene
    other = executed(people[0], investor)["commitment"]
    calls = [
        people[0].post(f"/tranches/{each['tranches'][0]['id']}/calls").json for each in (commitment, other)
    ]
    today, whole = clock.today().isoformat(), sum(call["amount"]["amount_minor"] for call in calls)
    content = f"交易时间,收入金额,支出金额,对方户名,交易用途\n{today},{whole / 100:.2f},,甲方,款\n".encode()
    assert upload(people[0], "/bank-statements", content).status_code == 201
    (line,) = people[0].get("/bank-lines").json["items"]
    path = f"/bank-lines/{line['id']}"
    parts = [{"call_id": call["id"], "amount": call["amount"]} for call in calls]
    ways = [
        ("split", {"parts": parts}),
        ("split", {"parts": parts[::-1]}),
        ("confirm", {"call_id": calls[1]["id"]}),
    ]
    answers = at_once(
        [
            lambda who=who, way=ways[n % 3]: who.post(f"{path}/{way[0]}", way[1])
            for n, who in enumerate(people)
        ]
    )
    assert codes(answers) == Counter({201: 1, 409: CLIENTS - 1}), [a.json for a in answers]
    sound()
    made = [row["id"] for row in people[0].get(path).json["payments"]]
    answers = at_once(
        [
            lambda who=who, n=n: who.post(f"/payments/{made[n % len(made)]}/reverse", {"reason": "x"})
            for n, who in enumerate(people)
        ]
    )
    assert codes(answers) == Counter({201: 1, 409: CLIENTS - 1}), [a.json for a in answers]
    assert people[0].get(path).json["state"] == "new"
    shown = [investor.get(f"/commitments/{each['id']}").json for each in (commitment, other)]
    assert [(row["paid"]["amount_minor"], row["overpaid"]["amount_minor"]) for row in shown] == [(0, 0)] * 2
    sound()


def test_two_lines_that_pay_the_same_commitments_crosswise_do_not_wait_for_each_other(scene: Scene) -> None:
    people, investor, commitment = scene
    other = executed(people[0], investor)["commitment"]
    calls = [
        people[0].post(f"/tranches/{each['tranches'][0]['id']}/calls").json for each in (commitment, other)
    ]
    today = clock.today().isoformat()
    body = "".join(f"{today},{n + 2}.00,,甲方{n},款\n" for n in range(CLIENTS))
    content = f"交易时间,收入金额,支出金额,对方户名,交易用途\n{body}".encode()
    assert upload(people[0], "/bank-statements", content).status_code == 201
    lines = people[0].get("/bank-lines").json["items"]

    def crosswise(who: Person, line: dict[str, Any], turn: int) -> Any:
        parts = [{"call_id": calls[turn]["id"], "amount": {"amount_minor": 100, "currency": "CNY"}}]
        return who.post(
            f"/bank-lines/{line['id']}/split", {"parts": [*parts, {"call_id": calls[1 - turn]["id"]}]}
        )

    answers = at_once(
        [
            lambda who=who, line=line, n=n: crosswise(who, line, n % 2)
            for n, (who, line) in enumerate(zip(people, lines, strict=True))
        ]
    )
    assert codes(answers) == Counter({201: CLIENTS}), [a.json for a in answers]
    sound()


def test_investors_that_confirm_at_once_each_open_their_own_tranche_once(
    person: Callable[..., Person], app: Flask
) -> None:
    creator, first, second, silent = person("creator"), person("investor"), person("fund"), person("investor")
    project = signed(creator, first, "presale", {})["deal"]["project_id"]
    for who in (second, silent):
        signed(creator, who, "presale", {}, project_id=project)
    deliver("event:TermSheetExecuted:settlement")
    body = {"platform": "douyin", "released_on": "2026-01-01"}
    release = creator.post(f"/projects/{project}/releases", body).json["id"]
    people = [first, second]
    for house, kind in ((first, "investor"), (second, "fund")):
        people += [person(kind, "member", organisation_id=house.organisation_id) for _ in range(2)]
    answers = at_once([lambda who=who: who.post(f"/releases/{release}/confirm") for who in people])
    assert codes(answers) == Counter({200: len(people)})
    assert len(creator.get(f"/releases/{release}").json["confirmations"]) == 2
    with db.system_edge(write=False) as session:
        heard = [event.payload for event in session.query(OutboxEvent).filter_by(name="ReleasePublished")]
    assert len(heard) == 2

    def hear(event: dict[str, Any]) -> None:
        with db.system_edge():
            service.reached(
                SYSTEM, project, "released", on=clock.today(), investor=event["investor_organisation_id"]
            )

    at_once([lambda event=event: db.retrying(lambda: hear(event)) for event in heard * 3])
    last = {
        who.organisation_id: who.get("/commitments").json["items"][0]["tranches"][3]["state"]
        for who in (first, second, silent)
    }
    assert list(last.values()) == ["open", "open", "waiting"]
    with db.system_edge(write=False) as session:
        assert session.query(MilestoneFact).count() == 2
    sound()
