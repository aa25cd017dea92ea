"""What happened: an append-only, hash-chained log per organisation. Door: `service.record`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Join the application."""
    from dealflow.audit import invariants, models, queries  # noqa: F401
    from dealflow.core import retention

    retention.stays(queries.named)
