"""Whatever happens to a fund in whatever order: partners sum to the fund to the fen, unfunded is committed less called plus
what can be called again, and nothing is called or paid out that is not there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dealflow.core import db, invariants
from dealflow.core.errors import DomainError
from dealflow.core.ids import new
from dealflow.core.money import Money
from dealflow.funds import queries, service
from dealflow.settlement.models import BankLine, BankStatement
from tests.conftest import Person
from tests.funds.conftest import House, build, stand

FEN = st.integers(1, 10**9)
NAMES = st.sampled_from(("a", "b", "c", "d"))
STEPS = st.one_of(
    st.tuples(st.just("close"), NAMES, FEN),
    st.tuples(st.just("call"), st.booleans(), FEN),
    st.tuples(st.just("pay"), st.integers(1, 100), st.booleans()),
    st.tuples(st.just("receive"), st.integers(1, 150), st.integers(0, 9)),
    st.tuples(st.just("undo"), st.integers(0, 9), st.just("")),
    st.tuples(st.just("expense"), st.just(""), FEN),
    st.tuples(st.just("income"), st.just(""), FEN),
    st.tuples(st.just("fee"), st.just(""), st.just(0)),
    st.tuples(st.just("distribute"), st.integers(1, 100), st.integers(0, 100)),
    st.tuples(st.just("transfer"), st.tuples(NAMES, NAMES), st.integers(1, 100)),
)


def close(house: House, on: date, name: str, minor: int) -> None:
    rows = [(house.partners[name], Money(minor))]
    house.do(service.hold_closing, on=on, commitments=rows)


def call(house: House, on: date, outside: bool, minor: int) -> None:
    purpose = service.Purpose("fee" if outside else "investment", Money(minor), outside)
    made = house.do(service.draft_call, due_on=on, purposes=[purpose])
    try:
        house.do(service.issue_call, made.id)
    except DomainError:
        house.do(service.cancel_call, made.id, reason="too much")
        raise


def pay(house: House, on: date, percent: int, late: bool) -> None:
    calls = [row for row in house.ask(lambda f: queries.calls(f.id)) if row.state == "issued"]
    for row in calls:
        for line in house.ask(lambda _f, row=row: queries.call_lines([row])[row.id]):
            part = max(1, line.open_minor * percent // 100)
            interest = house.ask(lambda f, row=row, line=line: service.late_interest(f, row, line, on))
            if line.open_minor:
                house.do(
                    service.pay, row.id, lp_id=line.lp_id, amount=Money(part), on=on, reference=f"{line.id}{on}",
                    interest=Money(interest) if late and interest else None,
                )  # fmt: skip


def on_statement(house: House, on: date, came: Money) -> str:
    """A line of a bank statement that is matched, as the room above leaves it when it lets a call be paid."""
    manager = house.manager.actor
    with db.edge(actor=manager) as session:
        statement = BankStatement(
            id=new("bst"), organisation_id=manager.organisation_id, fund_id=house.fund_id, sha256=new("n"), name="x.csv",
            preset="generic", columns_digest="", rows=1, outgoing=0, fresh=1, known=0,
        )  # fmt: skip
        line = BankLine(
            id=new("bln"), organisation_id=manager.organisation_id, statement_id=statement.id, place=1, fingerprint=statement.sha256,
            booked_on=on, amount_minor=came.amount_minor, currency=came.currency, state="matched",
        )  # fmt: skip
        session.add(statement)
        session.flush()
        session.add(line)
        return line.id


def receive(house: House, on: date, percent: int, place: int) -> None:
    """Part of what a line asks, or more than it, stands on a bank statement; what is overpaid is used where it is needed."""
    calls = [row for row in house.ask(lambda f: queries.calls(f.id)) if row.state == "issued"]
    lines = [line for rows in house.ask(lambda _f: queries.call_lines(calls)).values() for line in rows]
    line = lines[place % len(lines)]
    came = Money(max(1, line.amount_minor * percent // 100))
    told = service.Statement(on_statement(house, on, came))
    house.do(
        service.pay, line.call_id, lp_id=line.lp_id, amount=came, on=on, reference="statement", statement=told
    )
    needy = [row for row in house.ask(lambda _f: queries.call_lines(calls))[calls[0].id] if row.open_minor]
    over = house.ask(queries.overpaid)
    for row in needy:
        if row.lp_id in over:
            house.do(service.offset, row.call_id, lp_id=row.lp_id)


def undo(house: House, on: date, place: int, _how: str) -> None:
    """Take an entry about a call back; and a partner's overpaid money is paid back where there is some."""
    rows = house.ask(lambda f: queries.standing(queries.payment_rows(f.id)))
    for lp_id, money in house.ask(queries.overpaid).items():
        house.do(
            service.refund, lp_id=lp_id, amount=money, on=on, reference=f"back {lp_id}{on}", reason="too much"
        )
    if rows:
        house.do(service.reverse_payment, rows[place % len(rows)].id, reason="a slip")


def distribute(house: House, on: date, percent: int, recalled: int) -> None:
    whole = house.ask(queries.cash).amount_minor * percent // 100
    row = house.do(service.prepare, on=on, amount=Money(whole), recallable=Money(whole * recalled // 200))
    house.do(service.approve, row.id, who=house.second)


def take(house: House, on: date, step: tuple[str, Any, Any], number: int) -> None:
    kind, what, how = step
    if kind in ("expense", "income"):
        house.do(service.charge, kind=kind, on=on, amount=Money(how), reference=f"{number}")
    elif kind == "fee":
        house.do(
            service.accrue_fee,
            period=f"{(on - timedelta(days=92)).year}Q{((on - timedelta(days=92)).month + 2) // 3}",
        )
    elif kind == "transfer":
        giver, taker = (house.partners[name] for name in what)
        held = house.ask(lambda f: queries.commitments_on(f.id)).get(giver, 0)
        moved = Money(held * how // 100)
        house.do(service.transfer, from_lp_id=giver, to_lp_id=taker, amount=moved, on=on)
    else:
        deeds: dict[str, Callable[..., None]] = {
            "close": close,
            "call": call,
            "pay": pay,
            "receive": receive,
            "undo": undo,
            "distribute": distribute,
        }
        deeds[kind](house, on, what, how)


def check(house: House) -> None:
    """What must hold at any time."""
    positions = list(house.ask(queries.positions).values())
    total = house.ask(lambda f: queries.fund_position(f, positions))
    for row in [*positions, total]:
        assert row.unfunded.amount_minor == (
            row.commitment.amount_minor - row.called.amount.amount_minor + row.refunded.amount.amount_minor
            + row.recallable.amount.amount_minor
        )  # fmt: skip
        assert row.unfunded.amount_minor >= 0
    flows = house.ask(lambda f: queries.cashflows(f.id))
    single = [
        flow
        for p in positions
        if p.lp
        for flow in house.ask(lambda f, lp=p.lp: queries.cashflows(f.id, lp.id))
    ]
    assert sum(f.amount.amount_minor for f in single) == sum(f.amount.amount_minor for f in flows)
    assert not sum(f.amount.amount_minor for f in flows if f.kind == "transfer")
    accounts = house.ask(lambda f: queries.capital_accounts(f, date(2025, 7, 1), date(2030, 1, 1)))
    for account in accounts.values():
        assert account.closing.amount.amount_minor == sum(
            figure.amount.amount_minor for figure in (account.opening, *account.columns.values())
        )
        moves = house.ask(lambda f, lp=account.lp: queries.movements(f, lp.id, date(2030, 1, 1)))
        assert sum(move.amount.amount_minor for move in moves) == account.closing.amount.amount_minor
    with db.system_edge(write=False):
        found = {name: lines for name, lines in invariants.run_all().items() if lines and "funds" in name}
    assert found == {}


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(STEPS, min_size=4, max_size=14),
    gaps=st.lists(st.integers(0, 90), min_size=14, max_size=14),
)
@example(steps=[("undo", 0, ""), ("receive", 1, 0), ("undo", 0, ""), ("close", "a", 1)], gaps=[0] * 14)
def test_partners_sum_to_the_fund_whatever_happens(
    app: Flask, person: Callable[..., Person], steps: list[tuple[str, Any, Any]], gaps: list[int]
) -> None:
    on = date(2025, 1, 10)
    stand(on)
    house = build(app, person)
    close(house, on, "a", 7 * 10**9)
    call(house, on, False, 10**9)
    pay(house, on, 100, False)
    for number, (step, gap) in enumerate(zip(steps, gaps, strict=False)):
        on += timedelta(days=gap)
        stand(on)
        try:
            take(house, on, step, number)
        except DomainError:
            # Refused, as some of what chance proposes must be; then nothing has changed.
            continue
    check(house)
