"""Commands of the whole house: init, serve, worker, check, audit, finance, openapi, backup, export."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import IO

import click

from dealflow.cli import Failure, connect, settings


def add_to(cli: click.Group) -> None:
    """Add the commands."""
    for command in (init, serve, worker, check, audit, finance, openapi, backup, export):
        cli.add_command(command)


@click.command()
def init() -> None:
    """Prepare the instance folder and bring the database to the newest version."""
    from dealflow.web import backups, migrate

    chosen = settings()
    chosen.instance.mkdir(parents=True, exist_ok=True)
    backups.finish_interrupted(chosen.instance)
    migrate.upgrade(chosen.database_url)
    click.echo("The database is up to date.")


@click.command()
def serve() -> None:
    """Serve the site and run the worker until stopped."""
    from dealflow.web.supervisor import supervise

    sys.exit(supervise(settings()))


@click.command()
def worker() -> None:
    """Run background jobs until stopped."""
    from dealflow import create_app
    from dealflow.core import running
    from dealflow.core.queue import consume

    chosen = settings()
    running.hold(chosen.instance)
    app = create_app(chosen)
    with app.app_context():
        consume(app.extensions["dealflow.queue"])


@click.command()
def check() -> None:
    """Run every named invariant; a line for each violation."""
    from dealflow import create_app
    from dealflow.core import db, invariants

    create_app(settings())
    with db.system_edge(write=False):
        results = invariants.run_all()
    broken = 0
    for name, lines in results.items():
        click.echo(f"{'ok  ' if not lines else 'FAIL'} {name}")
        for line in lines:
            broken += 1
            click.echo(f"     {line}")
    if broken:
        raise Failure(f"{broken} violations")


@click.command()
def openapi() -> None:
    """Print the OpenAPI description."""
    from dealflow import create_app
    from dealflow.web.openapi import document

    click.echo(json.dumps(document(create_app(settings())), ensure_ascii=False, indent=1))


@click.group()
def audit() -> None:
    """The audit log."""


@audit.command()
@click.option(
    "--against",
    type=click.File(encoding="utf-8"),
    help="What an earlier run printed: its heads must still be there.",
)
def verify(against: IO[str] | None) -> None:
    """Verify every chain; names the first bad event of each."""
    from dealflow.audit import service
    from dealflow.core import db

    earlier = [line.split() for line in against or () if line.startswith("ok ")]
    connect()
    with db.system_edge(write=False):
        bad = list(service.verify())
        bad += service.lost_heads({words[1]: words[2] for words in earlier if len(words) == 3})
        heads = service.heads()
    for line in bad:
        click.echo(line)
    if bad:
        raise Failure(f"{len(bad)} of {len(heads)} chains are broken")
    for chain, head in sorted(heads.items()):
        click.echo(f"ok {chain} {head}")


@click.group()
def finance() -> None:
    """Financial computations, from files alone."""


@finance.command()
@click.argument("family")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def run(family: str, file: Path) -> None:
    """Compute every case of FILE ([{name, input}, …]); prints {name: output} as JSON."""
    from dealflow import finance as rules

    if family not in rules.FAMILIES:
        raise Failure(f"unknown family {family!r}; choose one of {', '.join(rules.FAMILIES)}")
    try:
        cases = json.loads(file.read_text(encoding="utf-8-sig"))
    except (UnicodeError, ValueError, RecursionError) as error:
        raise Failure(f"{file.name} is not JSON in UTF-8: {error}") from None
    if not isinstance(cases, list) or not all(
        isinstance(c, dict) and isinstance(c.get("name"), str) and isinstance(c.get("input"), dict)
        for c in cases
    ):
        raise Failure(f"{file.name} must be a list of {{name, input}}")
    try:
        results = rules.run_family(family, cases)
    except rules.FinanceInputError as error:
        raise Failure(f"{file.name}: {error}") from None
    click.echo(json.dumps(results, ensure_ascii=False))


@click.group()
def backup() -> None:
    """Backups of the whole installation."""


_folder = click.Path(file_okay=False, path_type=Path)


@backup.command("create")
@click.argument("folder", type=_folder)
def create_backup(folder: Path) -> None:
    """Write database, files, keys and models into a new FOLDER; the server may go on running."""
    from dealflow.web import backups

    found = backups.create(connect(), folder)
    click.echo(f"{folder}: {len(found['files'])} files, database at version {found['revision']}.")


@backup.command("restore")
@click.argument("folder", type=_folder)
@click.option("--end-sessions", is_flag=True, help="Nobody stays signed in, and no API token works any more.")
def restore_backup(folder: Path, end_sessions: bool) -> None:
    """Put this installation into the state of the backup in FOLDER. Stop the server first."""
    from dealflow.web import backups

    found = backups.restore(connect(), folder, end_sessions=end_sessions)
    click.echo(f"Restored what was backed up at {found['made_at']}. Start the server with `dealflow serve`.")


@click.command()
@click.argument("organisation")
@click.argument("folder", type=_folder)
def export(organisation: str, folder: Path) -> None:
    """Write all that belongs to ORGANISATION (id or name) into a new FOLDER: JSON, CSV and files."""
    from dealflow.web import exporting

    counts = exporting.export(connect(), organisation, folder)
    click.echo(", ".join(f"{name}: {number}" for name, number in counts.items()))
