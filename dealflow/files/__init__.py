"""Storing: what people upload, kept by content. Doors: `service`, `serving`, `queries`, `access.allow`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Join the application."""
    from dealflow.core import policy
    from dealflow.files import jobs, models, pages, scanning, storage  # noqa: F401
    from dealflow.files.policy import POLICY

    settings = app.extensions["dealflow.settings"]
    storage.configure(settings.storage_url, settings.instance)
    scanning.configure(settings.scan_command)
    policy.declare(POLICY)
    app.extensions.setdefault("dealflow.ready", {})["storage"] = storage.check
    app.register_blueprint(pages.bp)
