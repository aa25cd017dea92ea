"""Which projects and mandates fit, and why. Doors: `queries`, `reverse`, `service`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Join the application."""
    from dealflow.core import policy
    from dealflow.mandates import vocabulary
    from dealflow.matching import api, invariants, jobs, live, pages, panels  # noqa: F401
    from dealflow.matching.policy import POLICY
    from dealflow.matching.words import PitchWords

    policy.declare(POLICY)
    vocabulary.use(PitchWords())
    live.configure(Path(app.instance_path) / "models")
    app.register_blueprint(pages.bp)
    app.register_blueprint(api.bp)
