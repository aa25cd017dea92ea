"""Statements on their way in: kept once for a project, their columns looked at, checked, and written, by a job when large.

A job acts as the person who began, with the rights that person has then.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from dealflow.accounts import identity
from dealflow.audit import service as audit
from dealflow.core import jobs, policy
from dealflow.core.actor import Actor
from dealflow.core.db import edge, hold, session, system_edge
from dealflow.core.errors import FieldError, Invalid, InvalidTransition, NotFound
from dealflow.core.i18n import N_
from dealflow.core.jobs import Job, enqueue, job
from dealflow.core.money import CURRENCIES
from dealflow.core.tabular import Table, decode
from dealflow.core.tabular import read as read_table
from dealflow.files import queries as files
from dealflow.files import service as storing
from dealflow.files import storage
from dealflow.files.service import Received
from dealflow.pitches import importing as pitch_files
from dealflow.pitches import queries as pitches
from dealflow.pitches.vocabulary import EVIDENCE, is_region
from dealflow.releases import day_figures, desks, importing, platforms, presets, queries
from dealflow.releases.importing import Report
from dealflow.releases.models import AdSpend, Receipt, Statement
from dealflow.releases.policy import Can, Tag
from dealflow.releases.reading import Line, Plan, Refused
from dealflow.releases.service.base import check_total, insert_once
from dealflow.releases.service.spending import watch_caps
from dealflow.releases.using import STATEMENT

ROW_LIMIT = 120_000
# Rows that are checked and written while the person waits.
AT_ONCE = 500
CHECK, WRITE = "releases.check_statement", "releases.import_statement"


@dataclass(frozen=True)
class Sent:
    """A statement that was read and whose bytes are stored; no row names it yet."""

    sha256: str
    table: Table
    file: Received


def receive(actor: Actor, project_id: str, data: bytes, filename: str, table: Table | None = None) -> Sent:
    """Take in a statement; writes no row. `table`: what was read of it before. Raises what reading a table and taking in a
    file raise."""
    desks.to_write(actor, project_id, Can.IMPORT)
    table = table or read_table(io.BytesIO(data), row_limit=ROW_LIMIT, is_header=presets.is_header)
    kept = storing.receive_document(actor, io.BytesIO(_storable(data, table)), filename, purpose=STATEMENT)
    return Sent(hashlib.sha256(data).hexdigest(), table, kept)


def upload(actor: Actor, project_id: str, sent: Sent) -> tuple[Statement, bool]:
    """Keep a statement with a guessed meaning of its columns: (the statement, whether it is new).

    The same content again is the statement that is there already.
    """
    desk = desks.to_write(actor, project_id, Can.IMPORT)
    digest, table = sent.sha256, sent.table
    known = select(Statement).where(Statement.project_id == desk.project_id, Statement.content_hash == digest)
    there = session().scalars(known).one_or_none()
    if there is not None:
        return there, False
    preset = presets.guess(table.header)
    stored = storing.keep(actor, sent.file)
    row = Statement(
        project_id=desk.project_id, organisation_id=desk.organisation_id, user_id=actor.user_id, user_name=actor.user_name,
        filename=stored.name, content_hash=digest, file_id=stored.id, header=table.header, samples=_samples(table),
        row_count=len(table.rows), preset=preset, plan=plan_for(preset, table.header),
    )  # fmt: skip
    row, fresh = insert_once(row, lambda: session().scalars(known).one_or_none())
    if fresh:
        audit.record(
            actor, Tag.UPLOADED, row, after={"filename": row.filename, "sha256": digest, "rows": row.row_count},
            organisation_id=desk.organisation_id,
        )  # fmt: skip
        _check_later(actor, row)
    return row, fresh


def _storable(data: bytes, table: Table) -> bytes:
    # Kept as UTF-8, since UTF-16 does not pass for a text among stored documents.
    return decode(data)[0].encode() if table.encoding == "utf-16" else data


def _samples(table: Table) -> list[str]:
    return [next((row[at] for row in table.rows if row[at]), "")[:100] for at in range(len(table.header))]


def plan_for(preset: str, header: list[str]) -> dict[str, Any]:
    """The plan of a preset for a header."""
    chosen = presets.PRESETS[preset]
    return {
        "preset": preset, "mapping": presets.mapping_of(preset, header), "platform": chosen.platform, "currency": chosen.currency,
        "evidence_class": "platform_statement", "territory": "CN" if chosen.currency == "CNY" else "", "all_titles": False,
    }  # fmt: skip


def get(actor: Actor, statement_id: str) -> Statement:
    """A statement of the actor's organisation; NotFound otherwise."""
    row = session().get(Statement, statement_id)
    if row is None:
        raise NotFound()
    policy.require(actor, Can.SEE_STATEMENTS, row, see=Can.SEE_STATEMENTS)
    return row


def _to_change(actor: Actor, statement_id: str) -> Statement:
    get(actor, statement_id)
    row = hold(Statement, statement_id)
    policy.require(actor, Can.IMPORT, row, see=Can.SEE_STATEMENTS)
    return row


def replan(actor: Actor, statement_id: str, changes: Mapping[str, Any]) -> Statement:
    """Take another meaning of the columns, or other values for what the rows do not say. A preset brings its own meaning
    of the columns unless one is given. A statement that brought nothing can be looked at again."""
    row = _to_change(actor, statement_id)
    nothing = row.state == "done" and row.result and not Report.of(row.result).brings
    if row.state != "open" and not nothing:
        raise InvalidTransition(N_("This file was imported already"))
    base = row.plan
    if changes.get("preset") and changes["preset"] != base["preset"]:
        if changes["preset"] not in presets.PRESETS:
            raise Invalid.field(
                "preset",
                "not_a_choice",
                N_("Choose one of: %(expected)s"),
                expected=", ".join(presets.PRESETS),
            )
        base = plan_for(changes["preset"], row.header)
    plan = base | {name: value for name, value in changes.items() if value is not None}
    _check_plan(row.header, plan)
    row.plan, row.preset, row.checked, row.state, row.result = plan, plan["preset"], None, "open", None
    session().flush()
    _check_later(actor, row)
    return row


def _check_plan(header: list[str], plan: dict[str, Any]) -> None:
    plan["mapping"] = importing.check_mapping(header, plan["mapping"])
    plan["platform"] = platforms.platform_code(plan["platform"])
    errors = []
    if plan["currency"] not in CURRENCIES:
        message = N_("This currency is not known; use a code such as CNY, USD or EUR")
        errors.append(FieldError("currency", "unknown_currency", message))
    if plan["evidence_class"] not in EVIDENCE:
        message = N_("Choose one of: %(expected)s")
        errors.append(
            FieldError("evidence_class", "not_a_choice", message, {"expected": ", ".join(EVIDENCE)})
        )
    territory = plan["territory"] = (plan["territory"] or "").upper()
    if territory and territory != platforms.WORLD and not is_region(territory):
        message = N_("Use a country such as CN or a region such as CN-ZJ, or WORLD")
        errors.append(FieldError("territory", "unknown_region", message))
    if errors:
        raise Invalid(errors=errors)


def discard(actor: Actor, statement_id: str) -> None:
    """Forget a statement of which nothing was imported."""
    row = _to_change(actor, statement_id)
    if row.state != "open":
        raise InvalidTransition(N_("This file was imported already"))
    session().delete(row)
    session().flush()
    audit.record(actor, Tag.DISCARDED, row, before={"filename": row.filename}, after=None)


def table_of(row: Statement) -> Table:
    """The statement's table, read again from the file."""
    stored = files.of_room(row.file_id)
    with storage.local(stored.sha256) as path, path.open("rb") as stream:
        return read_table(stream, row_limit=ROW_LIMIT, is_header=presets.is_header)


def lines_of(row: Statement, table: Table) -> list[Line | Refused]:
    """The rows of a statement as lines under its present plan."""
    return importing.read(table, Plan.of(row.plan), names_of(row.project_id))


def names_of(project_id: str) -> frozenset[str]:
    """What a row can call the project: its titles, those of its releases, its ids; plain."""
    brief = pitches.briefs([project_id])[project_id]
    names = [*brief["titles"].values(), *(release.title for release in queries.releases(project_id))]
    own = pitch_files.external_id_of(project_id)
    return frozenset(presets.plain(name) for name in (*names, own, project_id) if name)


def checks_at_once(row: Statement) -> bool:
    """Whether the statement is small enough to be checked and written while the person waits."""
    return row.row_count <= AT_ONCE


def report_of(row: Statement) -> Report | None:
    """What the rows did, or would do; None while a job finds out, or the columns' meaning is not told."""
    kept = row.result or row.checked
    if kept is not None:
        return Report.of(kept)
    if row.state != "open" or not checks_at_once(row) or not _is_usable(row):
        return None
    return importing.check(row.project_id, lines_of(row, table_of(row)), Plan.of(row.plan))


def _is_usable(row: Statement) -> bool:
    try:
        importing.check_mapping(row.header, row.plan["mapping"])
    except Invalid:
        return False
    return True


def job_of(row: Statement) -> Job | None:
    """The job that checks or writes the statement."""
    return session().get(Job, row.job_id) if row.job_id else None


def _check_later(actor: Actor, row: Statement) -> None:
    if not checks_at_once(row) and _is_usable(row):
        row.job_id = enqueue(CHECK, _payload(actor, row) | {"plan": row.plan}, actor=actor)
        session().flush()


def _payload(actor: Actor, row: Statement) -> dict[str, Any]:
    return {"statement_id": row.id, "user_id": actor.user_id, "organisation_id": actor.organisation_id}


def run(actor: Actor, statement_id: str) -> Statement:
    """Write a statement's rows, at once when it is small, else by a job. A second time changes nothing, but that figures
    for which there was no release are put on record when there is one now.

    One whose job gave up goes on where it stopped.
    """
    row = _to_change(actor, statement_id)
    if row.state == "running":
        stopped = job_of(row)
        if stopped is not None and stopped.state == "dead":
            jobs.again(stopped)
        return row
    if row.state == "done":
        _place(actor, row)
        return row
    importing.check_mapping(row.header, row.plan["mapping"])
    _check_totals(row)
    row.state, row.checked = "running", None
    if not checks_at_once(row):
        row.job_id = enqueue(WRITE, _payload(actor, row), actor=actor)
        session().flush()
        return row
    write_now(actor, row)
    return row


def _check_totals(row: Statement) -> None:
    report = report_of(row)
    if report is not None:
        check_total(Receipt, row.project_id, report.sums, "file")
        check_total(AdSpend, row.project_id, report.spent, "file")


def write_now(actor: Actor, row: Statement) -> Report:
    """Write all rows in the open transaction."""
    row.state, row.checked = "running", None
    session().flush()
    report, lines = Report(), lines_of(row, table_of(row))
    for start in range(0, len(lines), importing.BLOCK):
        importing.write(actor, row, lines[start : start + importing.BLOCK], report)
    _finish(actor, row, lines, report)
    return report


def _place(actor: Actor, row: Statement) -> None:
    report = Report.of(row.result or {})
    if not report.figures.counts["unplaced"]:
        return
    found = day_figures.write(actor, row, lines_of(row, table_of(row)), report.wrong)
    if not (made := found.counts["create"]):
        return
    found.counts["create"] += report.figures.counts["create"]
    found.counts["same"] -= report.figures.counts["create"]
    report.figures = found
    row.result = report.kept()
    session().flush()
    audit.record(
        actor, Tag.IMPORTED, row, after={"figures": made, "filename": row.filename}, organisation_id=row.organisation_id
    )  # fmt: skip


def _finish(actor: Actor, row: Statement, lines: list[Line | Refused], report: Report) -> None:
    report.figures = day_figures.write(actor, row, lines, report.wrong)
    row.state, row.result = "done", report.kept()
    session().flush()
    audit.record(
        actor, Tag.IMPORTED, row, after=row.result["counts"] | {
            "sums": row.result["sums"], "filename": row.filename, "days": report.figures.counts["create"],
        },
        organisation_id=row.organisation_id,
    )  # fmt: skip
    if any(report.spent.values()):
        watch_caps(row.project_id)


def _member(user_id: str, organisation_id: str) -> Actor:
    with system_edge(write=False):
        return identity.member_actor(user_id, organisation_id)


@job(CHECK, tries=3, transactional=False)
def check_statement(
    statement_id: str, user_id: str, organisation_id: str, plan: dict[str, Any]
) -> dict[str, Any]:
    """What a large statement would do, kept beside it unless its plan was changed meanwhile."""
    actor = _member(user_id, organisation_id)
    with edge(write=False, actor=actor):
        row = get(actor, statement_id)
        if row.state != "open" or row.plan != plan:
            return {}
        report = importing.check(row.project_id, lines_of(row, table_of(row)), Plan.of(plan))
    with edge(actor=actor):
        row = _to_change(actor, statement_id)
        if row.state == "open" and row.plan == plan:
            row.checked = report.kept()
    return report.kept() | {"errors": len(report.refused)}


@job(WRITE, tries=5, transactional=False)
def write_statement(statement_id: str, user_id: str, organisation_id: str, **before: Any) -> dict[str, Any]:
    """Write a large statement block by block; a later try goes on where the last block ended."""
    actor = _member(user_id, organisation_id)
    with edge(write=False, actor=actor):
        row = get(actor, statement_id)
        desks.to_write(actor, row.project_id, Can.IMPORT)
        lines = lines_of(row, table_of(row))
    done, report = before.get("done", 0), Report.of(before["report"]) if "report" in before else Report()
    for start in range(done, len(lines), importing.BLOCK):
        with edge(actor=actor):
            importing.write(actor, row, lines[start : start + importing.BLOCK], report)
            end = min(start + importing.BLOCK, len(lines))
            jobs.checkpoint(end / len(lines), done=end, report=report.kept())
    with edge(actor=actor):
        row = _to_change(actor, statement_id)
        if row.state == "running":
            _finish(actor, row, lines, report)
    return report.kept() | {"errors": len(report.refused)}
