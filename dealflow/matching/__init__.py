"""Which projects and mandates fit, and why. Doors: `queries`, `service`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Join the application."""
    from dealflow.mandates import vocabulary
    from dealflow.matching.words import PitchWords

    vocabulary.use(PitchWords())
