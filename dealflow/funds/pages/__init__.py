"""Pages of funds: one module for each part of a fund."""

from dealflow.funds.pages import calls, costs, distributions, funds, partners, payments, revisions, statements
from dealflow.funds.pages.base import bp

__all__ = [
    "bp",
    "calls",
    "costs",
    "distributions",
    "funds",
    "partners",
    "payments",
    "revisions",
    "statements",
]
