"""What every test can use: an application on its own database, people, tokens, a quiet clock."""

from __future__ import annotations

import gc
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import hypothesis
import psycopg
import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from playwright.sync_api import Browser, sync_playwright

from dealflow import create_app
from dealflow.accounts import identity
from dealflow.accounts.models import Membership, Organisation, User
from dealflow.core import clock, db, i18n, ids, jobs
from dealflow.core.actor import Actor
from dealflow.settings import Settings
from dealflow.web import rooms

# A busy machine is no fault of the code: examples are not timed.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

CHROMIUM = os.environ.get("DEALFLOW_CHROMIUM", "/usr/bin/chromium")
CHROMIUM_FLAGS = ("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--font-render-hinting=none")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One headless Chromium for the whole run: Playwright's synchronous driver cannot be started twice in a thread."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def template_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with all tables, copied for each test."""
    path = tmp_path_factory.mktemp("template") / "app.db"
    rooms.load_models()
    # What is loaded by now stays until the end: looking through it at every collection costs a sixth of a run.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    made = db.configure(f"sqlite:///{path}")
    db.Base.metadata.create_all(made.engine)
    made.engine.dispose()
    return path


# The rooms' own tests run on both databases: on SQLite in the quick tier, on PostgreSQL in a tier of its own.
ON_BOTH = (
    "accounts/test_codes_guessed.py", "accounts/test_joining.py", "accounts/test_login.py", "accounts/test_members.py", "core/test_audit.py", "core/test_jobs.py", "core/test_retention.py", "core/test_turns.py",
    "core/test_scope.py", "deals/test_deals.py", "mandates/test_api.py", "matching/test_matches.py", "notify/test_notify.py",
    "pitches/test_api.py", "recoupment/test_runs.py", "pitches/test_import.py", "portfolio/test_figures.py", "releases/test_receipts.py",
    "settlement/test_payments.py", "termsheets/test_rooms.py",
    "web/test_http_idempotency.py", "web/test_http_versions.py",
)  # fmt: skip


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test of these files that uses an application once per database."""
    if "database" in metafunc.fixturenames and metafunc.definition.path.match("tests/*/*.py"):
        place = "/".join(metafunc.definition.path.parts[-2:])
        if place in ON_BOTH:
            both = ["sqlite", pytest.param("postgresql", marks=pytest.mark.on_postgres)]
            metafunc.parametrize("database", both, indirect=True)


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """The kind of database that the application of this test lies on."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture
def settings(tmp_path: Path, database: str, request: pytest.FixtureRequest) -> Settings:
    """Settings of a fresh instance on its own database, empty but for the tables."""
    instance = tmp_path / "instance"
    instance.mkdir()
    if database == "postgresql":
        url = request.getfixturevalue("filled_postgres_url")
    else:
        shutil.copy(request.getfixturevalue("template_database"), instance / "app.db")
        url = f"sqlite:///{instance / 'app.db'}"
    return Settings(
        instance=instance,
        database_url=url,
        base_url="http://localhost",
        secret_key="test-secret-test-secret-test-secret",
        flask={"TESTING": True},
    )


class CompiledOnce(BytecodeCache):
    """Templates compiled once a process, not once an application: a third of the time of tests of pages."""

    code: ClassVar[dict[str, bytes]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key + bucket.checksum in self.code:
            bucket.bytecode_from_string(self.code[bucket.key + bucket.checksum])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.code[bucket.key + bucket.checksum] = bucket.bytecode_to_string()


def sendable(response: Response) -> Response:
    """Refuse what a real server cannot send and the test client lets pass: a header that is not ASCII."""
    for name, value in response.headers:
        assert str(value).isascii(), f"{name}: {value}"
    return response


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The application; jobs run only when a test calls `jobs.run_due()`."""
    i18n.activate("zh", "Asia/Shanghai")  # whatever the last request of another test spoke
    made = create_app(settings)
    made.after_request(sendable)
    made.jinja_env.bytecode_cache = CompiledOnce()
    jobs.wake_with(None)
    yield made
    db.database().engine.dispose()
    clock.set_base(None)


@contextmanager
def postgres_database(template: str = "template1") -> Iterator[str]:
    """A PostgreSQL database of its own, a copy of another; dropped afterwards. Where the server is:
    DEALFLOW_TEST_POSTGRES_URL."""
    named = os.environ.get(
        "DEALFLOW_TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
    )
    server = named.rpartition("/")[0]
    name = f"dealflow_test_{uuid.uuid4().hex[:12]}"
    plain = f"{server.replace('+psycopg', '')}/postgres"
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield f"{server}/{name}"
    finally:
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """An empty PostgreSQL database."""
    with postgres_database() as url:
        yield url


@pytest.fixture(scope="session")
def template_postgres() -> Iterator[str]:
    """The name of a PostgreSQL database with all tables, copied for each test."""
    with postgres_database() as url:
        rooms.load_models()
        made = db.configure(url)
        db.Base.metadata.create_all(made.engine)
        made.engine.dispose()
        yield url.rpartition("/")[2]


@pytest.fixture
def filled_postgres_url(template_postgres: str) -> Iterator[str]:
    """A PostgreSQL database with all tables."""
    with postgres_database(template_postgres) as url:
        yield url


@dataclass
class Person:
    """A logged-in person: their actor, an API client with a token, and the ids."""

    app: Flask
    user_id: str
    organisation_id: str
    email: str
    token: str

    @property
    def actor(self) -> Actor:
        """The actor as of now."""
        with db.system_edge(write=False) as session:
            return identity.build_actor(session.get_one(User, self.user_id), self.organisation_id)

    def call(self, method: str, path: str, json: Any = None, **kwargs: Any) -> Any:
        """Call the API as this person."""
        headers = {"Authorization": f"Bearer {self.token}", "Accept-Language": "en"} | kwargs.pop(
            "headers", {}
        )
        client: FlaskClient = self.app.test_client()
        return client.open(f"/api/v1{path}", method=method, json=json, headers=headers, **kwargs)

    def get(self, path: str, **kwargs: Any) -> Any:
        return self.call("GET", path, **kwargs)

    def post(self, path: str, json: Any = None, **kwargs: Any) -> Any:
        return self.call("POST", path, json={} if json is None else json, **kwargs)

    def patch(self, path: str, json: Any, version: int, **kwargs: Any) -> Any:
        return self.call("PATCH", path, json=json, headers={"If-Match": f'"{version}"'}, **kwargs)

    def browser(self, lang: str = "en") -> FlaskClient:
        """A test client that is logged in by a session, as a browser is. CSRF is off in it."""
        self.app.config["WTF_CSRF_ENABLED"] = False
        client = self.app.test_client()
        with db.system_edge() as session:
            user = session.get_one(User, self.user_id)
            secret = identity.start_session(
                user, address="127.0.0.1", agent="test", organisation_id=self.organisation_id
            )
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = secret, True
        client.set_cookie("lang", lang)
        return client


def make_person(
    app: Flask,
    kind: str = "creator",
    role: str = "owner",
    *,
    organisation_id: str | None = None,
    name: str = "",
) -> Person:
    """A person with a token, in an organisation of their own or in one that is there."""
    number = ids.new("n")[-8:]
    with db.system_edge() as session:
        if organisation_id is None:
            organisation = Organisation(id=ids.new("org"), name=name or f"{kind} {number}", kind=kind)
            session.add(organisation)
            session.flush()
            organisation_id = organisation.id
        user = User(
            id=ids.new("usr"),
            name=f"User {number}",
            email=f"u{number}@example.test",
            email_verified_at=clock.now(),
        )
        session.add(user)
        session.flush()
        session.add(Membership(organisation_id=organisation_id, user_id=user.id, role=role))
        secret, _row = identity.issue_token(user, label="test")
        return Person(app, user.id, organisation_id, user.email, secret)


@pytest.fixture
def person(app: Flask) -> Callable[..., Person]:
    """Make a person: `person(kind="investor", role="owner", organisation_id=None)`."""
    return partial(make_person, app)
