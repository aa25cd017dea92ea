"""Pages of settlement."""

from dealflow.settlement.pages import bank, calls, tranches
from dealflow.settlement.pages.base import bp

__all__ = ["bank", "bp", "calls", "tranches"]
