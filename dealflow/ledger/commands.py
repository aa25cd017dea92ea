"""`dealflow ledger verify|export`."""

from __future__ import annotations

from pathlib import Path

import click

from dealflow.cli import Failure, connect, settings


def add_to(cli: click.Group) -> None:
    """Add the commands."""
    cli.add_command(ledger)


@click.group()
def ledger() -> None:
    """Books of double entry."""


@ledger.command()
def verify() -> None:
    """Prove that every entry balances, every chain holds and every figure derives from postings."""
    from dealflow import create_app
    from dealflow.core import db
    from dealflow.ledger import verification

    # The rooms above register what they derive from postings.
    create_app(settings())
    with db.system_edge(write=False):
        findings = list(verification.verify())
    for line in findings:
        click.echo(line)
    if findings:
        raise Failure(f"{len(findings)} findings in the ledger")
    click.echo("The ledger is whole.")


@ledger.command()
@click.argument("book")
@click.option(
    "--format", "form", type=click.Choice(["beancount", "csv"]), default="beancount", show_default=True
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The file to write."
)
def export(book: str, form: str, out: Path) -> None:
    """Write BOOK (its id, or the id of the project or fund it is about) to a file."""
    from dealflow.core import db
    from dealflow.ledger import export as exporting
    from dealflow.ledger import queries

    connect()
    with db.system_edge(write=False):
        found = queries.find(book)
        if not found:
            raise Failure(f"there is no book {book}")
        if len(found) > 1:
            known = ", ".join(f"{one.id} ({one.kind})" for one in found)
            raise Failure(f"{book} has several books, name one of them: {known}")
        content = exporting.as_file(found[0], form)["content"]
    out.write_bytes(content)
    click.echo(f"{out}: {len(content)} bytes")
