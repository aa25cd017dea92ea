"""A first start, a backup or a training that is killed: the next one goes through by itself, and what was there is whole."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from dealflow.core import db
from dealflow.core.actor import SYSTEM
from dealflow.matching import lifecycle, live, queries
from dealflow.settings import DEFAULT_SECRET, Settings
from dealflow.web import backups, migrate
from tests.conftest import Person
from tests.faults.processes import dealflow
from tests.faults.sequences import die, forked
from tests.matching import answered
from tests.matching.conftest import shipped

__all__ = ["shipped"]


def _migrate_and_die(url: str, commits: int) -> Callable[[Callable[[Any], None]], None]:
    """Migrate until so many transactions were committed, then die in the next, before its commit."""

    def work(say: Callable[[Any], None]) -> None:
        seen = [0]
        known = db.configure

        def configure(where: str) -> db.Database:
            made = known(where)

            @event.listens_for(made.engine, "commit")
            def commit(_connection: Any) -> None:
                seen[0] += 1
                if seen[0] > commits:
                    die()

            return made

        db.configure = configure
        migrate.upgrade(url)
        say(seen[0])

    return work


@pytest.mark.slow
def test_a_first_start_that_is_killed_again_and_again_is_finished_by_the_next(tmp_path: Path) -> None:
    url, kills = f"sqlite:///{tmp_path / 'app.db'}", 0
    # One transaction more each time: every migration is cut off once.
    while forked(_migrate_and_die(url, 1)) is None:
        kills += 1
    assert kills >= len(migrate.revisions(url)) // 2
    assert dealflow(tmp_path, "init").returncode == 0
    checked = dealflow(tmp_path, "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    db.configure(url)
    assert migrate.is_current(url)
    db.database().engine.dispose()


@pytest.mark.slow
def test_samples_whose_loading_is_killed_leave_no_trace(tmp_path: Path) -> None:
    assert dealflow(tmp_path, "init").returncode == 0
    url = f"sqlite:///{tmp_path / 'app.db'}"
    before = (tmp_path / "app.db").read_bytes()

    def work(say: Callable[[Any], None]) -> None:
        from dealflow import create_app
        from dealflow.core import jobs
        from dealflow.demo import hooks, service

        hooks.arrange = lambda *_given: die()
        made = Settings(instance=tmp_path, database_url=url, base_url="http://localhost", secret_key="s" * 40)
        with create_app(made).app_context():
            jobs.wake_with(None)
            service.load()
        say("done")

    assert forked(work) is None
    checked = dealflow(tmp_path, "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert (tmp_path / "app.db").read_bytes() == before
    db.configure(url)
    with db.system_edge(write=False) as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM user").scalar() == 0
    db.database().engine.dispose()


def test_a_secret_whose_writing_was_killed_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "secret").touch()
    made = [Settings.from_environment({"DEALFLOW_INSTANCE": str(tmp_path)}).secret_key for _ in range(2)]
    assert made[0] == made[1] != DEFAULT_SECRET
    assert len(made[0]) > 40
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["secret"]
    assert (tmp_path / "keys" / "secret").stat().st_mode & 0o077 == 0


@pytest.mark.slow
def test_a_backup_that_is_killed_leaves_the_one_before_and_is_swept_by_the_next(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    instance.mkdir()
    assert dealflow(instance, "init").returncode == 0
    place = tmp_path / "backups"
    assert dealflow(instance, "backup", "create", str(place / "first")).returncode == 0
    first = {path: path.read_bytes() for path in (place / "first").rglob("*") if path.is_file()}

    def work(say: Callable[[Any], None]) -> None:
        settings = Settings(
            instance=instance, database_url=f"sqlite:///{instance / 'app.db'}", base_url="http://localhost", secret_key="s" * 40
        )  # fmt: skip
        backups._hash = lambda _path: str(die())
        backups.create(settings, place / "second")
        say("done")

    assert forked(work) is None
    assert sorted(path.name for path in place.iterdir())[0].endswith(backups.PART)
    assert dealflow(instance, "backup", "create", str(place / "second")).returncode == 0
    assert sorted(path.name for path in place.iterdir()) == ["first", "second"]
    assert {path: path.read_bytes() for path in first} == first
    for name in ("first", "second"):
        restored = dealflow(instance, "backup", "restore", str(place / name))
        assert restored.returncode == 0, restored.stderr


@pytest.mark.parametrize("point", ["saved", "replaced", "noted"])
def test_a_training_that_is_killed_leaves_the_model_in_service_and_the_next_learns(
    person: Callable[..., Person], shipped: str, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    projects = answered.published_projects(person)
    answered.answer(projects, answered.mandates(person), lambda stage: stage != "financing")
    with db.system_edge(write=False):
        before = live.folder() / queries.model(shipped).path
    content = before.read_bytes()

    def work(say: Callable[[Any], None]) -> None:
        if point == "saved":
            os.fsync = lambda _handle: die()
        elif point == "replaced":
            live.keep_key = lambda *_given: die()
        else:
            lifecycle.note = lambda *_given, **_more: die()
        lifecycle.train(SYSTEM)
        say("done")

    db.database().engine.dispose()
    assert forked(work) is None
    with db.system_edge(write=False):
        serving = queries.model_in_service()
        assert serving is not None
        assert serving.model_version == shipped
        assert [row.model_version for row in queries.model_rows()] == [shipped]
    assert before.read_bytes() == content
    for left in before.parent.glob(".*"):
        os.utime(left, (0, 0))
    made = lifecycle.train(SYSTEM)
    assert made is not None
    assert made.state == "candidate"
    assert [path.name for path in before.parent.iterdir() if path.name.startswith(".")] == []
