"""Large files of mandates, written by a job batch by batch, with the rights that the person has at that moment."""

from __future__ import annotations

from typing import Any

from dealflow.accounts import identity
from dealflow.core import batches, jobs, policy
from dealflow.core.actor import Actor
from dealflow.core.db import edge, session, system_edge
from dealflow.core.errors import InvalidTransition, NotFound
from dealflow.core.jobs import Job, enqueue, job
from dealflow.core.tabular import Table
from dealflow.mandates import importing
from dealflow.mandates.policy import Can
from dealflow.mandates.rows import guess

KIND = "mandates.import"
# Rows that are written while the person waits.
WRITTEN_AT_ONCE = 50


def start(actor: Actor, table: Table) -> str:
    """Let a job write a table; its id."""
    policy.require(actor, Can.IMPORT)
    payload = {
        "user_id": actor.user_id, "organisation_id": actor.organisation_id, "table": [table.header, table.rows, table.numbers],
    }  # fmt: skip
    return enqueue(KIND, payload, actor=actor)


def started(actor: Actor, job_id: str) -> Job:
    """A job of this kind of the actor's organisation; NotFound otherwise."""
    row = session().get(Job, job_id)
    if row is None or row.kind != KIND:
        raise NotFound()
    policy.require(actor, Can.IMPORT)
    return row


def go_on(actor: Actor, job_id: str) -> None:
    """Let one that gave up go on where it stopped."""
    row = started(actor, job_id)
    if row.state != "dead":
        raise InvalidTransition()
    jobs.again(row)


def table_of(row: Job) -> Table:
    """The table that a job writes."""
    return _table(*row.payload["table"])


def _table(header: list[str], rows: list[list[str]], numbers: list[int]) -> Table:
    return Table(header, rows, "utf-8", numbers)


@job(KIND, tries=5, transactional=False)
def write(user_id: str, organisation_id: str, table: list[Any], **before: Any) -> dict[str, Any]:
    """Write a large file batch by batch; a later try goes on where the last batch ended."""
    found = _table(*table)
    with system_edge(write=False):
        actor = identity.member_actor(user_id, organisation_id)
    with edge(write=False, actor=actor):
        report = importing.check(actor, found, guess(found.header))
    return batches.write(actor, report.rows, importing.write_row, importing.tell, **before)
