"""Releases with their figures, receipts, ad spend and statements. Doors: `service`, `queries.payable`, `events`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Join the application."""
    from dealflow.core import policy
    from dealflow.releases import api, api_statements, events, invariants, jobs, pages, panels, public, using  # noqa: F401
    from dealflow.releases.policy import POLICY

    policy.declare(POLICY)
    using.install()
    app.register_blueprint(pages.bp)
    app.register_blueprint(api.bp)
