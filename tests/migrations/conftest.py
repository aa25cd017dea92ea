"""An empty database to be taken forward."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dealflow.core import db


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database of each kind, for a test or for a fixture `url` of its own that fills it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'app.db'}"
    else:
        yield request.getfixturevalue("postgres_url")
    db.database().engine.dispose()
