"""Signing: rounds of signatures in order, the executed file, and telling genuine from altered. Doors: `service`, `verification`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Join the application."""
    from dealflow.core import policy
    from dealflow.signing import api, invariants, jobs, pages, panels, sealing  # noqa: F401
    from dealflow.signing.policy import POLICY
    from dealflow.termsheets import documents

    policy.declare(POLICY)
    sealing.install()
    documents.offer(panels.signed_print)
    app.register_blueprint(pages.bp)
    app.register_blueprint(api.bp)
