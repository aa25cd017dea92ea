"""Commands of the whole house: init, serve, worker, check, audit, finance, openapi."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from dealflow.cli import Failure, connect, settings


def add_to(cli: click.Group) -> None:
    """Add the commands."""
    for command in (init, serve, worker, check, audit, finance, openapi):
        cli.add_command(command)


@click.command()
def init() -> None:
    """Prepare the instance folder and bring the database to the newest version."""
    from dealflow.web import migrate

    chosen = settings()
    chosen.instance.mkdir(parents=True, exist_ok=True)
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
    from dealflow.core.queue import consume

    app = create_app(settings())
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
def verify() -> None:
    """Verify every chain; names the first bad event of each."""
    from dealflow.audit import service
    from dealflow.core import db

    connect()
    with db.system_edge(write=False):
        bad = list(service.verify())
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
