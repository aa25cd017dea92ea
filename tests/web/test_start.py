"""The application starts without the heavy libraries, and production refuses what must not run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import update

from dealflow.accounts.models import Organisation
from dealflow.core import db
from dealflow.settings import ROOT, Settings, SettingsError
from tests.conftest import Person

PRODUCTION = {
    "DEALFLOW_ENV": "production",
    "DEALFLOW_SECRET_KEY": "s" * 40,
    "DEALFLOW_BASE_URL": "https://deals.example",
}


def test_starting_loads_neither_scikit_learn_nor_weasyprint(tmp_path: Path) -> None:
    code = (
        "import sys; from dealflow import create_app; from dealflow.settings import Settings; import pathlib;"
        f"p = pathlib.Path({str(tmp_path)!r}); create_app(Settings(instance=p, database_url=f'sqlite:///{{p}}/a.db'));"
        "print([m for m in ('sklearn', 'weasyprint', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_production_starts_with_everything_in_place(tmp_path: Path) -> None:
    made = Settings.from_environment(PRODUCTION | {"DEALFLOW_INSTANCE": str(tmp_path)})
    assert made.is_production


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"DEALFLOW_DEMO": "1"}, "DEALFLOW_DEMO"),
        ({"DEALFLOW_SECRET_KEY": "short"}, "DEALFLOW_SECRET_KEY"),
        ({"DEALFLOW_SECRET_KEY": ""}, "DEALFLOW_SECRET_KEY"),
        ({"DEALFLOW_DEBUG": "1"}, "DEALFLOW_DEBUG"),
        ({"DEALFLOW_NOW": "2026-01-01T00:00:00Z"}, "DEALFLOW_NOW"),
        ({"DEALFLOW_BASE_URL": "http://deals.example"}, "DEALFLOW_BASE_URL"),
        ({"PORT": "many"}, "PORT"),
        ({"DEALFLOW_DATABASE_URL": "mysql://x"}, "DEALFLOW_DATABASE_URL"),
        ({"DEALFLOW_NOW": "yesterday"}, "DEALFLOW_NOW"),
        ({"DEALFLOW_DEMO": "perhaps"}, "DEALFLOW_DEMO"),
    ],
)
def test_settings_that_cannot_be_used_are_named(tmp_path: Path, change: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        Settings.from_environment(PRODUCTION | {"DEALFLOW_INSTANCE": str(tmp_path)} | change)


def test_serving_an_unmigrated_database_is_refused_in_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dealflow.cli", "serve"],
        capture_output=True, text=True, cwd=ROOT, env={"DEALFLOW_INSTANCE": str(tmp_path), "PATH": "/usr/bin:/bin"},
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert done.stderr.count("\n") == 1
    assert "dealflow init" in done.stderr


def test_production_does_not_serve_demo_data(settings: Settings, person: Callable[..., Person]) -> None:
    from dealflow.web import migrate, supervisor

    person("creator")
    supervisor._refuse_samples()
    with db.system_edge() as session:
        session.execute(update(Organisation).values(is_sample=True))
    with pytest.raises(SettingsError, match="demo data"):
        supervisor._refuse_samples()
    assert not migrate.is_current(settings.database_url)
