"""Documents are stored before the transaction that keeps them: no other writer waits for a large one."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dealflow.core import db
from dealflow.files import service, storage
from tests.conftest import Person
from tests.factories import rooms

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Of each file that is stored from now on, whether a writing transaction was open."""
    found: list[bool] = []
    put = storage.put

    def watched(source: Path, sha256: str) -> None:
        found.append(db.in_transaction() and db.session().info["write"])
        put(source, sha256)

    monkeypatch.setattr(storage, "put", watched)
    return found


def test_evidence_and_statements_of_a_release(person: Callable[..., Person], written: list[bool]) -> None:
    who = person()
    project = who.post("/projects", {"title": {"en": "A"}}).json["id"]
    assert rooms.send(who, f"/projects/{project}/evidence", PDF).status_code == 201
    table = "日期,金额\n2026-09-01,1\n".encode()
    assert rooms.send(who, f"/projects/{project}/statements", table, "a.csv").status_code == 201
    assert written == [False, False]


def test_the_document_of_a_form(person: Callable[..., Person], written: list[bool]) -> None:
    who = person()
    project = who.post("/projects", {"title": {"en": "A"}}).json["id"]
    form: dict[str, Any] = {
        "amount": "100", "currency": "CNY", "on": "2026-09-01", "platform": "hongguo", "evidence_class": "platform_statement",
        "external_ref": "R-1", "document": (io.BytesIO(PDF), "a.pdf"),
    }  # fmt: skip
    answer = who.browser().post(f"/projects/{project}/receipts", data=form)
    assert answer.status_code in (303, 422), answer.text
    assert written == [False]


def test_a_file_that_is_not_accepted_is_named_and_what_was_typed_stays(
    person: Callable[..., Person], written: list[bool]
) -> None:
    who = person()
    project = who.post("/projects", {"title": {"en": "A"}}).json["id"]
    refused = rooms.send(who, f"/projects/{project}/evidence", b"<html>", "a.pdf")
    assert (refused.status_code, refused.json["errors"][0]["code"]) == (415, "wrong_type")
    missing = who.app.test_client().post(
        f"/api/v1/projects/{project}/evidence", data={}, content_type="multipart/form-data; boundary=x",
        headers={"Authorization": f"Bearer {who.token}"},
    )  # fmt: skip
    assert (missing.status_code, missing.json["errors"][0]["field"]) == (422, "file")
    assert written == []


def test_strangers_send_in_vain(person: Callable[..., Person], written: list[bool]) -> None:
    who, stranger = person(), person()
    project = who.post("/projects", {"title": {"en": "A"}}).json["id"]
    assert rooms.send(stranger, f"/projects/{project}/evidence", PDF).status_code == 404
    assert written == []


def test_a_route_that_would_store_inside_its_transaction_is_a_defect(person: Callable[..., Person]) -> None:
    who = person()
    with db.edge(actor=who.actor) as session:
        session.info["request"] = True
        with pytest.raises(RuntimeError, match="prepares"):
            service.receive_document(who.actor, io.BytesIO(PDF), "a.pdf", purpose="test")
