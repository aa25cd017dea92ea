"""Import in three looks, the same in every room: choose a file, see what each row would do, write."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for

from dealflow.core import intake, policy
from dealflow.core.errors import Invalid, TooLarge
from dealflow.core.http import SentTable, actor, needs, prepared, prepares, rows_file, sent_table
from dealflow.core.i18n import gettext as _
from dealflow.core.intake import Intake
from dealflow.core.tabular import ROW_LIMIT

_SHOWN_ROWS = 200


@dataclass(frozen=True)
class ImportPages:
    """The pages under `address`; the room's templates extend `layouts/import.html` and `layouts/import_check.html`."""

    files: Intake
    address: str
    columns: Collection[str]
    label: Callable[[str], str]
    template: str
    check_template: str
    row_limit: int = ROW_LIMIT

    def add_to(self, bp: Blueprint) -> None:
        """Register the routes."""
        kept = f"{self.address}/imports/<import_id>"
        for rule, name, view, method in (
            (f"{self.address}/import", "import_file", self.choose, "GET"),
            (f"{self.address}/import", "upload", self.upload, "POST"),
            (kept, "check_import", self.page, "GET"),
            (f"{kept}/mapping", "map_columns", self.remap, "POST"),
            (f"{kept}/run", "run_import", self.run, "POST"),
            (f"{kept}/errors.csv", "import_errors", self.errors, "GET"),
        ):
            marked = needs(self.files.permission)(_plain(view))
            if name == "upload":
                marked = prepares(sent_table(self._allowed, row_limit=self.row_limit))(marked)
            bp.add_url_rule(rule, name, marked, methods=[method])

    def _allowed(self) -> None:
        policy.require(actor(), self.files.permission)

    def choose(self) -> str:
        """Choose a file."""
        policy.require(actor(), self.files.permission)
        return render_template(self.template, errors=[])

    def upload(self) -> Any:
        """Read the file, guess what its columns mean, go on to the check."""
        policy.require(actor(), self.files.permission)
        try:
            sent: SentTable = prepared()
            kept = self.files.keep(actor(), sent.table, sent.name)
        except Invalid as refusal:
            return render_template(self.template, errors=refusal.errors), 422
        except TooLarge as refusal:
            return render_template(self.template, errors=[], too_large=refusal.text()), 413
        return redirect(url_for(".check_import", import_id=kept.id), 303)

    def page(self, import_id: str, mapping: dict[str, str] | None = None, problems: Any = ()) -> str:
        """What each row would do; nothing is written yet."""
        kept = self.files.kept(actor(), import_id)
        table = intake.table_of(kept)
        shown = mapping if mapping is not None else kept.mapping
        report, large = None, not intake.checks_at_once(kept)
        if kept.state == "open" and not problems:
            try:
                if large:
                    self.files.importer.check_mapping(kept.header, shown)
                else:
                    report = self.files.importer.check(actor(), table, shown)
            except Invalid as refusal:
                problems = refusal.errors
        waits = kept.state == "running" or (
            large and kept.state == "open" and not kept.checked and not problems
        )
        return render_template(
            self.check_template, kept=kept, refused=intake.refused(kept), table=table, mapping=shown,
            report=report, problems=problems, most=_SHOWN_ROWS, job=intake.job_of(kept) if waits else None,
            choices=[(name, self.label(name)) for name in self.columns], column_label=self.label,
            samples=[next((row[at] for row in table.rows if row[at]), "") for at in range(len(table.header))],
        )  # fmt: skip

    def remap(self, import_id: str) -> Any:
        """Take another meaning of the columns and check again."""
        header = self.files.kept(actor(), import_id).header
        sent = {name: request.form.get(f"column-{at}") for at, name in enumerate(header)}
        mapping = {name: field for name, field in sent.items() if field}
        try:
            self.files.remap(actor(), import_id, mapping)
        except Invalid as refusal:
            return self.page(import_id, mapping, refusal.errors), 422
        return redirect(url_for(".check_import", import_id=import_id), 303)

    def run(self, import_id: str) -> Any:
        """Write the rows that have no error."""
        try:
            report = self.files.finish(actor(), import_id)
        except Invalid as refusal:
            return self.page(import_id, None, refusal.errors), 422
        if report is not None:
            flash(_("Imported: %(create)s new, %(update)s changed.", **report.counts), "success")
        return redirect(url_for(".check_import", import_id=import_id), 303)

    def errors(self, import_id: str) -> Response:
        """The refused rows with the reasons, to correct and send again."""
        return rows_file(self.files.refused_file(actor(), import_id))


def _plain(view: Callable[..., Any]) -> Callable[..., Any]:
    # A function of its own: marks of permissions cannot be put on a bound method.
    def call(**values: str) -> Any:
        return view(**values)

    call.__name__, call.__doc__, call.__module__ = view.__name__, view.__doc__, view.__module__
    return call
