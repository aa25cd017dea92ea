"""The races run on both databases, each on an application of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from dealflow import create_app
from dealflow.core import db, jobs
from dealflow.settings import Settings


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def app(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Flask]:
    """The application on SQLite and on PostgreSQL."""
    if request.param == "postgresql":
        settings = settings.with_(database_url=request.getfixturevalue("filled_postgres_url"))
    made = create_app(settings)
    jobs.wake_with(None)
    yield made
    db.database().engine.dispose()


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """Make all calls in threads that one barrier releases; their results in the order of the calls."""
    barrier = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(place: int) -> None:
        barrier.wait(30)
        results[place] = calls[place]()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
