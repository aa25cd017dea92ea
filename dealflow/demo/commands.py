"""`dealflow demo load`: the samples that `make run` begins with."""

from __future__ import annotations

import click

from dealflow.cli import Failure, connect


def add_to(cli: click.Group) -> None:
    """Add the commands."""
    cli.add_command(demo)


@click.group()
def demo() -> None:
    """The demo."""


@demo.command("load")
def load_command() -> None:
    """Fill an empty database with a park that looks alive; does nothing when that was done before."""
    from dealflow.demo import service
    from dealflow.demo.logins import greeting

    chosen = connect()
    if chosen.is_production:
        raise Failure("production does not take demo data")
    if not service.is_loaded():
        from dealflow import create_app
        from dealflow.core import jobs

        # The rooms' words, policies and subscribers are in place only in an application.
        with create_app(chosen).app_context():
            # Ten months of events need not be announced one by one: the worker's first sweep finds them.
            jobs.wake_with(None)
            service.load()
        click.echo("The demo is loaded.")
    click.echo(greeting())
