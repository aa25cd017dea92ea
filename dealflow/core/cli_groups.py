"""Command groups that several rooms add to."""

from __future__ import annotations

import click


@click.group("import")
def import_group() -> None:
    """Bring files in: projects, mandates, receipts."""
