"""Ranked matches as CSV, XLSX or HTML, written row by row."""

import csv
import html
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TextIO

XLSX_ROWS = 1_048_576
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_STYLE = (
    "body{font:14px/1.5 system-ui,sans-serif;margin:2rem;color:#1c2430}table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;border-bottom:1px solid #d9dee5}"
    "th{position:sticky;top:0;background:#fff}.n{text-align:right;font-variant-numeric:tabular-nums}"
)


class RowWriter(Protocol):
    """Takes rows of texts and numbers."""

    def write(self, row: Sequence[str | int | float]) -> None: ...


def escape_formula(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe before = + - @ (also of full width) and white space that hides one."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


class _Csv:
    def __init__(self, writer: Any) -> None:
        self._writer = writer

    def write(self, row: Sequence[str | int | float]) -> None:
        self._writer.writerow([escape_formula(cell) if isinstance(cell, str) else cell for cell in row])


class _Html:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, row: Sequence[str | int | float]) -> None:
        cells = (
            f"<td>{html.escape(cell)}</td>" if isinstance(cell, str) else f'<td class="n">{cell}</td>'
            for cell in row
        )
        self._stream.write(f"<tr>{''.join(cells)}</tr>\n")


class _Xlsx:
    def __init__(self, sheet: Any) -> None:
        self._sheet, self._row = sheet, 0

    def write(self, row: Sequence[str | int | float]) -> None:
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                self._sheet.write_string(self._row, column, cell[:32_767])
            else:
                self._sheet.write_number(self._row, column, cell)
        self._row += 1


_ENDINGS = (".csv", ".xlsx", ".html")


def check_target(path: Path) -> None:
    """ValueError with the remedy when no result can be written there; asked before anything is computed."""
    if path.suffix.lower() not in _ENDINGS:
        raise ValueError(f"{path.name}: the result must end in .csv, .xlsx or .html")
    folder = path.resolve().parent
    if not folder.is_dir():
        raise ValueError(f"{path}: the folder {folder} does not exist; make it first, or name another")
    if path.is_dir() or not os.access(folder, os.W_OK):
        raise ValueError(f"{path}: cannot be written here; name another place")


@contextmanager
def open_writer(path: Path, header: Sequence[str], title: str, language: str) -> Iterator[RowWriter]:
    """A writer for .csv (UTF-8 with mark), .xlsx or .html; the file appears under its name only when complete.

    Raises ValueError as `check_target`.
    """
    check_target(path)
    openers = dict(zip(_ENDINGS, (_open_csv, _open_xlsx, _open_html), strict=True))
    partial = path.with_name(f".{path.name}.partial")
    try:
        with openers[path.suffix.lower()](partial, header, title, language) as writer:
            yield writer
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _open_csv(path: Path, header: Sequence[str], title: str, language: str) -> Iterator[RowWriter]:
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = _Csv(csv.writer(stream))
        writer.write(header)
        yield writer


@contextmanager
def _open_html(path: Path, header: Sequence[str], title: str, language: str) -> Iterator[RowWriter]:
    name = html.escape(title)
    with path.open("w", encoding="utf-8") as stream:
        stream.write(
            f'<!doctype html>\n<html lang="{"zh-CN" if language == "zh" else "en"}">\n<meta charset="utf-8">\n'
        )
        stream.write(f'<meta name="viewport" content="width=device-width">\n<title>{name}</title>\n')
        stream.write(f"<style>{_STYLE}</style>\n<h1>{name}</h1>\n<table>\n<thead><tr>")
        stream.write("".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in header))
        stream.write("</tr></thead>\n<tbody>\n")
        yield _Html(stream)
        stream.write("</tbody>\n</table>\n</html>\n")


@contextmanager
def _open_xlsx(path: Path, header: Sequence[str], title: str, language: str) -> Iterator[RowWriter]:
    import xlsxwriter

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, 4, 18)
        sheet.set_column(6, 6, 90)
        writer = _Xlsx(sheet)
        writer.write(header)
        yield writer
