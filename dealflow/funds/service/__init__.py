"""Use cases of funds; the only way to write."""

from dealflow.funds.service.base import book_of, post
from dealflow.funds.service.calls import Purpose
from dealflow.funds.service.calls import cancel as cancel_call
from dealflow.funds.service.calls import draft as draft_call
from dealflow.funds.service.calls import issue as issue_call
from dealflow.funds.service.charges import accrue_fee, charge, pay_charge
from dealflow.funds.service.closings import equalisation, hold_closing, transfer
from dealflow.funds.service.distributions import approve, prepare, prepare_clawback
from dealflow.funds.service.distributions import cancel as cancel_distribution
from dealflow.funds.service.funds import create, edit
from dealflow.funds.service.notices import issue as issue_notices
from dealflow.funds.service.overpaying import offset, refund, register_statements
from dealflow.funds.service.overpaying import reverse as reverse_payment
from dealflow.funds.service.partners import add, invite, invited, join, pay_to, rename
from dealflow.funds.service.payments import Statement, late_interest, line_of, pay
from dealflow.funds.service.revising import (
    call_editions,
    changed_calls,
    changed_closings,
    changed_distributions,
    changed_statements,
    distribution_editions,
    revise_call,
    revise_closing,
    revise_distribution,
    revise_statements,
)
from dealflow.funds.service.statements import issue_statements

__all__ = [
    "Purpose",
    "Statement",
    "accrue_fee",
    "add",
    "approve",
    "book_of",
    "call_editions",
    "cancel_call",
    "cancel_distribution",
    "changed_calls",
    "changed_closings",
    "changed_distributions",
    "changed_statements",
    "charge",
    "create",
    "distribution_editions",
    "draft_call",
    "edit",
    "equalisation",
    "hold_closing",
    "invite",
    "invited",
    "issue_call",
    "issue_notices",
    "issue_statements",
    "join",
    "late_interest",
    "line_of",
    "offset",
    "pay",
    "pay_charge",
    "pay_to",
    "post",
    "prepare",
    "prepare_clawback",
    "refund",
    "register_statements",
    "rename",
    "reverse_payment",
    "revise_call",
    "revise_closing",
    "revise_distribution",
    "revise_statements",
    "transfer",
]  # fmt: skip
