"""The process that reads XLSX files. Runs by itself (`python -I tabular_child.py ROWS COLUMNS BYTES`).

Takes the file on standard input and writes the first sheet's rows as a JSON list of lists of text. What a hostile file
costs is this process: memory and time are bounded, and what the archive really unpacks to is counted first.
"""

from __future__ import annotations

import io
import json
import resource
import sys
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any

MEMORY = 1 << 30
CPU_SECONDS = 25
TOO_LARGE, DAMAGED = 3, 4


def unpacks_within(data: bytes, limit: int) -> bool:
    """Whether the members of the archive really unpack to no more than `limit` bytes."""
    left = limit
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.infolist():
            with archive.open(member) as stream:
                while block := stream.read(1 << 16):
                    left -= len(block)
                    if left < 0:
                        return False
    return True


def as_text(value: Any) -> str:
    """A cell as a person would type it."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        midnight = value.time() == time(0)
        return value.date().isoformat() if midnight else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date | time | timedelta):
        return str(value)
    return "" if value is None else str(value)


def main(rows: int, columns: int, limit: int) -> int:
    """Read standard input, write standard output; 0, TOO_LARGE or DAMAGED."""
    from python_calamine import CalamineError, CalamineWorkbook

    data = sys.stdin.buffer.read()
    try:
        if not unpacks_within(data, limit):
            return TOO_LARGE
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0)
        found = sheet.to_python(skip_empty_area=False, nrows=rows)
    except MemoryError:
        return TOO_LARGE
    except (CalamineError, zipfile.BadZipFile, NotImplementedError, OSError, ValueError, EOFError):
        return DAMAGED
    json.dump([[as_text(cell) for cell in row[:columns]] for row in found], sys.stdout)
    return 0


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(main(*(int(argument) for argument in sys.argv[1:4])))
