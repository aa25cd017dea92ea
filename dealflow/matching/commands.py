"""`dealflow rank …` and `dealflow model …`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from dealflow.cli import Failure, settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_STEPS = {"projects": "Reading projects", "mandates": "Ranking mandates"}


def add_to(cli: click.Group) -> None:
    """Add the groups."""
    cli.add_command(rank)
    cli.add_command(model)


@click.group()
def rank() -> None:
    """Ranking: rebuild the matrix, or rank files."""


@rank.command()
def rebuild() -> None:
    """Build the project matrix anew and put the shipped model in place."""
    from dealflow.matching import service

    _start()
    done = service.rebuild()
    click.echo(f"{done['rows']} projects in matrix {done['version']}")


@rank.command("file")
@click.option("--projects", required=True, type=_FILE, help="CSV or XLSX of projects.")
@click.option("--mandates", required=True, type=_FILE, help="CSV or XLSX of mandates.")
@click.option(
    "--interactions",
    type=_FILE,
    help="CSV or XLSX: mandate_id, project_id, action, date (optional; older actions count less).",
)
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help=".csv, .xlsx or .html"
)
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@click.option(
    "--top", type=click.IntRange(1, 1000), default=50, show_default=True, help="Projects per mandate."
)
def rank_file(
    projects: Path, mandates: Path, interactions: Path | None, out: Path, lang: str, top: int
) -> None:
    """Rank the projects of one file for the mandates of another; needs no server and no database."""
    from ml import offline

    reached = dict.fromkeys(_STEPS, 0)
    with click.progressbar(length=2000, label="Ranking", file=sys.stderr) as bar:

        def tell(step: str, share: float) -> None:
            bar.label = _STEPS[step]
            now = int(1000 * min(1.0, share))
            bar.update(max(0, now - reached[step]))
            reached[step] = max(now, reached[step])

        try:
            done = offline.rank_file(projects, mandates, out, interactions, tell, language=lang, top=top)
        except ValueError as error:
            raise Failure(str(error)) from None
    click.echo(f"{done.rows} rows for {done.mandates} mandates and {done.projects} projects: {out}")
    for note in done.notes:
        click.echo(note, err=True)
    for name in done.empty_mandates:
        click.echo(f"no project passes the constraints of {name}", err=True)


@click.group()
def model() -> None:
    """Ranking models of this installation."""


@model.command("list")
def list_models() -> None:
    """All models, the newest first."""
    from dealflow.core import db
    from dealflow.matching import cards

    _start()
    with db.system_edge(write=False):
        for row in cards.versions():
            click.echo(f"{row['version']}  {row['state']}  {row['in_service_at'] or '-'}")


@model.command()
@click.argument("version")
def show(version: str) -> None:
    """What a model was made of and how it did at the gates, as JSON."""
    from dealflow.core import db
    from dealflow.matching import cards

    _start()
    with db.system_edge(write=False):
        found = cards.card(_known(version))
    weights = {name: round(value, 6) for name, value, _deviation, _learnt in found.weights}
    told = {
        "version": found.version,
        "state": found.state,
        "coefficients": weights,
        "gates": found.gates,
        **found.metrics,
    }
    click.echo(json.dumps(told, ensure_ascii=False, indent=1))


@model.command()
def train() -> None:
    """Fit a candidate on the answers given here, sign it, and put it through the gates."""
    from dealflow.core import db
    from dealflow.core.actor import SYSTEM
    from dealflow.matching import lifecycle, service

    _start()
    with db.system_edge():
        service.install_shipped()
    row = lifecycle.train(SYSTEM)
    if row is None:
        click.echo("nothing to learn: no answers yet")
    else:
        _tell_gates(row)


@model.command()
@click.argument("version")
def examine(version: str) -> None:
    """Put a model through the gates again and keep the figures."""
    from dealflow.core.actor import SYSTEM
    from dealflow.matching import lifecycle

    _start()
    _tell_gates(lifecycle.examine(SYSTEM, _known(version)))


@model.command()
@click.argument("version")
def promote(version: str) -> None:
    """Examine a model once more and put it into service if it passes every gate."""
    from dealflow.core import db
    from dealflow.core.actor import SYSTEM
    from dealflow.matching import lifecycle, service

    _start()
    row = lifecycle.examine(SYSTEM, _known(version))
    _tell_gates(row)
    with db.system_edge():
        lifecycle.promote(SYSTEM, version)
    done = service.rebuild()
    click.echo(f"{version} ranks {done['rows']} projects")


@model.command("rollback")
@click.option("--reason", default="", help="Kept in the model's history and the audit log.")
def roll_back(reason: str) -> None:
    """Put the model that served before into service again."""
    from dealflow.core import db
    from dealflow.core.actor import SYSTEM
    from dealflow.matching import lifecycle, service

    _start()
    with db.system_edge():
        version = lifecycle.roll_back(SYSTEM, reason).model_version
    done = service.rebuild()
    click.echo(f"{version} ranks {done['rows']} projects")


def _known(version: str) -> str:
    """A version that this installation has; Failure with the remedy for another one."""
    from dealflow.core import db
    from dealflow.matching import cards

    with db.system_edge(write=False):
        versions = [str(row["version"]) for row in cards.versions()]
    if version not in versions:
        raise Failure(
            f"there is no model {version} here; `dealflow model list` names them: {', '.join(versions)}"
        )
    return version


def _start() -> None:
    from dealflow import create_app

    create_app(settings())


def _tell_gates(row: Any) -> None:
    click.echo(f"{row.model_version}  {row.state}")
    for gate in row.gates or ():
        click.echo(
            f"  {'passed' if gate['passed'] else 'failed'}  {gate['code']}  {json.dumps(gate['figures'])}"
        )
