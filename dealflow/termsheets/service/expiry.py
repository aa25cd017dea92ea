"""What the validity date ends, and the reminder before it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from dealflow.core import clock
from dealflow.core.actor import SYSTEM
from dealflow.core.db import session
from dealflow.core.i18n import N_
from dealflow.core.outbox import emit
from dealflow.termsheets.events import TermSheetClosed
from dealflow.termsheets.models import TermSheet
from dealflow.termsheets.policy import Tag
from dealflow.termsheets.service import base
from dealflow.termsheets.states import LIVE

REMIND_BEFORE = timedelta(days=3)


def expire_due() -> int:
    """Close every live term sheet whose validity date has passed; how many. On the platform's own behalf."""
    query = select(TermSheet).where(TermSheet.state.in_(LIVE), TermSheet.valid_until < clock.today())
    closed = 0
    for found in list(session().scalars(query)):
        sheet = base.hold(found)
        if sheet.state not in LIVE or sheet.valid_until >= clock.today():
            continue
        before = base.fire(sheet, "expire")
        base.happened(SYSTEM, sheet, "expired", Tag.EXPIRED, before=before)
        emit(TermSheetClosed(sheet.id, sheet.deal_id, sheet.project_id, sheet.state))
        closed += 1
    return closed


def remind_due() -> None:
    """Tell both sides, once per date, of term sheets that end within three days."""
    today = clock.today()
    query = select(TermSheet).where(
        TermSheet.state.in_(LIVE),
        TermSheet.valid_until >= today,
        TermSheet.valid_until <= today + REMIND_BEFORE,
    )
    for sheet in session().scalars(query):
        for organisation_id in sheet.sides:
            base.tell(
                SYSTEM, sheet, organisation_id, "expiring", N_("A term sheet ends within three days"),
                by_mail=True, key=f"termsheets.expiring:{sheet.id}:{sheet.valid_until.isoformat()}",
            )  # fmt: skip
