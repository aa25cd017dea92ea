"""A form with a file does its work once, however often it is sent; what is chosen anew is another deed."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

from tests.conftest import Person
from tests.factories import pitches


def text(words: str) -> bytes:
    return f"A plan: {words}.\n".encode()


@pytest.fixture
def creator(person: Callable[..., Person]) -> Person:
    return person("creator")


@pytest.fixture
def project(creator: Person) -> str:
    return str(pitches.published(creator)["id"])


def documents(creator: Person, project: str) -> list[str]:
    return sorted(row["name"] for row in creator.get(f"/projects/{project}/data-room").json["documents"])


def send(page: Any, project: str, token: str, content: bytes, name: str = "plan.txt") -> Any:
    data = {"file": (BytesIO(content), name), "once": token}
    return page.post(f"/projects/{project}/documents", data=data, content_type="multipart/form-data")


def token_of(page: Any, project: str) -> str:
    found = re.findall(r'name="once" value="([^"]+)"', page.get(f"/projects/{project}/data-room").text)
    assert found
    return str(found[0])


def test_the_same_form_sent_twice_adds_one_document_and_says_so_twice(creator: Person, project: str) -> None:
    page = creator.browser("en")
    token = token_of(page, project)
    first, second = (send(page, project, token, text("a")) for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["Location"] == second.headers["Location"]
    assert "Added: plan.txt" in page.get(second.headers["Location"]).text
    assert documents(creator, project) == ["plan.txt"]
    # Shown again, the form is another one.
    assert token_of(page, project) != token
    send(page, project, token_of(page, project), text("a"))
    assert documents(creator, project) == ["plan.txt", "plan.txt"]


def test_another_file_chosen_on_a_page_that_the_browser_kept_is_added(creator: Person, project: str) -> None:
    page = creator.browser()
    token = token_of(page, project)
    send(page, project, token, text("a"), "a.txt")
    send(page, project, token, text("b"), "b.txt")
    assert documents(creator, project) == ["a.txt", "b.txt"]


def test_a_token_of_somebody_else_hides_nothing(
    creator: Person, project: str, person: Callable[..., Person]
) -> None:
    page = creator.browser()
    token = token_of(page, project)
    send(page, project, token, text("a"))
    stranger = send(person("creator").browser(), project, token, text("a"))
    assert stranger.status_code == 404
    colleague = person("creator", "member", organisation_id=creator.organisation_id)
    send(colleague.browser(), project, token, text("a"))
    assert documents(creator, project) == ["plan.txt", "plan.txt"]


def test_what_was_refused_may_be_sent_again(creator: Person, project: str) -> None:
    page = creator.browser()
    path = f"/projects/{project}/receipts"
    assert page.get(path).status_code == 200
    bad = {"once": "x" * 22, "file": (BytesIO(b""), ""), "gross": ["abc", "CNY"]}
    for _ in range(2):
        again = page.post(path, data=bad | {"file": (BytesIO(b""), "")}, content_type="multipart/form-data")
        assert again.status_code in (409, 422), again.status_code
