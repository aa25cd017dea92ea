"""The park that looks alive on first start: invented organisations, pitches, mandates and deals, all marked as samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Join the application: pages about samples say how to act for them."""
    from dealflow.demo import panels  # noqa: F401
