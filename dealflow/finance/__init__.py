"""Finance rules as pure functions: allocation, waterfall, XIRR, fund metrics, capital calls, tranches.

Money is integer minor units, shares are integer parts per million, dates are calendar dates. Nothing here
reads a clock, a database or a request. The rules are those of the shared finance schema; refusals come back
as `{"error": code}`, malformed input raises FinanceInputError.
"""

from dealflow.finance.errors import FinanceInputError, Refused
from dealflow.finance.families import FAMILIES, run_family
from dealflow.finance.waterfall import (
    MAX_GRID,
    MAX_PAYEES,
    MAX_RECEIPTS,
    MAX_TIERS,
    advance,
    simulate,
    standing,
    start,
    timeline_row,
    validate_terms,
)

__all__ = [
    "FAMILIES",
    "MAX_GRID",
    "MAX_PAYEES",
    "MAX_RECEIPTS",
    "MAX_TIERS",
    "FinanceInputError",
    "Refused",
    "advance",
    "run_family",
    "simulate",
    "standing",
    "start",
    "timeline_row",
    "validate_terms",
]
