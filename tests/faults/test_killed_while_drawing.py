"""A worker that is killed while it draws the signed file: the deal stands as signed, and the file follows, once.

Control run: `test_without_looking_for_leases_…` (what a killed worker had taken is never drawn)."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from dealflow.core import clock, db, invariants, jobs
from dealflow.files.models import StoredFile
from dealflow.settings import Settings
from dealflow.signing.service import SEAL_JOB
from tests.conftest import Person
from tests.factories.agreed import creator, deal, investor, sheet
from tests.faults import drawing_worker
from tests.faults.processes import Running, environment, wait_for

__all__ = ["creator", "deal", "investor", "sheet"]
SEALING = select(jobs.Job.id).where(jobs.Job.kind == SEAL_JOB)
PROGRAM = str(Path(drawing_worker.__file__))


@pytest.mark.slow
def test_the_file_follows_once(
    sheet: dict[str, str], investor: Person, creator: Person, settings: Settings, tmp_path: Path
) -> None:
    for who in (investor, creator):
        assert who.post(f"/term-sheets/{sheet['id']}/sign", {"title": "CEO"}).status_code == 200
    env, log = environment(settings.instance), tmp_path / "worker.log"
    with Running([sys.executable, PROGRAM, str(tmp_path)], env, log) as worker:
        wait_for((tmp_path / "drawing").exists, f"drawing; {log.read_text()}")
        worker.kill()
    assert investor.get(f"/term-sheets/{sheet['id']}").json["state"] == "executed"
    assert investor.get(f"/term-sheets/{sheet['id']}/signed.pdf").status_code == 404
    jobs.run_due()
    assert investor.get(f"/term-sheets/{sheet['id']}/signed.pdf").status_code == 404, "the lease still holds"
    clock.freeze(clock.now() + timedelta(minutes=6))
    for _ in range(2):
        jobs.run_due()
    assert creator.get(f"/term-sheets/{sheet['id']}/signed.pdf").data.startswith(b"%PDF")
    with db.system_edge(write=False) as session:
        kept = select(func.count()).select_from(StoredFile).where(StoredFile.purpose == "signing.executed")
        assert session.scalar(kept) == 1
        assert not any(invariants.run_all().values())


def test_without_looking_for_leases_what_a_killed_worker_took_is_never_drawn(
    sheet: dict[str, str], investor: Person, creator: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/term-sheets/{sheet['id']}"
    for who in (investor, creator):
        assert who.post(f"{path}/sign").status_code == 200
    with db.system_edge(write=False) as session:
        sealing = str(session.scalars(SEALING).one())
    assert jobs.claim(sealing) is not None  # and here the worker dies
    clock.freeze(clock.now() + timedelta(minutes=6))
    known = jobs.due
    monkeypatch.setattr(jobs, "due", lambda limit=500: [each for each in known(limit) if each != sealing])
    jobs.run_due()
    assert investor.get(f"{path}/signed.pdf").status_code == 404
    monkeypatch.undo()
    jobs.run_due()
    assert investor.get(f"{path}/signed.pdf").data.startswith(b"%PDF")
