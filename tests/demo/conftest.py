"""One loaded demo for all tests of this folder: loading takes many seconds and nothing here changes it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from dealflow import create_app
from dealflow.core import clock, db, jobs
from dealflow.demo import service
from dealflow.settings import Settings

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
Maker = Callable[[], Flask]


@pytest.fixture(scope="session")
def make_demo(tmp_path_factory: pytest.TempPathFactory, template_database: Path) -> Maker:
    """Load the demo into an instance of its own, at a fixed moment."""

    def make() -> Flask:
        instance = tmp_path_factory.mktemp("demo")
        shutil.copy(template_database, instance / "app.db")
        settings = Settings(
            instance=instance,
            database_url=f"sqlite:///{instance / 'app.db'}",
            base_url="http://localhost",
            secret_key="test-secret-test-secret-test-secret",
            start_of_clock=NOW,
            flask={"TESTING": True},
        )
        app = create_app(settings)
        jobs.wake_with(None)
        with app.app_context():
            assert service.load()
        return app

    return make


@pytest.fixture(scope="session")
def loaded(make_demo: Maker) -> Flask:
    """The application with the demo in its database."""
    return make_demo()


@pytest.fixture
def demo(loaded: Flask) -> Iterator[Flask]:
    """The loaded application as the current one, with an application context."""
    settings = loaded.extensions["dealflow.settings"]
    db.configure(settings.database_url)
    clock.set_base(NOW)
    with loaded.app_context():
        yield loaded
    clock.set_base(None)
    db.database().engine.dispose()
