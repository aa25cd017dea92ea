"""The wire to the worker: Huey over SQLite by default, Redis by setting. It carries job ids, nothing else: each wakes a worker once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from huey import RedisHuey, SqliteHuey, crontab

from dealflow.core import jobs, retention, turns  # noqa: F401 - kinds of jobs


def connect(redis_url: str | None, folder: Path) -> Any:
    """The Huey instance with our two tasks: run a job, and sweep every minute."""
    huey: Any
    if redis_url:
        huey = RedisHuey("dealflow", url=redis_url, results=False)
    else:
        # Not WAL: the standard library's SQLite has the WAL-reset bug, and this file may be lost at no cost.
        huey = SqliteHuey(
            "dealflow", filename=str(folder / "queue.db"), results=False, journal_mode="truncate"
        )

    @huey.task(name="run")
    def run(_job_id: str) -> None:
        turns.run_next()

    @huey.periodic_task(crontab(minute="*"), name="sweep")
    def sweep() -> None:
        jobs.sweep()

    huey.wake = run
    jobs.wake_with(run)
    return huey


def consume(huey: Any) -> None:
    """Run the worker in this process until it is told to stop."""
    jobs.sweep()
    huey.create_consumer(
        workers=turns.THREADS, worker_type="thread", periodic=True, initial_delay=0.05, max_delay=0.5
    ).run()
