"""Funds and their limited partners. Doors: `service`, `queries`, `chart`, `waterfall.register_write_offs`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Join the application."""
    from dealflow.core import policy
    from dealflow.funds import api, api_money, chart
    from dealflow.funds.policy import POLICY
    from dealflow.ledger import labels

    policy.declare(POLICY)
    labels.name_entries(chart.ENTRIES)
    app.register_blueprint(api.bp)
    app.register_blueprint(api_money.bp)
