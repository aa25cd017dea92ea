"""A term sheet that everybody signed, and the commitment it became."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from dealflow.accounts import identity
from dealflow.accounts.models import User
from dealflow.core import clock, db
from tests.conftest import Person
from tests.factories.commitments import executed


def renewed(who: Person) -> None:
    """A fresh token, after weeks have passed."""
    with db.system_edge() as session:
        who.token = identity.issue_token(session.get_one(User, who.user_id), label="later")[0]


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


def later(days: int) -> None:
    """Let so many days pass."""
    clock.set_base(clock.now() + timedelta(days=days))
