"""Ranking from files: encodings, both formats, escapes, and errors that name the cell."""

import csv
import zipfile
from pathlib import Path

import pytest
import python_calamine
import xlsxwriter

from ml.offline import InputError, rank_file
from ml.rank import Ranker
from ml.sentences import SENTENCES
from ml.weights import Deed

PROJECTS = [
    ["编号", "片名", "一句话梗概", "题材", "地区", "阶段", "投资方式", "融资额", "预算", "作品数"],
    ["p1", "重生之路", "复仇与成长", "复仇|女性成长", "CN-ZJ", "融资", "股权", "45万", "90万", "3"],
    ["p2", "=HYPERLINK(1)", "<script>甜</script>", "甜宠", "CN-ZJ", "融资", "股权", "1.2亿", "2亿", ""],
    ["p3", "医院", "doctor", "medical", "US", "financing", "loan", "USD 450,000", "", "12"],
]
MANDATES = [
    ["编号", "名称", "题材偏好", "地区任一", "描述", "单笔金额", "最高融资额"],
    ["m1", "@基金", "复仇:1;甜宠:-0.5", "CN", "女性成长 复仇", "20万", ""],
    ["m2", "海外", "medical", "US", "", "", "5,000,000 USD"],
    ["m3", "空", "", "JP", "", "", ""],
]


def write(path: Path, rows: list[list[str]], encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream).writerows(rows)
    return path


def write_xlsx(path: Path, rows: list[list[str]]) -> Path:
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_every_encoding_gives_the_same_list(tmp_path: Path, encoding: str) -> None:
    told: list[tuple[str, float]] = []
    projects = write(tmp_path / "p.csv", PROJECTS, encoding)
    mandates = write_xlsx(tmp_path / "m.xlsx", MANDATES)
    out = tmp_path / "out.csv"
    result = rank_file(projects, mandates, out, progress=lambda *step: told.append(step), language="zh")
    assert (result.projects, result.mandates, result.rows, result.empty_mandates) == (3, 3, 3, ("m3",))
    assert told[-1] == ("mandates", 1.0)
    with out.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[0][0] == "投资偏好"
    assert [row[:4] for row in rows[1:]] == [
        ["'@基金", "1", "p1", "重生之路"],
        ["'@基金", "2", "p2", "'=HYPERLINK(1)"],
        ["海外", "1", "p3", "医院"],
    ]
    assert rows[1][4] == "450,000 CNY"
    assert "您喜欢的题材：复仇" in rows[1][6]
    assert float(rows[1][5]) > float(rows[2][5])


def test_html_is_escaped_and_xlsx_is_text(tmp_path: Path) -> None:
    projects, mandates = write(tmp_path / "p.csv", PROJECTS), write(tmp_path / "m.csv", MANDATES)
    rank_file(projects, mandates, tmp_path / "out.html", language="en")
    page = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "Genres you like: Revenge" in page
    rank_file(projects, mandates, tmp_path / "out.xlsx")
    rows = (
        python_calamine.CalamineWorkbook.from_path(str(tmp_path / "out.xlsx"))
        .get_sheet_by_index(0)
        .to_python()
    )
    assert rows[2][3] == "=HYPERLINK(1)"
    assert rows[1][1] == 1


HOSTILE = [
    "<img src=x onerror=alert(1)>", "{{7*7}}", "\u202egpj.exe", "＝1+1", "+cmd|' /C calc'!A0", "@SUM(1)", "-1+1", "名" * 300,
]  # fmt: skip


def test_hostile_titles_stay_text_in_every_output(tmp_path: Path) -> None:
    rows = [
        [f"h{n}", title, "故事", "复仇", "CN-ZJ", "融资", "股权", "45万", "90万", "1"]
        for n, title in enumerate(HOSTILE)
    ]
    projects, mandates = write(tmp_path / "p.csv", [PROJECTS[0], *rows]), write(tmp_path / "m.csv", MANDATES)
    for ending in ("csv", "xlsx", "html"):
        rank_file(projects, mandates, tmp_path / f"out.{ending}")
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as stream:
        found = {row[2]: row[3] for row in csv.reader(stream)}
    formulas = ("＝", "+", "@", "-")
    assert [found[f"h{n}"] for n in range(len(HOSTILE))] == [
        f"'{title}" if title.startswith(formulas) else title for title in HOSTILE
    ]
    sheet = zipfile.ZipFile(tmp_path / "out.xlsx").read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    page = (tmp_path / "out.html").read_text("utf-8")
    assert "<img" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "{{7*7}}" in page


def test_what_a_file_holds_decides_and_a_wrong_name_is_told(tmp_path: Path) -> None:
    projects = write(tmp_path / "p.xlsx", PROJECTS)
    mandates = write_xlsx(tmp_path / "m.csv", MANDATES)
    done = rank_file(projects, mandates, tmp_path / "out.csv")
    assert done.rows == 3
    assert done.notes == (
        "p.xlsx is text and no XLSX workbook; it was read as CSV",
        "m.csv is an XLSX workbook; it was read as XLSX",
    )
    (tmp_path / "old.csv").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(600))
    with pytest.raises(InputError, match=r"old\.csv: is an old XLS file; save it as XLSX or CSV"):
        rank_file(tmp_path / "old.csv", mandates, tmp_path / "out.csv")


def test_a_place_where_nothing_can_be_written_is_told_before_anything_is_read(tmp_path: Path) -> None:
    for out, told in (
        (tmp_path / "none" / "out.csv", "does not exist; make it first, or name another"),
        (tmp_path / "out.pdf", r"must end in \.csv, \.xlsx or \.html"),
    ):
        with pytest.raises(ValueError, match=told):
            rank_file(tmp_path / "no-such-file.csv", tmp_path / "m.csv", out)


def test_interactions_count_and_passed_projects_are_left_out(tmp_path: Path) -> None:
    projects, mandates = write(tmp_path / "p.csv", PROJECTS), write(tmp_path / "m.csv", MANDATES)
    actions = write(tmp_path / "i.csv", [["mandate_id", "project_id", "action"], ["m1", "p1", "pass"]])
    result = rank_file(projects, mandates, tmp_path / "out.csv", actions)
    assert result.rows == 2
    assert "p1" not in (tmp_path / "out.csv").read_text(encoding="utf-8-sig")


def changed(rows: list[list[str]], row: int, column: int, value: str) -> list[list[str]]:
    copy = [list(cells) for cells in rows]
    copy[row][column] = value
    return copy


@pytest.mark.parametrize(
    ("projects", "mandates", "message"),
    [
        (changed(PROJECTS, 2, 7, "lots"), MANDATES, "p.csv, row 3, column ask: 'lots' is not an amount"),
        (changed(PROJECTS, 2, 7, "-5"), MANDATES, "row 3, column ask"),
        (changed(PROJECTS, 2, 7, "1e309"), MANDATES, "row 3, column ask"),
        (changed(PROJECTS, 2, 7, "1.005"), MANDATES, "too many digits"),
        (changed(PROJECTS, 2, 7, "5 XYZ"), MANDATES, "currency 'XYZ' is not known"),
        (changed(PROJECTS, 1, 3, "复仇|无此题材"), MANDATES, "column genres: '无此题材' is not a known term"),
        (changed(PROJECTS, 3, 0, "p1"), MANDATES, "row 4, column id: 'p1' stands in row 2 already"),
        (changed(PROJECTS, 3, 0, ""), MANDATES, "row 4, column id: is empty"),
        (changed(PROJECTS, 3, 9, "two"), MANDATES, "column credits: 'two' is not a whole number"),
        (changed(PROJECTS, 0, 1, "编号"), MANDATES, "the header names '编号' twice"),
        ([*PROJECTS, ["p4"] + [""] * 9 + ["x"]], MANDATES, "row 5: has 11 cells but the header names 10"),
        (PROJECTS, changed(MANDATES, 1, 2, "复仇:7"), "m.csv, row 2, column genres: '7' is not a weight"),
        (PROJECTS, MANDATES[:1], "m.csv: holds no mandate"),
        (PROJECTS[:1], MANDATES, "p.csv: holds no project"),
        ([], MANDATES, "p.csv: the file is empty"),
        (
            changed(PROJECTS, 0, 0, "序号"),
            MANDATES,
            "p.csv, row 1: no column is named id (编号, 项目编号, project_id)",
        ),
        (
            changed(PROJECTS, 1, 4, "江浙"),
            MANDATES,
            "column regions: '江浙' is not a known term; write a place by",
        ),
        (changed(PROJECTS, 1, 4, "EU"), MANDATES, "column regions: 'EU' is not a known term"),
    ],
)
def test_bad_cells_are_named(
    tmp_path: Path, projects: list[list[str]], mandates: list[list[str]], message: str
) -> None:
    sources = write(tmp_path / "p.csv", projects), write(tmp_path / "m.csv", mandates)
    with pytest.raises(InputError) as caught:
        rank_file(*sources, tmp_path / "out.csv")
    assert message in str(caught.value)
    assert not list(tmp_path.glob("*out.csv*"))


def test_files_that_are_no_tables(tmp_path: Path) -> None:
    mandates = write(tmp_path / "m.csv", MANDATES)
    broken = tmp_path / "p.xlsx"
    broken.write_bytes(b"PK\x03\x04 not a workbook")
    with pytest.raises(InputError, match="not a readable XLSX"):
        rank_file(broken, mandates, tmp_path / "out.csv")
    binary = tmp_path / "p.csv"
    binary.write_bytes(b"\xff\x00\x81\xff" * 50)
    with pytest.raises(InputError, match="neither UTF-8 nor GB18030"):
        rank_file(binary, mandates, tmp_path / "out.csv")
    with pytest.raises(InputError, match="file not found"):
        rank_file(tmp_path / "none.csv", mandates, tmp_path / "out.csv")
    with pytest.raises(ValueError, match=r"must end in \.csv"):
        rank_file(write(tmp_path / "q.csv", PROJECTS), mandates, tmp_path / "out.pdf")


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream))


def test_languages_and_places_are_read_by_name(tmp_path: Path) -> None:
    header = ["id", "title_zh", "title_en", "languages", "regions"]
    rows = [
        header,
        ["p1", "雨落旧城", "Rain over the Old Town", "中文|英文", "浙江省|USA"],
        ["p2", "医院", "", "en-us;Thai", "Thailand、中国香港"],
    ]
    mandates = [
        ["id", "languages_any", "regions_any", "languages"],
        ["m1", "Chinese", "中国", "普通话:1"],
        ["m2", "泰语", "香港", "英语"],
        ["m3", "en", "美国", ""],
    ]
    sources = write(tmp_path / "p.csv", rows), write(tmp_path / "m.csv", mandates)
    told = {}
    for language in ("en", "zh"):
        rank_file(*sources, tmp_path / "out.csv", language=language)
        told[language] = read(tmp_path / "out.csv")[1:]
    assert [(row[0], row[2]) for row in told["en"]] == [("m1", "p1"), ("m2", "p2"), ("m3", "p1")]
    # The title in the language of the result, and the other one where there is none.
    assert [row[3] for row in told["en"]] == ["Rain over the Old Town", "医院", "Rain over the Old Town"]
    assert [row[3] for row in told["zh"]] == ["雨落旧城", "医院", "雨落旧城"]
    assert "Languages you like: Chinese" in told["en"][0][6]
    assert "您喜欢的语言：中文" in told["zh"][0][6]


def test_columns_that_nothing_is_read_from_are_told(tmp_path: Path) -> None:
    projects = write(tmp_path / "p.csv", [["id", "genre", "title", "邮箱"], ["p1", "revenge", "T", "a@b.c"]])
    mandates = write_xlsx(tmp_path / "m.xlsx", [["id", "Genres", "Budget"], ["m1", "复仇", ""]])
    done = rank_file(projects, mandates, tmp_path / "out.csv")
    assert done.notes == (
        "p.csv: nothing was read from the columns genre, 邮箱",
        "m.xlsx: nothing was read from the columns budget",
    )


def test_unknown_ids_in_interactions(tmp_path: Path) -> None:
    projects, mandates = write(tmp_path / "p.csv", PROJECTS), write(tmp_path / "m.csv", MANDATES)
    for row, message in (
        (["m9", "p1", "save"], "column mandate_id: 'm9' is not in the mandates file"),
        (["m1", "p9", "save"], "column project_id: 'p9' is not in the projects file"),
        (["m1", "p1", "like"], "column action: 'like' is not one of"),
    ):
        actions = write(tmp_path / "i.csv", [["mandate_id", "project_id", "action"], row])
        with pytest.raises(InputError) as caught:
            rank_file(projects, mandates, tmp_path / "out.csv", actions)
        assert message in str(caught.value)


def test_every_code_of_the_ranker_has_a_sentence_and_no_sentence_is_without_a_code() -> None:
    ranker = Ranker.shipped()
    money = {"amount_minor": 100_000_00, "currency": "CNY"}
    project = {"id": "p", "genres": ["revenge"], "languages": ["zh"], "regions": ["CN"], "stage": "financing",
               "instruments": ["loan"], "ask": money, "min_ticket": money, "logline": "复仇", "team": []}  # fmt: skip
    preferences = {"genres": {"revenge": 1.0}, "languages": {"zh": 1.0}, "regions": {"CN": 1.0}, "stages": {"financing": 1.0},
                   "instruments": {"loan": 1.0}, "text": "复仇", "ticket": money}  # fmt: skip
    mandate = {"id": "m", "preferences": preferences, "max_per_project": money}
    history = [Deed(ranker.build_matrix([project]).x[0], "save")]
    weights = ranker.mandate_weights(mandate, history)
    codes = {code for part in weights.parts for code in (part.code, part.opposite_code)}
    assert codes | {"ask_below_ticket", "ask_near_below", "ask_near_above"} == set(SENTENCES)
