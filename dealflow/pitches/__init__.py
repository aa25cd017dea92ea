"""Projects and their pitches. Doors: `service`, `queries`, `events`, `schemas`, `vocabulary`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Join the application."""
    from dealflow.core import policy
    from dealflow.pitches import api, invariants, jobs  # noqa: F401
    from dealflow.pitches.policy import POLICY

    policy.declare(POLICY)
    app.register_blueprint(api.bp)
