"""Verifying a file costs little, whatever is sent: in windows, before any transaction that writes, with few questions."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from dealflow.core import db
from dealflow.signing import verification
from tests.conftest import Person

Sheet = dict[str, Any]
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@pytest.fixture
def earlier(sheet: Sheet, creator: Person) -> str:
    """The code of a version that another one replaced."""
    first: str = creator.get(f"/term-sheets/{sheet['id']}/versions/1").json["code"]
    terms = creator.get(f"/term-sheets/{sheet['id']}/versions/1").json["terms"]
    terms["exclusivity"] = {**terms["exclusivity"], "days": 5}
    made = creator.post(f"/term-sheets/{sheet['id']}/versions", {"terms": terms, "base_version": 1})
    assert made.status_code == 201
    return first


def outcome(app: Flask, content: bytes) -> str:
    # Encoded in memory: the client would leave a large body's temporary file open.
    boundary, body = encode_multipart({"file": FileStorage(io.BytesIO(content), "x.pdf")})
    kind = f"multipart/form-data; boundary={boundary}"
    return str(app.test_client().post("/api/v1/verify", data=body, content_type=kind).json["outcome"])


def code(number: int) -> str:
    """One of many made-up codes."""
    letters = "".join(LETTERS[number >> 5 * place & 31] for place in range(20))
    return "-".join(letters[start : start + 5] for start in range(0, 20, 5))


def test_a_code_is_found_where_two_windows_meet(app: Flask, earlier: str) -> None:
    plain, escaped = earlier.encode(), earlier.replace("-", r"\055").encode()
    identifier = b"/ID [ <%s>" % earlier.encode().hex().encode()
    for written in (plain, escaped, identifier):
        for before in (0, 1, len(written) // 2, len(written) - 1, len(written)):
            content = b"." * (verification._WINDOW - before) + written + b"." * 100
            assert outcome(app, content) == "superseded", (written, before)
    assert outcome(app, b"." * verification._WINDOW) == "unknown"


def test_a_file_made_of_codes_asks_the_database_little(app: Flask) -> None:
    asked: list[str] = []

    @event.listens_for(db.database().engine, "before_cursor_execute")
    def note(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    assert outcome(app, "\n".join(code(n) for n in range(20_000)).encode()) == "unknown"
    assert len(asked) <= 2 * 2 * verification._MOST_CODES + 20


@pytest.mark.parametrize("path", ["/verify", "/api/v1/verify"])
def test_no_writer_waits_while_a_file_is_read(app: Flask, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    read, writing = verification._read, []

    def looked_at(stream: Any) -> Any:
        writing.append(db.session().info["write"])
        return read(stream)

    monkeypatch.setattr(verification, "_read", looked_at)
    answer = app.test_client().post(path, data={"file": (io.BytesIO(b"%PDF"), "x.pdf")})
    assert answer.status_code == 200
    assert writing == [False]


def test_more_than_a_file_may_hold_is_refused(monkeypatch: pytest.MonkeyPatch, app: Flask) -> None:
    monkeypatch.setattr(verification, "LIMIT", 1000)
    sent = {"file": (io.BytesIO(b"x" * 1001), "x.pdf")}
    assert app.test_client().post("/api/v1/verify", data=sent).status_code == 413
