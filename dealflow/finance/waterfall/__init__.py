"""The recoupment waterfall: who is paid from receipts, in which order, to the unit."""

from dealflow.finance.waterfall.parsing import validate_terms
from dealflow.finance.waterfall.simulate import (
    MAX_AD_SPEND,
    MAX_CELLS,
    MAX_ESCALATORS,
    MAX_GRID,
    MAX_PAYEES,
    MAX_RECEIPTS,
    MAX_TIERS,
    recoupment,
    simulate,
)
from dealflow.finance.waterfall.state import advance, standing, start, timeline_row

__all__ = [
    "MAX_AD_SPEND",
    "MAX_CELLS",
    "MAX_ESCALATORS",
    "MAX_GRID",
    "MAX_PAYEES",
    "MAX_RECEIPTS",
    "MAX_TIERS",
    "advance",
    "recoupment",
    "simulate",
    "standing",
    "start",
    "timeline_row",
    "validate_terms",
]
