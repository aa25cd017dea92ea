"""Prints that are kept: found again, bounded, and printed anew once dropped."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from dealflow.core import clock, db, jobs
from dealflow.core.config import settings
from dealflow.termsheets import prints
from tests.conftest import Person

Sheet = dict[str, Any]
KB = 1024


def keep(folder: Path, name: str, size: int, hours: int) -> Path:
    """A file of `size` kilobytes, made some hours ago."""
    path = folder / name
    path.write_bytes(b"x" * size * KB)
    at = clock.real_now().timestamp() - hours * 3600
    os.utime(path, (at, at))
    return path


def test_the_oldest_go_first_and_what_was_cut_off_goes_too(tmp_path: Path) -> None:
    new, middle, old = (keep(tmp_path, f"{n}.pdf", 4, n) for n in (1, 2, 3))
    being_written, cut_off = keep(tmp_path, "a.part", 9, 0), keep(tmp_path, "b.part", 9, 2)
    assert prints.sweep(tmp_path, 8 * KB) == 2
    assert [p.exists() for p in (new, middle, old, being_written, cut_off)] == [
        True,
        True,
        False,
        True,
        False,
    ]
    assert prints.sweep(tmp_path, 8 * KB) == 0
    assert prints.sweep(tmp_path / "none", 0) == 0


def test_a_dropped_print_is_printed_again_byte_for_byte(
    sheet: Sheet, investor: Person, monkeypatch: Any
) -> None:
    address, folder = f"/term-sheets/{sheet['id']}.pdf?lang=en", Path(settings().instance) / "cache" / "pdf"
    first = investor.get(address)
    (kept,) = folder.glob("*.pdf")
    kept.touch()
    unchanged = kept.stat().st_mtime_ns
    assert investor.get(address).get_data() == first.get_data()
    assert kept.stat().st_mtime_ns == unchanged, "found, not printed"
    drop()
    assert kept.exists(), "within what is kept"
    monkeypatch.setattr("dealflow.termsheets.jobs.settings", lambda: settings().with_(print_cache=0))
    drop()
    assert not kept.exists()
    again = investor.get(address)
    assert (again.status_code, again.get_data()) == (200, first.get_data())


def drop() -> None:
    with db.system_edge():
        name = jobs.enqueue("termsheets.drop_prints", {})
    jobs.run(name)
