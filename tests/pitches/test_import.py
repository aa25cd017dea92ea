"""Projects from files: columns guessed, every row checked before anything is written, re-import updates."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from click.testing import CliRunner

from dealflow import cli
from dealflow.core import db, tabular
from dealflow.core.cli_groups import import_group
from dealflow.core.jobs import run_due
from dealflow.pitches import commands
from dealflow.pitches.rows import COLUMNS, RowReader, guess
from dealflow.pitches.vocabulary import carried_genres

HEADER = [
    "编号", "片名", "英文名", "一句话梗概", "题材", "语言", "地区", "集数", "单集时长", "画幅", "阶段", "总预算", "融资额（元）", "起投金额", "投资方式",
    "资金用途", "主创团队", "过往作品", "对标作品", "开机日期", "上线日期", "所需场景", "钩子与卡点", "可见范围", "受众", "年龄", "备注",
]  # fmt: skip
ROW = [
    "A-1", "雨落旧城", "Rain", "她回来了", "复仇、大女主", "中文，英语", "浙江/美国", "80", "1.5", "竖屏", "融资中", "120万", "45万", "5万", "股权；分账",
    "拍摄：production：27万；投流：投流：18万", "赟頔:导演:12;Ada Lin:Producer:5", "归来:2025:82000000:310万:平台结算单", "闪婚老公为何那样", "2027年2月1日",
    "2027/4/1", "古宅、医院", "1:钩子:门外;11:卡点:信", "所有投资方", "女频", "18-35岁", "不要",
]  # fmt: skip


def csv_of(*rows: list[str], header: list[str] = HEADER) -> bytes:
    return tabular.write_csv(header, rows)


def changed(**cells: str) -> list[str]:
    row = list(ROW)
    for name, value in cells.items():
        row[HEADER.index(name)] = value
    return row


def upload(client: Any, content: bytes, name: str = "projects.csv") -> Any:
    return client.post(
        "/projects/import", data={"file": (io.BytesIO(content), name)}, content_type="multipart/form-data"
    )


def text(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def imported(client: Any, content: bytes, name: str = "projects.csv") -> str:
    answer = upload(client, content, name)
    assert answer.status_code == 303, text(answer)
    path = str(answer.headers["Location"])
    done = client.post(f"{path}/run")
    assert done.status_code == 303, text(done)
    return path


def test_columns_are_guessed_in_both_languages() -> None:
    found = guess(HEADER)
    assert found["融资额（元）"] == "ask"
    assert found["片名"] == "title_zh"
    assert "备注" not in found
    assert len(found) == len(HEADER) - 1
    assert guess(list(COLUMNS)) == {name: name for name in COLUMNS}
    assert guess(["Title", "English Title", "Minimum ticket"]) == {
        "Title": "title_zh", "English Title": "title_en", "Minimum ticket": "min_ticket",
    }  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_row_becomes_a_project_in_every_encoding(person: Any, encoding: str) -> None:
    creator = person("creator")
    content = csv_of(ROW).decode("utf-8-sig").encode(encoding)
    imported(creator.browser(), content)
    [project] = creator.get("/projects").json["items"]
    assert project["external_id"] == "A-1"
    assert project["title"] == {"zh": "雨落旧城", "en": "Rain"}
    assert project["genres"] == ["revenge", "strong_heroine"]
    assert project["languages"] == ["zh", "en"]
    assert project["regions"] == ["CN-ZJ", "US"]
    assert project["format"] == {"episodes": 80, "minutes_per_episode": 1.5, "orientation": "vertical"}
    assert project["stage"] == "financing"
    assert project["ask"]["amount_minor"] == 45_000_000
    assert project["instruments"] == ["equity", "revenue_share"]
    assert [(line["kind"], line["amount"]["amount_minor"]) for line in project["use_of_funds"]] == [
        ("production", 27_000_000), ("ad_spend", 18_000_000),
    ]  # fmt: skip
    assert project["team"][0] == {"name": "赟頔", "role": "导演", "credits": 12}
    assert project["track_record"][0]["evidence_class"] == "platform_statement"
    assert project["schedule"] == {
        "prep": None,
        "shoot_start": "2027-02-01",
        "shoot_end": None,
        "release": "2027-04-01",
    }
    assert project["hooks"][1] == {"episode": 11, "kind": "paywall_card", "note": "信"}
    assert project["audience"] == {"gender": "female", "ages": [18, 35]}
    assert (project["visibility"], project["status"]) == ("investors", "draft")
    assert creator.post(f"/projects/{project['id']}/publish").status_code == 200


def test_an_xlsx_file_is_read_the_same(person: Any) -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["编号", "片名", "融资额", "集数"])
        sheet.write_row(1, 0, ["X-1", "归来", 450000, 80])
    creator = person("creator")
    imported(creator.browser(), out.getvalue(), "projects.xlsx")
    [project] = creator.get("/projects").json["items"]
    assert project["ask"] == {"amount_minor": 45_000_000, "currency": "CNY"}
    assert project["format"]["episodes"] == 80


def test_importing_again_updates_by_external_id_and_leaves_the_rest(person: Any) -> None:
    creator = person("creator")
    client = creator.browser()
    imported(client, csv_of(ROW))
    before = creator.get("/projects").json["items"][0]
    path = imported(client, csv_of(["A-1", "新片名"], ["A-2", "另一部"], header=["编号", "片名"]))
    assert "1 new, 1 changed, 0 as before, 0 refused" in text(client.get(path))
    shown = {p["external_id"]: p for p in creator.get("/projects").json["items"]}
    assert shown["A-1"]["id"] == before["id"]
    assert shown["A-1"]["title"] == {"zh": "新片名", "en": "Rain"}
    assert shown["A-1"]["team"] == before["team"]
    assert shown["A-1"]["version"] == before["version"] + 1
    again = imported(client, csv_of(["A-1", "新片名"], header=["编号", "片名"]))
    assert "0 new, 0 changed, 1 as before" in text(client.get(again))
    assert person("creator").get("/projects").json["total"] == 0


def test_a_check_writes_nothing_and_tells_of_every_row(person: Any) -> None:
    creator = person("creator")
    client = creator.browser()
    rows = [
        ROW,
        changed(编号="A-2", 集数="viele", 题材="unbekannt"),
        changed(编号="A-3", **{"融资额（元）": "-5"}),
        changed(编号="A-1"),
        changed(编号="A-4", 上线日期="2026-01-01"),
        changed(编号="A-5", 片名="", 英文名=""),
        changed(编号="A-6", 资金用途="拍摄:production:xyz"),
        changed(编号="A-7", 开机日期="2027-02-30"),
        changed(编号="A-8", 主创团队='[{"name": 5}]', 过往作品="[kaputt"),
    ]
    answer = upload(client, csv_of(*rows))
    page = text(client.get(answer.headers["Location"]))
    for told in (
        "Enter a whole number", "unbekannt is not in the genre vocabulary", "cannot be negative", "Row 2 has the same external id",
        "cannot lie before", "Give a title", "Enter an amount", "Enter a date", "cannot be read here", "Enter a text",
    ):  # fmt: skip
        assert told in page, told
    assert creator.get("/projects").json["total"] == 0
    assert client.post(f"{answer.headers['Location']}/run").status_code == 303
    assert creator.get("/projects").json["total"] == 1
    assert client.post(f"{answer.headers['Location']}/run").status_code == 409


def test_the_error_file_can_be_corrected_and_imported(person: Any) -> None:
    creator = person("creator")
    client = creator.browser()
    path = imported(client, csv_of(ROW, changed(编号="=A2", 集数="viele")))
    errors = client.get(f"{path}/errors.csv")
    assert errors.mimetype == "text/csv"
    assert "attachment" in errors.headers["Content-Disposition"]
    assert b"'=A2" in errors.data
    assert b"Enter a whole number" in errors.data
    table = tabular.read(io.BytesIO(errors.data))
    assert table.header == [*HEADER, "row", "errors"]
    corrected = [cell.replace("viele", "60") for cell in table.rows[0]]
    imported(client, tabular.write_csv(table.header, [corrected]))
    assert {p["external_id"] for p in creator.get("/projects").json["items"]} == {"A-1", "=A2"}


def test_the_meaning_of_columns_can_be_changed(person: Any) -> None:
    creator = person("creator")
    client = creator.browser()
    answer = upload(client, csv_of(["x", "归来"], header=["片名", "was ist das"]))
    path = answer.headers["Location"]
    twice = client.post(f"{path}/mapping", data={"column-0": "title_zh", "column-1": "title_zh"})
    assert twice.status_code == 422
    assert "Two columns are taken for the field" in text(twice)
    none = client.post(f"{path}/mapping", data={"column-0": "logline"})
    assert none.status_code == 422
    assert "Say which column holds the title" in text(none)
    assert (
        client.post(f"{path}/mapping", data={"column-0": "logline", "column-1": "title_zh"}).status_code
        == 303
    )
    client.post(f"{path}/run")
    [project] = creator.get("/projects").json["items"]
    assert (project["title"]["zh"], project["logline"]) == ("归来", "x")


def test_files_that_cannot_be_read_are_refused_with_a_reason(
    person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = person("creator").browser()
    for content, message in (
        (b"", "empty"), ("标题,融资额\n雨落旧城".encode()[:-1], "damaged in line 2"), (b"PK\x03\x04x", "damaged"), (b"a,a\n1,2\n", "Two columns have the name"),
        (b"\xd0\xcf\x11\xe0", "old XLS"),
    ):  # fmt: skip
        answer = upload(client, content)
        assert answer.status_code == 422
        assert message in text(answer)
    assert client.post("/projects/import", data={}).status_code == 422
    monkeypatch.setattr(tabular, "FILE_LIMIT", 1000)
    large = upload(client, b"a,b\n" + b"1,2\n" * 300)
    assert large.status_code == 413
    assert "20 MB" in text(large)


def test_an_import_belongs_to_its_organisation(person: Any) -> None:
    creator, other, investor = person("creator"), person("creator"), person("investor")
    viewer = person("creator", "viewer", organisation_id=creator.organisation_id)
    answer = upload(creator.browser(), csv_of(ROW))
    path = answer.headers["Location"]
    assert other.browser().get(path).status_code == 404
    assert other.browser().post(f"{path}/run").status_code == 404
    assert viewer.browser().post(f"{path}/run").status_code == 403
    assert upload(investor.browser(), csv_of(ROW)).status_code == 403
    assert other.browser().get(f"{path}/errors.csv").status_code == 404


def test_an_external_id_of_another_organisation_is_not_touched(person: Any) -> None:
    creator, other = person("creator"), person("creator")
    imported(creator.browser(), csv_of(ROW))
    imported(other.browser(), csv_of(changed(片名="gestohlen")))
    assert creator.get("/projects").json["items"][0]["title"]["zh"] == "雨落旧城"
    assert other.get("/projects").json["items"][0]["title"]["zh"] == "gestohlen"


def test_uploaded_files_are_forgotten_after_a_week(person: Any) -> None:
    from datetime import timedelta

    from dealflow.core import clock, jobs
    from dealflow.pitches.models import ProjectImport

    upload(person("creator").browser(), csv_of(ROW))
    clock.set_base(clock.now() + timedelta(days=8))
    jobs.schedule()
    run_due()
    with db.system_edge(write=False) as session:
        assert session.query(ProjectImport).count() == 0


def test_rows_are_read_without_a_database() -> None:
    values, errors = RowReader(carried_genres()).read(
        {"title_zh": "归来", "ask": "USD 45,000", "genres": "甜宠;Revenge", "use_of_funds": ""}
    )
    assert not errors
    assert values == {
        "title": {"zh": "归来"}, "ask": {"amount_minor": 4_500_000, "currency": "USD"}, "genres": ["sweet", "revenge"], "use_of_funds": [],
    }  # fmt: skip


@pytest.fixture
def run_cli(app: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run `dealflow import …` on the test's database."""
    monkeypatch.setattr(commands, "settings", lambda: settings)
    commands.add_to(cli.cli)

    def run(*args: str) -> Any:
        return CliRunner().invoke(import_group, ["projects", *args])

    return run


def test_the_command_checks_and_imports(person: Any, run_cli: Any, tmp_path: Path) -> None:
    creator = person("creator")
    file, mapping, errors = tmp_path / "p.csv", tmp_path / "m.json", tmp_path / "errors.csv"
    file.write_bytes(
        csv_of(["A-1", "归来", "45万"], ["A-2", "zweite", "viel"], header=["Nr", "Name", "Geld"])
    )
    mapping.write_text(json.dumps({"Nr": "external_id", "Name": "title_zh", "Geld": "ask"}))
    dry = run_cli(str(file), "--mapping", str(mapping), "--dry-run", "--errors", str(errors))
    assert dry.exit_code == 1
    assert "row 3: ask: Enter an amount" in dry.output
    assert "create: 1, update: 0, same: 0, error: 1" in dry.output
    assert b"viel" in errors.read_bytes()
    assert creator.get("/projects").json["total"] == 0
    assert run_cli(str(file), "--mapping", str(mapping)).exit_code == 1
    [project] = creator.get("/projects").json["items"]
    assert project["ask"]["amount_minor"] == 45_000_000
    file.write_bytes(csv_of(["A-1", "zurück"], header=["external_id", "title_zh"]))
    done = run_cli(str(file))
    assert done.exit_code == 0, done.output
    assert creator.get("/projects").json["items"][0]["title"]["zh"] == "zurück"


def test_the_command_needs_to_know_whose_projects_they_are(person: Any, run_cli: Any, tmp_path: Path) -> None:
    first, second = person("creator"), person("creator")
    file = tmp_path / "p.csv"
    file.write_bytes(csv_of(ROW))
    refused = run_cli(str(file))
    assert refused.exit_code == 1
    assert "--organisation" in str(refused.exception.errors[0].text())  # type: ignore[attr-defined]
    assert run_cli(str(file), "--organisation", second.organisation_id).exit_code == 0
    assert (first.get("/projects").json["total"], second.get("/projects").json["total"]) == (0, 1)
