"""Pages of accounts: the entrance, one's settings, the administration."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("accounts", "dealflow.accounts")

from dealflow.accounts.pages import entrance  # noqa: E402, F401 - its routes join the blueprint
