"""Term sheets: typed terms of a deal, versioned, printed. Doors: `service`, `events`, `documents`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Join the application."""
    from dealflow.core import nav, policy
    from dealflow.core.i18n import N_
    from dealflow.termsheets import api, api_library, invariants, jobs, pages, panels, public  # noqa: F401
    from dealflow.termsheets.policy import POLICY

    policy.declare(POLICY)
    app.register_blueprint(pages.bp)
    app.register_blueprint(api.bp)
    app.register_blueprint(api_library.bp)
    nav.add(
        "clause_library", N_("Clause library"), "termsheets.clause_library", "scale", order=60,
        shown=lambda actor: actor.kind == "park",
    )  # fmt: skip
