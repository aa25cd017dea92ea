"""Tables of the portfolio: holdings with flows and valuations, and what surrounds them."""

from dealflow.portfolio.models.holdings import FollowOn, Holding, HoldingFlow, Valuation
from dealflow.portfolio.models.plans import (
    Benchmark,
    Concentration,
    IssuedReport,
    LineFlow,
    ReportFile,
    Visit,
)

__all__ = [
    "Benchmark",
    "Concentration",
    "FollowOn",
    "Holding",
    "HoldingFlow",
    "IssuedReport",
    "LineFlow",
    "ReportFile",
    "Valuation",
    "Visit",
]
