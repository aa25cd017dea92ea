"""`dealflow rank …` and `dealflow model …`."""

from __future__ import annotations

from pathlib import Path

import click

from dealflow.cli import Failure, settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def add_to(cli: click.Group) -> None:
    """Add the commands."""
    cli.add_command(rank)
    cli.add_command(model)


@click.group()
def rank() -> None:
    """Ranking."""


@rank.command()
def rebuild() -> None:
    """Build the project matrix anew from all published projects."""
    from dealflow import create_app
    from dealflow.core import db
    from dealflow.matching import live

    create_app(settings())
    with db.system_edge(write=False):
        made = live.refresh(full=True)
    click.echo(f"{made['rows']} projects, matrix {made['version']}")


@rank.command()
@click.option("--projects", type=_FILE, required=True, help="CSV or XLSX.")
@click.option("--mandates", type=_FILE, required=True, help="CSV or XLSX.")
@click.option("--interactions", type=_FILE, help="CSV or XLSX with earlier answers.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="CSV, XLSX or HTML to write.",
)
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@click.option(
    "--top", type=click.IntRange(1, 1000), default=50, show_default=True, help="Places per mandate."
)
def file(projects: Path, mandates: Path, interactions: Path | None, out: Path, lang: str, top: int) -> None:
    """Rank the projects of one file for the mandates of another; no server or database needed."""
    from ml.offline import InputError, rank_file
    from ml.rank import Ranker

    with click.progressbar(length=1000, label="Ranking", file=click.get_text_stream("stderr")) as bar:
        shown = 0

        def progress(_step: str, share: float) -> None:
            nonlocal shown
            bar.update(max(0, int(share * 1000) - shown))
            shown = max(shown, int(share * 1000))

        try:
            done = rank_file(
                projects,
                mandates,
                out,
                interactions,
                progress,
                ranker=Ranker.shipped(),
                language=lang,
                top=top,
            )
        except InputError as error:
            raise Failure(str(error)) from None
    click.echo(f"{out}: {done}")


@click.group()
def model() -> None:
    """Ranking models."""


@model.command("list")
def list_() -> None:
    """List the models of this installation."""
    from ml.rank import Ranker

    click.echo(f"{Ranker.shipped().version}  in service  (comes with the code)")


@model.command()
@click.argument("version", required=False)
def show(version: str | None) -> None:
    """Show a model's weights."""
    from ml.rank import Ranker

    ranker = Ranker.shipped()
    if version not in (None, ranker.version):
        raise Failure(f"there is no model {version}")
    click.echo(ranker.version)
    for name, weight in sorted(ranker.model.coefficients.items()):
        click.echo(f"{name:30} {weight:+.4f}")
