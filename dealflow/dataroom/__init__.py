"""Data rooms: documents of a project under an NDA, each view recorded. Doors: `service`, `queries`, `seats`, `events`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Join the application."""
    from dealflow.core import policy
    from dealflow.dataroom import api, invariants, jobs, pages, panels, using  # noqa: F401
    from dealflow.dataroom.policy import POLICY

    policy.declare(POLICY)
    using.install()
    app.register_blueprint(pages.bp)
    app.register_blueprint(api.bp)
