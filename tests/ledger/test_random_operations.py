"""A seeded stream of operations, refused ones among them, against a model in memory; a million of them in the benchmark."""

from __future__ import annotations

import os

from flask import Flask

from dealflow.core import db
from dealflow.core.actor import SYSTEM
from dealflow.ledger import service
from tests.conftest import Person
from tests.ledger import stream

# The long run is `python -m benchmarks.ledger.operations`.
OPERATIONS = int(os.environ.get("DEALFLOW_LEDGER_OPERATIONS", "3000"))


def test_every_figure_equals_the_models_after_random_operations(app: Flask, owner: Person) -> None:
    with db.system_edge():
        books = [
            service.open_book(
                SYSTEM, kind="project", object_id=f"prj_{n}", organisation_id=owner.organisation_id, name="x", currency="CNY"
            ).id
            for n in range(2)
        ]  # fmt: skip
    operations = stream.Stream(books, 20_261_125)
    assert max(operations.run(OPERATIONS, batch=200)) >= OPERATIONS
    assert len(operations.done) >= 10, operations.done
    compared = stream.compare_all(operations)
    assert compared["entries in the chains"] == operations.done["posted"] + operations.done["reversed"]
