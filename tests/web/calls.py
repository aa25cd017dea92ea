"""What the HTTP tests share: a creator and an investor with a project, and raw calls to the API."""

from __future__ import annotations

from typing import Any

from tests.conftest import Person

RANDOM_ID = "0" * 25 + "7"


def raw(person: Person, method: str, path: str, data: bytes = b"", **headers: str) -> Any:
    """A call whose body is sent as it is, as JSON unless the headers say otherwise (`Content_Type=…`)."""
    sent = {"Authorization": f"Bearer {person.token}", "Accept-Language": "en"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    sent.setdefault("Content-Type", "application/json")
    return person.app.test_client().open(f"/api/v1{path}", method=method, data=data, headers=sent)


def is_problem(answer: Any, status: int, code: str) -> None:
    """Assert that an answer is problem+json of this status and code, complete and in shape."""
    assert answer.status_code == status, answer.data
    assert answer.mimetype == "application/problem+json"
    body = answer.json
    assert set(body) >= {"type", "title", "status", "detail", "code", "errors"}
    assert (body["status"], body["code"], body["type"]) == (status, code, f"/problems/{code}"), body
    assert body["title"]
    assert body["detail"]
    for error in body["errors"]:
        assert set(error) == {"field", "code", "message"}
        assert all(isinstance(value, str) and value for value in error.values()), error
