"""A book of a creator, on both databases where a test asks for `both`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask

from dealflow.core import db
from dealflow.core.actor import SYSTEM
from dealflow.core.money import Money
from dealflow.ledger import service
from dealflow.ledger.service import Draft, Line, Side
from tests.conftest import Person

CASH = Side("assets:collection", "asset", "Collection account")
INCOME = Side("income:receipts", "income", "Receipts")
PAYEE = Side("liabilities:payee:a", "liability", "Owed to payees", "甲方")


def fen(amount: int, currency: str = "CNY") -> Money:
    return Money(amount, currency)


def draft(key: str, amount: int, on: date = date(2026, 3, 1), *, other: Side = INCOME) -> Draft:
    """A receipt of so many fen."""
    return Draft(
        on, "receipt", key, (Line(CASH, fen(amount)), Line(other, fen(-amount))), text=f"receipt {key}"
    )


@pytest.fixture
def owner(person: Callable[..., Person]) -> Person:
    return person("creator")


@pytest.fixture
def book_id(app: Flask, owner: Person) -> str:
    """An empty book."""
    with db.system_edge():
        return service.open_book(
            SYSTEM, kind="project", object_id="prj_x", organisation_id=owner.organisation_id, name="项目", currency="CNY"
        ).id  # fmt: skip
