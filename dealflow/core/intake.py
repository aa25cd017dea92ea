"""Files of rows on their way in: kept while their columns are looked at, checked and written, by a job when large.

Small files are checked and written at once. A large one is checked by a job after each change of the mapping, and
written by another, batch by batch; both act as the person who began, with the rights that person has then.
A room gives its columns and its rows' rules (`Importer`), and gets the whole way from `Intake` and `intake_pages`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import JSON, ForeignKey, String, delete
from sqlalchemy.orm import Mapped, mapped_column

from dealflow.core import batches, clock, jobs, policy
from dealflow.core.actor import Actor
from dealflow.core.db import Versioned, edge, session, system_edge
from dealflow.core.errors import FieldError, Invalid, InvalidTransition, NotFound
from dealflow.core.i18n import N_
from dealflow.core.ids import Id
from dealflow.core.jobs import Job
from dealflow.core.scope import OwnedByOrganisation
from dealflow.core.tabular import Table, write_csv

# Rows that are written, or checked, while the person waits.
WRITTEN_AT_ONCE, CHECKED_AT_ONCE = 50, 500
KEEP = timedelta(days=7)
ACTIONS = ("create", "update", "same", "error")


class KeptFile(Versioned, OwnedByOrganisation):
    """The columns of a table of uploaded files: the rows as read, and the columns' meaning; kept for a week.

    A large one is checked and written by jobs: `job_id` is the latest, `checked` what the check of this mapping found.
    """

    if TYPE_CHECKING:
        id: Mapped[str]
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    user_id: Mapped[str | None] = mapped_column(Id("usr"))
    filename: Mapped[str] = mapped_column(String(300))
    encoding: Mapped[str] = mapped_column(String(20))
    header: Mapped[list[str]] = mapped_column(JSON)
    rows: Mapped[list[list[str]]] = mapped_column(JSON)
    numbers: Mapped[list[int]] = mapped_column(JSON)
    mapping: Mapped[dict[str, str]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(10), default="open")
    job_id: Mapped[str | None] = mapped_column(Id("job"))
    checked: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)


@dataclass
class Row:
    """One row of the file and what it would do: `action` is one of ACTIONS; `object` is what it changes."""

    number: int
    action: str
    title: str
    external_id: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    errors: list[FieldError] = field(default_factory=list)
    object: Any = None


@dataclass
class Report:
    """What an import does or did, row by row."""

    rows: list[Row]

    @property
    def counts(self) -> dict[str, int]:
        return {action: sum(row.action == action for row in self.rows) for action in ACTIONS}

    @property
    def failed(self) -> list[Row]:
        return [row for row in self.rows if row.action == "error"]


def check_mapping(
    header: Sequence[str], mapping: Mapping[str, str], fields: Collection[str]
) -> dict[str, str]:
    """The mapping column → field. Invalid names a column that is not there, an unknown field, or a field given twice."""
    unknown = [
        FieldError("mapping", "unknown_column", N_("The file has no column %(column)s"), {"column": column})
        for column in mapping
        if column not in header
    ]
    strange = [
        FieldError("mapping", "unknown_field", N_("There is no field %(field)s"), {"field": target})
        for target in mapping.values()
        if target not in fields
    ]
    given = list(mapping.values())
    message = N_("Two columns are taken for the field %(field)s")
    twice = [
        FieldError("mapping", "duplicate", message, {"field": target})
        for target in sorted({t for t in given if given.count(t) > 1})
    ]
    if unknown or strange or twice:
        raise Invalid(errors=[*unknown, *strange, *twice])
    return dict(mapping)


def refuse_repeated(rows: Iterable[Row]) -> None:
    """Of rows with the same external id only the first counts."""
    seen: dict[str, int] = {}
    for row in rows:
        first = seen.setdefault(row.external_id, row.number) if row.external_id else row.number
        if first != row.number:
            message = N_("Row %(row)s has the same external id")
            row.errors.append(FieldError("external_id", "duplicate", message, {"row": first}))
            row.action = "error"


def tell(row: Row) -> str:
    """A row's errors as one text in the current language."""
    return "; ".join(f"{error.field}: {error.text()}" for error in row.errors)


def lines(report: Report) -> Iterator[str]:
    """The report as lines of text: a line per refused row, then the sums."""
    for row in report.failed:
        yield f"row {row.number}: {tell(row)}"
    yield ", ".join(f"{name}: {count}" for name, count in report.counts.items())


def error_file(table: Table, report: Report) -> bytes:
    """The refused rows as CSV with the reasons in two more columns; corrected, it can be imported again."""
    return refused_before(table, [[row.number, tell(row)] for row in report.failed])


def refused_before(table: Table, errors: Iterable[Sequence[Any]]) -> bytes:
    """The same file from (row number, reasons) that were kept."""
    known = dict(zip(table.numbers, table.rows, strict=True))
    rows = ([*known[number], number, reasons] for number, reasons in errors)
    return write_csv([*table.header, "row", "errors"], rows)


class Importer(Protocol):
    """A room's rules for its rows; its module `importing` is one."""

    def check_mapping(self, header: list[str], mapping: Mapping[str, str]) -> dict[str, str]: ...
    def check(self, actor: Actor, table: Table, mapping: Mapping[str, str]) -> Report: ...
    def write_row(self, actor: Actor, row: Row) -> None: ...
    def note(self, actor: Actor, counts: dict[str, int]) -> None: ...


def run(importer: Importer, actor: Actor, table: Table, mapping: Mapping[str, str]) -> Report:
    """Check, then write every row that has no error; the rows with errors are left out and reported."""
    report = importer.check(actor, table, mapping)
    for row in report.rows:
        importer.write_row(actor, row)
    importer.note(actor, report.counts)
    return report


@dataclass(frozen=True)
class Intake:
    """The way of a room's files. `member_actor` finds who acts in a job: their rights of that moment."""

    room: str
    model: type[KeptFile]
    permission: str
    importer: Importer
    guess: Callable[[Sequence[str]], dict[str, str]]
    member_actor: Callable[[str, str], Actor]

    def __post_init__(self) -> None:
        jobs.job(f"{self.room}.check_import", tries=3, transactional=False)(self._check)
        jobs.job(f"{self.room}.import", tries=5, transactional=False)(self._write)
        jobs.job(f"{self.room}.forget_imports", every=timedelta(hours=12))(self._forget)

    def keep(self, actor: Actor, table: Table, filename: str) -> KeptFile:
        """Keep an uploaded table with a guessed mapping, for the page that checks it."""
        policy.require(actor, self.permission)
        columns: dict[str, Any] = dict(
            organisation_id=actor.organisation_id, user_id=actor.user_id, filename=filename[:300], encoding=table.encoding,
            header=table.header, rows=table.rows, numbers=table.numbers, mapping=self.guess(table.header),
        )  # fmt: skip
        row = self.model(**columns)
        session().add(row)
        session().flush()
        self._check_later(actor, row)
        return row

    def kept(self, actor: Actor, import_id: str) -> KeptFile:
        """A kept import of the actor's organisation; NotFound otherwise."""
        row = session().get(self.model, import_id)
        if row is None:
            raise NotFound()
        policy.require(actor, self.permission)
        return row

    def remap(self, actor: Actor, import_id: str, mapping: Mapping[str, str]) -> KeptFile:
        """Take another meaning of the columns."""
        row = self.kept(actor, import_id)
        if row.state != "open":
            raise InvalidTransition()
        row.mapping, row.checked = self.importer.check_mapping(row.header, mapping), None
        session().flush()
        self._check_later(actor, row)
        return row

    def finish(self, actor: Actor, import_id: str) -> Report | None:
        """Write a kept import; None when a job does it. Raises Invalid of a mapping that cannot be used.
        A second time is refused: InvalidTransition.

        One whose job gave up goes on where it stopped.
        """
        row = self.kept(actor, import_id)
        stopped = job_of(row) if row.state == "running" else None
        if stopped is not None and stopped.state == "dead":
            jobs.again(stopped)
            return None
        if row.state != "open":
            raise InvalidTransition(N_("This file was imported already"))
        if len(row.rows) > WRITTEN_AT_ONCE:
            self.importer.check_mapping(row.header, row.mapping)
            row.state = "running"
            key = f"{self.room}.import:{row.id}"
            row.job_id = jobs.enqueue(f"{self.room}.import", _payload(actor, row), key=key, actor=actor)
            session().flush()
            return None
        report = run(self.importer, actor, table_of(row), row.mapping)
        row.state = "done"
        row.result = report.counts | {"errors": [[r.number, tell(r)] for r in report.failed]}
        session().flush()
        return report

    def refused_file(self, actor: Actor, import_id: str) -> bytes:
        """The refused rows with the reasons, to correct and send again."""
        row = self.kept(actor, import_id)
        table = table_of(row)
        if row.state == "done":
            return refused_before(table, (row.result or {}).get("errors", []))
        if row.checked is not None:
            return refused_before(table, [[r.number, tell(r)] for r in refused(row)])
        return error_file(table, self.importer.check(actor, table, row.mapping))

    def _check_later(self, actor: Actor, row: KeptFile) -> None:
        if checks_at_once(row):
            return
        # A guess that cannot be used waits for the person's own meaning.
        with suppress(Invalid):
            self.importer.check_mapping(row.header, row.mapping)
            row.job_id = jobs.enqueue(f"{self.room}.check_import", _payload(actor, row), actor=actor)
            session().flush()

    def _begin(
        self, import_id: str, user_id: str, organisation_id: str, mapping: dict[str, str]
    ) -> tuple[Actor, Report, str]:
        """Who acts, what each row would do now, and the state of the file."""
        with system_edge(write=False):
            actor = self.member_actor(user_id, organisation_id)
        with edge(write=False, actor=actor):
            row = self.kept(actor, import_id)
            return actor, self.importer.check(actor, table_of(row), mapping), row.state

    def _check(
        self, import_id: str, user_id: str, organisation_id: str, mapping: dict[str, str]
    ) -> dict[str, Any]:
        """What a large file would do, kept beside it unless its mapping was changed meanwhile."""
        actor, report, _state = self._begin(import_id, user_id, organisation_id, mapping)
        found = {
            "counts": report.counts,
            "errors": [[r.number, r.title, _plain(r.errors)] for r in report.failed],
        }
        with edge(actor=actor):
            row = self.kept(actor, import_id)
            if row.state == "open" and row.mapping == mapping:
                row.checked = found
        return {"counts": report.counts}

    def _write(
        self, import_id: str, user_id: str, organisation_id: str, mapping: dict[str, str], **before: Any
    ) -> dict[str, Any]:
        """Write a large file batch by batch; a later try goes on where the last batch ended."""
        actor, report, state = self._begin(import_id, user_id, organisation_id, mapping)
        found = batches.write(actor, report.rows, self.importer.write_row, tell, **before)
        with edge(actor=actor):
            row = self.kept(actor, import_id)
            if state == "running" and row.state == "running":
                row.state, row.result = "done", found["counts"] | {"errors": found["errors"]}
                self.importer.note(actor, found["counts"])
        return {"counts": found["counts"], "refused": len(found["errors"])}

    def _forget(self, **_payload: Any) -> None:
        """Drop uploaded files after a week; what was imported stays."""
        session().execute(
            delete(self.model).where(self.model.created_at < clock.now() - KEEP),
            execution_options={"synchronize_session": False},
        )


def table_of(row: KeptFile) -> Table:
    """The kept table."""
    return Table(row.header, row.rows, row.encoding, row.numbers)


def checks_at_once(row: KeptFile) -> bool:
    """Whether the file is small enough to be checked while the person waits."""
    return len(row.rows) <= CHECKED_AT_ONCE


def job_of(row: KeptFile) -> Job | None:
    """The job that checks or writes the file."""
    return session().get(Job, row.job_id) if row.job_id else None


def refused(row: KeptFile) -> list[Row]:
    """The rows that the check of a large file refused, as rows again, so that each reads them in their language."""
    return [
        Row(number, "error", title, errors=[FieldError(*parts) for parts in errors])
        for number, title, errors in (row.checked or {}).get("errors", [])
    ]


def _payload(actor: Actor, row: KeptFile) -> dict[str, Any]:
    return {
        "import_id": row.id, "user_id": actor.user_id, "organisation_id": actor.organisation_id, "mapping": dict(row.mapping),
    }  # fmt: skip


def _plain(errors: Iterable[FieldError]) -> list[list[Any]]:
    return [
        [e.field, e.code, e.message, {name: str(value) for name, value in e.params.items()}] for e in errors
    ]
