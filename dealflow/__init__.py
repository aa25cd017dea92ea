"""Dealflow: investment matchmaking and deal flow for micro-dramas and film projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from dealflow.settings import Settings

__version__ = "0.1.0"


def create_app(settings: Settings | None = None) -> Flask:
    """Build the WSGI application; settings default to the environment's."""
    from dealflow.settings import Settings as Loaded
    from dealflow.web.app import build

    return build(settings or Loaded.from_environment())
