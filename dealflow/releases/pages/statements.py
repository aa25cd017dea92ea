"""Import of a statement in three looks: choose a file, see what each row would do, write."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request, url_for

from dealflow.core import policy
from dealflow.core.errors import Invalid, InvalidTransition, TooLarge
from dealflow.core.http import actor, needs, prepared, prepares, rows_file
from dealflow.core.i18n import gettext as _
from dealflow.core.money import Money
from dealflow.releases import desks, importing, presets, queries
from dealflow.releases import statements as files
from dealflow.releases.forms import PlanForm
from dealflow.releases.pages.base import bp, page
from dealflow.releases.policy import Can
from dealflow.releases.taking import sent_statement

_SHOWN = 200


def _list(project_id: str, problems: Any = (), too_large: str = "") -> str:
    desk = desks.to_write(actor(), project_id, Can.SEE_STATEMENTS)
    return page(
        "statements", desk, "statements", rows=queries.statements(desk.project_id), problems=problems, too_large=too_large,
        presets=presets.PRESETS, row_limit=files.ROW_LIMIT,
    )  # fmt: skip


@bp.get("/projects/<project_id>/statements")
@needs(Can.SEE_STATEMENTS)
def statements(project_id: str) -> str:
    """The statements of a project, and the way to bring one in."""
    return _list(project_id)


def _may_import(project_id: str) -> None:
    desks.to_write(actor(), project_id, Can.IMPORT)


@bp.post("/projects/<project_id>/statements")
@needs(Can.IMPORT)
@prepares(sent_statement(_may_import))
def upload_statement(project_id: str) -> Any:
    """Keep a statement, guess what its columns mean, go on to the check."""
    desks.to_write(actor(), project_id, Can.IMPORT)
    try:
        row, fresh = files.upload(actor(), project_id, prepared())
    except Invalid as refusal:
        return _list(project_id, refusal.errors), 422
    except TooLarge as refusal:
        return _list(project_id, too_large=refusal.text()), 413
    if not fresh:
        flash(_("This very file was uploaded before; here it is."), "info")
    return redirect(url_for("releases.statement", statement_id=row.id), 303)


def _statement(
    statement_id: str, form: PlanForm | None = None, mapping: Any = None, problems: Any = ()
) -> str:
    row = files.get(actor(), statement_id)
    desk = desks.of_actor(actor(), row.project_id)
    report = files.report_of(row)
    running = row.state == "running" or (
        row.state == "open" and report is None and not files.checks_at_once(row)
    )
    sums = [Money(minor, code) for code, minor in (report.sums if report else {}).items() if minor]
    spent = [Money(minor, code) for code, minor in (report.spent if report else {}).items() if minor]
    return page(
        "statement", desk, "statements", row=row, report=report, job=files.job_of(row) if running else None, sums=sums,
        spent=spent, form=form or PlanForm(**row.plan), mapping=mapping or row.plan["mapping"], fields=presets.LABELS,
        problems=problems, most=_SHOWN, amount_of=lambda found: Money(**found), may_import=policy.can(actor(), Can.IMPORT, desk),
        open_again=row.state == "done" and report is not None and not report.brings,
    )  # fmt: skip


@bp.get("/statements/<statement_id>")
@needs(Can.SEE_STATEMENTS)
def statement(statement_id: str) -> str:
    """What each row would do, or did."""
    return _statement(statement_id)


@bp.post("/statements/<statement_id>/plan")
@needs(Can.IMPORT)
def replan(statement_id: str) -> Any:
    """Take another meaning of the columns and check again."""
    row = files.get(actor(), statement_id)
    form = PlanForm(request.form)
    mapping = {
        name: field for at, name in enumerate(row.header) if (field := request.form.get(f"column-{at}"))
    }
    changes = form.plain() | {
        "mapping": mapping,
        "platform": form.platform.data or "",
        "territory": form.territory.data or "",
    }
    chosen = form.preset.data if form.preset.data in presets.PRESETS else row.preset
    if chosen != row.preset and {"on", "amount"} <= set(presets.mapping_of(chosen, row.header).values()):
        # Another kind of statement brings its own meaning of the columns, its platform and its currency.
        changes = {"preset": chosen}
    try:
        files.replan(actor(), statement_id, changes)
    except Invalid as refusal:
        return _statement(statement_id, form, mapping, refusal.errors), 422
    return redirect(url_for("releases.statement", statement_id=statement_id), 303)


@bp.post("/statements/<statement_id>/run")
@needs(Can.IMPORT)
def run_statement(statement_id: str) -> Any:
    """Write the rows that have no error."""
    try:
        row = files.run(actor(), statement_id)
    except Invalid as refusal:
        return _statement(statement_id, problems=refusal.errors), 422
    if row.state == "done" and row.result:
        flash(_("Imported: %(create)s new, %(same)s recorded before.", **row.result["counts"]), "success")
    return redirect(url_for("releases.statement", statement_id=statement_id), 303)


@bp.post("/statements/<statement_id>/discard")
@needs(Can.IMPORT)
def discard(statement_id: str) -> Any:
    """Forget a statement of which nothing was imported."""
    project_id = files.get(actor(), statement_id).project_id
    try:
        files.discard(actor(), statement_id)
    except InvalidTransition as refusal:
        flash(refusal.text(), "danger")
        return redirect(url_for("releases.statement", statement_id=statement_id), 303)
    flash(_("Discarded; nothing was imported."), "success")
    return redirect(url_for("releases.statements", project_id=project_id), 303)


@bp.get("/statements/<statement_id>/errors.csv")
@needs(Can.SEE_STATEMENTS)
def refused_rows(statement_id: str) -> Response:
    """The refused rows with the reasons, to correct and send again."""
    row = files.get(actor(), statement_id)
    report = files.report_of(row)
    content = importing.error_file(files.table_of(row), report.refused if report else ())
    return rows_file(content)
