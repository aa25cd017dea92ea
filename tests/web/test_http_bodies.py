"""What a request carries: read to a limit, whole before any transaction begins, and from nobody unknown."""

from __future__ import annotations

import io
from collections.abc import Callable
from json import dumps
from typing import Any

import pytest
from flask import Flask
from PIL import Image

from dealflow.core import db, tabular
from dealflow.core.http import JSON_LIMIT
from dealflow.files import images
from tests.conftest import Person
from tests.factories import pitches


@pytest.fixture
def creator(person: Callable[..., Person]) -> Person:
    """An owner of a creator's organisation."""
    return person("creator")


@pytest.mark.parametrize(
    ("path", "mimetype", "body", "most"),
    [
        ("/api/v1/projects", "application/json", b'{"logline": "' + b"x" * 50_000_000, JSON_LIMIT),
        ("/api/v1/tokens", "application/json", b" " * 50_000_000, JSON_LIMIT),
        ("/api/v1/projects", "text/plain", b"x" * 50_000_000, JSON_LIMIT),
        ("/api/v1/projects", "application/json", b'{"hooks": [' + b"[]," * 500_000 + b"1]}", JSON_LIMIT),
        ("/api/v1/projects", "application/json", dumps(dict.fromkeys(map(str, range(150_000)), 1)).encode(), JSON_LIMIT),
        ("/login", "application/x-www-form-urlencoded", b"email=" + b"x" * 50_000_000, 8 * 1024 * 1024),
        ("/login", "application/x-www-form-urlencoded", b"&".join([b"a=1"] * 1_000_000), 8 * 1024 * 1024),
    ],
    ids=["text", "login", "other", "values", "names", "field", "fields"],
)  # fmt: skip
def test_a_body_that_tells_no_length_or_holds_too_much_is_413_and_read_no_further(
    creator: Person, path: str, mimetype: str, body: bytes, most: int
) -> None:
    stream = io.BytesIO(body)
    answer = creator.app.test_client().post(
        path, content_type=mimetype, headers={"Authorization": f"Bearer {creator.token}"},
        environ_overrides={"wsgi.input": stream, "wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    )  # fmt: skip
    assert answer.status_code == 413
    assert stream.tell() <= most + 1


@pytest.mark.parametrize("body", [b"null", b"[]", b"7", b'""'])
def test_a_body_that_is_no_object_is_refused_and_makes_nothing(creator: Person, body: bytes) -> None:
    answer = creator.app.test_client().post(
        "/api/v1/projects", data=body, content_type="application/json",
        headers={"Authorization": f"Bearer {creator.token}"},
    )  # fmt: skip
    assert answer.status_code == 422
    assert [error["code"] for error in answer.json["errors"]] == ["wrong_type"]
    assert creator.get("/projects").json["total"] == 0


def test_of_many_faults_the_first_hundred_are_named(creator: Person) -> None:
    answer = creator.post("/projects", dict.fromkeys(map(str, range(900)), 1))
    assert len(answer.json["errors"]) == 100


class Watched(io.BytesIO):
    """A body that notes whether a transaction was open while it was read."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.found: set[bool] = set()

    def readinto(self, buffer: Any, /) -> int:
        self.found.add(db.in_transaction())
        return super().readinto(buffer)


PART = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhello\r\n--b--\r\n'


@pytest.mark.parametrize(
    ("path", "mimetype", "body"),
    [
        ("/api/v1/projects", "application/json", b"{}"),
        ("/api/v1/tokens", "application/json", b"{}"),
        ("/api/v1/projects/{project}/withdraw", "application/json", b"{}"),
        ("/api/v1/projects/{project}/documents", "multipart/form-data; boundary=b", PART),
        ("/api/v1/exchange-rates/import", "multipart/form-data; boundary=b", PART),
        ("/projects/{project}/media", "multipart/form-data; boundary=b", PART),
        ("/settings", "application/x-www-form-urlencoded", b"name=A"),
        ("/login", "application/x-www-form-urlencoded", b"email=a"),
    ],
)
def test_a_body_is_read_while_no_transaction_is_open(
    creator: Person, path: str, mimetype: str, body: bytes
) -> None:
    # However slowly a body comes, no other writer waits for it.
    project = creator.post("/projects", pitches.complete()).json["id"]
    stream = Watched(body)
    headers = {"Authorization": f"Bearer {creator.token}"} if path.startswith("/api/") else {}
    client = creator.app.test_client() if headers else creator.browser()
    creator.app.config["WTF_CSRF_ENABLED"] = True
    answer = client.post(
        path.format(project=project), content_type=mimetype, headers=headers,
        environ_overrides={"wsgi.input": stream, "wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    )  # fmt: skip
    assert answer.status_code not in (404, 405)
    assert stream.found == {False}


def test_nobody_in_particular_uploads_nothing(app: Flask) -> None:
    stream = Watched(PART)
    answer = app.test_client().post(
        "/api/v1/exchange-rates/import", content_type="multipart/form-data; boundary=b",
        environ_overrides={"wsgi.input": stream, "wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    )  # fmt: skip
    assert answer.status_code == 401
    assert stream.found == set()


def image() -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(out, "PNG")
    return out


@pytest.mark.parametrize(
    ("kind", "path", "fields", "name"),
    [
        ("creator", "/projects/{project}/media", {"kind": "poster"}, "a.png"),
        ("creator", "/settings/seal", {}, "a.png"),
        ("creator", "/projects/import", {}, "a.csv"),
        ("investor", "/mandates/import", {}, "a.csv"),
        ("creator", "/projects/{project}/statements", {}, "a.csv"),
        ("creator", "/api/v1/projects/{project}/statements", {}, "a.csv"),
        ("investor", "/exchange-rates/import", {}, "a.csv"),
        ("investor", "/api/v1/exchange-rates/import", {}, "a.csv"),
        ("creator", "/bank", {}, "a.csv"),
        ("creator", "/api/v1/bank-statements", {}, "a.csv"),
        ("fund", "/api/v1/benchmarks", {"name": "Index"}, "a.csv"),
    ],
)
def test_a_picture_or_table_that_is_sent_is_read_while_nobody_waits(
    person: Callable[..., Person], monkeypatch: pytest.MonkeyPatch, kind: str, path: str, fields: dict[str, str], name: str
) -> None:  # fmt: skip
    # Drawing a picture anew takes half a minute at most, and so does a large XLSX.
    who, owner = person(kind), person("creator")
    mine = who if kind == "creator" else owner
    project = mine.post("/projects", pitches.complete()).json["id"]
    writing: list[bool] = []

    def noted(do: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            writing.append(bool(db.session().info["write"]))
            return do(*args, **kwargs)

        return run

    monkeypatch.setattr(images, "variants", noted(images.variants))
    monkeypatch.setattr(tabular, "_read_csv", noted(tabular._read_csv))
    content = image().getvalue() if name == "a.png" else b"date,USD/CNY\n2026-01-05,7.1\n"
    data = fields | {"file": (io.BytesIO(content), name)}
    path = path.format(project=project)
    if path.startswith("/api/v1"):
        answer = who.call("POST", path.removeprefix("/api/v1"), data=data)
    else:
        answer = who.browser().post(path, data=data)
    assert answer.status_code in (200, 201, 303, 422)
    assert writing == [False]
