"""Two hands on one portfolio: a holding valued twice, a report issued and drawn twice, an index imported twice, the first
bookings of a house, a limit set, the line repaid, a right decided, a holding ended. One effect each, on both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from dealflow.core import clock, db, invariants
from dealflow.ledger import verification
from dealflow.portfolio.models import Benchmark, Concentration, ReportFile, Valuation, Visit
from tests.concurrency.conftest import at_once
from tests.conftest import Person
from tests.factories.funds import cny, raised

CLIENTS = 4


@pytest.fixture(autouse=True)
def sound(app: Flask) -> Iterator[None]:
    """Every invariant holds after each race, and every figure derives from the books."""
    yield
    with db.system_edge(write=False):
        assert {name: lines for name, lines in invariants.run_all().items() if lines} == {}
        assert list(verification.verify()) == []


@pytest.fixture
def hands(person: Callable[..., Person]) -> list[Person]:
    """A manager and a colleague, twice each."""
    manager = person("fund")
    return [manager, person("fund", "member", organisation_id=manager.organisation_id)] * 2


def counts(answers: list[Any]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def number(table: Any) -> int:
    with db.system_edge(write=False) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def held(who: Person, fund: str = "own", name: str = "Night Train") -> str:
    return str(who.post(f"/funds/{fund}/holdings", {"name": name}).json["id"])


def flow(reference: str, amount: int = 100_000) -> dict[str, Any]:
    return {
        "on": clock.today().isoformat(), "kind": "cost", "amount": cny(amount), "reference": reference,
    }  # fmt: skip


def value(reference: str, amount: int) -> dict[str, Any]:
    return {
        "on": clock.today().isoformat(), "value": cny(amount), "method": "recent_round", "evidence_class": "third_party",
        "evidence": "round", "reference": reference,
    }  # fmt: skip


def test_a_holding_valued_by_two_keeps_each_valuation_once(hands: list[Person]) -> None:
    holding = held(hands[0])
    assert hands[0].post(f"/holdings/{holding}/cashflows", flow("first")).status_code == 201
    path = f"/holdings/{holding}/valuations"
    same = at_once([lambda p=p: p.post(path, value("same", 150_000)) for p in hands])
    assert counts(same) == {201: CLIENTS}
    assert len({answer.json["id"] for answer in same}) == 1
    apart = at_once([lambda p=p, n=n: p.post(path, value(f"v{n}", 200_000 + n)) for n, p in enumerate(hands)])
    assert counts(apart) == {201: CLIENTS}
    assert number(Valuation) == 1 + CLIENTS
    last = hands[0].get(path).json["items"][-1]["value"]["amount_minor"]
    assert hands[0].get("/funds/own/metrics").json["nav_minor"] == last
    other = at_once([lambda p=p, n=n: p.post(path, value("taken", 300_000 + n)) for n, p in enumerate(hands)])
    assert counts(other) == {201: 1, 409: CLIENTS - 1}


def test_the_first_bookings_of_a_house_open_one_book(hands: list[Person]) -> None:
    holdings = [held(hands[0], name=f"h{n}") for n in range(CLIENTS)]
    booked = at_once(
        [
            lambda p=p, h=h: p.post(f"/holdings/{h}/cashflows", flow("first"))
            for p, h in zip(hands, holdings, strict=True)
        ]
    )
    assert counts(booked) == {201: CLIENTS}
    assert hands[0].get("/funds/own/metrics").json["nav_minor"] == CLIENTS * 100_000
    again = at_once([lambda p=p: p.post(f"/holdings/{holdings[0]}/cashflows", flow("second")) for p in hands])
    assert counts(again) == {201: CLIENTS}
    assert hands[0].get("/funds/own/metrics").json["nav_minor"] == (CLIENTS + 1) * 100_000
    end = {"status": "exited", "on": clock.today().isoformat()}
    ended = at_once([lambda p=p: p.post(f"/holdings/{holdings[0]}/close", end) for p in hands])
    assert counts(ended) == {200: 1, 409: CLIENTS - 1}


def test_a_report_is_issued_once_and_each_file_drawn_once(
    hands: list[Person], person: Callable[..., Person]
) -> None:
    fund = f"/funds/{raised(hands[0], hands[1], person('investor'))['fund']}"
    last = clock.today().replace(day=1) - timedelta(days=1)
    while last.month % 3:
        last = last.replace(day=1) - timedelta(days=1)
    quarter = f"{last.year}Q{last.month // 3}"
    issued = at_once([lambda p=p: p.post(f"{fund}/reports", {"quarter": quarter}) for p in hands])
    assert counts(issued) == {201: 1, 409: CLIENTS - 1}
    files = at_once([lambda p=p: p.get(f"{fund}/report.xlsx?quarter={quarter}&lang=en") for p in hands])
    assert counts(files) == {200: CLIENTS}
    assert len({answer.data for answer in files}) == 1
    assert number(ReportFile) == 1


def test_an_index_imported_by_two_is_one_index(hands: list[Person]) -> None:
    def send(who: Person, level: int) -> Any:
        table = f"day,level\n2024-12-31,100\n2025-12-31,{level}\n".encode()
        sent = {"name": "CSI 300", "file": (BytesIO(table), "index.csv")}
        return who.call("POST", "/benchmarks", data=sent, content_type="multipart/form-data")

    first = at_once([lambda p=p, n=n: send(p, 110 + n) for n, p in enumerate(hands)])
    assert counts(first) == {201: CLIENTS}
    assert len({answer.json["id"] for answer in first}) == 1
    again = at_once([lambda p=p, n=n: send(p, 120 + n) for n, p in enumerate(hands)])
    assert counts(again) == {201: CLIENTS}
    assert number(Benchmark) == 1


def test_limits_rights_and_visits_of_two_hands(hands: list[Person]) -> None:
    limits = at_once(
        [
            lambda p=p, n=n: p.post("/funds/own/limits", {"dimension": "genre", "most_ppm": 100_000 + n})
            for n, p in enumerate(hands)
        ]
    )
    assert counts(limits) == {204: CLIENTS}
    assert number(Concentration) == 1
    path = f"/holdings/{held(hands[0])}/follow-ons"
    right = {"due_on": "2198-01-01", "amount": cny(1_000), "text": "a second season"}
    noted = at_once([lambda p=p: p.post(path, right) for p in hands])
    assert counts(noted) == {201: 1, 409: CLIENTS - 1}
    made = next(answer.json["id"] for answer in noted if answer.status_code == 201)
    decided = at_once([lambda p=p: p.post(f"{path}/{made}/decide", {"state": "waived"}) for p in hands])
    assert counts(decided) == {200: 1, 409: CLIENTS - 1}
    browsers = [hands[0].browser() for _n in range(CLIENTS)]
    assert counts(at_once([lambda b=b: b.get("/portfolio") for b in browsers])) == {200: CLIENTS}
    assert number(Visit) == 1


def test_no_more_of_the_line_is_repaid_than_was_drawn(
    hands: list[Person], person: Callable[..., Person]
) -> None:
    path = f"/funds/{raised(hands[0], hands[1], person('investor'))['fund']}/line"
    on = clock.today().isoformat()
    assert (
        hands[0].post(path, {"on": on, "kind": "draw", "amount": cny(50_000), "reference": "d"}).status_code
        == 201
    )
    body = {"on": on, "kind": "repay", "amount": cny(30_000)}
    repaid = at_once(
        [lambda p=p, n=n: p.post(path, body | {"reference": f"r{n}"}) for n, p in enumerate(hands)]
    )
    assert counts(repaid) == {201: 1, 422: CLIENTS - 1}
    same = at_once([lambda p=p: p.post(path, body | {"kind": "interest", "reference": "i"}) for p in hands])
    assert counts(same) == {201: CLIENTS}
    assert len({answer.json["id"] for answer in same}) == 1
