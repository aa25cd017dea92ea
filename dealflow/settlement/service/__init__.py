"""Use cases of settlement. The only way to write commitments, tranches, calls and payments."""

from dealflow.settlement.queries import due_at_closing
from dealflow.settlement.service.calling import call, earliest_due, withdraw
from dealflow.settlement.service.calling import remind_due as remind_of_calls
from dealflow.settlement.service.claims import Claim, Paid, open_claims, paid_by
from dealflow.settlement.service.committing import catch_up, commit
from dealflow.settlement.service.paying import follow_late, offset, owed_interest, record
from dealflow.settlement.service.proofs import PURPOSE, accept, reject, submit
from dealflow.settlement.service.refunding import refund, refund_excess, reverse
from dealflow.settlement.service.splitting import MOST_PARTS, Part, split
from dealflow.settlement.service.statements import ROW_LIMIT as BANK_ROWS
from dealflow.settlement.service.statements import (
    accounts,
    bring_in,
    confirm,
    free,
    ignore,
    preset_for,
    restore,
)
from dealflow.settlement.service.tranches import end, extend, hold, miss_due, reached, release
from dealflow.settlement.service.waiving import take_back, waive

__all__ = [
    "BANK_ROWS",
    "MOST_PARTS",
    "PURPOSE",
    "Claim",
    "Paid",
    "Part",
    "accept",
    "accounts",
    "bring_in",
    "call",
    "catch_up",
    "commit",
    "confirm",
    "due_at_closing",
    "earliest_due",
    "end",
    "extend",
    "follow_late",
    "free",
    "hold",
    "ignore",
    "miss_due",
    "offset",
    "open_claims",
    "owed_interest",
    "paid_by",
    "preset_for",
    "reached",
    "record",
    "refund",
    "refund_excess",
    "reject",
    "release",
    "remind_of_calls",
    "restore",
    "reverse",
    "split",
    "submit",
    "take_back",
    "waive",
    "withdraw",
]
