"""Holdings with flows and valuations, figures, outlook, quarterly reports. Doors: `service`, `figures`, `queries`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Join the application."""
    from dealflow.core import nav, policy
    from dealflow.core.i18n import N_
    from dealflow.funds import waterfall
    from dealflow.funds.service import books
    from dealflow.ledger import access, labels
    from dealflow.portfolio import api, api_figures, carry, invariants, jobs, pages, panels, posting  # noqa: F401
    from dealflow.portfolio.policy import POLICY
    from dealflow.portfolio.service import evidence, reports

    policy.declare(POLICY)
    labels.name_entries(posting.ENTRIES)
    access.allow(
        posting.OWN_BOOK, lambda actor, book: False, endpoint="portfolio.index", parameter="organisation"
    )
    waterfall.register_write_offs("portfolio", carry.written_off)
    reports.register_use()
    books.register_issued("portfolio", reports.quarters)
    evidence.register_use()
    app.register_blueprint(pages.bp)
    app.register_blueprint(api.bp)
    app.register_blueprint(api_figures.bp)
    nav.add(
        "portfolio",
        N_("Portfolio"),
        "portfolio.index",
        "chart-pie",
        order=45,
        shown=lambda actor: actor.kind in ("investor", "fund"),
    )
