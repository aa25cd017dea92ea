"""What investors look for. Doors: `service`, `queries`, `wording.describe`, `events.IntroRequested`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Join the application."""
    from dealflow.core import nav, policy
    from dealflow.core.i18n import N_
    from dealflow.mandates import api, invariants, pages, panels, uploads  # noqa: F401
    from dealflow.mandates.policy import INVESTORS, POLICY

    policy.declare(POLICY)
    app.register_blueprint(pages.bp)
    app.register_blueprint(api.bp)
    nav.add(
        "mandates",
        N_("Mandates"),
        "mandates.index",
        "target-arrow",
        order=20,
        shown=lambda actor: actor.kind in INVESTORS,
    )
