"""`dealflow COMMAND`. Each command calls one service; a failure is one line on stderr and a non-zero exit."""

from __future__ import annotations

import importlib
import importlib.util
import sys

import click

from dealflow.core.errors import DomainError
from dealflow.settings import Settings, SettingsError


class Failure(click.ClickException):
    """A failure told in one line."""


def settings() -> Settings:
    """The environment's settings; Failure when one cannot be used."""
    try:
        return Settings.from_environment()
    except SettingsError as error:
        raise Failure(str(error)) from None


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Dealflow: investment matchmaking and deal flow."""


def connect() -> Settings:
    """Configure clock and database for a command."""
    from dealflow.core import clock, db
    from dealflow.web import rooms

    chosen = settings()
    if chosen.start_of_clock is not None:
        clock.set_base(chosen.start_of_clock, since=chosen.clock_since)
    db.configure(chosen.database_url)
    rooms.load_models()
    return chosen


def _add_commands() -> None:
    # A room's commands stand in its own commands.py; the web room has those of the whole house.
    from dealflow.web import rooms

    for module in (
        "dealflow.web.commands",
        "dealflow.finance.commands",
        "dealflow.demo.commands",
        *(f"dealflow.{r}.commands" for r in rooms.ROOMS),
    ):
        parent = module.rpartition(".")[0]
        if importlib.util.find_spec(parent) and importlib.util.find_spec(module):
            importlib.import_module(module).add_to(cli)


def main() -> None:
    """Entry point."""
    _add_commands()
    try:
        cli(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        click.echo(f"dealflow: {' '.join(error.format_message().split())}", err=True)
        sys.exit(error.exit_code or 1)
    except DomainError as error:
        lines = [f"{e.field}: {e.text()}" for e in error.errors] or [error.text()]
        click.echo(f"dealflow: {'; '.join(lines)}", err=True)
        sys.exit(1)
    except (OSError, SettingsError) as error:
        click.echo(f"dealflow: {error}", err=True)
        sys.exit(1)
    except Exception as error:
        from sqlalchemy.exc import DBAPIError

        if not isinstance(error, DBAPIError):
            raise
        click.echo(f"dealflow: the database: {' '.join(str(error.orig).split())}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
