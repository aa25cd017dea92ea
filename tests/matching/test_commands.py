"""`dealflow rank` and `dealflow model`: files without a server, the matrix, the models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask

from dealflow.core import db
from dealflow.matching import commands, live
from dealflow.settings import Settings
from tests.conftest import Person
from tests.factories import pitches

PROJECTS = "id,title,logline,genres,stage,ask\np1,旧城,女儿归来,revenge,financing,45万\np2,糖,甜蜜日常,sweet,development,30万\n"
MANDATES = "id,name,genres_any,genres,ticket\nm1,复仇,revenge,revenge:1,20万\n"


def test_files_are_ranked_without_a_database(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(PROJECTS, "utf-8")
    (tmp_path / "m.csv").write_text(MANDATES, "utf-8")
    out = tmp_path / "out.csv"
    arguments = [
        "file",
        "--projects",
        str(tmp_path / "p.csv"),
        "--mandates",
        str(tmp_path / "m.csv"),
        "--out",
        str(out),
    ]
    done = CliRunner().invoke(commands.rank, arguments)
    assert done.exit_code == 0, done.output
    assert "p1" in out.read_text("utf-8-sig")
    assert "p2" not in out.read_text("utf-8-sig")


def test_a_bad_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(PROJECTS.replace("45万", "viel"), "utf-8")
    (tmp_path / "m.csv").write_text(MANDATES, "utf-8")
    arguments = [
        "file",
        "--projects",
        str(tmp_path / "p.csv"),
        "--mandates",
        str(tmp_path / "m.csv"),
        "--out",
        str(tmp_path / "o.csv"),
    ]
    done = CliRunner().invoke(commands.rank, arguments)
    assert done.exit_code != 0
    assert "ask" in done.output
    assert "Traceback" not in done.output


@pytest.fixture
def environment(app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands read the test's own instance."""
    monkeypatch.setenv("DEALFLOW_INSTANCE", str(settings.instance))
    monkeypatch.setenv("DEALFLOW_DATABASE_URL", settings.database_url)


@pytest.mark.usefixtures("environment")
def test_rebuild_puts_model_and_matrix_in_place(app: Flask, person: object) -> None:
    creator: Person = person("creator")  # type: ignore[operator]
    project = pitches.published(creator)
    done = CliRunner().invoke(commands.rank, ["rebuild"])
    assert done.exit_code == 0, done.output
    assert done.output.startswith("1 projects in matrix ")
    with db.system_edge(write=False):
        assert list(live.current().matrix.positions) == [project["id"]]
    listed = CliRunner().invoke(commands.model, ["list"])
    version, state, _since = listed.output.split()
    assert state == "in_service"
    shown = json.loads(CliRunner().invoke(commands.model, ["show", version]).output)
    assert shown["coefficients"]["genre"] > 0
    file = live.folder() / "rank" / f"{version}.skops"
    assert file.exists()


@pytest.mark.usefixtures("environment")
def test_a_changed_model_file_is_refused_before_it_is_read(app: Flask) -> None:
    from ml.store import ModelRefused

    assert CliRunner().invoke(commands.rank, ["rebuild"]).exit_code == 0
    file = next((live.folder() / "rank").glob("*.skops"))
    content = bytearray(file.read_bytes())
    content[100] ^= 1
    forged = file.with_name("forged.skops")
    forged.write_bytes(bytes(content))
    key = next((live.folder().parent / "keys").glob("rank-*.pub")).read_text("ascii").strip()
    with pytest.raises(ModelRefused):
        live.load_file(forged, key)
