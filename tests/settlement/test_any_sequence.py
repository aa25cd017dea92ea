"""Any sequence of calls, payments, offsets, refunds and corrections keeps the sums, against a small model of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from dealflow.core import clock, db
from dealflow.core.errors import DomainError
from dealflow.core.money import Money
from dealflow.ledger import queries as ledger
from dealflow.settlement import books, queries, service
from dealflow.settlement.invariants import derived, sums
from dealflow.settlement.models import PaymentCall, Tranche, Transfer
from tests.conftest import Person
from tests.factories.commitments import executed

RUNS = int(os.environ.get("DEALFLOW_SETTLEMENT_RUNS", "5"))
PARTS = (5_000, 3_000, 2_000)
AMOUNTS = strategies.one_of(strategies.integers(1, 6_000), strategies.sampled_from(PARTS))
PICK = strategies.integers(0, 7)
PEOPLE: list[Person] = []


@dataclass
class Model:
    """What stands of one payment, offset or refund: its effect on principal, overpaid money and interest."""

    principal: int
    excess: int
    interest: int


class Settling(RuleBasedStateMachine):
    """Everything that moves money; what the room refuses must have changed nothing."""

    @initialize()
    def commit(self) -> None:
        creator, investor = PEOPLE
        self.payee, self.payer = creator.actor, investor.actor
        day = clock.today()
        terms = {
            "investment": {"amount": {"amount_minor": sum(PARTS), "currency": "CNY"}},
            "tranches": [
                {"id": f"t{n}", "amount": {"amount_minor": part, "currency": "CNY"}, "milestone": "signing", "note": "",
                 "long_stop": (day + timedelta(days=900)).isoformat(), "on_miss": "cancel"}
                for n, part in enumerate(PARTS)
            ],
        }  # fmt: skip
        self.made = executed(creator, investor, terms=terms)["commitment"]
        self.standing: dict[str, Model] = {}
        self.number = 0

    def attempt(self, act: Callable[[], Any]) -> Transfer | None:
        """Do something in a transaction of its own; None when it is refused, which undoes it."""
        with suppress(DomainError), db.edge(actor=self.payee):
            found = act()
            return found if isinstance(found, Transfer) else None
        return None

    def stand(self, row: Transfer | None, sign: int = 1) -> None:
        if row is not None:
            moved = sign * row.principal_minor
            excess = -moved if row.kind == "offset" else sign * row.excess_minor
            self.standing[row.id] = Model(moved, excess, sign * row.interest_minor)

    def one(self, model: Any, at: int) -> Any:
        with db.edge(write=False, actor=self.payee) as session:
            rows = session.query(model).filter_by(commitment_id=self.made["id"]).order_by(model.id).all()
            return rows[at % len(rows)].id if rows else None

    @rule(at=PICK)
    def call(self, at: int) -> None:
        self.attempt(lambda: service.call(self.payee, self.made["tranches"][at % len(PARTS)]["id"]))

    @rule(at=PICK, minor=AMOUNTS, beyond=strategies.booleans())
    def pay(self, at: int, minor: int, beyond: bool) -> None:
        self.number += 1
        call, reference = self.one(PaymentCall, at), f"n{self.number}"
        if call is not None:
            self.stand(
                self.attempt(
                    lambda: service.record(
                        self.payee,
                        call,
                        amount=Money(minor),
                        on=clock.today(),
                        reference=reference,
                        beyond=beyond,
                    )
                )
            )

    @rule(at=PICK)
    def offset(self, at: int) -> None:
        call = self.one(PaymentCall, at)
        if call is not None:
            self.stand(self.attempt(lambda: service.offset(self.payee, call)))

    @rule(at=PICK, minor=AMOUNTS)
    def refund(self, at: int, minor: int) -> None:
        tranche = self.one(Tranche, at)
        self.stand(
            self.attempt(
                lambda: service.refund(self.payee, tranche, amount=Money(minor), on=clock.today(), reason="r")
            ),
            -1,
        )

    @rule(minor=AMOUNTS)
    def refund_excess(self, minor: int) -> None:
        made = self.attempt(
            lambda: service.refund_excess(
                self.payee, self.made["id"], amount=Money(minor), on=clock.today(), reason="r"
            )
        )
        self.stand(made, -1)

    @rule(at=PICK)
    def reverse(self, at: int) -> None:
        row = self.one(Transfer, at)
        if row is not None and self.attempt(lambda: service.reverse(self.payee, row, reason="r")) is not None:
            del self.standing[row]

    @rule(at=PICK)
    def withdraw(self, at: int) -> None:
        call = self.one(PaymentCall, at)
        if call is not None:
            self.attempt(lambda: service.withdraw(self.payee, call, reason="r"))

    @rule(days=strategies.integers(1, 40))
    def wait(self, days: int) -> None:
        clock.freeze(clock.now() + timedelta(days=days))

    @invariant()
    def the_sums_hold(self) -> None:
        with db.system_edge(write=False):
            assert sums() == []
            assert list(derived()) == []
            commitment = queries.commitments_of_project(self.made["project_id"])[0]
            tranches = queries.tranches_for([commitment.id])
            called, paid = (sum(getattr(t, f"{name}_minor") for t in tranches) for name in ("called", "paid"))
            assert paid <= called <= commitment.amount_minor
            rows = self.standing.values()
            assert paid == sum(row.principal for row in rows)
            assert commitment.excess_minor == sum(row.excess for row in rows)
            assert books.balances([commitment])[commitment.id] == (paid, commitment.excess_minor)
            book = ledger.book_for(books.KIND, commitment.project_id)
            assert book is not None
            bank = ledger.balance(book, books.BANK.code).amount_minor
            assert bank == paid + commitment.excess_minor + sum(row.interest for row in rows)
            told = queries.payments_of(commitment.investor_organisation_id, commitment.project_id)
            assert bank == sum(p.amount.amount_minor * (-1 if p.kind == "refund" else 1) for p in told)

    def teardown(self) -> None:
        clock.freeze(None)


def test_any_sequence_keeps_the_sums(app: Flask, person: Callable[..., Person]) -> None:
    PEOPLE[:] = [person("creator"), person("investor")]
    chosen = settings(
        max_examples=RUNS,
        stateful_step_count=14,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    run_state_machine_as_test(Settling, settings=chosen)
