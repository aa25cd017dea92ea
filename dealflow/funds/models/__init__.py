"""Tables of funds: the fund and its limited partners, and what moves between them."""

from dealflow.funds.models.flows import (
    FundCall,
    FundCallLine,
    FundCharge,
    FundDistribution,
    FundDistributionLine,
    FundDistributionNotice,
    FundPaper,
    FundPayment,
    FundStatement,
)
from dealflow.funds.models.fund import Fund, FundClosing, FundCommitment, FundLp, FundTransfer, held_by
from dealflow.funds.models.revisions import FundRevision

__all__ = [
    "Fund",
    "FundCall",
    "FundCallLine",
    "FundCharge",
    "FundClosing",
    "FundCommitment",
    "FundDistribution",
    "FundDistributionLine",
    "FundDistributionNotice",
    "FundLp",
    "FundPaper",
    "FundPayment",
    "FundRevision",
    "FundStatement",
    "FundTransfer",
    "held_by",
]
