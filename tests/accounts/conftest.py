"""What the tests of accounts share: passwords, a browser with a real CSRF token, the mail outbox."""

from __future__ import annotations

import email
import re
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from dealflow.accounts import passwords
from dealflow.accounts.models import User
from dealflow.core import db, jobs

PASSWORD = "seven green lanterns"


class Browser:
    """A browser that keeps cookies and sends the CSRF token of the page it is on."""

    def __init__(self, app: Flask, address: str = "127.0.0.1") -> None:
        self.client = app.test_client()
        self.client.set_cookie("lang", "en")
        self.address = {"REMOTE_ADDR": address}
        self.token = ""

    def get(self, path: str, **kwargs: Any) -> Any:
        answer = self.client.get(path, environ_overrides=self.address, **kwargs)
        found = re.search(r'name="csrf_token" value="([^"]+)"', answer.text)
        self.token = found[1] if found else self.token
        return answer

    def post(self, path: str, **fields: Any) -> Any:
        data = {"csrf_token": self.token} | fields
        return self.client.post(path, data=data, environ_overrides=self.address)

    def log_in(self, address: str, password: str = PASSWORD, **fields: Any) -> Any:
        self.get("/login")
        answer = self.post("/login", email=address, password=password, **fields)
        if answer.status_code == 303:
            self.get("/settings")
        return answer

    @property
    def logged_in(self) -> bool:
        return bool(self.client.get("/api/v1/me").status_code == 200)


@pytest.fixture
def browser(app: Flask) -> Callable[..., Browser]:
    return lambda address="127.0.0.1": Browser(app, address)


@pytest.fixture
def with_password() -> Callable[..., Any]:
    """Give a person the password PASSWORD."""

    def give(person: Any, password: str = PASSWORD) -> Any:
        with db.system_edge() as session:
            session.get_one(User, person.user_id).password_hash = passwords.hash_password(password)
        return person

    return give


@pytest.fixture
def outbox(app: Flask) -> Callable[[], list[EmailMessage]]:
    """Run what waits and read the mails that went out, oldest first."""

    def read() -> list[EmailMessage]:
        jobs.run_due()
        folder = Path(app.instance_path) / "mail"
        return [
            email.message_from_bytes(path.read_bytes(), policy=default)
            for path in sorted(folder.glob("*.eml"))
        ]

    return read


def link_in(message: EmailMessage, path: str) -> str:
    """The local part of the first address below `path` in a mail's text."""
    body = message.get_body(("plain",))
    assert body is not None
    found = re.search(rf"http://localhost({path}/\S+)", body.get_content())
    assert found, body.get_content()
    return found[1]
