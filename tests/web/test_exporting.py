"""`dealflow export`: all of one organisation, nothing of others, nothing that opens doors."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from dealflow.core.errors import Conflict, Invalid
from dealflow.settings import Settings
from dealflow.web import exporting
from tests.conftest import Person
from tests.factories import world as worlds
from tests.sweep.matrix_cases import more_objects


@pytest.fixture
def exported(app: Flask, settings: Settings, person: Callable[..., Person], tmp_path: Path) -> Path:
    """The export of the creator's house in a world with others."""
    world = worlds.build(person)
    more_objects(world)
    creator, investor = world["creator.owner"], world["investor.owner"]
    creator.post("/projects", {"title": {"zh": "=HYPERLINK(1)"}})
    note = investor.browser().post(f"/deals/{world.ids['deal']}/notes", data={"text": "CANARY-note"})
    assert note.status_code == 303
    exporting.export(settings, creator.organisation_id, tmp_path / "export")
    return tmp_path / "export"


def table(folder: Path, name: str) -> list[dict[str, object]]:
    return list(json.loads((folder / f"{name}.json").read_text("utf-8")))


def test_it_holds_what_is_theirs(exported: Path) -> None:
    titles = {row["title_zh"] for row in table(exported, "project")}
    assert {"CANARY-draft-title", "CANARY-private-title", "CANARY-invited-title"} <= titles
    assert "另一个项目" not in titles
    (mine,) = table(exported, "organisation")
    deals = table(exported, "deal")
    assert deals
    assert {deal["project_organisation_id"] for deal in deals} == {mine["id"]}
    assert {row["role"] for row in table(exported, "person")} == {"owner", "member", "viewer"}
    assert table(exported, "audit_event")
    stored = {path.stem: path for path in (exported / "files").iterdir() if path.suffix}
    facts = {row["id"]: row for row in table(exported, "stored_file")}
    assert stored.keys() == facts.keys()
    for name, path in stored.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == facts[name]["sha256"]


def test_it_holds_nothing_of_others_and_no_secrets(exported: Path) -> None:
    for path in exported.rglob("*"):
        text = path.read_bytes() if path.is_file() else b""
        for canary in (b"CANARY-mandate", b"CANARY-note", b"argon2", b"kept-apart", b"secret"):
            assert canary not in text, (path.name, canary)


def test_the_list_names_every_file_with_its_hash(exported: Path) -> None:
    listed = json.loads((exported / "manifest.json").read_text("utf-8"))["sha256"]
    there = {path.relative_to(exported).as_posix() for path in exported.rglob("*") if path.is_file()}
    assert there == set(listed) | {"manifest.json"}
    for name, sha256 in listed.items():
        assert hashlib.sha256((exported / name).read_bytes()).hexdigest() == sha256


def test_tables_open_safely_in_a_spreadsheet(exported: Path) -> None:
    with (exported / "project.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert "'=HYPERLINK(1)" in {row["title_zh"] for row in rows}
    assert len(rows) == len(table(exported, "project"))


def test_unknown_names_and_full_folders_are_refused(exported: Path, settings: Settings) -> None:
    with pytest.raises(Invalid):
        exporting.export(settings, "nobody", exported.with_name("other"))
    assert not exported.with_name("other").exists()
    with pytest.raises(Conflict):
        exporting.export(settings, "House creator", exported)
    by_name = exporting.export(settings, "House creator", exported.with_name("other"))
    assert by_name["deal"] >= 1
