"""Which organisations may be told of what happens to term sheets: the parties that see the sheet at that moment."""

from __future__ import annotations

from collections.abc import Iterable

from dealflow.accounts.directory import who_see
from dealflow.core.i18n import N_
from dealflow.core.outbox import publish
from dealflow.termsheets.events import TermSheetAccepted, TermSheetClosed, TermSheetExecuted
from dealflow.termsheets.models import TermSheet


def _known_to(
    event: TermSheetAccepted | TermSheetExecuted | TermSheetClosed, candidates: frozenset[str]
) -> Iterable[str]:
    return who_see(candidates, TermSheet, event.term_sheet_id)


publish(
    TermSheetAccepted, "term_sheet.accepted", label=N_("Both sides accepted a term sheet"), thing="term_sheet_id",
    values=("term_sheet_id", "deal_id", "project_id", "version"), known_to=_known_to,
)  # fmt: skip
publish(
    TermSheetExecuted, "term_sheet.executed", label=N_("A term sheet was signed by everybody"), thing="term_sheet_id",
    values=("term_sheet_id", "deal_id", "project_id", "version"), known_to=_known_to,
)  # fmt: skip
publish(
    TermSheetClosed, "term_sheet.closed", label=N_("A term sheet ended without being signed"), thing="term_sheet_id",
    values=("term_sheet_id", "deal_id", "project_id", "state"), known_to=_known_to,
)  # fmt: skip
