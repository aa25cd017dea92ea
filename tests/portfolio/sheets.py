"""A workbook's formulas evaluated anew, without a spreadsheet program: those that our reports use, and no others.

Cells are read from the file's XML; every formula is turned into Python, cells are looked up again down to the numbers.
"""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree as Xml

from dealflow.finance.xirr import xirr

_NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
_REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_REF = re.compile(r"(?:'((?:[^']|'')+)'!)?\$?([A-Z]{1,2})\$?(\d+)(?::\$?([A-Z]{1,2})\$?(\d+))?")
EPOCH = date(1899, 12, 30)


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


class Workbook:
    """Sheets → cells → number, text or formula; `kept` is the value that stands in the file beside a formula."""

    def __init__(self, content: bytes) -> None:
        self.cells: dict[str, dict[tuple[int, int], Any]] = {}
        self.kept: dict[tuple[str, tuple[int, int]], float] = {}
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            texts = [
                "".join(part.text or "" for part in item.iter(f"{{{_NS['m']}}}t"))
                for item in Xml.fromstring(archive.read("xl/sharedStrings.xml")).findall("m:si", _NS)  # noqa: S314 - our own file
            ]
            book = Xml.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
            for number, sheet in enumerate(book.findall("m:sheets/m:sheet", _NS), 1):
                root = Xml.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml"))  # noqa: S314
                self._read(sheet.attrib["name"], root, texts)
            self.charts = [name for name in archive.namelist() if name.startswith("xl/charts/chart")]

    def _read(self, name: str, root: Any, texts: list[str]) -> None:
        found = self.cells.setdefault(name, {})
        for cell in root.iter(f"{{{_NS['m']}}}c"):
            _sheet, letters, row, _l, _r = _REF.fullmatch(cell.attrib["r"]).groups()  # type: ignore[union-attr]
            place = (_column(letters), int(row))
            formula, value = cell.find("m:f", _NS), cell.find("m:v", _NS)
            if formula is not None:
                found[place] = f"={formula.text}"
                self.kept[name, place] = float(value.text)  # type: ignore[union-attr, arg-type]
            elif value is not None and value.text is not None:
                found[place] = texts[int(value.text)] if cell.attrib.get("t") == "s" else float(value.text)

    def value(self, sheet: str, place: tuple[int, int]) -> float:
        """A cell's number, computed from what its formula names."""
        held = self.cells[sheet].get(place, 0.0)
        return self._compute(sheet, held) if isinstance(held, str) and held.startswith("=") else held

    def formulas(self) -> list[tuple[str, tuple[int, int]]]:
        """Where formulas stand."""
        return list(self.kept)

    def _compute(self, sheet: str, formula: str) -> float:
        def lookup(match: re.Match[str]) -> str:
            where, left, top, right, bottom = match.groups()
            name = (where or sheet).replace("''", "'")
            if right is None:
                return repr(self.value(name, (_column(left), int(top))))
            block = [
                self.value(name, (column, row))
                for row in range(int(top), int(bottom) + 1)
                for column in range(_column(left), _column(right) + 1)
            ]
            return repr([number for number in block if isinstance(number, float | int)])

        text = (
            _REF.sub(lookup, formula.removeprefix("="))
            .replace("<=", "≤")
            .replace("=", "==")
            .replace("≤", "<=")
            .replace("^", "**")
        )
        names = {"SUM": sum, "IF": lambda test, yes, no: yes if test else no, "ABS": abs, "XIRR": _xirr}
        # A branch that is not taken may divide by zero in Python, which a spreadsheet never computes.
        guarded = re.fullmatch(r"IF\((.+?)==0,0,(.+)\)", text)
        if guarded and eval(guarded[1], {"__builtins__": {}}, names) == 0:  # noqa: S307 - a formula of our own
            return 0.0
        return float(eval(text, {"__builtins__": {}}, names))  # noqa: S307


def _xirr(amounts: list[float], days: list[float], _guess: float) -> float:
    flows = [
        (EPOCH + timedelta(days=int(day)), round(amount * 100))
        for amount, day in zip(amounts, days, strict=True)
    ]
    return float(xirr(flows)["rate"])
