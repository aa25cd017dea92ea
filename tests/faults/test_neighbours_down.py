"""What the site leans on fails: another writer holds the database, the queue is gone, the PDF child is killed."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2 as sqlite
import pytest
from flask import Flask
from sqlalchemy import event, text

from dealflow.core import db, forking, jobs
from dealflow.core.errors import Unavailable
from dealflow.files import storage
from dealflow.settings import Settings
from tests.conftest import Person
from tests.factories import pitches
from tests.factories import world as worlds
from tests.pitches.test_media import picture
from tests.web.calls import is_problem


@pytest.fixture
def impatient(app: Flask) -> None:
    """Connections wait for a lock for a moment only, so that the test does not wait for ten seconds."""

    def hurry(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA busy_timeout=30")

    engine = db.database().engine
    event.listen(engine, "connect", hurry)
    engine.dispose()


@contextmanager
def locked(settings: Settings) -> Iterator[None]:
    """Another process's write transaction, from its beginning to its end."""
    other = sqlite.connect(settings.instance / "app.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@pytest.mark.usefixtures("impatient")
def test_while_another_writer_holds_the_database_writing_is_503_and_reading_goes_on(
    settings: Settings, person: Callable[..., Person]
) -> None:
    creator = person("creator")
    made = creator.post("/projects", pitches.complete()).json
    browser = creator.browser()
    with locked(settings):
        refused = creator.post("/projects", {"logline": "a"})
        is_problem(refused, 503, "unavailable")
        assert int(refused.headers["Retry-After"]) >= 1
        page = browser.post("/projects/new", data={"title_zh": "甲"})
        assert (page.status_code, page.headers["Retry-After"]) == (503, refused.headers["Retry-After"])
        assert creator.get(f"/projects/{made['id']}").json == made
        assert browser.get("/projects").status_code == 200
    assert creator.get("/projects").json["total"] == 1
    assert creator.post("/projects", {"logline": "a"}).status_code == 201


def test_reading_waits_for_no_writer_though_it_has_something_to_note(
    settings: Settings, person: Callable[..., Person]
) -> None:
    creator = person("creator")
    waited: list[int] = []

    @event.listens_for(db.database().engine, "before_cursor_execute")
    def note(connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement == "BEGIN IMMEDIATE":
            waited.append(int(connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one()))

    with locked(settings):
        # The token was never used, which this request would note.
        assert creator.get("/projects").status_code == 200
    assert waited == [db.A_MOMENT_MS]
    assert creator.get("/projects").status_code == 200  # noted now
    assert creator.get("/projects").status_code == 200
    assert len(waited) == 2
    assert creator.post("/projects", {"logline": "a"}).status_code == 201
    assert waited[2:] == [db.PATIENCE_MS]  # patient again


@pytest.mark.usefixtures("impatient")
def test_who_waited_in_vain_is_refused_and_does_not_wait_again(
    settings: Settings, person: Callable[..., Person]
) -> None:
    creator = person("creator")
    creator.get("/projects")
    begun: list[str] = []

    @event.listens_for(db.database().engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        begun.append(statement)

    with locked(settings):
        is_problem(creator.post("/projects", {"logline": "a"}), 503, "unavailable")
    assert begun.count("BEGIN IMMEDIATE") == 1


@pytest.mark.postgres
def test_on_postgresql_a_lock_is_waited_for_no_longer(
    filled_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "PATIENCE_MS", 50)
    db.configure(filled_postgres_url)
    with db.system_edge() as session:
        session.execute(text("LOCK TABLE job IN ACCESS EXCLUSIVE MODE"))

        def other() -> None:
            with db.system_edge() as another:
                another.execute(text("LOCK TABLE job"))

        with pytest.raises(Unavailable):
            db.retrying(other)
        with db.hurried(), pytest.raises(Unavailable):
            db.retrying(other)
    db.database().engine.dispose()


FULL = "PRAGMA max_page_count=1"  # SQLite takes it for "no larger than now"
READ_ONLY = "PRAGMA query_only=ON"


@pytest.mark.parametrize(
    ("state", "relief", "status", "code"),
    [(FULL, "PRAGMA max_page_count=1073741823", 507, "storage_full"), (READ_ONLY, "PRAGMA query_only=OFF", 503, "unavailable")],
)  # fmt: skip
def test_a_full_or_read_only_store_refuses_to_write_and_recovers_by_itself(
    app: Flask, person: Callable[..., Person], state: str, relief: str, status: int, code: str
) -> None:
    creator = person("creator")
    made = creator.post("/projects", pitches.complete()).json
    browser = creator.browser()
    synopsis = {"synopsis": "长" * 4000}
    saying = [state]

    def say(connection: Any, *_more: Any) -> None:
        connection.execute(saying[0])

    event.listen(db.database().engine, "checkout", say)
    # What is left free inside the file is used up first.
    while (refused := creator.post("/projects", synopsis)).status_code == 201 and state == FULL:
        pass
    is_problem(refused, status, code)
    before = creator.get("/projects").json["total"]
    page = browser.post("/projects/new", data={"title_zh": "甲" * 200, "logline": "乙" * 300})
    assert page.status_code in (status, 303)
    assert creator.get(f"/projects/{made['id']}").json == made
    assert browser.get("/projects").status_code == 200
    assert app.test_client().get("/healthz").status_code == 200
    saying[0] = relief
    assert creator.post("/projects", synopsis).status_code == 201
    assert creator.get("/projects").json["total"] in (before + 1, before + 2)


@pytest.mark.parametrize(
    ("number", "status"), [(errno.ENOSPC, 507), (errno.EFBIG, 507), (errno.EMFILE, 503), (errno.EROFS, 503)]
)
def test_a_file_that_cannot_be_kept_is_refused_and_leaves_nothing(
    person: Callable[..., Person], monkeypatch: pytest.MonkeyPatch, number: int, status: int
) -> None:
    creator = person("creator")
    project = creator.post("/projects", pitches.complete()).json["id"]
    browser = creator.browser()
    store = storage.current()
    replace = Path.replace

    def fail(path: Path, target: Path) -> Path:
        if path.suffix == ".part" and path.is_relative_to(store.root):
            raise OSError(number, "no")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", fail)
    refused = browser.post(
        f"/projects/{project}/media", data={"kind": "poster", "file": (picture(), "a.jpg")}, content_type="multipart/form-data"
    )  # fmt: skip
    assert refused.status_code == status, refused.data
    assert [
        path for folder in (Path(store.root), store.waiting) for path in folder.rglob("*") if path.is_file()
    ] == []
    assert creator.get(f"/projects/{project}").json["poster_url"] is None


def test_a_queue_that_is_down_fails_no_request_and_loses_no_job(person: Callable[..., Person]) -> None:
    def down(_job_id: str) -> None:
        raise ConnectionError("queue")

    jobs.wake_with(down)
    creator = person("creator")
    project = pitches.published(creator)
    waiting = jobs.due()
    assert waiting
    woken: list[str] = []
    jobs.wake_with(woken.append)
    jobs.sweep()
    assert set(waiting) <= set(woken)
    jobs.wake_with(None)
    jobs.run_due()
    assert not set(jobs.due())
    assert creator.get(f"/projects/{project['id']}").status_code == 200


def test_readiness_names_the_part_that_is_down(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    client = app.test_client()
    assert client.get("/readyz").json == {"status": "ok", "broken": {}}

    def down() -> int:
        raise ConnectionError("queue")

    monkeypatch.setattr(app.extensions["dealflow.queue"].storage, "queue_size", down)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (
        503,
        {"status": "unavailable", "broken": {"queue": "ConnectionError"}},
    )
    assert client.get("/healthz").status_code == 200


def test_a_killed_pdf_child_costs_one_answer_at_most(
    app: Flask, person: Callable[..., Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = worlds.build(person, {"creator": "creator", "creator2": "creator", "investor": "investor"})
    investor, path = world["investor.owner"], f"/term-sheets/{world.ids['sheet']}.pdf"
    assert investor.get(f"{path}?lang=en").status_code == 200
    submit = forking.ForkServer.submit

    def submit_and_kill(self: Any, *limits: Any) -> Any:
        ours = submit(self, *limits)
        self.process.kill()
        return ours

    monkeypatch.setattr(forking.ForkServer, "submit", submit_and_kill)
    struck = investor.get(f"{path}?lang=zh")
    assert struck.status_code in (200, 422, 503), struck.data[:200]
    if struck.status_code != 200:
        assert struck.mimetype == "application/problem+json"
    monkeypatch.undo()
    again = investor.get(f"{path}?lang=zh")
    assert again.status_code == 200
    assert again.data.startswith(b"%PDF-")
