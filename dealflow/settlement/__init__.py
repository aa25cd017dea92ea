"""Commitments, tranches, calls and payments of signed term sheets. Doors: `service`, `queries`, `events`, `milestones`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Join the application."""
    from dealflow.core import nav, policy
    from dealflow.core.i18n import N_
    from dealflow.settlement import (  # noqa: F401
        api,
        api_bank,
        events,
        invariants,
        jobs,
        milestones,
        pages,
        panels,
        using,
    )
    from dealflow.settlement.policy import POLICY, Can

    policy.declare(POLICY)
    using.install()
    app.register_blueprint(pages.bp)
    app.register_blueprint(api.bp)
    app.register_blueprint(api_bank.bp)
    parties = ("investor", "fund", "creator", "studio")
    nav.add(
        "tranches", N_("Tranches"), "settlement.index", "coins", order=45, shown=lambda actor: actor.kind in parties
    )  # fmt: skip
    # Those who get money for projects find the statements from their tranches too; managers of funds have no tranches to call.
    nav.add(
        "bank", N_("Bank statements"), "settlement.bank", "file-spreadsheet", order=56, shown=lambda actor: policy.can(actor, Can.SEE_BANK)
    )  # fmt: skip
