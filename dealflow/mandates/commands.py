"""`dealflow import mandates FILE`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from dealflow.cli import Failure, settings
from dealflow.core.cli_groups import import_group

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def add_to(cli: click.Group) -> None:
    """Add the command to the group `import`."""
    import_group.add_command(mandates)
    if import_group.name not in cli.commands:
        cli.add_command(import_group)


def _mapping(path: Path) -> dict[str, str]:
    try:
        found: Any = json.loads(path.read_text("utf-8"))
    except ValueError:
        raise Failure(f"{path}: not JSON in UTF-8") from None
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        raise Failure(f'{path}: must be an object such as {{"名称": "name"}}')
    return found


@click.command("mandates")
@click.argument("file", type=_FILE)
@click.option("--mapping", type=_FILE, help="JSON: column to field.")
@click.option("--dry-run", is_flag=True, help="Check every row, write nothing.")
@click.option(
    "--organisation", help="Id of the investor that owns the mandates; not needed when there is one."
)
@click.option(
    "--errors", type=click.Path(dir_okay=False, path_type=Path), help="Write the refused rows as CSV."
)
def mandates(
    file: Path, mapping: Path | None, dry_run: bool, organisation: str | None, errors: Path | None
) -> None:
    """Import mandates from a CSV or XLSX file; rows with a known external id are updated."""
    from dealflow import create_app
    from dealflow.core import db, i18n, intake
    from dealflow.core.tabular import read
    from dealflow.mandates import importing
    from dealflow.mandates.rows import guess

    # The whole application, since the words of pitches are handed to mandates when the rooms join it.
    create_app(settings())
    i18n.activate("en")
    with file.open("rb") as stream:
        table = read(stream)
    chosen = _mapping(mapping) if mapping else guess(table.header)
    with db.system_edge(write=not dry_run):
        actor = importing.owner(organisation)
        if dry_run:
            report = importing.check(actor, table, chosen)
        else:
            report = intake.run(importing, actor, table, chosen)
    if errors is not None:
        errors.write_bytes(intake.error_file(table, report))
    for line in intake.lines(report):
        click.echo(line)
    if report.failed:
        raise Failure(f"{len(report.failed)} of {len(report.rows)} rows were refused")
