"""Which projects and mandates fit, and why. Doors: `ranking`, `reverse`, `advice`, `service`, `cards`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Join the application."""
    from pathlib import Path

    from dealflow.core import nav, policy
    from dealflow.core.i18n import N_
    from dealflow.mandates import vocabulary
    from dealflow.matching import (  # noqa: F401
        api,
        api_models,
        invariants,
        jobs,
        live,
        pages,
        pages_lists,
        pages_models,
        panels,
        public,
    )
    from dealflow.matching.policy import POLICY
    from dealflow.matching.words import PitchWords

    policy.declare(POLICY)
    vocabulary.use(PitchWords())
    live.configure(Path(app.instance_path) / "models")
    app.register_blueprint(pages.bp)
    app.register_blueprint(pages_models.bp)
    app.register_blueprint(api.bp)
    nav.add(
        "models",
        N_("Models"),
        "models.index",
        "scale",
        order=95,
        shown=lambda actor: actor.is_authenticated,
        also=("matching.kept_lists", "matching.kept_list"),
    )
