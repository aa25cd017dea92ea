"""Files of projects on their way in: kept while their columns are looked at, checked and written, by a job when large.

Small files are checked and written at once. A large one is checked by a job after each change of the mapping, and
written by another, batch by batch; both act as the person who began, with the rights that person has then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dealflow.accounts import identity
from dealflow.audit import service as audit
from dealflow.core import batches, jobs, policy
from dealflow.core.actor import Actor
from dealflow.core.db import edge, session, system_edge
from dealflow.core.errors import FieldError, InvalidTransition, NotFound
from dealflow.core.i18n import N_
from dealflow.core.jobs import Job, enqueue, job
from dealflow.core.tabular import Table
from dealflow.pitches import importing
from dealflow.pitches.importing import Report, Row, tell
from dealflow.pitches.models import ProjectImport
from dealflow.pitches.policy import Can, Tag
from dealflow.pitches.rows import guess

# Rows that are written, or checked, while the person waits.
WRITTEN_AT_ONCE, CHECKED_AT_ONCE = 50, 500


def keep(actor: Actor, table: Table, filename: str) -> ProjectImport:
    """Keep an uploaded table with a guessed mapping, for the page that checks it."""
    policy.require(actor, Can.IMPORT)
    row = ProjectImport(
        organisation_id=actor.organisation_id, user_id=actor.user_id, filename=filename[:300], encoding=table.encoding,
        header=table.header, rows=table.rows, numbers=table.numbers, mapping=guess(table.header),
    )  # fmt: skip
    session().add(row)
    session().flush()
    _check_later(actor, row)
    return row


def kept(actor: Actor, import_id: str) -> ProjectImport:
    """A kept import of the actor's organisation; NotFound otherwise."""
    row = session().get(ProjectImport, import_id)
    if row is None:
        raise NotFound()
    return row


def table_of(row: ProjectImport) -> Table:
    """The kept table."""
    return Table(row.header, row.rows, row.encoding, row.numbers)


def checks_at_once(row: ProjectImport) -> bool:
    """Whether the file is small enough to be checked while the person waits."""
    return len(row.rows) <= CHECKED_AT_ONCE


def job_of(row: ProjectImport) -> Job | None:
    """The job that checks or writes the file."""
    return session().get(Job, row.job_id) if row.job_id else None


def remap(actor: Actor, import_id: str, mapping: Mapping[str, str]) -> ProjectImport:
    """Take another meaning of the columns."""
    policy.require(actor, Can.IMPORT)
    row = kept(actor, import_id)
    if row.state != "open":
        raise InvalidTransition()
    row.mapping, row.checked = importing.check_mapping(row.header, mapping), None
    session().flush()
    _check_later(actor, row)
    return row


def _check_later(actor: Actor, row: ProjectImport) -> None:
    if not checks_at_once(row):
        row.job_id = enqueue("pitches.check_import", _payload(actor, row), actor=actor)
        session().flush()


def _payload(actor: Actor, row: ProjectImport) -> dict[str, Any]:
    return {
        "import_id": row.id, "user_id": actor.user_id, "organisation_id": actor.organisation_id, "mapping": dict(row.mapping),
    }  # fmt: skip


def finish(actor: Actor, import_id: str) -> Report | None:
    """Write a kept import; None when a job does it. A second time is refused: InvalidTransition.

    One whose job gave up goes on where it stopped.
    """
    row = kept(actor, import_id)
    policy.require(actor, Can.IMPORT)
    stopped = job_of(row) if row.state == "running" else None
    if stopped is not None and stopped.state == "dead":
        jobs.again(stopped)
        return None
    if row.state != "open":
        raise InvalidTransition(N_("This file was imported already"))
    if len(row.rows) > WRITTEN_AT_ONCE:
        row.state = "running"
        row.job_id = enqueue(
            "pitches.import", _payload(actor, row), key=f"pitches.import:{row.id}", actor=actor
        )
        session().flush()
        return None
    report = importing.run(actor, table_of(row), row.mapping)
    row.state = "done"
    row.result = report.counts | {"errors": [[r.number, tell(r)] for r in report.failed]}
    session().flush()
    return report


def _begin(
    import_id: str, user_id: str, organisation_id: str, mapping: dict[str, str]
) -> tuple[Actor, Report, str]:
    """Who acts, what each row would do now, and the state of the file."""
    with system_edge(write=False):
        actor = identity.member_actor(user_id, organisation_id)
    with edge(write=False, actor=actor):
        row = kept(actor, import_id)
        return actor, importing.check(actor, table_of(row), mapping), row.state


def _plain(errors: Iterable[FieldError]) -> list[list[Any]]:
    return [
        [e.field, e.code, e.message, {name: str(value) for name, value in e.params.items()}] for e in errors
    ]


def refused(row: ProjectImport) -> list[Row]:
    """The rows that the check of a large file refused, as rows again, so that each reads them in their language."""
    return [
        Row(number, "error", title, "", errors=[FieldError(*parts) for parts in errors])
        for number, title, errors in (row.checked or {}).get("errors", [])
    ]


@job("pitches.check_import", tries=3, transactional=False)
def check_import(
    import_id: str, user_id: str, organisation_id: str, mapping: dict[str, str]
) -> dict[str, Any]:
    """What a large file would do, kept beside it unless its mapping was changed meanwhile."""
    actor, report, _state = _begin(import_id, user_id, organisation_id, mapping)
    found = {
        "counts": report.counts,
        "errors": [[r.number, r.title, _plain(r.errors)] for r in report.failed],
    }
    with edge(actor=actor):
        row = kept(actor, import_id)
        if row.state == "open" and row.mapping == mapping:
            row.checked = found
    return {"counts": report.counts}


@job("pitches.import", tries=5, transactional=False)
def write_import(
    import_id: str, user_id: str, organisation_id: str, mapping: dict[str, str], **before: Any
) -> dict[str, Any]:
    """Write a large file batch by batch; a later try goes on where the last batch ended."""
    actor, report, state = _begin(import_id, user_id, organisation_id, mapping)
    found = batches.write(actor, report.rows, importing.write_row, tell, **before)
    with edge(actor=actor):
        row = kept(actor, import_id)
        if state == "running" and row.state == "running":
            row.state, row.result = "done", found["counts"] | {"errors": found["errors"]}
            audit.record(actor, Tag.IMPORTED, None, after=found["counts"])
    return {"counts": found["counts"], "refused": len(found["errors"])}
