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
    _add_settings()


def _add_settings() -> None:
    from dealflow.core import nav
    from dealflow.core.i18n import N_

    nav.add_setting("profile", N_("Profile"), "accounts.settings", order=10)
    nav.add_setting("security", N_("Security"), "accounts.security", order=20)
    nav.add_setting("tokens", N_("API tokens"), "accounts.tokens", order=30)
    belongs = "organisation", N_("Organisation"), "accounts.organisation"
    nav.add_setting(*belongs, order=40, shown=lambda actor: actor.organisation_id is not None)
    alone = "no_organisation", N_("Organisation"), "accounts.new_organisation"
    nav.add_setting(*alone, order=40, shown=lambda actor: actor.organisation_id is None)
    members = "members", N_("Members"), "accounts.list_members"
    nav.add_setting(*members, order=50, shown=lambda actor: actor.organisation_id is not None)
