"""Reads of funds. Figures come from the fund's book and carry the entries behind them."""

from dealflow.funds.queries.capital import (
    COLUMNS,
    CapitalAccount,
    Movement,
    Valuation,
    capital_accounts,
    movements,
    register_valuation_source,
    totals,
)
from dealflow.funds.queries.figures import (
    Figure,
    Flow,
    Position,
    book_of_fund,
    cash,
    cashflows,
    fund_position,
    positions,
    split,
)
from dealflow.funds.queries.objects import (
    FundQuery,
    by_id,
    call,
    call_lines,
    calls,
    charge,
    charges,
    closings,
    commitments,
    commitments_on,
    distribution,
    distribution_lines,
    distributions,
    get,
    listed,
    lp,
    lps,
    managed,
    names,
    own_lps,
    partner,
    payments,
    statement,
    statements,
    transfers,
    vehicles,
)

__all__ = [
    "COLUMNS", "CapitalAccount", "Figure", "Flow", "FundQuery", "Movement", "Position", "Valuation", "book_of_fund", "by_id", "call", "call_lines",
    "calls", "capital_accounts", "cash", "cashflows", "charge", "charges", "closings", "commitments", "commitments_on",
    "distribution", "distribution_lines", "distributions", "fund_position", "get", "listed", "lp", "lps", "managed", "movements", "names",
    "own_lps", "partner", "payments", "positions", "register_valuation_source", "split", "statement", "statements", "totals",
    "transfers", "vehicles",
]  # fmt: skip
