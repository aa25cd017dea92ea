"""Import in three looks: choose a file, see what each row would do, write."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for

from dealflow.core import policy
from dealflow.core.errors import Invalid, TooLarge
from dealflow.core.http import actor, needs, rows_file
from dealflow.core.i18n import N_
from dealflow.core.i18n import gettext as _
from dealflow.core.tabular import read, refuse
from dealflow.pitches import importing, uploads
from dealflow.pitches.diff import field_label
from dealflow.pitches.pages.base import bp
from dealflow.pitches.policy import Can
from dealflow.pitches.rows import COLUMNS

_SHOWN_ROWS = 200
_FIELD_OF = {column: path for path, column in importing.COLUMN_OF.items()}


def column_label(name: str) -> str:
    """The name of a field of the import in the current language."""
    return _("Currency") if name == "currency" else field_label(_FIELD_OF.get(name, name))


@bp.get("/projects/import")
@needs(Can.IMPORT)
def import_file() -> str:
    """Choose a file."""
    policy.require(actor(), Can.IMPORT)
    return render_template("pitches/import.html", errors=[])


@bp.post("/projects/import")
@needs(Can.IMPORT)
def upload() -> Any:
    """Read the file, guess what its columns mean, go on to the check."""
    sent = request.files.get("file")
    try:
        if sent is None or not sent.filename:
            raise refuse("required", N_("Choose a CSV or XLSX file"))
        with closing(sent):
            kept = uploads.keep(actor(), read(sent.stream), sent.filename)
    except Invalid as refusal:
        return render_template("pitches/import.html", errors=refusal.errors), 422
    except TooLarge as refusal:
        return render_template("pitches/import.html", errors=[], too_large=refusal.text()), 413
    return redirect(url_for(".check_import", import_id=kept.id), 303)


def _page(import_id: str, mapping: dict[str, str] | None = None, problems: Any = ()) -> str:
    kept = uploads.kept(actor(), import_id)
    table = uploads.table_of(kept)
    shown = mapping if mapping is not None else kept.mapping
    report, large = None, not uploads.checks_at_once(kept)
    if kept.state == "open" and not problems and not large:
        try:
            report = importing.check(actor(), table, shown)
        except Invalid as refusal:
            problems = refusal.errors
    return render_template(
        "pitches/import_check.html", kept=kept, refused=uploads.refused(kept), table=table, mapping=shown, report=report, problems=problems, most=_SHOWN_ROWS,
        job=uploads.job_of(kept) if kept.state == "running" or (large and kept.state == "open" and not kept.checked) else None,
        choices=[(name, column_label(name)) for name in COLUMNS], column_label=column_label, tell=importing.tell,
        samples=[next((row[at] for row in table.rows if row[at]), "") for at in range(len(table.header))],
    )  # fmt: skip


@bp.get("/projects/imports/<import_id>")
@needs(Can.IMPORT)
def check_import(import_id: str) -> str:
    """What each row would do; nothing is written yet."""
    return _page(import_id)


@bp.post("/projects/imports/<import_id>/mapping")
@needs(Can.IMPORT)
def map_columns(import_id: str) -> Any:
    """Take another meaning of the columns and check again."""
    header = uploads.kept(actor(), import_id).header
    mapping = {name: field for at, name in enumerate(header) if (field := request.form.get(f"column-{at}"))}
    try:
        uploads.remap(actor(), import_id, mapping)
    except Invalid as refusal:
        return _page(import_id, mapping, refusal.errors), 422
    return redirect(url_for(".check_import", import_id=import_id), 303)


@bp.post("/projects/imports/<import_id>/run")
@needs(Can.IMPORT)
def run_import(import_id: str) -> Any:
    """Write the rows that have no error."""
    try:
        report = uploads.finish(actor(), import_id)
    except Invalid as refusal:
        return _page(import_id, None, refusal.errors), 422
    if report is not None:
        flash(_("Imported: %(create)s new, %(update)s changed.", **report.counts), "success")
    return redirect(url_for(".check_import", import_id=import_id), 303)


@bp.get("/projects/imports/<import_id>/errors.csv")
@needs(Can.IMPORT)
def import_errors(import_id: str) -> Response:
    """The refused rows with the reasons, to correct and send again."""
    kept = uploads.kept(actor(), import_id)
    table = uploads.table_of(kept)
    if kept.state == "done":
        content = importing.refused_before(table, (kept.result or {}).get("errors", []))
    elif kept.checked is not None:
        content = importing.refused_before(
            table, [[r.number, importing.tell(r)] for r in uploads.refused(kept)]
        )
    else:
        content = importing.error_file(table, importing.check(actor(), table, kept.mapping))
    return rows_file(content)
