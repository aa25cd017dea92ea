"""A statement of 100,000 rows, uploaded, checked and written by the jobs of the application, beside a bare bulk insert.

    python -m benchmarks.releases.imports [--rows 100000] [--repeats 1]

The bare insert writes the same rows into the same table of a second database of the same kind, prepared as the driver
takes them, in one transaction. Both are measured in this process, one after the other; the import once more with the same file, which must write
nothing. Prints one JSON object: seconds, and the ratio of writing (the job that runs after "import") to the bare insert, and of
the whole way from upload to the end. Exit code 1 when the whole way takes 10 times the bare insert or more, when progress was
not seen, or when a row is missing or there twice.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select

from benchmarks import serving
from dealflow import create_app
from dealflow.accounts.models import Membership, Organisation, User
from dealflow.core import clock, db, ids, jobs
from dealflow.core.actor import Actor
from dealflow.pitches.models import Project
from dealflow.releases import statements
from dealflow.releases.models import Receipt, Statement

RATIO_LIMIT = 10.0
FIRST = date(2026, 1, 1)


def statement(rows: int) -> bytes:
    """A statement as Hongguo sends it."""
    lines = ["结算日期,短剧名称,结算单号,分账金额（元）"]
    for n in range(rows):
        day = FIRST + timedelta(days=n % 300)
        lines.append(f"{day},雨落旧城,HG{n:09},{n % 9000 + 1}.{n % 100:02}")
    return "\n".join(lines).encode()


def world(folder: Path) -> tuple[Actor, str]:
    """An application on a fresh database with a creator and a project: (the creator, the project's id)."""
    folder.mkdir(parents=True)
    create_app(serving.settings(folder))
    jobs.wake_with(None)
    db.Base.metadata.create_all(db.database().engine)
    with db.system_edge() as session:
        house = Organisation(id=ids.new("org"), name="制作公司", kind="creator")
        user = User(id=ids.new("usr"), name="制片人", email="c@example.test", email_verified_at=clock.now())
        session.add_all([house, user])
        session.flush()
        session.add(Membership(organisation_id=house.id, user_id=user.id, role="owner"))
        project = Project(organisation_id=house.id, title_zh="雨落旧城")
        session.add(project)
        session.flush()
        return Actor(
            user_id=user.id, user_name=user.name, organisation_id=house.id, kind="creator", role="owner"
        ), project.id


def bare(folder: Path, rows: int) -> float:
    """Seconds of a bulk insert of as many receipts as plain values."""
    actor, project = world(folder)
    moment = clock.now()
    values = [
        {
            "id": ids.new("rcp"), "project_id": project, "organisation_id": actor.organisation_id,
            "day": FIRST + timedelta(days=n % 300), "amount_minor": n % 900_000 + 100, "amount_currency": "CNY",
            "source": "statement.csv", "platform": "hongguo", "territory": "CN", "external_ref": f"HG{n:09}",
            "evidence_class": "platform_statement", "number": 0, "reason": "", "user_id": actor.user_id,
            "user_name": actor.user_name, "created_at": moment,
        }
        for n in range(rows)
    ]  # fmt: skip
    # What the driver itself takes: neither ids nor days are turned while the time runs.
    table, dialect = Receipt.__table__, db.database().engine.dialect
    compiled = insert(table).compile(dialect=dialect, column_keys=list(values[0]))  # type: ignore[arg-type]
    order = list(compiled.positiontup or ())
    turn = [
        table.c[name].type.dialect_impl(dialect).bind_processor(dialect) or (lambda value: value)
        for name in order
    ]
    ready = [tuple(f(row[name]) for f, name in zip(turn, order, strict=True)) for row in values]
    started = time.perf_counter()
    with db.system_edge() as session:
        session.connection().exec_driver_sql(str(compiled), ready)
    return time.perf_counter() - started


def progress_of(row: Statement) -> float:
    """How far the job of a statement is."""
    with db.system_edge(write=False) as session:
        return float(session.scalars(select(jobs.Job.progress).where(jobs.Job.id == row.job_id)).one())


def imported(folder: Path, rows: int) -> dict[str, Any]:
    """Seconds of each step of an import, and what it left."""
    actor, project = world(folder)
    data = statement(rows)
    times, seen = {}, []
    started = time.perf_counter()
    with db.edge(write=False, actor=actor):
        sent = statements.receive(actor, project, data, "statement.csv")
    with db.edge(actor=actor):
        row, _fresh = statements.upload(actor, project, sent)
    times["upload"] = time.perf_counter() - started
    jobs.run_due()
    times["check"] = time.perf_counter() - started - times["upload"]
    with db.edge(actor=actor):
        row = statements.run(actor, row.id)
    begun = time.perf_counter()
    kept = jobs.checkpoint

    def watched(progress: float, **values: Any) -> None:
        seen.append(progress)
        kept(progress, **values)

    jobs.checkpoint = watched
    jobs.run_due()
    jobs.checkpoint = kept
    times["write"] = time.perf_counter() - begun
    times["whole"] = time.perf_counter() - started
    with db.edge(actor=actor):
        again, fresh = statements.upload(
            actor, project, statements.receive(actor, project, data, "statement.csv")
        )
        statements.run(actor, again.id)
        count, distinct = (
            db.session()
            .execute(select(func.count(Receipt.id), func.count(func.distinct(Receipt.external_ref))))
            .one()
        )
    whole = (count, distinct, fresh, again.state, progress_of(row)) == (rows, rows, False, "done", 1.0)
    return {"seconds": times, "whole": whole, "steps_of_progress": len(seen)}


def main() -> int:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=100_000)
    options.add_argument("--repeats", type=int, default=1)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        plain = min(bare(Path(folder) / f"bare-{n}", asked.rows) for n in range(asked.repeats))
        found = [imported(Path(folder) / f"import-{n}", asked.rows) for n in range(asked.repeats)]
    best = min(found, key=lambda one: one["seconds"]["whole"])
    ratio = best["seconds"]["whole"] / plain
    ok = ratio < RATIO_LIMIT and all(one["whole"] and one["steps_of_progress"] > 1 for one in found)
    print(json.dumps({
        "rows": asked.rows, "bare_seconds": round(plain, 2), "seconds": {k: round(v, 2) for k, v in best["seconds"].items()},
        "ratio_whole": round(ratio, 2), "ratio_write": round(best["seconds"]["write"] / plain, 2), "limit": RATIO_LIMIT,
        "steps_of_progress": best["steps_of_progress"], "every_row_once": all(one["whole"] for one in found), "ok": ok,
    }))  # fmt: skip
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
