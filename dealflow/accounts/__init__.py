"""Who: organisations, people, memberships, sessions, tokens. Doors: `identity`, `service`, `queries`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Join the application."""
    from dealflow.accounts import api, invariants, login, models, pages, proof  # noqa: F401
    from dealflow.accounts.policy import POLICY
    from dealflow.core import mail, nav, policy
    from dealflow.core.i18n import N_

    settings = app.extensions["dealflow.settings"]
    mail.configure(
        mail.Transport(settings.instance / "mail", settings.mail_from, settings.base_url, settings.smtp_url)
    )
    policy.declare(POLICY)
    proof.install(app)
    login.install(app)
    app.register_blueprint(pages.bp)
    app.register_blueprint(api.bp)
    nav.add(
        "admin", N_("Administration"), "accounts.admin", "shield-check", order=95,
        shown=lambda actor: actor.is_platform and actor.is_owner,
    )  # fmt: skip
