"""Bringing projects in from a file: check every row first, then write; what has an external id is updated by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from dealflow.accounts.directory import organisations_of_kinds
from dealflow.audit import service as audit
from dealflow.core import intake, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import FieldError, Invalid, InvalidTransition, NotFound, StaleVersion
from dealflow.core.i18n import N_
from dealflow.core.intake import Report, Row, refuse_repeated
from dealflow.core.schema import load
from dealflow.core.tabular import Table
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


def check_mapping(header: list[str], mapping: Mapping[str, str]) -> dict[str, str]:
    """The mapping column → field; Invalid for one that cannot be used, or that names no project."""
    checked = intake.check_mapping(header, mapping, COLUMNS)
    if not {"title_zh", "title_en", "external_id"} & set(checked.values()):
        message = N_("Say which column holds the title or the external id")
        raise Invalid.field("mapping", "no_title", message)
    return checked


def check(actor: Actor, table: Table, mapping: Mapping[str, str]) -> Report:
    """What each row would do; writes nothing. A constant number of statements per 500 rows."""
    policy.require(actor, Can.IMPORT)
    vocabulary = queries.genres()
    reader = RowReader(vocabulary)
    columns = {name: at for at, name in enumerate(table.header)}
    places = {target: columns[column] for column, target in check_mapping(table.header, mapping).items()}
    cells = [{target: row[at] for target, at in places.items()} for row in table.rows]
    known = queries.by_external_ids(actor, (c["external_id"] for c in cells if c.get("external_id")))
    rows = []
    for number, found in zip(table.numbers, cells, strict=True):
        values, errors = reader.read(found)
        project = known.get(found.get("external_id", ""))
        carried = project.genres if project else ()
        errors += map(_in_columns, unknown_genres(values.get("genres", []), carried, vocabulary))
        rows.append(_check_row(number, found, values, errors, project))
    refuse_repeated(rows)
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


def note(actor: Actor, counts: dict[str, int]) -> None:
    """Put on record that a file was imported."""
    audit.record(actor, Tag.IMPORTED, None, after=counts)


def write_row(actor: Actor, row: Row) -> None:
    """Do what a row would do; a project that somebody changed meanwhile makes it an error."""
    try:
        if row.action == "create":
            row.object = service.create(actor, load(ProjectIn, row.values))
        elif row.action == "update" and row.object is not None:
            service.update(actor, row.object.id, row.values, version=row.object.version)
    except (NotFound, InvalidTransition, StaleVersion) as refusal:
        row.action, row.errors = "error", [FieldError("external_id", refusal.code, refusal.detail)]


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
