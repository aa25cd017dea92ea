"""Books of double entry, append only, balanced by the database. Doors: `service.post`, `service.reverse`, `queries`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Join the application."""
    from dealflow.core import policy
    from dealflow.ledger import api, invariants, pages  # noqa: F401
    from dealflow.ledger.policy import POLICY

    policy.declare(POLICY)
    app.register_blueprint(pages.bp)
    app.register_blueprint(api.bp)
