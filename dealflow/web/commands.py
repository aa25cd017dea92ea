"""Commands of the whole house: init, serve, worker, check, openapi."""

from __future__ import annotations

import json
import sys

import click

from dealflow.cli import Failure, settings


def add_to(cli: click.Group) -> None:
    """Add the commands."""
    for command in (init, serve, worker, check, openapi):
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
