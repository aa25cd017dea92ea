"""Telling: an inbox for each person, mails, and webhooks for programs. Door: `service.tell`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Join the application."""
    from dealflow.core import nav, outbox, policy
    from dealflow.core.i18n import N_
    from dealflow.notify import api, jobs, models, pages, pages_webhooks, panels, queries  # noqa: F401
    from dealflow.notify.policy import POLICY
    from dealflow.notify.service import webhooks

    policy.declare(POLICY)
    outbox.watch("notify.webhooks", webhooks.fan_out)
    nav.add_setting(
        "webhooks", N_("Webhooks"), "notify.webhooks", order=60, shown=lambda actor: actor.role == "owner"
    )
    app.extensions["dealflow.unread"] = queries.unread
    app.register_blueprint(pages.bp)
    app.register_blueprint(api.bp)
