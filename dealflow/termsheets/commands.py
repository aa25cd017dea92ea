"""`dealflow termsheet render`: a PDF from a file, without server or database."""

from __future__ import annotations

import json
from pathlib import Path

import click

from dealflow.cli import Failure


def add_to(cli: click.Group) -> None:
    """Add the commands."""
    cli.add_command(termsheet)


@click.group()
def termsheet() -> None:
    """Term sheets."""


@termsheet.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--lang", type=click.Choice(["zh", "en", "zh+en"]), default="zh", show_default=True)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The PDF to write."
)
def render(file: Path, lang: str, out: Path) -> None:
    """Render FILE (JSON: template, project, parties, terms) as a PDF."""
    from dealflow.termsheets import library

    try:
        data = json.loads(file.read_text(encoding="utf-8-sig"))
    except (UnicodeError, ValueError, RecursionError) as error:
        raise Failure(f"{file.name} is not JSON in UTF-8: {error}") from None
    try:
        content = library.render_file(data, lang)
    except library.TermSheetError as error:
        raise Failure(f"{file.name}: {error}") from None
    out.write_bytes(content)
    click.echo(f"{out}: {len(content)} bytes")
