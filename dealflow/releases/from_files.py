"""Receipts from a file on the platform's own machine: whose project each row is about, and all of them at once."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dealflow.core.actor import Actor
from dealflow.core.errors import FieldError, Invalid
from dealflow.core.i18n import N_
from dealflow.core.paging import cursor_for
from dealflow.core.tabular import Table, refuse
from dealflow.core.tabular import read as read_table
from dealflow.pitches import importing as pitch_files
from dealflow.pitches import queries as pitches
from dealflow.pitches.queries import ProjectQuery
from dealflow.releases import importing, presets, statements
from dealflow.releases.importing import Report
from dealflow.releases.reading import Plan, Refused, is_sum


@dataclass
class Done:
    """What was done, in lines of text, and the rows that were refused."""

    reports: list[tuple[str, Report]] = field(default_factory=list)
    unknown: list[Refused] = field(default_factory=list)
    table: Table | None = None

    @property
    def refused(self) -> int:
        return len(self.unknown) + sum(len(report.refused) for _title, report in self.reports)

    @property
    def lines(self) -> Iterator[str]:
        for title, report in self.reports:
            yield from (f"{title}: {line}" for line in importing.lines_of(report))
        yield from (f"row {row.number}: {importing.tell(row)}" for row in self.unknown)

    @property
    def error_file(self) -> bytes:
        refused = [*self.unknown, *(row for _title, report in self.reports for row in report.refused)]
        assert self.table is not None  # noqa: S101 - a reader has filled it
        return importing.error_file(self.table, sorted(refused, key=lambda row: row.number))


def bring(
    data: bytes,
    filename: str,
    changes: Mapping[str, Any],
    *,
    project_id: str | None,
    organisation_id: str | None,
    dry_run: bool,
) -> Done:
    """Check a file, and write its rows unless `dry_run`; the rows of each project become a statement of it."""
    table = read_table(io.BytesIO(data), row_limit=statements.ROW_LIMIT, is_header=presets.is_header)
    if project_id is not None:
        found = pitches.briefs([project_id]).get(project_id)
        if found is None:
            raise Invalid.field("project", "unknown", N_("There is no such project"))
        organisation_id = found["organisation_id"]
    owner = pitch_files.owner(organisation_id)
    plan = _plan(table, changes)
    done = Done(table=table)
    chosen = [project_id] if project_id is not None else _projects(owner, table, plan, done)
    for one in chosen:
        done.reports.append(
            (
                pitches.briefs([one])[one]["title"],
                _one(owner, one, data, filename, changes, plan, table, dry_run),
            )
        )
    return done


def _plan(table: Table, changes: Mapping[str, Any]) -> dict[str, Any]:
    preset = changes.get("preset") or presets.guess(table.header)
    if preset not in presets.PRESETS:
        raise Invalid.field(
            "preset", "not_a_choice", N_("Choose one of: %(expected)s"), expected=", ".join(presets.PRESETS)
        )
    plan = statements.plan_for(preset, table.header)
    if changes.get("mapping"):
        plan["mapping"] = changes["mapping"]
    importing.check_mapping(table.header, plan["mapping"])
    return plan


def _projects(owner: Actor, table: Table, plan: dict[str, Any], done: Done) -> list[str]:
    """The projects that the rows name; rows that name none of the owner's are noted as refused."""
    places = {target: table.header.index(column) for column, target in plan["mapping"].items()}
    by = [places[target] for target in ("project", "title") if target in places]
    if not by:
        raise refuse("no_project", N_("The rows name no project; say which one with --project"))
    known = dict(_names(owner))
    found: dict[str, None] = {}
    for number, row in zip(table.numbers, table.rows, strict=True):
        named = next((row[at] for at in by if row[at]), "")
        project = known.get(presets.plain(named))
        if project is not None:
            found[project] = None
        elif not is_sum(row):
            error = FieldError(
                "project", "unknown", N_("There is no project %(name)s"), {"name": named or "–"}
            )
            done.unknown.append(Refused(number, (error,)))
    return list(found)


def _names(owner: Actor) -> Iterator[tuple[str, str]]:
    """Every name of every project of the owner, plain, and the project's id."""
    offset = 0
    while True:
        query = ProjectQuery(mine="true", limit=200, cursor=cursor_for(offset))
        rows, total = pitches.page(owner, query)
        for project in rows:
            yield from ((name, project.id) for name in statements.names_of(project.id))
        offset += len(rows)
        if not rows or offset >= total:
            return


def _one(
    owner: Actor, project_id: str, data: bytes, filename: str, changes: Mapping[str, Any], plan: dict[str, Any],
    table: Table, dry_run: bool,
) -> Report:  # fmt: skip
    if dry_run:
        read_as = Plan.of(plan)
        return importing.check(
            project_id, importing.read(table, read_as, statements.names_of(project_id)), read_as
        )
    sent = statements.receive(owner, project_id, data, filename, table)
    row, _fresh = statements.upload(owner, project_id, sent)
    if row.state == "open":
        row = statements.replan(owner, row.id, {name: value for name, value in changes.items() if value})
        return statements.write_now(owner, row)
    # Taken before: what its rows would do now is nothing, and is told.
    return importing.check(project_id, statements.lines_of(row, table), Plan.of(row.plan))
