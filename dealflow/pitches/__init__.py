"""Projects and their pitches. Doors: `service`, `queries`, `events`, `schemas`, `vocabulary`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Join the application."""
    from dealflow.core import nav, policy
    from dealflow.core.i18n import N_
    from dealflow.pitches import api, invariants, media, pages, panels, public, uploads  # noqa: F401
    from dealflow.pitches.policy import POLICY

    policy.declare(POLICY)
    media.install()
    app.register_blueprint(pages.bp)
    app.register_blueprint(api.bp)
    readers = ("creator", "studio", "investor", "fund", "park")
    nav.add(
        "pitches",
        N_("Projects"),
        "pitches.index",
        "movie",
        order=10,
        shown=lambda actor: actor.kind in readers,
    )
