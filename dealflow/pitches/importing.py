"""Bringing projects in from a file: check every row first, then write; what has an external id is updated by it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from dealflow.accounts.directory import organisations_of_kinds
from dealflow.audit import service as audit
from dealflow.core import policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import FieldError, Invalid, InvalidTransition, NotFound, StaleVersion
from dealflow.core.i18n import N_
from dealflow.core.schema import load
from dealflow.core.tabular import Table, write_csv
from dealflow.pitches import queries, service
from dealflow.pitches.models import Project
from dealflow.pitches.policy import Can, Tag
from dealflow.pitches.rows import COLUMNS, RowReader
from dealflow.pitches.schemas import ProjectIn, missing_for_publication
from dealflow.pitches.service.editing import unknown_genres

# The parts of a value that are one field of the pitch in several columns.
_MERGED = ("title", "audience", "format", "schedule")
COLUMN_OF = {
    "title.zh": "title_zh", "title.en": "title_en", "audience.gender": "gender", "audience.ages": "ages",
    "format.episodes": "episodes", "format.minutes_per_episode": "minutes_per_episode", "format.orientation": "orientation",
    "schedule.prep": "prep", "schedule.shoot_start": "shoot_start", "schedule.shoot_end": "shoot_end", "schedule.release": "release",
}  # fmt: skip


@dataclass
class Row:
    """One row of the file and what it would do: `action` is "create", "update", "same" or "error"."""

    number: int
    action: str
    title: str
    external_id: str
    values: dict[str, Any] = field(default_factory=dict)
    errors: list[FieldError] = field(default_factory=list)
    project: Project | None = None


@dataclass
class Report:
    """What an import does or did, row by row."""

    rows: list[Row]

    def count(self, action: str) -> int:
        return sum(row.action == action for row in self.rows)

    @property
    def counts(self) -> dict[str, int]:
        return {action: self.count(action) for action in ("create", "update", "same", "error")}

    @property
    def failed(self) -> list[Row]:
        return [row for row in self.rows if row.action == "error"]


def check_mapping(header: list[str], mapping: Mapping[str, str]) -> dict[str, str]:
    """The mapping column → field. Invalid names a column that is not there, an unknown field, or a field given twice."""
    errors = []
    for column, target in mapping.items():
        if column not in header:
            errors.append(
                FieldError(
                    "mapping", "unknown_column", N_("The file has no column %(column)s"), {"column": column}
                )
            )
        if target not in COLUMNS:
            errors.append(
                FieldError("mapping", "unknown_field", N_("There is no field %(field)s"), {"field": target})
            )
    twice = sorted({t for t in mapping.values() if list(mapping.values()).count(t) > 1})
    errors += [
        FieldError(
            "mapping", "duplicate", N_("Two columns are taken for the field %(field)s"), {"field": target}
        )
        for target in twice
    ]
    if not errors and not {"title_zh", "title_en", "external_id"} & set(mapping.values()):
        errors.append(
            FieldError("mapping", "no_title", N_("Say which column holds the title or the external id"))
        )
    if errors:
        raise Invalid(errors=errors)
    return dict(mapping)


def check(actor: Actor, table: Table, mapping: Mapping[str, str]) -> Report:
    """What each row would do; writes nothing. A constant number of statements per 500 rows."""
    policy.require(actor, Can.IMPORT)
    vocabulary = queries.genres()
    reader = RowReader(vocabulary)
    columns = {name: at for at, name in enumerate(table.header)}
    places = {target: columns[column] for column, target in check_mapping(table.header, mapping).items()}
    cells = [{target: row[at] for target, at in places.items()} for row in table.rows]
    known = queries.by_external_ids(actor, (c["external_id"] for c in cells if c.get("external_id")))
    seen: dict[str, int] = {}
    rows = []
    for number, found in zip(table.numbers, cells, strict=True):
        values, errors = reader.read(found)
        project = known.get(found.get("external_id", ""))
        carried = project.genres if project else ()
        errors += map(_in_columns, unknown_genres(values.get("genres", []), carried, vocabulary))
        row = _check_row(number, found, values, errors, project)
        if row.external_id:
            first = seen.setdefault(row.external_id, number)
            if first != number:
                message = N_("Row %(row)s has the same external id")
                row.errors.append(FieldError("external_id", "duplicate", message, {"row": first}))
                row.action = "error"
        rows.append(row)
    return Report(rows)


def _check_row(
    number: int,
    cells: dict[str, str],
    values: dict[str, Any],
    errors: list[FieldError],
    project: Project | None,
) -> Row:
    title = cells.get("title_zh") or cells.get("title_en") or ""
    row = Row(
        number,
        "update" if project else "create",
        title,
        cells.get("external_id", ""),
        values,
        errors,
        project,
    )
    before = queries.content(project) | {"external_id": project.external_id} if project else {}
    for name in _MERGED:
        if name in values:
            values[name] = (before.get(name) or {}) | values[name]
            if name != "title" and not any(v is not None for v in values[name].values()):
                values[name] = None
    try:
        if project is None and not title:
            errors.append(FieldError("title_zh", "required", N_("Give a title in Chinese or English")))
        if project is not None and project.status == "archived":
            raise Invalid.field(
                "external_id", "archived", N_("This project is archived and cannot be changed")
            )
        checked = load(ProjectIn, before | values)
        plain = checked.model_dump(mode="json", exclude={"status"})
        if (
            project is not None
            and project.status == "published"
            and (missing := missing_for_publication(plain))
        ):
            raise Invalid(errors=missing)
        if before and plain == load(ProjectIn, before).model_dump(mode="json", exclude={"status"}):
            row.action = "same"
    except Invalid as refusal:
        told = {error.field for error in errors}
        errors += [e for e in map(_in_columns, refusal.errors) if e.field not in told]
    if errors:
        row.action = "error"
    return row


def _in_columns(error: FieldError) -> FieldError:
    path = ".".join(error.field.split(".")[:2])
    return FieldError(COLUMN_OF.get(path) or error.field, error.code, error.message, error.params)


def run(actor: Actor, table: Table, mapping: Mapping[str, str]) -> Report:
    """Check, then write every row that has no error; the rows with errors are left out and reported."""
    report = check(actor, table, mapping)
    for row in report.rows:
        write_row(actor, row)
    audit.record(actor, Tag.IMPORTED, None, after=report.counts)
    return report


def write_row(actor: Actor, row: Row) -> None:
    """Do what a row would do; a project that somebody changed meanwhile makes it an error."""
    try:
        if row.action == "create":
            row.project = service.create(actor, load(ProjectIn, row.values))
        elif row.action == "update" and row.project is not None:
            service.update(actor, row.project.id, row.values, version=row.project.version)
    except (NotFound, InvalidTransition, StaleVersion) as refusal:
        row.action, row.errors = "error", [FieldError("external_id", refusal.code, refusal.detail)]


def error_file(table: Table, report: Report) -> bytes:
    """The refused rows as CSV with the reasons in two more columns; corrected, it can be imported again."""
    return refused_before(table, [[row.number, tell(row)] for row in report.failed])


def refused_before(table: Table, errors: Iterable[Sequence[Any]]) -> bytes:
    """The same file from (row number, reasons) that were kept."""
    known = dict(zip(table.numbers, table.rows, strict=True))
    rows = ([*known[number], number, reasons] for number, reasons in errors)
    return write_csv([*table.header, "row", "errors"], rows)


def tell(row: Row) -> str:
    """A row's errors as one text in the current language."""
    return "; ".join(f"{error.field}: {error.text()}" for error in row.errors)


def owner(organisation_id: str | None) -> Actor:
    """The platform acting for an organisation that makes projects; without an id for the only one there is."""
    makers = organisations_of_kinds(("creator", "studio"))
    chosen = [card for card in makers if organisation_id in (None, card.id)]
    if len(chosen) != 1:
        message = N_("Say with --organisation whose projects these are: %(ids)s")
        names = ", ".join(f"{card.id} ({card.name})" for card in makers[:20]) or "-"
        raise Invalid.field("organisation", "required", message, ids=names)
    return Actor(is_system=True, user_name="import", organisation_id=chosen[0].id, kind=chosen[0].kind)


def external_id_of(project_id: str) -> str | None:
    """The owner's own id of a project, whoever asks: to find the rows of a file that are about it."""
    whoever = {"unscoped": "the room has judged who asks"}
    return session().scalar(
        select(Project.external_id).where(Project.id == project_id), execution_options=whoever
    )


def lines(report: Report) -> Iterator[str]:
    """The report as lines of text: a line per refused row, then the sums."""
    for row in report.failed:
        yield f"row {row.number}: {tell(row)}"
    yield ", ".join(f"{name}: {count}" for name, count in report.counts.items())
