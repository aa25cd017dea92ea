"""Deals: the way of one investor and one project. Doors: `service.open_deal`, `service.move`, `queries.get`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Join the application."""
    from dealflow.core import nav, policy
    from dealflow.core.i18n import N_
    from dealflow.deals import (  # noqa: F401
        api,
        api_introductions,
        api_pipelines,
        binding,
        events,
        invariants,
        jobs,
        listening,
        pages,
        panels,
    )
    from dealflow.deals.policy import POLICY
    from dealflow.deals.service.introductions import ask_by_match
    from dealflow.mandates import introductions

    policy.declare(POLICY)
    app.register_blueprint(pages.bp)
    app.register_blueprint(api.bp)
    app.register_blueprint(api_pipelines.bp)
    app.register_blueprint(api_introductions.bp)
    introductions.use(ask_by_match)
    parties = ("investor", "fund", "creator", "studio")
    nav.add(
        "deals",
        N_("Deals"),
        "deals.index",
        "heart-handshake",
        order=40,
        shown=lambda actor: actor.kind in parties,
    )
