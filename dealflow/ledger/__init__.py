"""Books of double entry, append only, balanced by the database. Doors: `service.post`, `service.reverse`, `queries`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Join the application."""
    from dealflow.core import nav, policy
    from dealflow.core.i18n import N_
    from dealflow.ledger import api, invariants, pages, rate_api, rate_pages  # noqa: F401
    from dealflow.ledger.policy import POLICY

    policy.declare(POLICY)
    app.register_blueprint(pages.bp)
    app.register_blueprint(api.bp)
    app.register_blueprint(rate_pages.bp)
    app.register_blueprint(rate_api.bp)
    nav.add_setting(
        "rates", N_("Exchange rates"), "rates.index", order=70, shown=lambda actor: actor.kind in ("creator", "investor", "fund")
    )  # fmt: skip
