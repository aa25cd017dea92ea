"""Recoupment: receipts shared by the executed terms. Doors: `service`, `queries.payouts_to`, `events`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Join the application."""
    from dealflow.core import policy
    from dealflow.ledger import access
    from dealflow.recoupment import api, checks, jobs, labels, pages, panels, public  # noqa: F401
    from dealflow.recoupment.policy import POLICY

    policy.declare(POLICY)
    access.allow(
        "recoupment", lambda actor, book: False, endpoint="recoupment.ledger", parameter="project_id"
    )
    app.register_blueprint(pages.bp)
    app.register_blueprint(api.bp)
