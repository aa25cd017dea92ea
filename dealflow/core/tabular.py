"""Tables out of files that people send (CSV, XLSX) and into CSV files that a spreadsheet opens safely.

CSV is read as UTF-8 (with or without mark), UTF-16 with mark, or GB18030, found by content. XLSX is read in a child
process with limits of memory and time, after its zip directory was looked at. Every cell is text.
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from dealflow.core import tabular_child
from dealflow.core.errors import Invalid, TooLarge
from dealflow.core.i18n import N_

FILE_LIMIT = 20 * 1024 * 1024
ROW_LIMIT = 10_000
COLUMN_LIMIT = 200
FIELD_LIMIT = 128 * 1024
# An XLSX of the size we take never unpacks to more than this; a bomb unpacks to gigabytes.
UNPACKED_LIMIT = 200 * 1024 * 1024
RATIO_LIMIT = 200
MEMBER_LIMIT = 1000
SECONDS = 30
# How far down a header is looked for.
TITLE_LINES = 30
IsHeader = Callable[[list[str]], bool]
_MARKS = ",;\t|"
_FORMULA = "=+-@\t\r＝＋－＠"


@dataclass(frozen=True)
class Table:
    """A header and rows of text, each row as long as the header, blank ones left out.

    `numbers` holds the row's place in the sheet (2, 3, … when not given); `encoding` tells how a CSV was read.
    """

    header: list[str]
    rows: list[list[str]]
    encoding: str
    numbers: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.numbers:
            self.numbers.extend(range(2, len(self.rows) + 2))


def refuse(code: str, message: str, **params: Any) -> Invalid:
    """The refusal of a file."""
    return Invalid.field("file", code, message, **params)


def read(stream: IO[bytes], *, row_limit: int = ROW_LIMIT, is_header: IsHeader | None = None) -> Table:
    """The table in a file. Raises TooLarge, or Invalid on the field `file` that says what is wrong and what helps.

    `is_header` finds the header below lines of a title, as banks and platforms write them; where it finds none, and
    without it, the first row that is not blank is the header.
    """
    data = stream.read(FILE_LIMIT + 1)
    if len(data) > FILE_LIMIT:
        raise TooLarge(N_("A file for import may have up to 20 MB; split it"))
    if not data.strip():
        raise refuse("empty", N_("The file is empty"))
    if data.startswith(b"PK\x03\x04"):
        return _table(_read_xlsx(data, row_limit), "xlsx", row_limit, is_header)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise refuse("old_format", N_("This is an old XLS file; save it as XLSX or CSV"))
    text, encoding = decode(data)
    return _table(_read_csv(text, row_limit, is_header), encoding, row_limit, is_header)


def decode(data: bytes) -> tuple[str, str]:
    """The text of a CSV and the name of its encoding."""
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding == "utf-16" or _is_damaged_utf8(data):
            line = data.count(b"\n", 0, error.start) + 1
            message = N_("The text is damaged in line %(line)s; save the file again as UTF-8")
            raise refuse("broken_text", message, line=line) from None
        encoding = "gb18030"
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            message = N_("The text is neither UTF-8 nor GB18030; save the file as CSV in UTF-8")
            raise refuse("unknown_encoding", message) from None
    if "\0" in text:
        raise refuse("not_a_table", N_("This is not a table; send a CSV or XLSX file"))
    return text, encoding.removesuffix("-sig")


def _is_damaged_utf8(data: bytes) -> bool:
    # GB18030 read as UTF-8 is mostly wrong; damaged UTF-8 is mostly right: whole three-byte signs outnumber the breaks.
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    whole = sum(1 for sign in text if sign >= "\u0800") - broken
    return data.startswith(b"\xef\xbb\xbf") or whole > broken


def _delimiter(text: str, is_header: IsHeader | None) -> str:
    """What parts the cells of a header that is looked for, else of the first line."""
    lines = [line for line in text.splitlines() if line.strip()][:TITLE_LINES]
    for mark in _MARKS if is_header else ():
        rows = ([cell.strip('" \t') for cell in line.split(mark)] for line in lines)
        if is_header and any(is_header(row) for row in rows):
            return mark
    return max(",;\t", key=lines[0].count)


def _read_csv(text: str, row_limit: int, is_header: IsHeader | None) -> Iterable[list[str]]:
    csv.field_size_limit(FIELD_LIMIT)  # the limit is the process's, and others set theirs
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text, is_header))
    try:
        for number, row in enumerate(reader):
            if number > row_limit + 1:
                return
            yield row
    except csv.Error:
        message = N_("Line %(line)s cannot be read as CSV; look for a quotation mark that is not closed")
        raise refuse("bad_csv", message, line=reader.line_num) from None


def _check_zip(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError):
        raise refuse("bad_xlsx", N_("This XLSX file is damaged; save it again")) from None
    unpacked = sum(member.file_size for member in members)
    if (
        len(members) > MEMBER_LIMIT
        or unpacked > UNPACKED_LIMIT
        or unpacked > RATIO_LIMIT * max(len(data), 4096)
    ):
        raise refuse(
            "unpacks_too_large", N_("This XLSX file unpacks to more than allowed; send the rows as CSV")
        )
    if not any(member.filename.startswith("xl/") for member in members):
        raise refuse("not_a_table", N_("This is not a table; send a CSV or XLSX file"))


def _read_xlsx(data: bytes, row_limit: int) -> Iterable[list[str]]:
    _check_zip(data)
    command = [
        sys.executable, "-I", "-X", "utf8", tabular_child.__file__, str(row_limit + 2), str(COLUMN_LIMIT + 1), str(UNPACKED_LIMIT),
    ]  # fmt: skip
    try:
        # The sizes in the directory can lie, so what really unpacks is bounded again, in a process of its own.
        done = subprocess.run(command, input=data, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603 - our own file
    except subprocess.TimeoutExpired:
        raise refuse("too_slow", N_("This XLSX file takes too long to read; send the rows as CSV")) from None
    if done.returncode == tabular_child.TOO_LARGE:
        raise refuse(
            "unpacks_too_large", N_("This XLSX file unpacks to more than allowed; send the rows as CSV")
        )
    if done.returncode != 0:
        raise refuse("bad_xlsx", N_("This XLSX file is damaged; save it again"))
    rows: list[list[str]] = json.loads(done.stdout)
    return rows


def _table(
    found: Iterable[list[str]], encoding: str, row_limit: int, is_header: IsHeader | None = None
) -> Table:
    cells = ([unescape(cell.strip()) for cell in row] for row in found)
    filled = [(number, row) for number, row in enumerate(cells, 1) if any(row)]
    if not filled:
        raise refuse("empty", N_("The file is empty"))
    if is_header is not None:
        first = next((at for at, (_n, row) in enumerate(filled[:TITLE_LINES]) if is_header(row)), 0)
        filled = filled[first:]
    header = filled.pop(0)[1]
    while header and not header[-1]:
        header.pop()
    if len(header) > COLUMN_LIMIT:
        raise refuse("too_many_columns", N_("The file has more than %(limit)s columns"), limit=COLUMN_LIMIT)
    if len(filled) > row_limit:
        message = N_("The file has more than %(limit)s rows; split it")
        raise refuse("too_many_rows", message, limit=row_limit)
    twice = {name for name in header if name and header.count(name) > 1}
    if twice:
        message = N_("Two columns have the name %(column)s; give each its own")
        raise refuse("duplicate_column", message, column=min(twice))
    width = len(header)
    rows = [(row + [""] * width)[:width] for _number, row in filled]
    return Table(header, rows, encoding, [number for number, _row in filled])


def escape(cell: Any) -> str:
    """A cell that no spreadsheet takes for a formula: text that begins like one gets an apostrophe."""
    if cell is None:
        return ""
    if isinstance(cell, int | float):
        return str(cell)
    text = str(cell)
    return f"'{text}" if text[:1] and text[0] in _FORMULA else text


def unescape(cell: str) -> str:
    """A cell as it was before `escape`."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] and cell[1] in _FORMULA else cell


def write_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A CSV in UTF-8 with mark (so that spreadsheets show Chinese right), formulas escaped."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([escape(name) for name in header])
    writer.writerows([escape(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", "replace")
