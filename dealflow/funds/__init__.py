"""Funds and their limited partners. Doors: `service`, `queries`, `chart`, `waterfall.register_write_offs`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Join the application."""
    from dealflow.core import nav, policy
    from dealflow.core.i18n import N_
    from dealflow.files import access
    from dealflow.funds import (  # noqa: F401
        api,
        api_money,
        api_payments,
        api_statements,
        chart,
        invariants,
        pages,
        panels,
        papers,
        words,
    )
    from dealflow.funds.policy import POLICY
    from dealflow.ledger import access as ledger_access
    from dealflow.ledger import labels

    policy.declare(POLICY)
    labels.name_entries(chart.ENTRIES)
    labels.tell_texts(dict.fromkeys(("fund_fee", "fund_fee_true_up", "fund_charge_paid"), words.fee_note))
    app.register_blueprint(pages.bp)
    app.register_blueprint(api.bp)
    app.register_blueprint(api_money.bp)
    app.register_blueprint(api_payments.bp)
    app.register_blueprint(api_statements.bp)
    # Papers are read through the partner they are for, never by the id of the file.
    access.allow(papers.PURPOSE, lambda actor, stored: False, papers.in_use)
    # A partner may be any organisation, so the entry is there for those who manage funds or invest.
    nav.add(
        "funds", N_("Funds"), "funds.index", "building-bank", order=55, shown=lambda actor: actor.kind in ("fund", "investor")
    )  # fmt: skip
    ledger_access.allow(chart.BOOK, lambda actor, book: False, endpoint="funds.show", parameter="fund_id")
