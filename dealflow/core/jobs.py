"""Background work. A job is a row written in the business transaction; the queue only carries its id.

Huey drops a task from its store before running it, so a killed worker would lose it. The row does not get
lost: it holds state, tries and a lease; `sweep` wakes what is due or whose lease ran out. A job runs at least
once and its final commit is fenced on (id, tries), so its effects in the database happen exactly once.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ColumnElement, Index, String, Text, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from dealflow.core import clock, i18n
from dealflow.core.actor import Actor
from dealflow.core.db import Base, Timestamps, after_commit, edge, session, system_edge
from dealflow.core.ids import Id, new
from dealflow.core.scope import Owned

log = logging.getLogger(__name__)
Handler = Callable[..., dict[str, Any] | None]


class Job(Base, Timestamps, Owned):
    """One piece of background work and how it went. `lane`: the organisation whose turn it takes (`core.turns`), or nobody's."""

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint("state IN ('queued','running','done','dead')", name="state"),
        Index("ix__job__due", "state", "run_at"),
        Index("ix__job__turn", "state", "lane", "run_at"),
    )
    id: Mapped[str] = mapped_column(Id("job"), primary_key=True, default=lambda: new("job"))
    kind: Mapped[str] = mapped_column(String(80))
    key: Mapped[str | None] = mapped_column(String(200), unique=True)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(10), default="queued")
    tries: Mapped[int] = mapped_column(default=0)
    run_at: Mapped[datetime] = mapped_column(default=clock.now)
    lease_until: Mapped[datetime | None]
    progress: Mapped[float] = mapped_column(default=0.0)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    error: Mapped[str | None] = mapped_column(Text)
    organisation_id: Mapped[str | None] = mapped_column(Id("org"))
    user_id: Mapped[str | None] = mapped_column(Id("usr"))
    locale: Mapped[str] = mapped_column(String(5), default="zh")
    lane: Mapped[str] = mapped_column(String(40), default="", server_default="")

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        return cls.organisation_id == actor.organisation_id


@dataclass(frozen=True)
class Kind:
    """A registered kind of job."""

    name: str
    handler: Handler
    tries: int
    lease: timedelta
    transactional: bool
    every: timedelta | None


_ITS_OWN = {"unscoped": "a job looks after its own row"}


class LeaseLost(RuntimeError):
    """Another worker took this job over; our result is thrown away."""


KINDS: dict[str, Kind] = {}
_running: ContextVar[tuple[str, int] | None] = ContextVar("running", default=None)
_lane: ContextVar[str] = ContextVar("lane", default="")
_waker: Callable[[str], object] | None = None


def job(
    name: str,
    *,
    tries: int = 5,
    lease_s: int = 120,
    transactional: bool = True,
    every: timedelta | None = None,
) -> Callable[[Handler], Handler]:
    """Register a handler. Transactional handlers run inside one system edge with the fence in the same
    commit; others open their own edges and must be idempotent. `every` makes it periodic."""

    def register(handler: Handler) -> Handler:
        KINDS[name] = Kind(name, handler, tries, timedelta(seconds=lease_s), transactional, every)
        return handler

    return register


def wake_with(waker: Callable[[str], object] | None) -> None:
    """Say how a worker is told of a job id (a queue's enqueue function); None: nobody is told."""
    global _waker
    _waker = waker


def enqueue(
    kind: str,
    payload: dict[str, Any],
    *,
    key: str | None = None,
    delay: timedelta | None = None,
    actor: Actor | None = None,
) -> str:
    """Add a job to the open transaction and return its id; with a key already used, the first job's id."""
    if kind not in KINDS:
        raise KeyError(f"unknown job kind {kind}")
    if key is not None:
        known = session().scalar(
            select(Job.id).where(Job.key == key),
            execution_options={"unscoped": "a key is unique over all tenants"},
        )
        if known is not None:
            return known
    row = Job(
        id=new("job"), kind=kind, key=key, payload=payload, run_at=clock.now() + (delay or timedelta()),
        organisation_id=actor.organisation_id if actor else None, user_id=actor.user_id if actor else None,
        locale=i18n.language(), lane=_lane_of(actor or session().info.get("actor")),
    )  # fmt: skip
    session().add(row)
    if not delay:
        after_commit(lambda: _wake(row.id))
    return row.id


def _lane_of(actor: Actor | None) -> str:
    """The organisation that causes a job, or that caused the one that enqueues it."""
    return (actor.organisation_id if actor is not None else None) or _lane.get()


def enqueue_unless_waiting(kind: str) -> str:
    """A job without a payload, unless one of its kind waits already; the id of the one that will run.

    For work that looks at what is committed: whoever waits begins later, and so sees all that was committed by now.
    """
    waiting = session().scalar(
        select(Job.id).where(Job.kind == kind, Job.state == "queued", Job.tries == 0).limit(1),
        execution_options={"unscoped": "the platform's own work"},
    )
    return waiting or enqueue(kind, {})


def _wake(job_id: str) -> None:
    if _waker is None:
        return
    try:
        _waker(job_id)
    except Exception:
        # The row is safe; the sweep will find it. A queue that is down must not fail the request.
        log.warning("queue unreachable, job %s waits for the sweep", job_id, exc_info=True)


def again(row: Job) -> None:
    """Queue a dead job once more, with all its tries, in the open transaction."""
    row.state, row.tries, row.lease_until, row.run_at = "queued", 0, None, clock.now()
    after_commit(lambda: _wake(row.id))


def _beyond(moment: datetime) -> datetime:
    """The moment after which no lease that was taken by now can end, clocks that differ allowed for."""
    return moment + max(kind.lease for kind in KINDS.values()) + clock.SKEW


def abandoned(moment: datetime) -> ColumnElement[bool]:
    """The condition that a job was taken by somebody who is dead."""
    # A lease that ends impossibly late was taken before the clock was set back; its holder renews it or is dead.
    over = or_(Job.lease_until < moment, Job.lease_until > _beyond(moment))
    return (Job.state == "running") & over


def ready(moment: datetime) -> ColumnElement[bool]:
    """The condition that a job is due and nobody took it."""
    return (Job.state == "queued") & (Job.run_at <= moment)


def claim(job_id: str) -> tuple[Kind, dict[str, Any], int, str, str] | None:
    """Take the lease on a due job: (kind, payload, try number, locale, lane), or None when it is not to be had."""
    with system_edge():
        moment = clock.now()
        query = select(Job).where(Job.id == job_id, or_(ready(moment), abandoned(moment))).with_for_update()
        row = session().scalars(query, execution_options=_ITS_OWN | {"populate_existing": True}).one_or_none()
        if row is None:
            return None
        kind = KINDS.get(row.kind)
        if kind is None or row.tries >= kind.tries:
            row.state, row.error = "dead", row.error or "no handler or no tries left"
            return None
        row.state, row.tries, row.lease_until = "running", row.tries + 1, moment + kind.lease
        return kind, dict(row.payload), row.tries, row.locale, row.lane


def _fenced(job_id: str, number: int, **values: Any) -> None:
    done = session().execute(
        update(Job).where(Job.id == job_id, Job.tries == number, Job.state == "running").values(**values)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise LeaseLost(job_id)


def run(job_id: str) -> str | None:
    """Run one job if it is due: "done", "retry", "dead", "lost", or None when there was nothing to run."""
    claimed = claim(job_id)
    if claimed is None:
        return None
    kind, payload, number, locale, lane = claimed
    stop = threading.Event()
    beat = threading.Thread(target=_heartbeat, args=(job_id, number, kind.lease, stop), daemon=True)
    beat.start()
    mark, turn = _running.set((job_id, number)), _lane.set(lane)
    try:
        with i18n.using(locale):
            if kind.transactional:
                with system_edge():
                    result = kind.handler(**payload)
                    _fenced(job_id, number, state="done", progress=1.0, result=result, lease_until=None)
            else:
                result = kind.handler(**payload)
                with system_edge():
                    _fenced(job_id, number, state="done", progress=1.0, result=result, lease_until=None)
        return "done"
    except LeaseLost:
        return "lost"
    except Exception as error:
        log.exception("job %s (%s) failed, try %s", job_id, kind.name, number)
        return _failed(job_id, kind, number, error)
    finally:
        _running.reset(mark)
        _lane.reset(turn)
        stop.set()
        beat.join()


def _failed(job_id: str, kind: Kind, number: int, error: Exception) -> str:
    dead = number >= kind.tries
    with system_edge():
        try:
            _fenced(
                job_id, number, state="dead" if dead else "queued", lease_until=None,
                error=f"{type(error).__name__}: {error}"[:2000],
                run_at=clock.now() + timedelta(seconds=min(3600, 5 * 4 ** (number - 1))),
            )  # fmt: skip
        except LeaseLost:
            return "lost"
    return "dead" if dead else "retry"


def _heartbeat(job_id: str, number: int, lease: timedelta, stop: threading.Event) -> None:
    while not stop.wait(lease.total_seconds() / 3):
        try:
            with system_edge():
                _fenced(job_id, number, lease_until=clock.now() + lease)
        except LeaseLost:
            return
        except Exception:
            log.warning("lease of job %s could not be renewed", job_id, exc_info=True)


def is_running() -> bool:
    """Whether this is called by a job."""
    return _running.get() is not None


def checkpoint(progress: float, **kept: Any) -> None:
    """Inside an edge of a non-transactional job: show progress (0…1) and keep values for the next try.

    Fenced: LeaseLost, and with it the edge's rollback, when another worker took the job over. So what the edge wrote
    is written once, and a later try goes on behind it. The values come back as arguments of the handler.
    """
    running = _running.get()
    if running is None:
        return
    job_id, number = running
    query = select(Job.payload).where(Job.id == job_id)
    payload = session().scalars(query, execution_options=_ITS_OWN).one()
    done = session().execute(
        update(Job)
        .where(Job.id == job_id, Job.tries == number, Job.state == "running")
        .values(progress=progress, payload={**payload, **kept}),
        execution_options=_ITS_OWN,
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise LeaseLost(job_id)


def due(limit: int = 500) -> list[str]:
    """Ids of jobs that are due or whose lease ran out, oldest first."""
    moment = clock.now()
    with edge(write=False) as s:
        query = (
            select(Job.id)
            .where(or_(ready(moment), abandoned(moment)))
            .order_by(Job.run_at, Job.id)
            .limit(limit)
        )
        return list(s.scalars(query, execution_options={"unscoped": "the worker serves all tenants"}))


def schedule() -> None:
    """Enqueue each periodic kind once per period."""
    with system_edge():
        for kind in KINDS.values():
            if kind.every is not None:
                slot = int(clock.now().timestamp() // kind.every.total_seconds())
                enqueue(kind.name, {}, key=f"{kind.name}:{slot}")


def follow_clock() -> None:
    """After the clock was set back, let what waits do so for as long as it was meant to, counted from now, and free the
    periods that come a second time."""
    moment = clock.now()
    with system_edge() as s:
        waiting = Job.state == "queued", Job.run_at > moment, Job.updated_at > moment + clock.SKEW
        for row in s.scalars(select(Job).where(*waiting).with_for_update()):
            row.run_at = moment + max(timedelta(), row.run_at - row.updated_at)
            _free_period(row)
        ahead = (
            Job.state.in_(("running", "done", "dead")),
            Job.run_at > moment + clock.SKEW,
            Job.key.is_not(None),
        )
        for row in s.scalars(select(Job).where(*ahead).with_for_update()):
            _free_period(row)


def _free_period(row: Job) -> None:
    """Let a period that has not come yet have its run when it comes."""
    kind = KINDS.get(row.kind)
    if kind is not None and kind.every is not None and clock.is_ahead(row.created_at):
        row.key = None


def sweep() -> int:
    """Wake every job that waits; the number woken."""
    follow_clock()
    schedule()
    waiting = due()
    for job_id in waiting:
        _wake(job_id)
    return len(waiting)


def run_due(limit: int = 10_000) -> int:
    """Run all due jobs here and now until none is left; the number run (tests and commands)."""
    count = 0
    while count < limit and (waiting := due()):
        for job_id in waiting:
            count += run(job_id) is not None
    return count
