"""A fund manager with two people, limited partners on and off the platform, and a fund with its first closing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask

from dealflow.accounts import identity
from dealflow.accounts.models import User
from dealflow.core import clock, db
from dealflow.core.money import Money
from dealflow.funds import queries, service
from dealflow.funds.models import Fund
from tests.conftest import Person

TERMS: dict[str, Any] = {
    "name": "一号基金", "currency": "CNY", "vintage": 2025, "started_on": date(2025, 1, 1), "term_years": 5,
    "target_minor": 50_000_000_00, "fee_rate_ppm": 20_000, "fee_base": "commitment", "carry_mode": "european",
    "pref_rate_ppm": 80_000, "catch_up_ppm": 1_000_000, "carry_ppm": 200_000, "equalisation_rate_ppm": 60_000,
    "late_rate_ppm": 100_000,
}  # fmt: skip


def yuan(amount: int) -> Money:
    return Money(amount * 100)


def stand(on: date) -> None:
    """Let it be noon in China on a day."""
    clock.freeze(datetime(on.year, on.month, on.day, 4, tzinfo=UTC))


@dataclass
class Web:
    """A browser of a person that signs in for each visit: the clock goes further than a session lasts."""

    person: Person

    def get(self, path: str) -> Any:
        return self.person.browser("en").get(path)

    def post(self, path: str, data: dict[str, Any]) -> Any:
        return self.person.browser("en").post(path, data=data)


@dataclass
class House:
    """A fund with its people; each deed is a transaction of its own, as a request is."""

    app: Flask
    manager: Person
    second: Person
    lp: Person
    stranger: Person
    fund_id: str = ""
    partners: dict[str, str] = field(default_factory=dict)

    def do(self, deed: Callable[..., Any], *args: Any, who: Person | None = None, **kwargs: Any) -> Any:
        """Let the manager (or somebody else) do something to the fund."""
        actor = (who or self.manager).actor
        with db.edge(actor=actor):
            return deed(actor, self.fund_id, *args, **kwargs)

    def ask(self, read: Callable[[Fund], Any], who: Person | None = None) -> Any:
        """Read something of the fund."""
        actor = (who or self.manager).actor
        with db.edge(write=False, actor=actor):
            return read(queries.get(actor, self.fund_id))

    def sign_in(self) -> None:
        """Give everybody a token of today: the clock goes further than a token lasts."""
        with db.system_edge() as session:
            for who in (self.manager, self.second, self.lp, self.stranger):
                who.token = identity.issue_token(session.get_one(User, who.user_id), label="test")[0]

    def positions(self) -> dict[str, queries.Position]:
        return {p.lp.name: p for p in self.ask(queries.positions).values() if p.lp}

    def close(self, on: date, **amounts: int) -> Any:
        """A closing with commitments in yuan by name."""
        stand(max(on, clock.today()))
        rows = [(self.partners[name], yuan(amount)) for name, amount in amounts.items()]
        return self.do(service.hold_closing, on=on, commitments=rows)

    def called(self, on: date, amount: int, *, outside: bool = False, deal: str | None = None) -> Any:
        """A call for so many yuan, issued and due on a day."""
        stand(on)
        purpose = service.Purpose("fee" if outside else "investment", yuan(amount), outside, deal)
        call = self.do(service.draft_call, due_on=on, purposes=[purpose])
        return self.do(service.issue_call, call.id)

    def paid(self, call: Any, on: date) -> None:
        """Everybody pays what is open of a call."""
        stand(on)
        for line in self.ask(lambda _fund: queries.call_lines([call])[call.id]):
            if line.open_minor:
                self.do(
                    service.pay, call.id, lp_id=line.lp_id, amount=Money(line.open_minor), on=on,
                    reference=f"{call.number}-{line.lp_id}-{on}",
                )  # fmt: skip

    def distributed(self, on: date, amount: int, **more: Any) -> Any:
        """A distribution of so many yuan, prepared by the one and approved by the other."""
        stand(on)
        row = self.do(service.prepare, on=on, amount=yuan(amount), **more)
        return self.do(service.approve, row.id, who=self.second)


def build(app: Flask, person: Callable[..., Person], **terms: Any) -> House:
    """A fund with three partners and no closing yet."""
    manager = person("fund")
    second = person("fund", "member", organisation_id=manager.organisation_id)
    house = House(app, manager, second, person("investor"), person("investor"))
    actor = manager.actor
    with db.edge(actor=actor):
        house.fund_id = service.create(actor, TERMS | terms).id
        house.partners["a"] = service.add(
            actor, house.fund_id, name="a", organisation_id=house.lp.organisation_id
        ).id
        for name in ("b", "c", "d"):
            house.partners[name] = service.add(
                actor, house.fund_id, name=name, email=f"{name}@example.test"
            ).id
    return house


@pytest.fixture
def house(app: Flask, person: Callable[..., Person]) -> House:
    """A fund started in 2025 with partners a (on the platform), b, c, d; a and b committed 6 and 4 million."""
    stand(date(2025, 1, 10))
    made = build(app, person)
    made.close(date(2025, 1, 10), a=6_000_000, b=4_000_000)
    return made
