"""The tables of settlement."""

from dealflow.settlement.models.bank import BankLine, BankStatement
from dealflow.settlement.models.commitment import (
    Commitment,
    MilestoneFact,
    MilestoneProof,
    Tranche,
    TrancheEvent,
)
from dealflow.settlement.models.money import CallNotice, InterestWaiver, PaymentCall, Transfer

__all__ = [
    "BankLine",
    "BankStatement",
    "CallNotice",
    "Commitment",
    "InterestWaiver",
    "MilestoneFact",
    "MilestoneProof",
    "PaymentCall",
    "Tranche",
    "TrancheEvent",
    "Transfer",
]
