"""Jobs that are done and events that all have heard are forgotten after a while, in small transactions, so that the tables do not grow
for ever.

What waits, runs or gave up stays, and so does every job that something else names: a column of the type `Id("job")` in any
table (a file that was imported, say), or what a room says with `stays`. An event stays as long as a delivery of it does that is not done,
and as long as one of its kind is, or was lately, on its way that is older: of the events of one transaction some subscribers hear the first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, func, or_, select

from dealflow.core import clock, jobs
from dealflow.core.config import settings
from dealflow.core.db import Base, session, system_edge
from dealflow.core.ids import Id
from dealflow.core.jobs import Job
from dealflow.core.outbox import OutboxEvent

# One batch holds SQLite's writer for hundredths of a second; what one run leaves over, the next one takes.
BATCH, BATCHES = 500, 200
# Greater than every id.
_LAST = "~"
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


@jobs.job("core.forget_events", every=timedelta(hours=1), transactional=False, lease_s=600)
def forget_events(**_payload: Any) -> dict[str, Any]:
    """Drop events that were heard by all as many days ago as the settings say of jobs: {dropped}."""
    before = clock.now() - timedelta(days=settings().job_days)
    with system_edge(write=False):
        dead, under_way = _deliveries(before)
    dropped, after = 0, None
    for _ in range(BATCHES):
        with system_edge(write=False) as s:
            query = select(OutboxEvent.id, OutboxEvent.name).where(OutboxEvent.created_at < before)
            if after is not None:
                query = query.where(OutboxEvent.id > after)
            rows = s.execute(query.order_by(OutboxEvent.id).limit(BATCH)).all()
            old = {row.id for row in rows if row.id < under_way.get(row.name, _LAST)} - dead
            unused = old - _named_by_columns(old, "evt", OutboxEvent)
        with system_edge() as s:
            s.execute(delete(OutboxEvent).where(OutboxEvent.id.in_(unused)))
        dropped += len(unused)
        if len(rows) < BATCH:
            break
        after = rows[-1].id
    return {"dropped": dropped}


def _deliveries(before: datetime) -> tuple[set[str], dict[str, str]]:
    """The events (ids) of dead deliveries, and of each kind of event the first that is on its way, or was since then."""
    delivery = Job.kind.startswith("event:"), Job.key.is_not(None)
    dead = session().scalars(select(Job.key).where(*delivery, Job.state == "dead"))
    lately = or_(Job.state.in_(("queued", "running")), (Job.state == "done") & (Job.updated_at >= before))
    first: dict[str, str] = {}
    query = select(Job.kind, func.min(Job.key)).where(*delivery, lately).group_by(Job.kind)
    for kind, key in session().execute(query).all():
        name, event_id = kind.split(":")[1], str(key).split(":")[0]
        first[name] = min(event_id, first.get(name, event_id))
    return {str(key).split(":")[0] for key in dead}, first


def _named(ids: set[str]) -> set[str]:
    found = _named_by_columns(ids, "job", Job)
    return found.union(*(named(ids) for named in _stays))


def _named_by_columns(ids: set[str], prefix: str, owner: type[Base]) -> set[str]:
    """Those of the ids that a column of any other table holds."""
    found: set[str] = set()
    for table in Base.metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, Id) and column.type.prefix == prefix and table is not owner.__table__:
                found.update(session().scalars(select(column).where(column.in_(ids))))
    return found
