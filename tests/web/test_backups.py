"""Backups: whole under writing, checked before anything is touched, refused over a running server, finished when killed."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from dealflow import create_app
from dealflow.accounts.models import Organisation
from dealflow.core import db, invariants, jobs, running
from dealflow.core.errors import Conflict, Invalid
from dealflow.files import storage
from dealflow.pitches.models import Project
from dealflow.settings import Settings
from dealflow.web import backups, migrate
from tests.conftest import Person, postgres_database
from tests.factories import pitches
from tests.faults.processes import dealflow, wait_for
from tests.sweep.matrix_cases import picture


@pytest.fixture(scope="module")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database as the migrations make it."""
    path = tmp_path_factory.mktemp("migrated") / "app.db"
    migrate.upgrade(f"sqlite:///{path}")
    db.database().engine.dispose()
    return path


@pytest.fixture(scope="module")
def migrated_postgres() -> Iterator[str]:
    """The name of a PostgreSQL database as the migrations make it."""
    with postgres_database() as url:
        migrate.upgrade(url)
        db.database().engine.dispose()
        yield url.rpartition("/")[2]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """A migrated instance on each kind of database, a copy of one that was migrated once."""
    instance = tmp_path / "instance"
    (instance / "keys").mkdir(parents=True)
    (instance / "keys" / "secret").write_text("one secret")
    with ExitStack() as ending:
        if request.param == "postgresql":
            url = ending.enter_context(postgres_database(request.getfixturevalue("migrated_postgres")))
        else:
            shutil.copy(request.getfixturevalue("migrated_file"), instance / "app.db")
            url = f"sqlite:///{instance / 'app.db'}"
        yield Settings(
            instance=instance, database_url=url, base_url="http://localhost", secret_key="s" * 40, flask={"TESTING": True}
        )  # fmt: skip
        db.database().engine.dispose()


@pytest.fixture
def creator(app: Flask, person: Callable[..., Person]) -> Person:
    """Somebody with a published project and a poster."""
    made = person("creator")
    project = pitches.published(made)
    sent = made.browser().post(
        f"/projects/{project['id']}/media", data={"kind": "poster", "file": (picture(), "p.png")}
    )
    assert sent.status_code == 303
    return made


@pytest.fixture
def backup(settings: Settings, creator: Person, tmp_path: Path) -> Path:
    """A backup of the instance with the creator's work."""
    backups.create(settings, tmp_path / "backup")
    return tmp_path / "backup"


def names() -> set[str]:
    with db.system_edge(write=False) as session:
        return set(session.scalars(select(Organisation.name)))


def restore(settings: Settings, folder: Path, **more: Any) -> dict[str, Any]:
    db.database().engine.dispose()
    found = backups.restore(settings, folder, **more)
    db.configure(settings.database_url)
    return found


def add(name: str) -> None:
    with db.system_edge() as session:
        session.add(Organisation(name=name, kind="creator"))


def test_a_restore_brings_back_what_was_there_and_nothing_else(
    settings: Settings, creator: Person, backup: Path
) -> None:
    before = names()
    add("came later")
    (settings.instance / "keys" / "secret").write_text("another secret")
    kept = {name for name, _at in storage.kept()}
    assert kept
    for name in kept:
        storage.drop(name)
    restore(settings, backup)
    assert names() == before
    assert (settings.instance / "keys" / "secret").read_text() == "one secret"
    assert {name for name, _at in storage.kept()} == kept
    for name in kept:
        assert hashlib.sha256(b"".join(storage.whole(name))).hexdigest() == name
    assert creator.get("/projects?mine=true").json["total"] == 1
    with db.system_edge(write=False):
        assert not any(invariants.run_all().values())


def test_it_moves_to_another_place(settings: Settings, creator: Person, backup: Path, tmp_path: Path) -> None:
    if not settings.database_url.startswith("sqlite"):
        return
    elsewhere = settings.with_(
        instance=tmp_path / "other", database_url=f"sqlite:///{tmp_path / 'other' / 'app.db'}"
    )
    restore(elsewhere, backup)
    app = create_app(elsewhere)
    jobs.wake_with(None)
    moved = Person(app, creator.user_id, creator.organisation_id, creator.email, creator.token)
    assert moved.get("/projects?mine=true").json["total"] == 1
    with db.system_edge(write=False):
        assert not any(invariants.run_all().values())


def test_sessions_and_tokens_end_by_choice(settings: Settings, creator: Person, backup: Path) -> None:
    restore(settings, backup)
    assert creator.get("/me").status_code == 200
    restore(settings, backup, end_sessions=True)
    assert creator.get("/me").status_code == 401


def test_under_writing_it_holds_a_beginning_of_what_was_acknowledged(
    settings: Settings, creator: Person, tmp_path: Path
) -> None:
    acknowledged: list[str] = []
    over = threading.Event()

    def write() -> None:
        while not over.is_set():
            made = creator.post("/projects", {"logline": f"n {len(acknowledged)}"})
            if made.status_code == 201:
                acknowledged.append(made.json["id"])

    writer = threading.Thread(target=write)
    writer.start()
    sure: list[int] = []
    for number in range(3):
        least = len(acknowledged) + 1
        wait_for(lambda: len(acknowledged) >= least, "writing")  # noqa: B023 - called within the turn
        sure.append(len(acknowledged))
        backups.create(settings, tmp_path / f"backup{number}")
    over.set()
    writer.join()
    for number, least in enumerate(sure):
        restore(settings, tmp_path / f"backup{number}")
        with db.system_edge(write=False) as session:
            found = set(session.scalars(select(Project.id)))
        mine = [project for project in acknowledged if project in found]
        assert mine == acknowledged[: len(mine)], "a beginning, without holes"
        assert len(mine) >= least
        with db.system_edge(write=False):
            assert not any(invariants.run_all().values())


def _rewrite(folder: Path, **changes: Any) -> None:
    path = folder / backups.LIST
    found = json.loads(path.read_text()) | changes
    path.write_text(json.dumps(found | {"digest": backups._digest(found)}))


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


SPOILED: dict[str, Callable[[Path], object]] = {
    "cut short": lambda f: next(f.glob("database*")).write_bytes(next(f.glob("database*")).read_bytes()[:-10]),
    "a bit flipped": lambda f: _flip(next(f.glob("files/*"))),
    "a file gone": lambda f: next(f.glob("files/*")).unlink(),
    "a file more": lambda f: (f / "files" / ("0" * 64)).write_bytes(b"x"),
    "a link": lambda f: (f / "instance" / "keys" / "more").symlink_to("/etc/passwd"),
    "list changed": lambda f: (f / "manifest.json").write_text((f / "manifest.json").read_text().replace("2026", "2025")),
    "list cut short": lambda f: (f / "manifest.json").write_text((f / "manifest.json").read_text()[:-20]),
    "foreign": lambda f: _rewrite(f, kind="another product"),
    "newer format": lambda f: _rewrite(f, format=2),
    "newer database": lambda f: _rewrite(f, revision="9999"),
    "another database": lambda f: _rewrite(f, database={"dialect": "oracle"}),
    "no list": lambda f: (f / "manifest.json").unlink(),
}  # fmt: skip


@pytest.mark.parametrize("spoiled", SPOILED)
def test_what_is_not_whole_and_ours_is_refused_before_anything_is_touched(
    settings: Settings, backup: Path, spoiled: str
) -> None:
    SPOILED[spoiled](backup)
    add("came later")
    for name, _at in list(storage.kept()):
        storage.drop(name)
    with pytest.raises(Invalid):
        restore(settings, backup)
    db.configure(settings.database_url)
    assert "came later" in names()
    assert list(storage.kept()) == []


def test_a_running_server_is_not_restored_over(settings: Settings, backup: Path) -> None:
    running.hold(settings.instance)
    try:
        with pytest.raises(Conflict, match="stop it first"):
            restore(settings, backup)
        backups.create(settings, backup.with_name("second"))
    finally:
        running._held.pop().close()
    with running.alone(settings.instance), pytest.raises(Conflict, match="being restored"):
        running.hold(settings.instance)


def test_a_folder_that_holds_anything_is_not_written_over(settings: Settings, backup: Path) -> None:
    with pytest.raises(Conflict):
        backups.create(settings, backup)


@pytest.mark.parametrize("step", ["snapshot.take", "storage.whole", "_digest"])
def test_a_backup_that_breaks_leaves_nothing(
    settings: Settings, creator: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def broken(*_args: Any) -> Any:
        raise OSError("disk full")

    monkeypatch.setattr(f"dealflow.web.backups.{step}", broken)
    with pytest.raises(OSError, match="disk full"):
        backups.create(settings, tmp_path / "backup")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["instance"]


def test_a_restore_killed_before_its_plan_changes_nothing_and_after_it_is_finished(
    settings: Settings, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not settings.database_url.startswith("sqlite"):
        return
    before = names()
    add("came later")

    def killed(*_args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(backups, "_commit", killed)
        with pytest.raises(KeyboardInterrupt):
            restore(settings, backup)
    db.configure(settings.database_url)
    assert "came later" in names()
    finish, calls = backups._finish, []

    def killed_at_the_end(instance: Path) -> None:
        calls.append(instance)
        if len(calls) > 1:
            raise KeyboardInterrupt
        finish(instance)

    with monkeypatch.context() as patch:
        patch.setattr(backups, "_finish", killed_at_the_end)
        with pytest.raises(KeyboardInterrupt):
            restore(settings, backup)
    backups.finish_interrupted(settings.instance)
    db.configure(settings.database_url)
    assert names() == before
    assert not (settings.instance / backups.PLAN).exists()


def test_check_finds_a_torn_copy(settings: Settings, creator: Person, tmp_path: Path) -> None:
    if not settings.database_url.startswith("sqlite"):
        return
    with db.system_edge(write=False):
        assert not any(invariants.run_all().values())
    db.database().engine.dispose()
    torn = tmp_path / "torn"
    torn.mkdir()
    content = bytearray((settings.instance / "app.db").read_bytes())
    # Pages of an older moment between those of a newer one, as `cp` under writing leaves them.
    middle = len(content) // 4096 // 2 * 4096
    content[middle : middle + 8 * 4096] = content[4096 : 9 * 4096]
    (torn / "app.db").write_bytes(content)
    done = dealflow(torn, "check")
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
