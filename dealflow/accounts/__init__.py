"""Who: organisations, people, memberships, sessions, tokens. Doors: `identity`, `service`, `queries`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Join the application."""
    from dealflow.accounts import models  # noqa: F401
    from dealflow.accounts.login import install

    install(app)
