"""Two hands on one fund: a call issued twice, one payment entered twice, two payments of the same debt, a distribution
approved twice and by two people, two prepared, a fee posted twice, two closings, books closed while one posts, one rate
entered by many, one bank statement imported and its lines matched by many. One effect each, on both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from dealflow.core import clock, db, invariants
from tests.concurrency.conftest import at_once
from tests.conftest import Person
from tests.factories.commitments import upload
from tests.factories.funds import cny, raised, stated

CLIENTS = 4


@pytest.fixture(autouse=True)
def sound(app: Flask) -> Iterator[None]:
    """Every invariant holds after each race."""
    yield
    with db.system_edge(write=False):
        assert {name: lines for name, lines in invariants.run_all().items() if lines} == {}


@pytest.fixture
def world(person: Callable[..., Person]) -> tuple[Person, Person, dict[str, str]]:
    """A manager, a colleague who prepared a distribution, and the ids of a fund."""
    manager = person("fund")
    colleague = person("fund", "member", organisation_id=manager.organisation_id)
    return manager, colleague, raised(manager, colleague, person("investor"))


def counts(answers: list[Any]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def test_a_call_is_issued_once_a_payment_entered_once_and_no_more_taken_than_is_open(
    world: tuple[Person, Person, dict[str, str]],
) -> None:
    manager, colleague, ids = world
    path = f"/funds/{ids['fund']}/calls/{ids['draft_call']}/issue"
    answers = at_once([lambda p=p: p.post(path) for p in (manager, colleague) * 2])
    assert counts(answers) == {200: 1, 409: CLIENTS - 1}
    assert manager.get(f"/funds/{ids['fund']}").json["position"]["called"]["amount_minor"] == 800_000
    path = f"/funds/{ids['fund']}/calls/{ids['call']}/payments"
    body = {"lp_id": ids["lp"], "amount": cny(100_000), "reference": "same"}
    answers = at_once([lambda p=p: p.post(path, body) for p in (manager, colleague) * 2])
    assert counts(answers) == {201: CLIENTS}
    assert len({answer.json["id"] for answer in answers}) == 1
    answers = at_once(
        [
            lambda p=p, n=n: p.post(path, {"lp_id": ids["lp2"], "amount": cny(120_000), "reference": f"r{n}"})
            for n, p in enumerate((manager, colleague) * 2)
        ]
    )
    assert counts(answers) == {201: 1, 422: CLIENTS - 1}


def test_of_distributions_one_waits_and_is_paid_once(
    world: tuple[Person, Person, dict[str, str]],
) -> None:
    manager, colleague, ids = world
    fund = f"/funds/{ids['fund']}/distributions"
    assert manager.post(f"{fund}/{ids['distribution']}/cancel", {"reason": "anew"}).status_code == 200
    answers = at_once([lambda: colleague.post(fund, {"amount": cny(10_000)}) for _n in range(CLIENTS)])
    assert counts(answers) == {201: 1, 409: CLIENTS - 1}
    made = next(answer.json["id"] for answer in answers if answer.status_code == 201)
    path = f"{fund}/{made}/approve"
    answers = at_once([lambda: manager.post(path) for _n in range(CLIENTS)])
    assert counts(answers) == {200: 1, 409: CLIENTS - 1}
    assert manager.get(f"/funds/{ids['fund']}").json["cash"]["amount_minor"] == 90_000


def test_a_fee_and_a_closing_of_many_hands_happen_once(world: tuple[Person, Person, dict[str, str]]) -> None:
    manager, colleague, ids = world
    fund = f"/funds/{ids['fund']}"
    changed = manager.patch(fund, {"fee": {"rate_ppm": 20_000}}, manager.get(fund).json["version"])
    assert changed.status_code == 200, changed.json
    fees = at_once(
        [lambda p=p: p.post(f"{fund}/fees", {"period": "2025Q1"}) for p in (manager, colleague) * 2]
    )
    assert counts(fees) == {201: CLIENTS}
    assert len({answer.json["id"] for answer in fees}) == 1
    paid = f"{fund}/charges/{fees[0].json['id']}/pay"
    assert counts(at_once([lambda: manager.post(paid) for _n in range(CLIENTS)])) == {
        200: 1,
        409: CLIENTS - 1,
    }
    rows = [{"lp_id": ids["lp2"], "amount": cny(1_000_000)}]
    body = {"on": clock.today().isoformat(), "commitments": rows}
    held = at_once([lambda p=p: p.post(f"{fund}/commitments", body) for p in (manager, colleague) * 2])
    assert counts(held) == {201: 1, 422: CLIENTS - 1}


def test_a_distribution_that_two_people_approve_at_once_is_paid_once(
    world: tuple[Person, Person, dict[str, str]], person: Callable[..., Person]
) -> None:
    manager, _colleague, ids = world
    third = person("fund", "member", organisation_id=manager.organisation_id)
    path = f"/funds/{ids['fund']}/distributions/{ids['distribution']}/approve"
    answers = at_once([lambda p=p: p.post(path) for p in (manager, third) * 2])
    assert counts(answers) == {200: 1, 409: CLIENTS - 1}
    [entry] = {answer.json["entry_id"] for answer in answers if answer.status_code == 200}
    fund = manager.get(f"/funds/{ids['fund']}").json
    entries = manager.get(f"/books/{fund['book_id']}/entries?limit=200").json["items"]
    assert [row["id"] for row in entries if row["kind"] == "fund_distribution"] == [entry]
    assert fund["cash"]["amount_minor"] == 90_000


def test_what_is_posted_while_the_books_are_closed_is_in_the_statement_or_refused(
    world: tuple[Person, Person, dict[str, str]],
) -> None:
    manager, colleague, ids = world
    fund, period, end = f"/funds/{ids['fund']}", "2025Q3", "2025-09-30"
    expense = {"kind": "expense", "amount": cny(700), "on": end}
    close = {"period": period, "close_books": True}
    calls = [
        lambda n=n: colleague.post(f"{fund}/charges", expense | {"reference": f"late {n}"})
        for n in range(CLIENTS)
    ]
    *posted, issued = at_once([*calls, lambda: manager.post(f"{fund}/statements", close)])
    assert issued.status_code == 201, issued.json
    assert {answer.status_code for answer in posted} <= {201, 422}
    taken = sum(answer.status_code == 201 for answer in posted)
    columns = [
        column
        for item in issued.json["items"]
        for column in manager.get(f"{fund}/statements/{item['lp_id']}?period={period}").json["columns"]
    ]
    told = -sum(c["period"]["amount_minor"] for c in columns if c["key"] == "expenses")
    assert told == taken * 700
    late = colleague.post(f"{fund}/charges", expense | {"reference": "too late"})
    assert (late.status_code, late.json["errors"][0]["code"]) == (422, "period_closed")


def test_a_statement_of_many_hands_pays_each_call_once(world: tuple[Person, Person, dict[str, str]]) -> None:
    manager, colleague, ids = world
    people, today = (manager, colleague) * 2, clock.today().isoformat()
    fund = f"/funds/{ids['fund']}"
    asked = {row["lp_id"]: row for row in manager.get(f"{fund}/calls/{ids['call']}").json["lines"]}
    mine, other = asked[ids["lp"]], asked[ids["lp2"]]
    # The partner's whole part, and the same once more: two lines.
    rows = f"{today},1000.00,,甲,{mine['reference']}\n" * 2 + f"{today},500.00,,乙,{other['reference']}\n"
    content = f"交易时间,收入金额,支出金额,对方户名,交易用途\n{rows}".encode()
    answers = at_once([lambda p=p: upload(p, "/bank-statements", content) for p in people])
    assert counts(answers) == {201: 1, 200: CLIENTS - 1}
    lines = {row["row"]: row["id"] for row in manager.get("/bank-lines").json["items"]}
    first, again, part = (lines[number] for number in sorted(lines))
    # One line by many hands, some of whom mean another call.
    answers = at_once(
        [
            lambda p=p, n=n: p.post(f"/bank-lines/{first}/confirm", {"call_id": (mine, other)[n // 3]["id"]})
            for n, p in enumerate(people)
        ]
    )
    assert counts(answers) == {201: 1, 409: CLIENTS - 1}
    (made,) = [answer.json for answer in answers if answer.status_code == 201]
    # The same debt by another line, and by hand, while the first is taken back: whatever comes first, the books add up.
    undo = f"{fund}/payments/{made['id']}/reverse"
    typed = {"lp_id": ids["lp"], "amount": cny(100_000), "reference": "typed"}
    answers = at_once(
        [
            lambda: manager.post(f"/bank-lines/{again}/confirm", {"call_id": mine["id"]}),
            lambda: colleague.post(f"{fund}/calls/{ids['call']}/payments", typed),
            lambda: manager.post(undo, {"reason": "x"}),
            lambda: colleague.post(undo, {"reason": "x"}),
            lambda: colleague.post(f"/bank-lines/{part}/confirm", {"call_id": other["id"]}),
        ]
    )
    assert answers[1].status_code in (201, 422), answers[1].json
    assert [answers[n].status_code for n in (0, 4)] == [201, 201]
    # One takes it back; the other is told so, or that what was overpaid is used.
    assert sorted(answer.status_code for answer in answers[2:4]) == [201, 409]
    assert manager.get(f"/bank-lines/{first}").json["state"] == "new"


def test_overpaid_money_is_used_once(world: tuple[Person, Person, dict[str, str]]) -> None:
    manager, colleague, ids = world
    people, fund = (manager, colleague) * 2, f"/funds/{ids['fund']}"
    mine = next(
        row for row in manager.get(f"{fund}/calls/{ids['call']}").json["lines"] if row["lp_id"] == ids["lp"]
    )
    content = f"交易时间,收入金额,支出金额,对方户名,交易用途\n{clock.today()},1500.00,,甲,款\n".encode()
    upload(manager, "/bank-statements", content)
    (line,) = manager.get("/bank-lines").json["items"]
    assert manager.post(f"/bank-lines/{line['id']}/confirm", {"call_id": mine["id"]}).status_code == 201
    assert manager.post(f"{fund}/calls/{ids['draft_call']}/issue").status_code == 200
    used, back = f"{fund}/calls/{ids['draft_call']}/offsets", f"{fund}/lps/{ids['lp']}/refunds"
    body = {"amount": cny(50_000), "reference": "OUT", "reason": "x"}
    deeds = [lambda p=p: p.post(used, {"lp_id": ids["lp"]}) for p in people]
    deeds += [lambda p=p: p.post(back, body) for p in people]
    answers = at_once(deeds)
    offsets, refunds = counts(answers[:CLIENTS]), counts(answers[CLIENTS:])
    # Either all of it was used for the call, once, or all of it was paid back, which is said again to whoever asks again.
    assert (offsets, refunds) in (
        ({201: 1, 409: CLIENTS - 1}, {422: CLIENTS}),
        ({409: CLIENTS}, {201: CLIENTS}),
    )


def test_a_rate_entered_by_many_at_once_is_one_row_and_of_two_rates_one_is_entered(
    world: tuple[Person, Person, dict[str, str]],
) -> None:
    manager, colleague, _ids = world
    rate = {"base": "USD", "quote": "CNY", "on": "2025-03-03", "rate": "7.1", "source": "bank"}
    answers = at_once([lambda p=p: p.post("/exchange-rates", rate) for p in (manager, colleague) * 2])
    made = counts(answers)
    assert made[201] == 1
    assert made.total() == made[201] + made[200] + made[409]
    others = at_once(
        [
            lambda p=p, n=n: p.post("/exchange-rates", rate | {"rate": f"7.{n + 2}"})
            for n, p in enumerate((manager, colleague) * 2)
        ]
    )
    listed = manager.get("/exchange-rates").json["items"]
    assert len(listed) == 1 + counts(others)[201]
    assert [item["in_force"] for item in listed] == [True] + [False] * (len(listed) - 1)


def test_a_line_is_split_once_and_goes_back_once_by_whichever_of_its_payments(
    world: tuple[Person, Person, dict[str, str]],
) -> None:
    manager, colleague, ids = world
    fund = f"/funds/{ids['fund']}"
    assert manager.post(f"{fund}/calls/{ids['draft_call']}/issue").status_code == 200
    lines = manager.get(f"{fund}/calls/{ids['draft_call']}").json["lines"]
    second = next(line["id"] for line in lines if line["lp_id"] == ids["lp"])
    told = stated(manager, ids)
    claims = [told["claim_of_fund_line"], second]
    path = f"/bank-lines/{told['fund_line']}"
    bodies = [{"parts": [{"call_id": one, "amount": cny(200)}, {"call_id": other}]} for one, other in (claims, claims[::-1])]  # fmt: skip
    answers = at_once(
        [
            lambda p=p, n=n: p.post(f"{path}/split", bodies[n % 2])
            for n, p in enumerate((manager, colleague) * 2)
        ]
    )
    assert counts(answers) == {201: 1, 409: CLIENTS - 1}
    made = [row["id"] for row in manager.get(path).json["payments"]]
    answers = at_once(
        [
            lambda p=p, n=n: p.post(f"{fund}/payments/{made[n % 2]}/reverse", {"reason": "x"})
            for n, p in enumerate((manager, colleague) * 2)
        ]
    )
    assert counts(answers) == {201: 1, 409: CLIENTS - 1}
    assert manager.get(path).json["state"] == "new"


def test_statements_that_many_issue_anew_at_once_have_one_later_issue(person: Callable[..., Person]) -> None:
    manager, partner = person("fund"), person("investor")
    colleague = person("fund", "member", organisation_id=manager.organisation_id)
    ids = raised(manager, colleague, partner)
    fund = f"/funds/{ids['fund']}"
    assert manager.post(f"{fund}/statements", {"period": "2025Q1"}).status_code == 201
    late = {"amount": cny(4_000), "reference": "late", "on": "2025-03-31"}
    assert manager.post(f"{fund}/charges", late).status_code == 201
    body = {"period": "2025Q1", "reason": "late"}
    answers = at_once(
        [lambda p=p: p.post(f"{fund}/statements/revisions", body) for p in (manager, colleague) * 2]
    )
    assert counts(answers) == {201: 1, 409: CLIENTS - 1}
    assert [row["number"] for row in partner.get(f"{fund}/revisions").json["items"]] == [2]
    told = [row["code"] for row in partner.get("/notifications?limit=200").json["items"]]
    assert told.count("fund_revision") == 1
