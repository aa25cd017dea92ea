"""Bringing mandates in from a file: every row is checked first; what has an external id is updated by it."""

from __future__ import annotations

from collections.abc import Mapping

from dealflow.accounts.directory import organisations_of_kinds
from dealflow.audit import service as audit
from dealflow.core import intake, policy
from dealflow.core.actor import Actor
from dealflow.core.errors import FieldError, Invalid, NotFound, StaleVersion
from dealflow.core.i18n import N_
from dealflow.core.intake import Report, Row, refuse_repeated
from dealflow.core.schema import load
from dealflow.core.tabular import Table
from dealflow.mandates import queries, service
from dealflow.mandates.models import Mandate
from dealflow.mandates.policy import INVESTORS, Can, Tag
from dealflow.mandates.rows import COLUMNS, RowReader
from dealflow.mandates.schemas import MandateIn

ROW_LIMIT = 2000


def check_mapping(header: list[str], mapping: Mapping[str, str]) -> dict[str, str]:
    """The mapping column → field; Invalid for one that cannot be used, or that names no mandate."""
    checked = intake.check_mapping(header, mapping, COLUMNS)
    if not {"name", "external_id"} & set(checked.values()):
        raise Invalid.field("mapping", "no_name", N_("Say which column holds the name or the external id"))
    return checked


def check(actor: Actor, table: Table, mapping: Mapping[str, str]) -> Report:
    """What each row would do; writes nothing. Raises Invalid for a mapping that cannot be used."""
    policy.require(actor, Can.IMPORT)
    if len(table.rows) > ROW_LIMIT:
        message = N_("The file has more than %(limit)s rows; split it")
        raise Invalid.field("file", "too_many_rows", message, limit=ROW_LIMIT)
    columns = {name: at for at, name in enumerate(table.header)}
    places = {target: columns[column] for column, target in check_mapping(table.header, mapping).items()}
    reader, known = RowReader(), queries.known_external_ids(actor)
    rows = [
        _check_row(number, {target: cells[at] for target, at in places.items()}, reader, known)
        for number, cells in zip(table.numbers, table.rows, strict=True)
    ]
    refuse_repeated(rows)
    return Report(rows)


def _check_row(number: int, cells: dict[str, str], reader: RowReader, known: Mapping[str, Mandate]) -> Row:
    values, errors = reader.read(cells)
    mandate = known.get(values.get("external_id") or "")
    before = queries.content(mandate) if mandate else {}
    name = cells.get("name") or before.get("name") or ""
    row = Row(
        number,
        "update" if mandate else "create",
        name,
        values.get("external_id") or "",
        values,
        errors,
        mandate,
    )
    for part in ("constraints", "preferences"):
        if part in values:
            values[part] = (before.get(part) or {}) | values[part]
    try:
        plain = load(MandateIn, before | values).plain()
        if before and plain == before:
            row.action = "same"
    except Invalid as refusal:
        told = {error.field for error in errors}
        row.errors += [e for e in map(_in_columns, refusal.errors) if e.field not in told]
    if row.errors:
        row.action = "error"
    return row


def _in_columns(error: FieldError) -> FieldError:
    parts = error.field.split(".")
    if parts[0] in ("constraints", "preferences") and len(parts) > 1:
        joined = "_".join(parts[1:3])
        return FieldError(joined if joined in COLUMNS else parts[1], error.code, error.message, error.params)
    return FieldError(parts[0], error.code, error.message, error.params)


def note(actor: Actor, counts: dict[str, int]) -> None:
    """Put on record that a file was imported."""
    audit.record(actor, Tag.IMPORTED, None, after=counts)


def write_row(actor: Actor, row: Row) -> None:
    """Do what a row would do; a mandate that somebody changed meanwhile makes it an error."""
    try:
        if row.action == "create":
            row.object = service.create(actor, load(MandateIn, row.values))
        elif row.action == "update" and row.object is not None:
            service.update(actor, row.object.id, row.values, version=row.object.version)
    except (NotFound, StaleVersion) as refusal:
        row.action, row.errors = "error", [FieldError("external_id", refusal.code, refusal.detail)]


def owner(organisation_id: str | None) -> Actor:
    """The platform acting for an investor; without an id for the only one there is."""
    investors = organisations_of_kinds(INVESTORS)
    chosen = [card for card in investors if organisation_id in (None, card.id)]
    if len(chosen) != 1:
        message = N_("Say with --organisation whose mandates these are: %(ids)s")
        names = ", ".join(f"{card.id} ({card.name})" for card in investors[:20]) or "-"
        raise Invalid.field("organisation", "required", message, ids=names)
    return Actor(is_system=True, user_name="import", organisation_id=chosen[0].id, kind=chosen[0].kind)
