"""Named checks of term sheets."""

from __future__ import annotations

from sqlalchemy import func, select

from dealflow.core.db import session
from dealflow.core.invariants import invariant
from dealflow.termsheets.models import TermSheet, TermSheetVersion


@invariant("term sheets: versions are numbered without gaps up to the current one")
def versions_are_whole() -> list[str]:
    query = (
        select(
            TermSheet.id,
            TermSheet.current_number,
            func.count(TermSheetVersion.id),
            func.max(TermSheetVersion.number),
        )
        .join(TermSheetVersion, TermSheetVersion.term_sheet_id == TermSheet.id, isouter=True)
        .group_by(TermSheet.id, TermSheet.current_number)
    )
    return [
        f"{sheet}: {count} versions, highest {highest}, current {current}"
        for sheet, current, count, highest in session().execute(query)
        if not current == count == highest
    ]
