"""A seeded stream of operations, a fifth of them invalid, against a dictionary of balances."""

from __future__ import annotations

import os
import random
from collections import defaultdict
from datetime import date, timedelta

from dealflow.core import db
from dealflow.core.actor import SYSTEM
from dealflow.core.errors import DomainError
from dealflow.ledger import queries, service, verification
from dealflow.ledger.service import Draft, Line, Side
from tests.ledger.conftest import fen

ROUNDS = int(os.environ.get("DEALFLOW_LEDGER_OPERATIONS", "600"))
SIDES = [Side(f"assets:a{n}", "asset", "Account") for n in range(12)]
START = date(2026, 1, 1)


def random_draft(chance: random.Random, number: int) -> tuple[Draft, bool]:
    """A draft and whether it is valid."""
    amounts = [chance.choice((1, -1)) * chance.randrange(1, 10**9) for _ in range(chance.randrange(1, 6))]
    valid = chance.random() > 0.2
    last = -sum(amounts) + (0 if valid else 1)
    lines = [
        Line(side, fen(a))
        for side, a in zip(chance.sample(SIDES, len(amounts) + 1), [*amounts, last], strict=True)
    ]
    return Draft(START + timedelta(days=chance.randrange(90)), "x", f"k{number}", lines), valid and last != 0


def test_every_balance_equals_the_models_after_random_operations(book_id: str) -> None:
    chance = random.Random(20_261_125)  # noqa: S311 - the same stream every time
    model: dict[tuple[str, date], int] = defaultdict(int)
    kept: list[tuple[str, Draft]] = []
    for start in range(0, ROUNDS, 50):
        with db.system_edge():
            book = queries.book_by_id(book_id)
            for number in range(start, start + 50):
                if kept and chance.random() < 0.1:
                    entry_id, old = kept.pop(chance.randrange(len(kept)))
                    on = old.on + timedelta(days=1)
                    service.reverse(
                        SYSTEM, queries.entry(book, entry_id), on=on, key=f"r{number}", reason="r"
                    )
                    for line in old.lines:
                        model[line.account.code, on] -= line.amount.amount_minor
                    continue
                wanted, valid = random_draft(chance, number)
                try:
                    entry = service.post(SYSTEM, book, wanted)
                except DomainError:
                    assert not valid
                    continue
                assert valid
                kept.append((entry.id, wanted))
                for line in wanted.lines:
                    model[line.account.code, wanted.on] += line.amount.amount_minor
    with db.system_edge(write=False):
        book = queries.book_by_id(book_id)
        for day in (START + timedelta(days=n) for n in (0, 17, 45, 91)):
            for side in SIDES:
                expected = sum(
                    minor for (code, on), minor in model.items() if code == side.code and on <= day
                )
                assert queries.balance(book, side.code, on=day).amount_minor == expected
        assert list(verification.verify()) == []
