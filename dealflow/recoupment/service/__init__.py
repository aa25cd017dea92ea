"""Use cases of recoupment: the only way to write runs, statements, disputes and payouts."""

from dealflow.recoupment.service.disputing import answer, close, dispute, withdraw
from dealflow.recoupment.service.filing import missing_files, receive_file, store_file
from dealflow.recoupment.service.paying import mark_paid, take_back
from dealflow.recoupment.service.posting import approve
from dealflow.recoupment.service.running import discard, make

__all__ = [
    "answer",
    "approve",
    "close",
    "discard",
    "dispute",
    "make",
    "mark_paid",
    "missing_files",
    "receive_file",
    "store_file",
    "take_back",
    "withdraw",
]
