"""`dealflow import receipts FILE`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dealflow.cli import Failure, settings
from dealflow.core.cli_groups import import_group


def add_to(cli: click.Group) -> None:
    """Add the command to the group `import`."""
    import_group.add_command(receipts)
    if import_group.name not in cli.commands:
        cli.add_command(import_group)


@click.command("receipts")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="JSON: column to field."
)
@click.option("--dry-run", is_flag=True, help="Check every row, write nothing.")
@click.option("--project", help="Id of the project; not needed when the rows name theirs.")
@click.option(
    "--organisation", help="Id of the organisation that owns the projects; not needed when there is one."
)
@click.option(
    "--preset", help="hongguo, douyin, kuaishou, wechat, reelshort or own; guessed from the header."
)
@click.option(
    "--errors", type=click.Path(dir_okay=False, path_type=Path), help="Write the refused rows as CSV."
)
def receipts(
    file: Path, mapping: Path | None, dry_run: bool, project: str | None, organisation: str | None,
    preset: str | None, errors: Path | None,
) -> None:  # fmt: skip
    """Import receipts and ad spend from a platform's statement (CSV or XLSX); what is recorded already stays."""
    from dealflow import create_app
    from dealflow.core import db, i18n
    from dealflow.pitches.commands import read_mapping
    from dealflow.releases import from_files

    # The application knows where files are stored, and which deals bind whom.
    create_app(settings())
    i18n.activate("en")
    changes: dict[str, Any] = {"preset": preset, "mapping": read_mapping(mapping)}
    with db.system_edge(write=not dry_run):
        done = from_files.bring(
            file.read_bytes(), file.name, changes, project_id=project, organisation_id=organisation, dry_run=dry_run
        )  # fmt: skip
    if errors is not None:
        errors.write_bytes(done.error_file)
    for line in done.lines:
        click.echo(line)
    if done.refused:
        raise Failure(f"{done.refused} rows were refused")
