"""Commands: `dealflow user create`."""

from __future__ import annotations

import sys

import click

from dealflow.accounts.models import KINDS, ROLES


def add_to(cli: click.Group) -> None:
    """Add the commands."""
    cli.add_command(user)


@click.group()
def user() -> None:
    """People."""


@user.command()
@click.option("--email", required=True, help="E-mail address; also the login.")
@click.option("--name", required=True, help="The person's name.")
@click.option("--organisation", required=True, help="Name of the organisation; made when there is none.")
@click.option("--kind", required=True, type=click.Choice(KINDS))
@click.option("--role", required=True, type=click.Choice(ROLES))
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def create(email: str, name: str, organisation: str, kind: str, role: str, password_stdin: bool) -> None:
    """Make a person; asks for the password."""
    from dealflow.accounts.schemas import SetUpIn
    from dealflow.accounts.service import joining
    from dealflow.cli import connect
    from dealflow.core import db
    from dealflow.core.schema import load

    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    values = load(SetUpIn, {"email": email, "name": name, "organisation": organisation, "password": password})
    connect()
    with db.system_edge():
        made = joining.create_user(
            email=values.email, name=values.name, organisation=values.organisation, kind=kind, role=role,
            password=values.password,
        )  # fmt: skip
    click.echo(f"{made.email} can sign in now ({made.id}).")
