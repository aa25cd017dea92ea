"""Named checks of the room."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from dealflow.core.db import session
from dealflow.core.invariants import invariant
from dealflow.releases.models import Receipt


@invariant("releases: a correction follows its receipt in all but the amount")
def corrections_follow() -> list[str]:
    """Corrections with another project, day, currency or class than the receipt, or of a correction."""
    first = aliased(Receipt)
    query = (
        select(Receipt.id)
        .join(first, first.id == Receipt.corrects_id)
        .where(
            (first.project_id != Receipt.project_id)
            | (first.on != Receipt.on)
            | (first.amount_currency != Receipt.amount_currency)
            | (first.evidence_class != Receipt.evidence_class)
            | first.corrects_id.is_not(None)
        )
    )
    return [f"{row} does not follow the receipt that it corrects" for row in session().scalars(query)]


@invariant("releases: corrections of a receipt are numbered without gaps")
def corrections_numbered() -> list[str]:
    """Receipts whose corrections do not count 1, 2, 3."""
    query = (
        select(Receipt.corrects_id)
        .where(Receipt.corrects_id.is_not(None))
        .group_by(Receipt.corrects_id)
        .having(func.max(Receipt.number) != func.count(Receipt.id))
    )
    return [f"the corrections of {row} have a gap" for row in session().scalars(query)]
