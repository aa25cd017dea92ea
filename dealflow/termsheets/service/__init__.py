"""Use cases of term sheets. The only way to write them."""

from dealflow.termsheets.service.answering import accept, propose, reject, withdraw
from dealflow.termsheets.service.drafting import (
    TermsError,
    add_version,
    draft,
    draft_for_project,
    findings,
    refusal,
)
from dealflow.termsheets.service.execution import complete, start_signing, stop_signing
from dealflow.termsheets.service.expiry import expire_due, remind_due
from dealflow.termsheets.service.library import checked, save_library
from dealflow.termsheets.service.talking import accept_clause, comment, reopen_clause, resolve

__all__ = [
    "TermsError",
    "accept",
    "accept_clause",
    "add_version",
    "checked",
    "comment",
    "complete",
    "draft",
    "draft_for_project",
    "expire_due",
    "findings",
    "propose",
    "refusal",
    "reject",
    "remind_due",
    "reopen_clause",
    "resolve",
    "save_library",
    "start_signing",
    "stop_signing",
    "withdraw",
]
