"""Bringing mandates in from a file: every row is checked first; what has an external id is updated by it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dealflow.accounts.directory import organisations_of_kinds
from dealflow.core import policy
from dealflow.core.actor import Actor
from dealflow.core.errors import FieldError, Invalid, NotFound, StaleVersion
from dealflow.core.i18n import N_
from dealflow.core.schema import load
from dealflow.core.tabular import Table, write_csv
from dealflow.mandates import queries, service
from dealflow.mandates.models import Mandate
from dealflow.mandates.policy import INVESTORS, Can
from dealflow.mandates.rows import COLUMNS, RowReader
from dealflow.mandates.schemas import MandateIn

ROW_LIMIT = 2000


@dataclass
class Row:
    """One row of the file and what it would do: `action` is "create", "update", "same" or "error"."""

    number: int
    action: str
    name: str
    values: dict[str, Any] = field(default_factory=dict)
    errors: list[FieldError] = field(default_factory=list)
    mandate: Mandate | None = None


@dataclass
class Report:
    """What an import does or did, row by row."""

    rows: list[Row]

    @property
    def counts(self) -> dict[str, int]:
        names = ("create", "update", "same", "error")
        return {name: sum(row.action == name for row in self.rows) for name in names}

    @property
    def failed(self) -> list[Row]:
        return [row for row in self.rows if row.action == "error"]


def check(actor: Actor, table: Table, mapping: Mapping[str, str]) -> Report:
    """What each row would do; writes nothing. Raises Invalid for a mapping that cannot be used."""
    policy.require(actor, Can.IMPORT)
    if len(table.rows) > ROW_LIMIT:
        message = N_("The file has more than %(limit)s rows; split it")
        raise Invalid.field("file", "too_many_rows", message, limit=ROW_LIMIT)
    places = {target: at for target, at in _places(table.header, mapping).items()}
    reader, known = RowReader(), queries.known_external_ids(actor)
    seen: dict[str, int] = {}
    rows = []
    for number, cells in zip(table.numbers, table.rows, strict=True):
        row = _check_row(number, {target: cells[at] for target, at in places.items()}, reader, known)
        key = row.values.get("external_id")
        first = seen.setdefault(key, number) if key else number
        if first != number:
            message = N_("Row %(row)s has the same external id")
            row.errors.append(FieldError("external_id", "duplicate", message, {"row": first}))
            row.action = "error"
        rows.append(row)
    return Report(rows)


def _places(header: Sequence[str], mapping: Mapping[str, str]) -> dict[str, int]:
    errors = [
        FieldError("mapping", "unknown_column", N_("The file has no column %(column)s"), {"column": column})
        for column in mapping
        if column not in header
    ]
    errors += [
        FieldError("mapping", "unknown_field", N_("There is no field %(field)s"), {"field": target})
        for target in mapping.values()
        if target not in COLUMNS
    ]
    if not errors and "name" not in mapping.values():
        errors = [FieldError("mapping", "no_name", N_("Say which column holds the name"))]
    if errors:
        raise Invalid(errors=errors)
    return {target: list(header).index(column) for column, target in mapping.items()}


def _check_row(number: int, cells: dict[str, str], reader: RowReader, known: Mapping[str, Mandate]) -> Row:
    values, errors = reader.read(cells)
    mandate = known.get(values.get("external_id") or "")
    row = Row(number, "update" if mandate else "create", cells.get("name", ""), values, errors, mandate)
    before = queries.content(mandate) if mandate else {}
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


def run(actor: Actor, table: Table, mapping: Mapping[str, str]) -> Report:
    """Check, then write every row that has no error; the rows with errors are left out and reported."""
    report = check(actor, table, mapping)
    for row in report.rows:
        write_row(actor, row)
    return report


def write_row(actor: Actor, row: Row) -> None:
    """Do what a row would do; a mandate that somebody changed meanwhile makes it an error."""
    try:
        if row.action == "create":
            row.mandate = service.create(actor, load(MandateIn, row.values))
        elif row.action == "update" and row.mandate is not None:
            service.update(actor, row.mandate.id, row.values, version=row.mandate.version)
    except (NotFound, StaleVersion) as refusal:
        row.action, row.errors = "error", [FieldError("external_id", refusal.code, refusal.detail)]


def tell(row: Row) -> str:
    """A row's errors as one text in the current language."""
    return "; ".join(f"{error.field}: {error.text()}" for error in row.errors)


def error_file(table: Table, report: Report) -> bytes:
    """The refused rows as CSV with the reasons in two more columns; corrected, it can be imported again."""
    return refused_before(table, [[row.number, tell(row)] for row in report.failed])


def refused_before(table: Table, errors: Iterable[Sequence[Any]]) -> bytes:
    """The same file from (row number, reasons) that were kept."""
    cells = dict(zip(table.numbers, table.rows, strict=True))
    rows = ([*cells[number], number, reasons] for number, reasons in errors)
    return write_csv([*table.header, "row", "errors"], rows)


def owner(organisation_id: str | None) -> Actor:
    """The platform acting for an investor; without an id for the only one there is."""
    investors = organisations_of_kinds(INVESTORS)
    chosen = [card for card in investors if organisation_id in (None, card.id)]
    if len(chosen) != 1:
        message = N_("Say with --organisation whose mandates these are: %(ids)s")
        names = ", ".join(f"{card.id} ({card.name})" for card in investors[:20]) or "-"
        raise Invalid.field("organisation", "required", message, ids=names)
    return Actor(is_system=True, user_name="import", organisation_id=chosen[0].id, kind=chosen[0].kind)


def lines(report: Report) -> Iterator[str]:
    """The report as lines of text: a line per refused row, then the sums."""
    for row in report.failed:
        yield f"row {row.number}: {tell(row)}"
    yield ", ".join(f"{name}: {count}" for name, count in report.counts.items())
