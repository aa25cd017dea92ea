"""Workbooks opened by another program: what their formulas give there, cell by cell."""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook

_KEPT = re.compile(r"(<f>[^<]*</f>)<v>[^<]*</v>")


def forgotten(content: bytes) -> bytes:
    """The workbook without the values that it keeps beside its formulas, so that whoever shows them has to compute."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            data = old.read(item)
            if item.filename.startswith("xl/worksheets/sheet"):
                data = _KEPT.sub(r"\1", data.decode()).encode()
            new.writestr(item, data)
    return out.getvalue()


def recalculated(content: bytes, folder: Path) -> bytes:
    """The workbook as LibreOffice saves it after computing every formula."""
    source, out = folder / "book.xlsx", folder / "recalculated"
    source.write_bytes(forgotten(content))
    line = ["soffice", f"-env:UserInstallation=file://{folder}/office", "--headless", "--convert-to"]
    subprocess.run(
        [*line, "xlsx:Calc MS Excel 2007 XML", "--outdir", str(out), str(source)],
        check=True, timeout=240, capture_output=True,
    )  # fmt: skip
    return (out / "book.xlsx").read_bytes()


def cells(content: bytes) -> dict[tuple[str, int, int], Any]:
    """(sheet, row, column), from 0 → what is shown, empty cells left out."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {
        (name, row, column): value
        for name in book.sheet_names
        for row, line in enumerate(book.get_sheet_by_name(name).to_python(skip_empty_area=False))
        for column, value in enumerate(line)
        if value != ""
    }


def formulas(content: bytes) -> int:
    """How many cells hold a formula."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        return sum(book.read(name).count(b"<f>") for name in sheets)


def differences(content: bytes, folder: Path) -> list[str]:
    """A line for each cell that LibreOffice computes otherwise than the file says."""
    ours, theirs = cells(content), cells(recalculated(content, folder))
    return [
        f"{place}: {ours.get(place)!r} here, {theirs.get(place)!r} there"
        for place in sorted(ours.keys() | theirs.keys())
        if not _alike(ours.get(place), theirs.get(place))
    ]


def _alike(one: Any, two: Any) -> bool:
    if isinstance(one, int | float) and isinstance(two, int | float):
        return abs(one - two) < 0.006
    return bool(one == two)
