"""Nobody who writes waits for a paper: it is drawn and stored while the database's writer is free, and kept afterwards."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import date
from types import SimpleNamespace
from typing import Any

import pysqlite3.dbapi2 as driver
import pytest
from flask import Flask
from sqlalchemy import select

from dealflow.core import db, jobs, pdf
from dealflow.files import keeping, service
from dealflow.files.models import StoredFile
from dealflow.funds import sheets
from tests.conftest import Person
from tests.sweep.routes import routes

TYPE = "application/pdf"


@jobs.job("test.draws_and_writes", tries=1)
def draws_and_writes() -> None:
    drawn()


@jobs.job("test.draws", tries=1, transactional=False)
def draws() -> None:
    with db.system_edge(write=False):
        drawn()


def drawn() -> bytes:
    return pdf.render("<p>a</p>", title="a", lang="en", identifier=b"a", dated=date(2026, 1, 1))


def asked(who: Person, draw: Callable[[], bytes]) -> tuple[bytes, str]:
    """A paper that a person asks for in a transaction that only reads."""

    def known() -> Any:
        query = select(StoredFile).where(StoredFile.purpose == "test.paper")
        row = db.session().scalars(query).first()
        return SimpleNamespace(file_id=row.id, sha256=row.sha256) if row else None

    with db.edge(write=False, actor=who.actor):
        return keeping.paper(
            who.actor, "a.pdf", draw, organisation_id=str(who.organisation_id), content_type=TYPE, purpose="test.paper",
            known=known, row=lambda stored: stored,
        )  # fmt: skip


def test_another_writes_while_a_paper_is_drawn(app: Flask, person: Callable[..., Person]) -> None:
    who, wrote = person(), []

    def draw() -> bytes:
        if db.database().dialect == "sqlite":
            path = db.database().engine.url.database
            with closing(driver.connect(str(path), isolation_level=None, timeout=0)) as other:
                other.execute("BEGIN IMMEDIATE")
                other.execute("ROLLBACK")
        wrote.append(True)
        return b"%PDF-drawn"

    content, sha256 = asked(who, draw)
    assert wrote == [True]
    assert asked(who, lambda: pytest.fail("it is kept")) == (content, sha256)


def test_of_two_who_draw_at_once_one_is_kept_and_both_have_theirs(
    app: Flask, person: Callable[..., Person]
) -> None:
    who = person()

    def slower() -> bytes:
        assert asked(who, lambda: b"%PDF-quick")[0] == b"%PDF-quick"
        return b"%PDF-slow"

    assert asked(who, slower)[0] == b"%PDF-slow"
    assert asked(who, lambda: pytest.fail("it is kept"))[0] == b"%PDF-quick"


@pytest.mark.parametrize(
    "make",
    [
        drawn,
        lambda: service.receive_bytes(b"a", "a.pdf", content_type=TYPE, purpose="test.paper"),
        lambda: sheets.statement({}),
    ],
)
def test_no_request_makes_a_paper_while_it_holds_the_writer(app: Flask, make: Callable[[], object]) -> None:
    with db.system_edge() as session:
        session.info["request"] = True
        with pytest.raises(RuntimeError, match="outside the transaction"):
            make()


def test_no_job_does(app: Flask) -> None:
    with db.system_edge():
        bad, good = jobs.enqueue("test.draws_and_writes", {}), jobs.enqueue("test.draws", {})
    assert [jobs.run(bad), jobs.run(good)] == ["dead", "done"]
    with db.system_edge(write=False) as session:
        assert "outside the transaction" in str(session.get_one(jobs.Job, bad).error)


def test_doors_that_give_papers_hold_no_writer(app: Flask) -> None:
    found = [
        route for route in routes(app)
        if route.method == "GET" and route.rule.endswith((".pdf", ".xlsx", "report.<form>", "report.{form}"))
    ]  # fmt: skip
    assert len(found) > 12
    for route in found:
        assert not getattr(route.view, "writes", False), route
        assert not getattr(route.view, "prepare", None), route
