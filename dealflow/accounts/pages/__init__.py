"""Pages of accounts: the entrance, one's settings, the administration."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("accounts", "dealflow.accounts")

from dealflow.accounts.pages import admin, entrance, joining, organisation, settings  # noqa: E402, F401 - their routes join the blueprint
