"""Jobs that are done are forgotten after a while, in small transactions, so that the table does not grow for ever.

What waits, runs or gave up stays, and so does every job that something else names: a column of the type `Id("job")` in any
table (a file that was imported, say), or what a room says with `stays`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, or_, select

from dealflow.core import clock, jobs
from dealflow.core.config import settings
from dealflow.core.db import Base, session, system_edge
from dealflow.core.ids import Id
from dealflow.core.jobs import Job

# One batch holds SQLite's writer for hundredths of a second; what one run leaves over, the next one takes.
BATCH, BATCHES = 500, 200
Named = Callable[[Collection[str]], Collection[str]]
_stays: list[Named] = []


def stays(named: Named) -> Named:
    """Register a room's word: which of these job ids it still names."""
    if named not in _stays:
        _stays.append(named)
    return named


@jobs.job("core.forget_jobs", every=timedelta(hours=1), transactional=False, lease_s=600)
def forget(**_payload: Any) -> dict[str, Any]:
    """Drop jobs that were done as many days ago as the settings say: {dropped}."""
    before = clock.now() - timedelta(days=settings().job_days)
    dropped, after = 0, None
    for _ in range(BATCHES):
        found, after = _batch(before, after)
        dropped += found
        if after is None:
            break
    return {"dropped": dropped}


def _batch(before: datetime, after: tuple[datetime, str] | None) -> tuple[int, tuple[datetime, str] | None]:
    """Drop one batch of those behind `after`: how many, and where the next one begins (None: there is none)."""
    query = select(Job.run_at, Job.id).where(
        Job.state == "done", Job.run_at < before, Job.updated_at < before
    )
    if after is not None:
        at, last = after
        query = query.where(or_(Job.run_at > at, and_(Job.run_at == at, Job.id > last)))
    with system_edge() as s:
        rows = s.execute(query.order_by(Job.run_at, Job.id).limit(BATCH)).all()
        old = {job_id for _at, job_id in rows}
        unused = old - _named(old)
        s.execute(
            delete(Job).where(Job.id.in_(unused), Job.state == "done"),
            execution_options={"synchronize_session": False},
        )
    return len(unused), (rows[-1].run_at, rows[-1].id) if len(rows) == BATCH else None


def _named(ids: set[str]) -> set[str]:
    found: set[str] = set()
    for table in Base.metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, Id) and column.type.prefix == "job" and table is not Job.__table__:
                found.update(session().scalars(select(column).where(column.in_(ids))))
    return found.union(*(named(ids) for named in _stays))
