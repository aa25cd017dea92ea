"""Reading CSV and XLSX tables row by row, whatever their encoding, with errors that name the place."""

import codecs
import csv
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

MAX_UNPACKED = 1_000_000_000
MAX_RATIO = 200
MAX_FIELD = 10_000_000
_CHUNK = 1 << 20


class InputError(ValueError):
    """A table that cannot be used; the message names file, row, column and what to do."""

    def __init__(self, path: Path, reason: str, row: int | None = None, column: str | None = None) -> None:
        place = [path.name, *([f"row {row}"] if row else []), *([f"column {column}"] if column else [])]
        super().__init__(f"{', '.join(place)}: {reason}")
        self.path, self.row, self.column, self.reason = path, row, column, reason


@dataclass(frozen=True)
class TableRow:
    """A row as header → text; `number` counts from 1 with the header as row 1."""

    number: int
    cells: dict[str, str]


def read_table(
    path: Path, check: Callable[[Sequence[str]], str | None] = lambda header: None
) -> Iterator[TableRow]:
    """Rows of a CSV (UTF-8, UTF-16 with a mark, else GB18030) or an XLSX workbook; empty rows are skipped. What a file holds
    decides, not its name. `check` says what is wrong with the header, if anything.

    Raises InputError for a file that is neither, is damaged, or repeats a header.
    """
    try:
        rows = _xlsx_rows(path) if is_workbook(path) else _csv_rows(path)
        header: list[str] | None = None
        for number, cells in rows:
            if header is None:
                header = _header(path, cells)
                if wrong := check(header):
                    raise InputError(path, wrong, number)
            elif any(cell.strip() for cell in cells):
                if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
                    raise InputError(
                        path, f"has {len(cells)} cells but the header names {len(header)}", number
                    )
                yield TableRow(number, dict(zip(header, (cell.strip() for cell in cells), strict=False)))
    except FileNotFoundError as error:
        raise InputError(path, "file not found") from error
    if header is None:
        raise InputError(path, "the file is empty; its first row must name the columns")


def header_of(path: Path) -> list[str]:
    """The names of the columns, as they are read."""
    rows = _xlsx_rows(path) if is_workbook(path) else _csv_rows(path)
    return _header(path, next(rows, (1, []))[1])


def is_workbook(path: Path) -> bool:
    """Whether a file is an XLSX workbook by its first bytes. InputError for the XLS of old."""
    with path.open("rb") as stream:
        start = stream.read(4)
    if start == b"\xd0\xcf\x11\xe0":
        raise InputError(path, "is an old XLS file; save it as XLSX or CSV")
    return start == b"PK\x03\x04"


def misnamed(path: Path) -> str | None:
    """What a file is read as, when its name says something else."""
    workbook = is_workbook(path)
    if workbook == (path.suffix.lower() == ".xlsx"):
        return None
    return f"{path.name} is {'an XLSX workbook' if workbook else 'text and no XLSX workbook'}; it was read as {'XLSX' if workbook else 'CSV'}"


def estimated_rows(path: Path) -> int:
    """About how many rows a file holds (for progress): lines of a CSV, 100 packed bytes a row of an XLSX; at least 1."""
    if not path.exists():
        return 1
    if is_workbook(path):
        return max(1, path.stat().st_size // 100)
    with path.open("rb") as stream:
        return max(1, sum(chunk.count(b"\n") for chunk in iter(lambda: stream.read(_CHUNK), b"")))


def _header(path: Path, cells: list[str]) -> list[str]:
    names = [cell.strip().lstrip("\ufeff").casefold() for cell in cells]
    repeated = {name for name in names if name and names.count(name) > 1}
    if repeated:
        raise InputError(path, f"the header names {sorted(repeated)[0]!r} twice", 1)
    return names


def detect_encoding(path: Path) -> str:
    """`utf-8-sig`, `utf-16` or `gb18030`: the first that decodes the whole file. Raises InputError for none."""
    with path.open("rb") as stream:
        start = stream.read(4)
    if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    for encoding in ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with path.open("rb") as stream:
                while chunk := stream.read(_CHUNK):
                    decoder.decode(chunk)
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise InputError(path, "is neither UTF-8 nor GB18030 text; save it as CSV in UTF-8")


def _csv_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    encoding = detect_encoding(path)
    csv.field_size_limit(MAX_FIELD)
    with path.open("r", encoding=encoding, newline="") as stream:
        first = stream.readline()
        stream.seek(0)
        delimiter = max(",;\t", key=first.count)
        number = 0
        try:
            for number, cells in enumerate(csv.reader(stream, delimiter=delimiter, strict=True), start=1):
                yield number, cells
        except csv.Error as error:
            raise InputError(path, f"is not well-formed CSV ({error})", number + 1) from error


def _xlsx_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    import python_calamine

    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
        unpacked = sum(entry.file_size for entry in entries)
        packed = max(1, sum(entry.compress_size for entry in entries))
        if unpacked > MAX_UNPACKED or (unpacked > 100_000_000 and unpacked / packed > MAX_RATIO):
            raise InputError(path, "unpacks to too many bytes; save the sheet as CSV")
        with python_calamine.CalamineWorkbook.from_path(str(path)) as workbook:
            for number, cells in enumerate(workbook.get_sheet_by_index(0).iter_rows(), start=1):
                yield number, [_cell_text(cell) for cell in cells]
    except (zipfile.BadZipFile, python_calamine.CalamineError) as error:
        raise InputError(path, "is not a readable XLSX file") from error


def _cell_text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)
