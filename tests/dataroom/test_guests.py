"""Readers without an account: one address, proven by a mailed code, viewing only, until the link ends."""

from __future__ import annotations

import re
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from flask.testing import FlaskClient

from dealflow.accounts import limits
from dealflow.core import clock, jobs
from tests.dataroom.conftest import Room
from tests.factories import rooms

ADDRESS = "lawyer@example.test"


def mails(room: Room) -> list[str]:
    """The texts of all mails to the guest, oldest first."""
    jobs.run_due()
    folder = room.owner.app.extensions["dealflow.settings"].instance / "mail"
    found = []
    for path in sorted(folder.glob("*.eml")):
        made: Any = message_from_bytes(path.read_bytes(), policy=policy.default)
        if made["To"] == ADDRESS:
            found.append(made["Subject"] + "\n" + made.get_body(("plain",)).get_content())
    return found


@pytest.fixture
def link(room: Room) -> str:
    """The address that was mailed."""
    sent = {"email": f" {ADDRESS.upper()} ", "days": "7", "folder_id": ""}
    answer = room.owner.browser().post(f"/projects/{room.project}/data-room/links", data=sent)
    assert answer.status_code == 303, answer.text
    (text,) = mails(room)
    found = re.search(r"/rooms/[\w-]+", text)
    assert found
    return found[0]


def code_of(room: Room) -> str:
    found = re.search(r"\d{6}", mails(room)[-1])
    assert found
    return found[0]


def proven(room: Room, link: str) -> tuple[FlaskClient, str]:
    """A browser whose address was proven, and the address of its room."""
    client = room.owner.app.test_client()
    assert ADDRESS in client.get(link).text
    assert client.post(link).status_code == 200
    answer = client.post(f"{link}/code", data={"code": code_of(room)})
    assert answer.status_code == 303
    return client, answer.headers["Location"]


def test_a_guest_proves_the_address_accepts_and_views(room: Room, link: str) -> None:
    client, place = proven(room, link)
    assert client.get(place).headers["Location"] == f"{place}/nda"
    document = f"{place}/documents/{room.document}"
    assert client.get(document).headers["Location"] == f"{place}/nda"
    assert client.get(f"{document}/content").status_code == 404
    assert client.post(f"{place}/nda", data={"number": "1"}).status_code == 303
    assert "budget.pdf" in client.get(place).text
    page = client.get(document).text
    access = re.search(r'data-access="(dac_\w+)"', page)
    assert access
    assert "download=1" not in page
    part = client.get(f"{document}/pages/1?access={access[1]}")
    assert "Page 1" in rooms.text_of(part.data)
    assert client.get(f"{document}/content").headers["Content-Disposition"].startswith("inline")
    assert client.post(f"{document}/seen", data={"access": access[1], "pages": "1:1"}).status_code == 204
    (view,) = room.owner.get(f"/projects/{room.project}/data-room/views").json["items"]
    assert (view["email"], view["organisation_id"], view["kind"]) == (ADDRESS, None, "view")
    accepted = room.owner.browser().get(f"/projects/{room.project}/data-room/access").text
    assert accepted.count(ADDRESS) >= 2


def test_the_link_alone_opens_nothing(room: Room, link: str) -> None:
    _client, place = proven(room, link)
    other = room.owner.app.test_client()
    for path in (place, f"{place}/documents/{room.document}", f"{place}/documents/{room.document}/content"):
        assert other.get(path).status_code == 404, path
    assert other.get("/rooms/guessed").status_code == 404


def test_codes_are_few_and_short_lived(room: Room, link: str) -> None:
    client = room.owner.app.test_client()
    client.post(link)
    right = code_of(room)
    assert "just sent" in client.post(f"{link}?lang=en").text
    assert len(mails(room)) == 2, "one link, one code"
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    for _try in range(5):
        assert client.post(f"{link}/code", data={"code": wrong}).status_code == 200
    assert client.post(f"{link}/code", data={"code": right}).status_code == 200, "no sixth try"
    clock.set_base(clock.now() + timedelta(minutes=2))
    client.post(link)
    fresh = code_of(room)
    clock.set_base(clock.now() + timedelta(minutes=11))
    assert client.post(f"{link}/code", data={"code": fresh}).status_code == 200, "too late"


def test_a_code_works_once(room: Room, link: str) -> None:
    proven(room, link)
    again = room.owner.app.test_client()
    assert again.post(f"{link}/code", data={"code": code_of(room)}).status_code == 200


def test_a_link_that_is_taken_back_or_ran_out_is_gone(room: Room, link: str) -> None:
    client, place = proven(room, link)
    client.post(f"{place}/nda", data={"number": "1"})
    document = f"{place}/documents/{room.document}"
    assert client.get(document).status_code == 200
    now = clock.now()
    clock.set_base(now + timedelta(days=8))
    assert client.get(link).status_code == 404
    clock.set_base(now)
    page = room.owner.browser().get(f"/projects/{room.project}/data-room/access").text
    action = re.search(r"/projects/\w+/data-room/links/\w+/revoke", page)
    assert action
    assert room.owner.browser().post(action[0]).status_code == 303
    for path in (link, place, document, f"{document}/content", f"{document}/pages/1"):
        assert client.get(path).status_code == 404, path


def test_an_address_has_one_link_and_must_be_one(room: Room, link: str) -> None:
    client = room.owner.browser()
    path = f"/projects/{room.project}/data-room/links"
    assert client.post(path, data={"email": ADDRESS, "days": "3"}).status_code == 422
    assert client.post(path, data={"email": "no address", "days": "3"}).status_code == 422
    assert client.post(path, data={"email": "b@example.test", "days": "400"}).status_code == 422
    assert room.reader.browser().post(path, data={"email": "b@example.test", "days": "3"}).status_code == 403


def test_nobody_is_flooded_with_links(room: Room) -> None:
    client, path = room.owner.browser(), f"/projects/{room.project}/data-room/links"
    for _ in range(limits.MAILS_PER_ACCOUNT):
        assert client.post(path, data={"email": ADDRESS, "days": "3"}).status_code == 303
        links = re.findall(
            r"/data-room/links/(\w+)/revoke", client.get(f"/projects/{room.project}/data-room/access").text
        )
        assert client.post(f"{path}/{links[0]}/revoke").status_code == 303
    assert client.post(path, data={"email": ADDRESS, "days": "3"}).status_code == 429
    assert client.post(path, data={"email": "b@example.test", "days": "3"}).status_code == 303
