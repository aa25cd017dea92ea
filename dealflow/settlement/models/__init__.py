"""The tables of settlement."""

from dealflow.settlement.models.bank import BankLine, BankStatement
from dealflow.settlement.models.commitment import (
    Commitment,
    MilestoneFact,
    MilestoneProof,
    Tranche,
    TrancheEvent,
)
from dealflow.settlement.models.money import PaymentCall, Transfer

__all__ = [
    "BankLine",
    "BankStatement",
    "Commitment",
    "MilestoneFact",
    "MilestoneProof",
    "PaymentCall",
    "Tranche",
    "TrancheEvent",
    "Transfer",
]
