"""Files that people send become tables of text, whatever their encoding; hostile ones are refused with a reason."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from dealflow.core import tabular
from dealflow.core.errors import Invalid, TooLarge

TEXT = "标题,融资额\n雨落旧城,45万\n归来,30万\n"


def read(data: bytes, **limits: int) -> tabular.Table:
    return tabular.read(io.BytesIO(data), **limits)


def refusal(data: bytes, **limits: int) -> str:
    with pytest.raises(Invalid) as refused:
        read(data, **limits)
    assert [e.field for e in refused.value.errors] == ["file"]
    assert refused.value.errors[0].text()
    return refused.value.errors[0].code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_chinese_is_read_right_in_every_usual_encoding(encoding: str) -> None:
    table = read(TEXT.encode(encoding))
    assert table.header == ["标题", "融资额"]
    assert table.rows == [["雨落旧城", "45万"], ["归来", "30万"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_separators_quotes_blank_rows_and_short_rows(delimiter: str) -> None:
    text = f'\n{delimiter}\na{delimiter}b{delimiter}c{delimiter}\r\n"x{delimiter}\ny"{delimiter}1\r\n\r\n{delimiter}{delimiter}z\n'
    table = read(text.encode())
    assert table.header == ["a", "b", "c"]
    assert table.rows == [[f"x{delimiter}\ny", "1", ""], ["", "", "z"]]
    assert table.numbers == [4, 6]


def test_what_cannot_be_read_is_refused_with_a_reason() -> None:
    assert refusal(b"  \n ") == "empty"
    assert refusal(TEXT.encode()[:-5] + b"\xff\xfe") == "broken_text"
    assert refusal(b"a,b\n\x81,\xff\xff\n") == "unknown_encoding"
    assert refusal(b"a\x00b,c\n") == "not_a_table"
    assert refusal(b"\xd0\xcf\x11\xe0rest") == "old_format"
    assert refusal(b"a,a\n1,2\n") == "duplicate_column"
    assert refusal(b"a,b\n1,2\n3,4\n", row_limit=1) == "too_many_rows"
    assert refusal(",".join(f"c{n}" for n in range(300)).encode() + b"\n1\n") == "too_many_columns"
    assert refusal(b"PK\x03\x04 not a zip at all") == "bad_xlsx"
    assert refusal(b'a,b\n"' + b"x" * 200_000 + b"\n") == "bad_csv"


def test_a_file_above_the_limit_is_not_read() -> None:
    with pytest.raises(TooLarge):
        tabular.read(io.BytesIO(b"a,b\n" + b"1,2\n" * (tabular.FILE_LIMIT // 4 + 1)))


def workbook() -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["标题", "融资额", "日期", "完成", "份额"])
        sheet.write_row(1, 0, ["雨落旧城", 450000])
        sheet.write_datetime(1, 2, date(2027, 2, 1), book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_boolean(1, 3, True)
        sheet.write_number(1, 4, 0.25)
        sheet.write_formula(2, 0, "=1+1", None, 2)
    return out.getvalue()


def test_xlsx_cells_become_text_as_people_type_it() -> None:
    table = read(workbook())
    assert table.header == ["标题", "融资额", "日期", "完成", "份额"]
    assert table.rows == [["雨落旧城", "450000", "2027-02-01", "TRUE", "0.25"], ["2", "", "", "", ""]]


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_a_zip_bomb_is_refused_by_its_directory() -> None:
    assert refusal(zipped({"xl/worksheets/sheet1.xml": b"0" * 30_000_000})) == "unpacks_too_large"
    assert refusal(zipped({f"xl/{n}": b"" for n in range(2000)})) == "unpacks_too_large"


def test_a_zip_bomb_whose_directory_lies_is_refused_while_it_unpacks(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = zipped({"xl/worksheets/sheet1.xml": b"0" * 30_000_000})
    monkeypatch.setattr(tabular, "_check_zip", lambda _data: None)
    monkeypatch.setattr(tabular, "UNPACKED_LIMIT", 1_000_000)
    assert refusal(bomb) == "unpacks_too_large"


def test_a_zip_that_is_no_workbook_is_refused() -> None:
    assert refusal(zipped({"readme.txt": b"hello"})) == "not_a_table"
    assert refusal(zipped({"xl/workbook.xml": b"<not-xml"})) == "bad_xlsx"


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "＝1", '=HYPERLINK("x")'])
def test_formulas_are_escaped_and_come_back(cell: str) -> None:
    assert tabular.escape(cell) == f"'{cell}"
    assert tabular.unescape(tabular.escape(cell)) == cell


def test_numbers_stay_numbers() -> None:
    written = tabular.write_csv(["n"], [[-5], [None], ["-5"]]).decode("utf-8-sig")
    assert written.splitlines() == ["n", "-5", '""', "'-5"]


@given(
    st.lists(
        st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1).filter(
            lambda t: t.strip() and not t.strip().startswith("'")
        ),
        min_size=1,
        max_size=4,
    )
)
def test_what_is_written_is_read_again(cells: list[str]) -> None:
    header = [f"c{n}" for n in range(len(cells))]
    table = read(tabular.write_csv(header, [cells]))
    assert table.rows == [[cell.strip() for cell in cells]]
