"""Telling: an inbox for each person, and mails. Door: `service.tell`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Join the application."""
    from dealflow.core import policy
    from dealflow.notify import api, jobs, models, pages, panels, queries  # noqa: F401
    from dealflow.notify.policy import POLICY

    policy.declare(POLICY)
    app.extensions["dealflow.unread"] = queries.unread
    app.register_blueprint(pages.bp)
    app.register_blueprint(api.bp)
